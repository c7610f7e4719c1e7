"""A real Apache Kafka on the loopback: one node of KRaft, from its published jars."""

import base64
import hashlib
import shutil
import socket
import struct
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ims_local.faults import Fault
from ims_local.jars import fetch, pinned
from ims_local.java import ClassArchive, find_java
from ims_local.processes import free_port, is_running, kill, launch, stop, wait_until
from ims_local.register import Entry, Register
from ims_local.settings import LocalSettings

BROKER = """process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{port}
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
log.dirs=data
auto.create.topics.enable=false
unclean.leader.election.enable=false
default.replication.factor=1
min.insync.replicas=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
group.initial.rebalance.delay.ms=0
# After a kill, the node waits for its own former session to end before it serves again: by default nine seconds.
broker.session.timeout.ms=2000
broker.heartbeat.interval.ms=400
# The default, 128 MB, would be most of the memory of a stack that compacts nothing but its own bookkeeping.
log.cleaner.dedupe.buffer.size=2097152
"""
# ApiVersions (18), version 0, no client id: the first thing a broker answers once it takes requests.
ARE_YOU_READY = struct.pack(">ihhih", 10, 18, 0, 1, -1)


@dataclass
class EmbeddedKafka:
    """Kafka in a folder; what it holds survives a stop, a kill and a start."""

    home: Path
    register: Register
    settings: LocalSettings
    name: str = "kafka"

    @property
    def bootstrap(self) -> str:
        """Where clients begin: host and port."""
        entry = self.register.entry(self.name)
        if entry is None or entry.port is None:
            raise Fault(f"The Kafka of {self.home} was never started.")
        return f"127.0.0.1:{entry.port}"

    @property
    def log(self) -> Path:
        """Its warnings and errors."""
        return self.home / "logs/kafka.log"

    def is_running(self) -> bool:
        """Whether its process runs."""
        entry = self.register.entry(self.name)
        return entry is not None and is_running(entry.process)

    def fetch(self, advance: Callable[[int], None] = lambda count: None) -> list[Path]:
        """Have its jars at hand, downloaded if they are not; `advance` counts them."""
        return fetch(pinned(), self.settings.cache.resolve() / "jars", advance)

    def start(self) -> None:
        """Start it, if it does not run, and wait until it answers."""
        if self.is_running():
            return
        jars = self.fetch()
        entry = self.register.entry(self.name) or Entry(kind="embedded")
        entry.port = free_port(entry.port)
        folder = self._prepared(entry.port)
        entry.process = launch(self._command(jars), self.log, folder)
        self.register.keep(self.name, entry)
        wait_until(lambda: answers(self.bootstrap), entry.process, self.log)

    def stop(self) -> None:
        """End it in good order."""
        entry = self.register.entry(self.name)
        if entry is not None:
            has_ended = stop(entry.process)
            if has_ended:
                self._archive().keep()

    def kill(self) -> None:
        """End it as a power cut would."""
        entry = self.register.entry(self.name)
        if entry is not None:
            kill(entry.process)

    def delete(self) -> None:
        """Remove what it holds."""
        shutil.rmtree(self.home / "kafka", ignore_errors=True)

    def _prepared(self, port: int) -> Path:
        folder = self.home.resolve() / "kafka"
        (folder / "data").mkdir(parents=True, exist_ok=True)
        (folder / "broker.properties").write_text(BROKER.format(port=port, controller=free_port()))
        identity = folder / "data/meta.properties"
        if not identity.exists():
            # What Kafka's format command would write, in a second less.
            identity.write_text(f"version=1\ncluster.id={_new_id()}\nnode.id=1\ndirectory.id={_new_id()}\n")
        return folder

    def _command(self, jars: list[Path]) -> list[str]:
        java = find_java()
        return [
            str(java.command),
            f"-Xmx{self.settings.kafka_heap}",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",  # a stack lives for minutes: what the second compiler costs it would never earn
            "-Xshare:auto",
            "-Xlog:disable",  # the class archive's remarks
            *self._archive().options(java),
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss",
            "-cp",
            ":".join(str(jar) for jar in jars),
            "kafka.Kafka",
            "broker.properties",
        ]

    def _archive(self) -> ClassArchive:
        stack = hashlib.sha256(str(self.home.resolve()).encode()).hexdigest()[:12]
        return ClassArchive(self.settings.cache.resolve() / "java", stack)


def answers(bootstrap: str) -> bool:
    """Whether a Kafka at this address takes requests."""
    host, port = bootstrap.rsplit(":", 1)
    try:
        with socket.create_connection((host, int(port)), timeout=1) as connection:
            connection.sendall(ARE_YOU_READY)
            return len(connection.recv(4)) > 0
    except OSError:
        return False


def _new_id() -> str:
    return base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")

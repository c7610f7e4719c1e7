"""Kafka and PostgreSQL as containers, where a container engine answers on this machine."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, override

import docker  # type: ignore[import-untyped]
import requests
from docker.errors import DockerException, NotFound  # type: ignore[import-untyped]

from ims_local.faults import Fault
from ims_local.kafka import answers
from ims_local.postgres import ADMIN
from ims_local.processes import free_port, wait_for
from ims_local.register import Entry, Register

KAFKA_IMAGE = "apache/kafka:4.4.0"
POSTGRES_IMAGE = "postgres:18"


def engine_answers() -> bool:
    """Whether a container engine of this very machine answers, and at once."""
    # Ports are published on the engine's loopback: an engine elsewhere would be of no use.
    if not os.environ.get("DOCKER_HOST", "unix://").startswith("unix://"):
        return False
    try:
        return bool(docker.from_env(timeout=1).ping())
    except (DockerException, requests.RequestException):
        return False


@dataclass
class Container:
    """A server in a container; what it holds survives a stop, a kill and a start."""

    home: Path
    register: Register
    name: str

    @property
    def port(self) -> int:
        """Its port on the loopback."""
        entry = self.register.entry(self.name)
        if entry is None or entry.port is None:
            raise Fault(f"The {self.name} of {self.home} was never started.")
        return entry.port

    def is_running(self) -> bool:
        """Whether the container runs."""
        found = self._found()
        return found is not None and found.status == "running"

    def start(self) -> None:
        """Start it, if it does not run, and wait until it takes requests."""
        found = self._found()
        if found is None:
            self._create()
        elif found.status != "running":
            found.start()
        wait_for(self.is_ready, f"The {self.name} container")

    def stop(self) -> None:
        """End it in good order."""
        found = self._found()
        if found is not None:
            found.stop(timeout=20)

    def kill(self) -> None:
        """End it as a power cut would."""
        found = self._found()
        if found is not None and found.status == "running":
            found.kill()

    def delete(self) -> None:
        """Remove it with all that it holds."""
        found = self._found()
        if found is not None:
            found.remove(force=True, v=True)

    def is_ready(self) -> bool:
        """Whether it takes requests."""
        raise NotImplementedError

    def describe(self, port: int) -> tuple[str, int, dict[str, str]]:
        """The image, its port inside and its environment, when it is published at `port`."""
        raise NotImplementedError

    def _create(self) -> None:
        from testcontainers.core.config import testcontainers_config
        from testcontainers.core.container import DockerContainer

        # Its reaper would remove the containers when this command ends; ours are ended by `ims down`.
        testcontainers_config.ryuk_disabled = True
        port = free_port()
        image, inside, environment = self.describe(port)
        published: Any = {f"{inside}/tcp": ("127.0.0.1", port)}
        container = DockerContainer(image).with_envs(**environment)
        container.ports = published
        container.start()
        identity = container.get_wrapped_container().id
        self.register.keep(self.name, Entry(kind="container", port=port, container=identity))

    def _found(self) -> Any:  # docker does not publish types
        entry = self.register.entry(self.name)
        if entry is None or entry.container is None:
            return None
        try:
            return docker.from_env().containers.get(entry.container)
        except NotFound:
            return None


class ContainerKafka(Container):
    """Kafka in a container."""

    @property
    def bootstrap(self) -> str:
        """Where clients begin: host and port."""
        return f"127.0.0.1:{self.port}"

    @override
    def is_ready(self) -> bool:
        return answers(self.bootstrap)

    @override
    def describe(self, port: int) -> tuple[str, int, dict[str, str]]:
        return KAFKA_IMAGE, 9092, {
            "KAFKA_NODE_ID": "1",
            "KAFKA_PROCESS_ROLES": "broker,controller",
            "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
            "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
            "KAFKA_LISTENERS": "PLAINTEXT://:9092,CONTROLLER://:9093",
            "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
            "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
            "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
            "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
            "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        }


class ContainerPostgres(Container):
    """PostgreSQL in a container."""

    @property
    def url(self) -> str:
        """The administrator's address, password included."""
        return f"postgresql://{ADMIN}:{self.register.password(ADMIN)}@127.0.0.1:{self.port}/postgres"

    @override
    def is_ready(self) -> bool:
        # The image listens on a socket of its own while it prepares, and on the network only when it is done; the
        # engine's proxy takes connections all the time, so only an answer counts: "N", no encryption.
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"\x00\x00\x00\x08\x04\xd2\x16\x2f")
                return connection.recv(1) == b"N"
        except OSError:
            return False

    @override
    def describe(self, port: int) -> tuple[str, int, dict[str, str]]:
        password = self.register.password(ADMIN)
        return POSTGRES_IMAGE, 5432, {
            "POSTGRES_USER": ADMIN,
            "POSTGRES_PASSWORD": password,
            "POSTGRES_DB": "postgres",
        }

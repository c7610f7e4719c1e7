"""Which Kafka and PostgreSQL a stack works with: given ones, else containers, else embedded ones."""

import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from ims_local.faults import Fault
from ims_local.kafka import EmbeddedKafka, answers
from ims_local.postgres import EmbeddedPostgres
from ims_local.processes import free_port, is_running, launch, stop, wait_until
from ims_local.register import Entry, Kind, Register
from ims_local.settings import LocalSettings


class Server(Protocol):
    """What every server can do, wherever it runs."""

    def is_running(self) -> bool:
        """Whether it runs."""

    def start(self) -> None:
        """Start it, if it does not run, and wait until it takes requests."""

    def stop(self) -> None:
        """End it in good order."""

    def kill(self) -> None:
        """End it as a power cut would; what it holds is there when it is started again."""

    def delete(self) -> None:
        """Remove what it holds."""


class Kafka(Server, Protocol):
    """A Kafka."""

    @property
    def bootstrap(self) -> str:
        """Where clients begin: host and port."""


class Postgres(Server, Protocol):
    """A PostgreSQL."""

    @property
    def url(self) -> str:
        """The administrator's address, password included."""


@dataclass(frozen=True)
class Given:
    """A server that someone else starts and stops."""

    what: str
    host: str
    port: int

    def is_running(self) -> bool:
        """Whether it takes connections."""
        try:
            socket.create_connection((self.host, self.port), timeout=2).close()
        except OSError:
            return False
        return True

    def start(self) -> None:
        """Only look whether it is there."""
        if not self.is_running():
            raise Fault(f"No {self.what} answers at {self.host}:{self.port}, which the environment names. Is it running?")

    def stop(self) -> None:
        """It is left running."""

    def kill(self) -> None:
        """It is not ours to kill."""
        raise Fault(f"The {self.what} at {self.host}:{self.port} was given; it is not ours to kill.")

    def delete(self) -> None:
        """What it holds is left alone."""


@dataclass(frozen=True)
class GivenKafka(Given):
    """The Kafka of IMS_KAFKA_BOOTSTRAP."""

    bootstrap: str

    def is_running(self) -> bool:
        """Whether it takes requests."""
        return answers(f"{self.host}:{self.port}")


@dataclass(frozen=True)
class GivenPostgres(Given):
    """The PostgreSQL of IMS_POSTGRES_URL."""

    url: str


@dataclass(frozen=True)
class LetterBox:
    """The demo's mail server, in place of the council's."""

    home: Path
    register: Register

    @property
    def folder(self) -> Path:
        """Where each message is kept as a file."""
        return self.home / "mail"

    @property
    def port(self) -> int | None:
        """Where it listens."""
        entry = self.register.entry("letter box")
        return entry.port if entry else None

    def is_running(self) -> bool:
        """Whether its process runs."""
        entry = self.register.entry("letter box")
        return entry is not None and is_running(entry.process)

    def start(self) -> None:
        """Start it, if it does not run, and wait until it takes mail."""
        if self.is_running():
            return
        entry, log = self.register.entry("letter box") or Entry(kind="embedded"), self.home / "logs/letter-box.log"
        entry.port = free_port(entry.port)
        command = [sys.executable, "-m", "ims_local.postbox", "--port", str(entry.port), "--folder", str(self.folder)]
        entry.process = launch(command, log, self.home)
        self.register.keep("letter box", entry)
        wait_until(Given("letter box", "127.0.0.1", entry.port).is_running, entry.process, log)

    def stop(self) -> None:
        """End it; what it holds stays."""
        entry = self.register.entry("letter box")
        if entry is not None:
            stop(entry.process)


def choose_kafka(home: Path, register: Register, settings: LocalSettings) -> Kafka:
    """The Kafka for a stack; one that has been started once stays of its kind, for what it holds."""
    if settings.kafka_bootstrap:
        host, _, port = settings.kafka_bootstrap.split(",")[0].rpartition(":")
        return GivenKafka("Kafka", host, int(port), settings.kafka_bootstrap)
    if _kind(register, "kafka") == "container":
        from ims_local.containers import ContainerKafka

        return ContainerKafka(home, register, "kafka")
    return EmbeddedKafka(home, register, settings)


def choose_postgres(home: Path, register: Register, settings: LocalSettings) -> Postgres:
    """The PostgreSQL for a stack; one that has been started once stays of its kind, for what it holds."""
    if settings.postgres_url:
        url = settings.postgres_url.get_secret_value()
        parts = urlsplit(url)
        return GivenPostgres("PostgreSQL", parts.hostname or "localhost", parts.port or 5432, url)
    if _kind(register, "postgres") == "container":
        from ims_local.containers import ContainerPostgres

        return ContainerPostgres(home, register, "postgres")
    return EmbeddedPostgres(home, register)


def _kind(register: Register, name: str) -> Kind:
    entry = register.entry(name)
    if entry is not None:
        return entry.kind
    from ims_local.containers import engine_answers  # imported when there is something to choose: it takes its time

    return "container" if engine_answers() else "embedded"

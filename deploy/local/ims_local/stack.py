"""One whole system on this machine: servers, topics, databases and services, in one folder."""

import asyncio
import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property, partial
from pathlib import Path

from ims_local import databases, topics
from ims_local.databases import SERVICES, role_of, url_of
from ims_local.jars import pinned
from ims_local.kafka import EmbeddedKafka
from ims_local.progress import Steps
from ims_local.register import Register, alone
from ims_local.servers import Kafka, LetterBox, Postgres, choose_kafka, choose_postgres
from ims_local.services import Service
from ims_local.settings import LocalSettings

type Extras = Mapping[str, Mapping[str, str]]


class Stack:
    """A system in a folder of its own; any number run side by side, each with its own ports and data."""

    def __init__(self, home: Path | None = None, settings: LocalSettings | None = None, extras: Extras | None = None) -> None:
        """`extras` are further environment variables by service."""
        self.settings = settings or LocalSettings()
        self.home = (home or self.settings.home).resolve()
        self.register = Register(self.home)
        self.extras = extras or {}
        self.allocations = 1
        """How many processes of allocation `up` starts at least: it has the most to do of all services."""

    @cached_property
    def kafka(self) -> Kafka:
        """Its Kafka."""
        return choose_kafka(self.home, self.register, self.settings)

    @cached_property
    def postgres(self) -> Postgres:
        """Its PostgreSQL."""
        return choose_postgres(self.home, self.register, self.settings)

    @property
    def letter_box(self) -> LetterBox:
        """Its mail server."""
        return LetterBox(self.home, self.register)

    @property
    def services(self) -> dict[str, Service]:
        """Its services by name."""
        return {name: Service(name, self.home, self.register) for name in SERVICES}

    @property
    def processes(self) -> list[Service]:
        """Every process of its services that was ever started or is to be."""
        known = sum(name.startswith("allocation") for name in self.register.read().entries)
        further = range(2, max(known, self.allocations) + 1)
        return [*self.services.values(), *(Service("allocation", self.home, self.register, number) for number in further)]

    def database_url(self, service: str) -> str:
        """A service's own database."""
        return url_of(service, self.postgres.url, self.register.password(role_of(service)))

    def environment(self, service: str) -> dict[str, str]:
        """What a service is told of its surroundings."""
        mail = {"IMS_SMTP_HOST": "127.0.0.1", "IMS_SMTP_PORT": str(self.letter_box.port)} if service == "notify" else {}
        own = {"IMS_KAFKA_BOOTSTRAP": self.kafka.bootstrap, "IMS_DATABASE_URL": self.database_url(service)}
        return {**own, **mail, **self.extras.get(service, {})}

    def up(self, steps: Steps | None = None, servers_only: bool = False) -> None:
        """Start what does not run; what runs is left alone."""
        steps = steps or Steps()
        with alone(self.home), steps.shown():
            self._start_servers(steps)
            if servers_only:
                return
            with steps.step("Topics and databases"):
                asyncio.run(self.prepare())
            with steps.step("Letter box"):
                self.letter_box.start()
            wanted = [process for process in self.processes if process.number <= self.allocations]
            _at_once([partial(self._start_service, process, steps) for process in wanted])

    def down(self) -> None:
        """End everything that was started here, services before servers; what they hold stays."""
        with alone(self.home):
            _at_once([process.stop for process in self.processes] + [self.letter_box.stop])
            _at_once([self.kafka.stop, self.postgres.stop])

    def delete(self) -> None:
        """Remove a stack that is down, with all that it holds."""
        self.kafka.delete()
        self.postgres.delete()
        shutil.rmtree(self.home)

    async def prepare(self) -> None:
        """Make the topics and the databases that are missing."""
        await topics.create(self.kafka.bootstrap, topics.listed())
        await databases.create(self.postgres.url, {name: self.register.password(role_of(name)) for name in SERVICES})

    def _start_servers(self, steps: Steps) -> None:
        def kafka() -> None:
            with steps.step("Kafka"):
                self.kafka.start()

        def postgres() -> None:
            with steps.step("PostgreSQL"):
                self.postgres.start()

        if isinstance(self.kafka, EmbeddedKafka) and not self.kafka.is_running():
            jars = pinned()
            with steps.step("Kafka's jars", len(jars)) as advance:
                self.kafka.fetch(advance)
        _at_once([kafka, postgres])

    def _start_service(self, process: Service, steps: Steps) -> None:
        with steps.step(process.called.capitalize()):
            process.start(self.environment(process.name))


def _at_once(tasks: list[Callable[[], None]]) -> None:
    """Do several things side by side; the first that fails is told when all have ended."""
    with ThreadPoolExecutor(len(tasks)) as pool:
        for task in [pool.submit(task) for task in tasks]:
            task.result()

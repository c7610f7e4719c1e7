"""Servers for the tests: a real Kafka and a real PostgreSQL, started once by each process of tests, when first asked for."""

import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from ims_kit import migrate
from ims_local.stack import Stack

type MakeDatabase = Callable[[], Awaitable[str]]
type MakeMigrated = Callable[[str], Awaitable[str]]
type MakeTopics = Callable[[dict[str, int]], Awaitable[str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Where tests are shared out, a page stays together, and so do all journeys through one office: it takes long to open."""
    for item in items:
        opens_office = item.path.parent.name == "journeys" and "office" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("office" if opens_office else item.path.stem))


@pytest.fixture(scope="session")
def servers() -> Iterator[Stack]:
    """A Kafka and a PostgreSQL: given by the environment, in containers, or embedded."""
    folder = Path(tempfile.mkdtemp(prefix="ims-tests-"))
    folder.chmod(0o755)
    stack = Stack(folder / "stack")
    try:
        stack.up(servers_only=True)
        yield stack
    finally:
        stack.down()
        stack.delete()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def kafka_bootstrap(servers: Stack) -> str:
    return servers.kafka.bootstrap


@pytest.fixture(scope="session")
def postgres_url(servers: Stack) -> str:
    """The administrator's address."""
    return servers.postgres.url


@pytest.fixture(scope="session")
async def database(postgres_url: str) -> AsyncIterator[MakeDatabase]:
    """Makes fresh, empty databases; all are dropped at the end."""
    made: list[str] = []

    async def make() -> str:
        name = f"test_{uuid.uuid4().hex[:12]}"
        await administer(postgres_url, f"CREATE DATABASE {name}")
        # No test of these kills the server, and only that would tell the difference.
        await administer(postgres_url, f"ALTER DATABASE {name} SET synchronous_commit = off")
        made.append(name)
        return urlunsplit(urlsplit(postgres_url)._replace(path=f"/{name}"))

    yield make
    for name in made:
        await administer(postgres_url, f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


@pytest.fixture(scope="session")
async def migrated(database: MakeDatabase) -> AsyncIterator[MakeMigrated]:
    """Makes a service's database. Its tests may share it: they empty it, and leave its triggers as they found them."""
    made: list[str] = []

    async def make(package: str) -> str:
        made.append(await database())
        await migrate(made[-1], f"{package}.migrations")
        return made[-1]

    yield make
    for url in made:
        disabled = "SELECT tgrelid::regclass::text, tgname FROM pg_trigger WHERE tgenabled <> 'O'"
        assert await administer(url, disabled) == [], "a test has disabled what it did not enable again"


async def administer(url: str, statement: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
async def topics(kafka_bootstrap: str) -> MakeTopics:
    """Makes fresh topics, so many partitions each, under a prefix of their own, which it returns."""

    async def make(partitions: dict[str, int]) -> str:
        prefix = f"{uuid.uuid4().hex[:8]}-"
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka_bootstrap)
        await admin.start()
        try:
            await admin.create_topics([NewTopic(prefix + topic, count, 1) for topic, count in partitions.items()])
        finally:
            await admin.close()
        return prefix

    return make

"""Starts any one service, with topics and a database that nothing else uses."""

import contextlib
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import pytest

from conftest import MakeDatabase, MakeTopics
from ims_contracts import STREAMS
from ims_local.register import Register
from ims_local.servers import LetterBox
from promises.part import QUIET_SECONDS, AnyService, Part, Record
from promises.worlds import WORLDS

type Quiet = Callable[[str], Awaitable[list[Record]]]
type Starts = Callable[[str], AbstractAsyncContextManager[Part]]
PARTITIONS = 3


@pytest.fixture(scope="module")
async def starts(kafka_bootstrap: str, database: MakeDatabase, topics: MakeTopics) -> AsyncIterator[Starts]:
    """Makes a fresh one of a service, by its name."""
    home = Path(tempfile.mkdtemp(prefix="ims-promises-"))
    letters = LetterBox(home, Register(home))
    letters.start()

    @contextlib.asynccontextmanager
    async def start(name: str) -> AsyncIterator[Part]:
        prefix = await topics(dict.fromkeys(STREAMS, PARTITIONS))
        environment = {
            "IMS_KAFKA_BOOTSTRAP": kafka_bootstrap, "IMS_DATABASE_URL": await database(), "IMS_TOPIC_PREFIX": prefix,
            "IMS_SMTP_HOST": "127.0.0.1", "IMS_SMTP_PORT": str(letters.port), "IMS_ANSWER_SECONDS": "0.5", "IMS_LEASE_SECONDS": "1",
        }  # fmt: skip
        folder = home / prefix
        folder.mkdir()
        part = Part(name, AnyService(name, folder, Register(folder)), kafka_bootstrap, prefix, environment)
        await part.start()
        try:
            yield part
        finally:
            await part.stop()

    try:
        yield start
    finally:
        letters.stop()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="module")
def quiet(starts: Starts) -> Quiet:
    """What a service tells of its world when all of it comes in order, once, and nothing happens. Run once."""
    told: dict[str, list[Record]] = {}

    async def run(name: str) -> list[Record]:
        if name not in told:
            async with starts(name) as part:
                await part.hear(WORLDS[name]().heard)
                told[name] = await part.told(QUIET_SECONDS)
        return told[name]

    return run

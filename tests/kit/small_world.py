"""A message, a table and a service small enough to try each promise of the kit by itself."""

import asyncio
import contextlib
import zlib
from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar

import asyncpg
from aiokafka import AIOKafkaProducer
from pydantic import BaseModel, Field

from ims_kit import ServiceSettings, Work, open_pool
from ims_kit.decoding import Hearing
from ims_kit.hearing import Reader
from ims_kit.migrations import KIT_TABLES
from ims_kit.relay import Relay

NOTES, ECHOES = "kit.notes", "kit.echoes"


class Note(BaseModel):
    """Something was noted."""

    type: ClassVar[str] = "kit.notes.noted.v1"
    topic: ClassVar[str] = NOTES
    number: int
    amount: int = 1
    words: str = Field(default="", max_length=1_000_000)

    @property
    def key(self) -> str:
        return str(self.number)

    @property
    def event_id(self) -> str:
        return f"noted:{self.number}"


class Echo(Note):
    """A note was heard."""

    type: ClassVar[str] = "kit.echoes.echoed.v1"
    topic: ClassVar[str] = ECHOES

    @property
    def event_id(self) -> str:
        return f"echoed:{self.number}"


TABLES = KIT_TABLES + "CREATE TABLE note (number bigint PRIMARY KEY, amount int NOT NULL CHECK (amount <> 13), words text NOT NULL);"


async def keep(notes: list[Note], work: Work) -> list[int]:
    """Keep each note once, and echo it."""
    rows = await work.connection.fetch(
        "INSERT INTO note SELECT * FROM unnest($1::bigint[], $2::int[], $3::text[]) ON CONFLICT DO NOTHING RETURNING number",
        *zip(*((note.number, note.amount, note.words) for note in notes), strict=True),
    )
    fresh = {row["number"] for row in rows}
    for note in {note.number: note for note in notes if note.number in fresh}.values():
        work.tell(Echo(number=note.number), because=note)
    return [note.number for note in notes]


class World:
    """One service's database and its topics, under names of their own."""

    def __init__(self, dsn: str, pool: Any, bootstrap: str, prefix: str) -> None:
        self.dsn, self.pool, self.bootstrap, self.prefix = dsn, pool, bootstrap, prefix

    def settings(self, **changes: Any) -> ServiceSettings:
        return ServiceSettings(
            **{"kafka_bootstrap": self.bootstrap, "database_url": self.dsn, "topic_prefix": self.prefix, **changes}
        )

    @contextlib.asynccontextmanager
    async def reading(self, handler: Any = keep, wake: Callable[[], None] = lambda: None, **changes: Any) -> AsyncIterator[Reader]:
        reader = Reader("small", self.pool, self.settings(**changes), {NOTES: Hearing(handler, [Note])}, wake)
        await reader.start()
        try:
            yield reader
        finally:
            if reader.stopped.done():
                reader.stopped.exception()
            await reader.stop()

    @contextlib.asynccontextmanager
    async def relaying(self, kind: type[Relay] = Relay) -> AsyncIterator[Relay]:
        relay = kind("small", self.dsn, self.bootstrap, self.prefix)
        task = asyncio.ensure_future(relay.run())
        try:
            yield relay
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def publish(self, records: list[Any], topic: str = NOTES, transaction: str | None = None, broken: str = "") -> None:
        """Notes, or (headers, body) as an outsider may write them; in a transaction that is `committed` or `aborted`.
        The header named `broken` is sent as bytes that are no text."""
        to = AIOKafkaProducer(bootstrap_servers=self.bootstrap, transactional_id=f"{self.prefix}outsider" if transaction else None)
        await to.start()
        try:
            if transaction:
                await to.begin_transaction()
            partitions = len(await to.partitions_for(self.prefix + topic))
            for record in records:
                headers, body, key = as_record(record)
                headers = [(name, b"\xff\xfe" if name == broken else value) for name, value in headers]
                await to.send(self.prefix + topic, body, key=key, headers=headers, partition=zlib.crc32(key) % partitions)
            await to.flush()
            if transaction:
                await (to.commit_transaction() if transaction == "committed" else to.abort_transaction())
        finally:
            await to.stop()

    async def value(self, query: str, *arguments: Any) -> Any:
        return await self.pool.fetchval(query, *arguments)


def as_record(record: Any) -> tuple[list[tuple[str, bytes]], bytes, bytes]:
    if isinstance(record, Note):
        headers = {"ce_type": record.type, "ce_id": record.event_id}
        return [(name, value.encode()) for name, value in headers.items()], record.model_dump_json().encode(), record.key.encode()
    given, body = record
    return [(name, value.encode()) for name, value in given.items()], body, b"0"


async def until(look: Callable[[], Any], seconds: float = 20) -> Any:
    """Wait for something to become true; fails with what it was last."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        found = await look()
        if found:
            return found
        assert asyncio.get_running_loop().time() < deadline, f"not so after {seconds} s: {found!r}"
        await asyncio.sleep(0.02)


async def make_world(dsn: str, bootstrap: str, prefix: str) -> World:
    connection = await asyncpg.connect(dsn)
    await connection.execute(TABLES)
    await connection.close()
    return World(dsn, await open_pool(dsn), bootstrap, prefix)

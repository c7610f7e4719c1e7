"""A service seen from outside: a process, the topics it hears, the topics it tells. Ours, or anybody's.

Nothing here knows how a service is made: it is started by a command, spoken to in the contract's messages, and judged by what it
tells. `IMS_PROMISES_ALLOCATION="my-allocation --serve"` puts another implementation of a service in the place of ours. It is given
the environment that ours is (`IMS_KAFKA_BOOTSTRAP`, `IMS_DATABASE_URL`, `IMS_TOPIC_PREFIX`, `IMS_HTTP_HOST`, `IMS_HTTP_PORT`), is run once
with `migrate` and once without, and answers `GET /health/ready` with 200 when it takes work."""

import asyncio
import os
import shlex
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jsonschema
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from pydantic_core import from_json

from golden import CONTRACTS
from ims_contracts import MESSAGES, STREAMS, Message
from ims_contracts.documents import path
from ims_local.services import Service

SCHEMAS = {name: from_json((CONTRACTS / "schemas" / path(message)).read_bytes()) for name, message in MESSAGES.items()}
TRACE = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
STILL_SECONDS, QUIET_SECONDS, MOST_SECONDS = 2.0, 10.0, 60.0
"""Nothing new for so long: it has told what it had to tell. Where nobody knows yet what must come, for longer: on a busy machine a service
may look at all that it knows more seldom than it tells. What is known to come is waited for so long."""


class Record(NamedTuple):
    """A record as it lies on a topic."""

    topic: str
    partition: int
    key: bytes | None
    value: bytes
    headers: dict[str, bytes]

    @property
    def id(self) -> str:
        return self.headers["ce_id"].decode()

    def fact(self) -> Message:
        """What it says. Raises where it is not as the contract's schema has it."""
        kind = self.headers["ce_type"].decode()
        jsonschema.validate(from_json(self.value), SCHEMAS[kind])
        return MESSAGES[kind].model_validate_json(self.value)


def headers_of(fact: Message) -> list[tuple[str, bytes]]:
    """CloudEvents binary mode, as anyone may write it."""
    said = {"specversion": "1.0", "id": fact.event_id, "type": fact.type, "source": "promises"}
    return [*((f"ce_{name}", value.encode()) for name, value in said.items()), ("traceparent", TRACE)]


class AnyService(Service):
    """Ours, unless the environment names another."""

    def _command(self) -> list[str]:
        return shlex.split(os.environ.get(f"IMS_PROMISES_{self.name.upper()}", "")) or super()._command()


@dataclass(frozen=True)
class Part:
    """One service under test, with topics and a database of its own."""

    name: str
    service: AnyService
    bootstrap: str
    prefix: str
    environment: Mapping[str, str]

    async def start(self) -> None:
        await asyncio.to_thread(self.service.start, self.environment)

    async def kill(self) -> None:
        """As a power cut would."""
        await asyncio.to_thread(self.service.kill)

    async def stop(self) -> None:
        await asyncio.to_thread(self.service.stop)

    async def hear(self, facts: Iterable[Message]) -> None:
        """Put facts on their topics, each in the partition of its key."""
        await self.put([(fact.topic, fact.key, fact.model_dump_json(exclude_none=True).encode(), headers_of(fact)) for fact in facts])

    async def put(self, records: Iterable[tuple[str, str, bytes, list[tuple[str, bytes]]]]) -> None:
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all", enable_idempotence=True)
        await producer.start()
        try:
            for topic, key, value, headers in records:
                partitions = len(await producer.partitions_for(self.prefix + topic))
                partition = zlib.crc32(key.encode()) % partitions
                await producer.send(self.prefix + topic, value, key.encode(), partition=partition, headers=headers)
        finally:
            await producer.stop()

    async def told(self, still_seconds: float = STILL_SECONDS) -> list[Record]:
        """All that it has told, once it tells no more."""
        seen, still_since, loop = -1, 0.0, asyncio.get_running_loop()
        records: list[Record] = []
        while seen != len(records) or loop.time() - still_since < still_seconds:
            if seen != len(records):
                seen, still_since = len(records), loop.time()
            await asyncio.sleep(0.2)
            records = await self.read()
        return records

    async def told_until(self, is_all: Callable[[list[Record]], bool]) -> list[Record]:
        """The same, once it is all that must come, or that does not come."""
        loop = asyncio.get_running_loop()
        until = loop.time() + MOST_SECONDS
        while not is_all(records := await self.told()) and loop.time() < until:
            pass
        return records

    async def read(self) -> list[Record]:
        topics = [topic for topic, stream in STREAMS.items() if self.name in stream.told_by]
        consumer = AIOKafkaConsumer(bootstrap_servers=self.bootstrap, enable_auto_commit=False, isolation_level="read_committed")
        await consumer.start()
        try:
            await consumer._client.force_metadata_update()
            places = [TopicPartition(self.prefix + t, n) for t in topics for n in consumer.partitions_for_topic(self.prefix + t) or ()]
            consumer.assign(places)
            await consumer.seek_to_beginning()
            ends, found = await consumer.end_offsets(places), list[Any]()
            while any([await consumer.position(place) < end for place, end in ends.items()]):
                found += [each for batch in (await consumer.getmany(timeout_ms=200)).values() for each in batch]
            cut = len(self.prefix)
            return [Record(r.topic[cut:], r.partition, r.key, r.value, dict(r.headers)) for r in found]
        finally:
            await consumer.stop()

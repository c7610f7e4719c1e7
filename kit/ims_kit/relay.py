"""Bring what was told to Kafka: one relay per service, in order, from its mark."""

import asyncio
import contextlib
import os
import time
import zlib
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import asyncpg
import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, TopicAuthorizationFailedError
from pydantic_core import from_json

from ims_kit.errors import Stop, describe

log = structlog.get_logger()

# At most so many rows, and so many bytes (but always one row), so that a run of large facts does not fill the memory.
UNSENT = """SELECT id, topic, key, headers, body FROM (
    SELECT *, sum(length(body)) OVER (ORDER BY id ROWS UNBOUNDED PRECEDING) - length(body) AS bytes_before
    FROM (SELECT id, topic, key, headers, body FROM told WHERE id > $1 ORDER BY id LIMIT $2) AS next
  ) AS sized WHERE bytes_before < 16000000 ORDER BY id"""
SESSION = {
    "synchronous_commit": "off",  # a mark lost in a crash only means that facts are sent again
    "idle_session_timeout": "30s",  # a frozen process loses the lock too
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}
SENT_WITH_EACH = [("content-type", b"application/json"), ("ce_specversion", b"1.0")]


def producer_options() -> dict[str, Any]:
    """Durable and in order: every replica has acknowledged, and a retry is not a second record."""
    return {
        "acks": "all",
        "enable_idempotence": True,
        "linger_ms": 0,
        "max_batch_size": 1 << 20,
        "max_request_size": 1 << 21,
        "request_timeout_ms": 10_000,
    }


def partition_of(key: str, partitions: int) -> int:
    """CRC-32 of the key, as librdkafka's `consistent` partitioner: named in the contract, the same for every producer."""
    return zlib.crc32(key.encode()) % partitions


class Relay:
    """Sends what the service told. The holder of a session lock works; the service's other processes stand by."""

    def __init__(self, service: str, dsn: str, kafka: str, topic_prefix: str = "", rows_max: int = 2000) -> None:
        self.dsn, self.kafka, self.prefix, self.rows_max = dsn, kafka, topic_prefix, rows_max
        self.source = ("ce_source", f"ims/{service}".encode())
        self.woken, self.is_idle = asyncio.Event(), True
        self.state, self.last_error, self.progress_at = "starting", "", time.monotonic()

    async def run(self) -> None:
        """For ever; after any failure from the mark again, with a new connection and a new producer."""
        pause = 0.1
        while True:
            try:
                await self.hold()
            except (MessageSizeTooLargeError, TopicAuthorizationFailedError) as error:
                raise Stop(f"the broker will never take this fact: {describe(error)}") from error
            except (KafkaError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                self.state, self.last_error = "backing-off", describe(error)
                log.warning("the relay starts again from its mark", error=self.last_error, pause_seconds=pause)
                await asyncio.sleep(pause)
                pause = min(pause * 2, 5) if self.is_idle else 0.1

    async def hold(self) -> None:
        """Lock, read and mark on one connection: when it dies the lock is free, and this process can do nothing more."""
        self.is_idle = True
        settings = SESSION | {"application_name": f"relay {os.getpid()}"}
        connection = await asyncpg.connect(self.dsn, server_settings=settings, timeout=5, command_timeout=30)
        producer = AIOKafkaProducer(bootstrap_servers=self.kafka, **producer_options())
        try:
            # Not the waiting form of the lock: its snapshot would hold back vacuum for as long as it waits.
            while not await connection.fetchval("SELECT pg_try_advisory_lock(2, 0)"):
                self.state, self.progress_at = "standing-by", time.monotonic()
                await asyncio.sleep(0.25)
            await producer.start()
            await self.relay(connection, producer)
        finally:
            connection.terminate()
            await asyncio.wait([asyncio.ensure_future(producer.stop())], timeout=2)

    async def relay(self, connection: Any, producer: AIOKafkaProducer) -> None:
        mark, pause = await connection.fetchval("SELECT id FROM relayed"), 0.001
        while True:
            self.woken.clear()
            rows = await connection.fetch(UNSENT, mark, self.rows_max)
            if not rows:  # woken by this process; what other processes told is found by looking
                self.state, self.progress_at = "idle", time.monotonic()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.woken.wait(), pause)
                pause = min(pause * 2, 0.05)
                continue
            self.state = "sending"
            sent, error = await self.send(producer, rows)
            if sent:
                mark, pause, self.is_idle, self.progress_at = rows[sent - 1]["id"], 0.001, False, time.monotonic()
                await connection.execute("UPDATE relayed SET id = $1", mark)
            if error:
                raise error

    async def send(self, producer: AIOKafkaProducer, rows: Sequence[Any]) -> tuple[int, KafkaError | None]:
        """How many rows, from the first on and without a gap, the broker has acknowledged; and what went wrong."""
        topics = {topic for _, topic, *_ in rows}
        counts = {topic: len(await producer.partitions_for(self.prefix + topic)) for topic in topics}
        lanes = defaultdict(list)
        for place, row in enumerate(rows):
            _, topic, key, *_ = row
            lanes[topic, partition_of(key, counts[topic])].append((place, row))
        ends = await asyncio.gather(*(self.send_lane(producer, *to, lane) for to, lane in lanes.items()))
        return min((end for end in ends if end[1]), default=(len(rows), None), key=lambda end: end[0])

    async def send_lane(
        self, producer: AIOKafkaProducer, topic: str, partition: int, lane: list[tuple[int, Any]]
    ) -> tuple[int, KafkaError | None]:
        """One partition, batch after batch: never a later fact before an earlier one, also when a send fails."""
        while lane:
            batch, count = producer.create_batch(), 0
            for _, (_, _, key, told, body) in lane:
                said = from_json(told)
                headers = [*SENT_WITH_EACH, self.source, *zip(said, map(str.encode, said.values()), strict=True)]
                if not batch.append(key=key.encode(), value=body, headers=headers, timestamp=None):
                    break
                count += 1
            if not count:
                raise Stop(f"told row {lane[0][1]['id']} does not fit an empty batch")
            try:
                await (await producer.send_batch(batch, self.prefix + topic, partition=partition))
            except KafkaError as error:
                return lane[0][0], error
            lane = lane[count:]
        return 0, None

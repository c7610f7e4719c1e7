"""Hear facts: one poll is one transaction of what was heard, what it changed, and what is told of it."""

import asyncio
import itertools
import time
from collections.abc import Callable
from typing import Any

import structlog
from aiokafka import TopicPartition
from aiokafka.abc import ConsumerRebalanceListener
from aiokafka.errors import ConsumerStoppedError, KafkaError, NoOffsetForPartitionError
from faststream import AckPolicy
from faststream.kafka import KafkaBroker
from faststream.kafka.message import FAKE_CONSUMER, KafkaMessage

from ims_kit.decoding import Hearing
from ims_kit.errors import NEVER_BETTER, Fenced, Stop, describe, is_accident
from ims_kit.positions import Moves, cluster_of, take_places
from ims_kit.settings import ServiceSettings
from ims_kit.unit import Unit

log = structlog.get_logger()

PAUSE_MAX = 5.0
"""Seconds between tries while the database or the broker is away."""
GATHER_FROM = 40
"""After a poll of so many records, but not a full one, the next are left to gather."""
SHOWN_EVERY = 5.0
"""Seconds between commits of the positions to Kafka, for monitoring only."""


async def unopened(records: tuple[Any, ...]) -> KafkaMessage:
    """A poll as FastStream passes it on. Its own parser decodes every header first, and raises for the whole poll at one that is
    not UTF-8: an outsider could stop a service with it."""
    return KafkaMessage(records, b"", consumer=FAKE_CONSUMER)


class Reader(ConsumerRebalanceListener):  # type: ignore[misc]
    """One consumer of all the topics a service hears."""

    def __init__(
        self, service: str, pool: Any, settings: ServiceSettings, hearings: dict[str, Hearing], committed: Callable[[], None]
    ) -> None:
        self.name, self.pool, self.settings, self.committed = service, pool, settings, committed
        self.unit = Unit(service, pool, settings, hearings)
        self.topics = [settings.topic_prefix + topic for topic in hearings]
        self.held: dict[TopicPartition, int] | None = None  # where PostgreSQL stands, of each partition held
        self.moves: Moves = {}  # the poll in hand: polled from, polled to
        self.pause, self.state, self.last_error, self.polled_count = 0.1, "starting", "", 0
        self.progress_at, self.shown_at = time.monotonic(), 0.0
        self.busy, self.stopped = asyncio.Lock(), asyncio.get_running_loop().create_future()
        self.broker, self.subscriber = self.connect()

    def connect(self) -> tuple[KafkaBroker, Any]:
        """FastStream over aiokafka, with every default that loses or spins set to what the promise needs."""
        broker = KafkaBroker(
            self.settings.kafka_bootstrap, logger=None, consumer_only=True, apply_types=False, allow_auto_create_topics=False
        )
        subscriber: Any = broker.subscriber(
            *self.topics,
            batch=True,
            max_records=self.settings.records_max,
            group_id=self.name,
            listener=self,
            ack_policy=AckPolicy.MANUAL,
            auto_offset_reset="none",
            isolation_level="read_committed",
            max_partition_fetch_bytes=4 << 20,
            session_timeout_ms=6000,
            heartbeat_interval_ms=1000,
        )
        subscriber.get_msg = self.poll
        # Not the message itself: FastStream keeps what is decoded in it, and a ring holds every record until a collection.
        subscriber(self.take, parser=unopened, decoder=lambda message: message.raw_message)
        return broker, subscriber

    async def start(self) -> None:
        """Join the group. Raises KafkaError while the broker is away."""
        try:
            await self.broker.start()
        except BaseException:
            await self.broker.stop()
            raise

    async def stop(self) -> None:
        """Finish the batch in work, then leave the group."""
        if not self.stopped.done():
            self.stopped.set_result(None)
        async with self.busy:
            self.held = None
        await asyncio.wait([asyncio.ensure_future(self.broker.stop())], timeout=5)

    async def on_partitions_revoked(self, revoked: Any) -> None:
        async with self.busy:  # a batch in work is finished; without this it would be fenced, and done again
            self.held = None

    async def on_partitions_assigned(self, assigned: Any) -> None:
        self.held = None

    async def poll(self, consumer: Any) -> tuple[Any, ...]:
        """In place of FastStream's own, which knows no positions, swallows errors and sleeps after an empty poll."""
        try:
            if self.stopped.done():
                raise ConsumerStoppedError
            if not consumer.assignment():
                self.state, self.progress_at = "standing-by", time.monotonic()
                await consumer.getmany(timeout_ms=200)  # nothing to come; without polls the group would drop us
                return ()
            return await self.next_records(consumer)
        except ConsumerStoppedError:
            raise
        except NoOffsetForPartitionError:  # newly assigned: the consumer looked for its place before we gave it one
            self.held = None
        except Exception as error:  # noqa: BLE001 - FastStream would swallow it and sleep; recover tells accidents from the rest
            await self.recover(error)
        return ()

    async def next_records(self, consumer: Any) -> tuple[Any, ...]:
        held = self.held = self.held or await self.take_up(consumer)
        if {tp: await consumer.position(tp) for tp in held} != held:
            raise Fenced("the consumer is not where PostgreSQL stands")
        await self.show(consumer, held)
        if GATHER_FROM <= self.polled_count < self.settings.records_max:
            await asyncio.sleep(self.settings.gather_seconds)
        polled = await consumer.getmany(timeout_ms=200, max_records=self.settings.records_max)
        if self.held is not held:
            return ()  # a rebalance came between: these records may start anywhere
        ends = {tp: await consumer.position(tp) for tp in held}
        self.moves = {tp: (held[tp], end) for tp, end in ends.items() if end != held[tp]}
        records = tuple(itertools.chain(*polled.values()))
        self.polled_count = len(records)
        if not self.moves:
            self.state, self.progress_at = "idle", time.monotonic()
        elif not records:  # transaction markers, aborted records: progress all the same
            await self.take(())
        return records

    async def take_up(self, consumer: Any) -> dict[TopicPartition, int]:
        """Go to where PostgreSQL stands; without a place there, to where the log begins. Stop if that place is gone."""
        marker: dict[TopicPartition, int] = {}
        self.held = marker
        cluster, partitions = await cluster_of(self.settings.kafka_bootstrap), consumer.assignment()
        starts, ends = await consumer.beginning_offsets(partitions), await consumer.end_offsets(partitions)
        held = await take_places(self.pool, self.name, cluster, starts, ends)
        if self.held is not marker or partitions != consumer.assignment():
            raise Fenced("a rebalance came between")
        for tp, at in held.items():
            consumer.seek(tp, at)
        return held

    async def take(self, records: tuple[Any, ...]) -> None:
        """A transaction for each topic: the locks of two handlers in one could cross another's."""
        self.state = "working"
        try:
            async with self.busy:
                for topic in self.topics:
                    moves = {tp: move for tp, move in self.moves.items() if tp.topic == topic}
                    if moves:
                        await self.commit([record for record in records if record.topic == topic], moves)
        except Exception as error:  # noqa: BLE001 - whatever a handler raises, nothing is lost: recover decides
            await self.recover(error)
        else:
            self.unit.is_careful, self.pause, self.last_error = False, 0.1, ""

    async def commit(self, records: list[Any], moves: Moves) -> None:
        held = self.held
        await self.unit.commit(records, moves)
        if held is not None:
            held |= {tp: after for tp, (_, after) in moves.items()}
        self.progress_at = time.monotonic()
        self.committed()

    async def recover(self, error: Exception) -> None:
        """Back to where PostgreSQL stands, after a pause; a handler's error is looked at more closely next time."""
        self.held = None
        no_records_fault = self.unit.is_careful and not is_accident(error)  # or it would have been set aside
        self.last_error = describe(error)
        if no_records_fault or isinstance(error, (Stop, *NEVER_BETTER)):
            self.state = "stopped"
            if not self.stopped.done():
                self.stopped.set_exception(Stop(f"{self.name}: {self.last_error}"))
            return
        self.state = "backing-off"
        log.warning("back to where PostgreSQL stands", error=self.last_error, pause_seconds=self.pause)
        self.unit.is_careful = not is_accident(error)
        await asyncio.sleep(self.pause)
        self.pause = min(self.pause * 2, PAUSE_MAX)

    async def show(self, consumer: Any, held: dict[TopicPartition, int]) -> None:
        """Commit the positions to Kafka now and then: nobody reads them back, but lag tools look there."""
        if time.monotonic() - self.shown_at < SHOWN_EVERY or not held:
            return
        self.shown_at = time.monotonic()
        try:
            await consumer.commit(dict(held))
        except KafkaError as error:
            log.debug("positions not shown to Kafka", error=describe(error))

    def behind(self) -> int:
        """How many records lie on the held partitions that are not yet taken."""
        consumer = self.subscriber.consumer
        held = self.held or {}
        return sum(max((consumer.highwater(tp) or at) - at, 0) for tp, at in held.items()) if consumer else 0

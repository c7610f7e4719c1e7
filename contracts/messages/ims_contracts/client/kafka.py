"""Publish to Kafka: the topic `ims.inbound.v1`, as contracts/README.md says."""

import asyncio
import zlib
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from ims_contracts.acceptance import Submitted
from ims_contracts.client.answers import NotSent, body_of

# Durable, and in order: every replica has acknowledged, and a retry is no second record.
PROMISES: dict[str, Any] = {"acks": "all", "enable_idempotence": True}
# Longer batches for many at once; nobody who sends one waits noticeably.
DEFAULTS: dict[str, Any] = {"linger_ms": 5, "max_batch_size": 1 << 18, "request_timeout_ms": 30_000}


class KafkaPublisher:
    """A producer on the inbound topic. `source` names the system in each message's `ce_source`; `options` are aiokafka's, such as
    `security_protocol` and `sasl_mechanism`."""

    def __init__(self, bootstrap: str, source: str, topic: str = "ims.inbound.v1", **options: Any) -> None:
        self.bootstrap, self.source, self.topic = bootstrap, source, topic
        self.options = DEFAULTS | options | PROMISES
        self.producer: AIOKafkaProducer | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def start(self) -> None:
        """Connect; `async with` does it. Raises NotSent if no broker answers."""
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, partitioner=partition, **self.options)
        try:
            await producer.start()
        except KafkaError as error:
            await producer.stop()
            raise NotSent(f"no broker answers at {self.bootstrap} ({type(error).__name__}): is the address right?") from error
        self.producer = producer

    async def aclose(self) -> None:
        """Send what is still on its way, and end."""
        if self.producer is not None:
            await self.producer.stop()

    async def publish(self, *submissions: Submitted) -> int:
        """Tell of payments, reversals and accounts; returns how many, when every replica has them. Raises Refused before any is sent,
        or NotSent if not all were acknowledged: then publish the same again. What becomes of them is at `GET /v1/submissions/…`."""
        assert self.producer is not None, "a publisher is started before it publishes: async with KafkaPublisher(…)"
        bodies = [body_of(each) for each in submissions]
        try:
            sent = [await self.send(self.producer, each, body) for each, body in zip(submissions, bodies, strict=True)]
            await asyncio.gather(*sent)
        except KafkaError as error:
            raise NotSent(f"not every message was acknowledged ({type(error).__name__}): publish the same again") from error
        return len(sent)

    async def send(self, producer: AIOKafkaProducer, submitted: Submitted, body: bytes) -> asyncio.Future[Any]:
        """Put it into the batch of its partition."""
        headers = {"ce_specversion": "1.0", "ce_type": submitted.type, "ce_source": self.source, "ce_id": submitted.event_id}
        told = [("content-type", b"application/json"), *((name, value.encode()) for name, value in headers.items())]
        future: asyncio.Future[Any] = await producer.send(self.topic, body, key=submitted.key.encode(), headers=told)
        return future


def partition(key: bytes, every: Sequence[int], available: Sequence[int]) -> int:
    """CRC-32 of the key, over all partitions: the partitioner that the contract names."""
    return sorted(every)[zlib.crc32(key) % len(every)]

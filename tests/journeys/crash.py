"""Kill everything, at random instants, while a day is fed twice and out of order; then count to the penny."""

import asyncio
import os
import random
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from ims_contracts import STREAMS, Message
from ims_local.databases import SERVICES
from ims_local.day.doors import Doors
from ims_local.day.generated import Generated
from ims_local.day.quiet import Watch, partitions_of
from ims_local.processes import is_running, kill, launch
from ims_local.settings import COUNCIL
from ims_local.whole import WholeStack

PAGE = 250


def fed(generated: Generated, seed: int) -> Iterator[Sequence[Message]]:
    """Every message twice, in an order that keeps nothing together: payments before their accounts too."""
    late_accounts = list(generated.accounts())[::2]
    messages: list[Message] = [*generated.payments(), *late_accounts] * 2
    random.Random(seed).shuffle(messages)
    for start in range(0, len(messages), PAGE):
        yield messages[start : start + PAGE]


class Accidents:
    """Kills services by SIGKILL, the broker, and PostgreSQL, and starts them again; the same seed, the same choices."""

    def __init__(self, stack: WholeStack, seed: int, kills: int) -> None:
        self.stack, self.chance, self.kills = stack, random.Random(seed), kills
        self.done: Counter[str] = Counter()

    async def run(self) -> None:
        """Until each service has been killed so many times, the broker and PostgreSQL once or more."""
        plan = [name for name in SERVICES for _ in range(self.kills)] + ["kafka", "postgres"] * max(1, self.kills // 10)
        self.chance.shuffle(plan)
        for name in plan:
            await asyncio.sleep(self.chance.uniform(0.05, 1.2))
            await asyncio.to_thread(self.kill, name)
            self.done[name] += 1

    def kill(self, name: str) -> None:
        if name in SERVICES:
            entry = self.stack.register.entry(name)
            assert entry is not None
            kill(entry.process)
            time.sleep(self.chance.uniform(0, 0.3))
            self.revive(name)
        else:
            server = self.stack.kafka if name == "kafka" else self.stack.postgres
            server.kill()  # type: ignore[union-attr]
            time.sleep(self.chance.uniform(0, 2))
            server.start()

    def revive(self, name: str) -> None:
        """Start a service without waiting for it: the next kill may come before it is ready."""
        entry, service = self.stack.register.entry(name), self.stack.services[name]
        assert entry is not None
        surroundings = self.stack.environment(name) | {"IMS_HTTP_HOST": "127.0.0.1", "IMS_HTTP_PORT": str(entry.port)}
        entry.process = launch([sys.executable, "-m", f"ims_{name}"], service.log, self.stack.home, {**os.environ, **surroundings})
        self.stack.register.keep(name, entry)

    def none_stopped_itself(self) -> list[str]:
        """Services that are down though nobody killed them."""
        entries = {name: self.stack.register.entry(name) for name in SERVICES}
        return [name for name, entry in entries.items() if entry is None or not is_running(entry.process)]


async def feed(stack: WholeStack, pages: Iterator[Sequence[Message]], busy: asyncio.Future[Any]) -> None:
    """Publish page after page; one that the broker's death interrupts is published again, whole."""
    for page in pages:
        while True:
            try:
                async with asyncio.timeout(20):
                    async with Doors(stack.addresses(), COUNCIL) as doors:
                        await doors.publish(page)
                break
            except (KafkaError, OSError, TimeoutError):
                await asyncio.sleep(0.3)
        if not busy.done():
            await asyncio.sleep(0.05)


async def settle(stack: WholeStack, generated: Generated) -> None:
    """What the provider paid over and the bank's statement of it, once all is calm."""
    async with Doors(stack.addresses(), COUNCIL) as doors:
        payouts = []
        for name, report, net in generated.settlements():
            await doors.file(name, report)
            payouts.append((name, net))
        await doors.file("statement", generated.statement(payouts, 0))


async def until_calm(stack: WholeStack) -> None:
    async with Watch(stack.addresses()) as watch:
        await watch.until_quiet(still_seconds=3)
        for _ in range(600):
            if not await watch.databases["notify"].fetchval("SELECT count(*) FROM delivery WHERE state = 'due'"):
                break
            await asyncio.sleep(0.5)
        await watch.until_quiet(still_seconds=2)


async def value(stack: WholeStack, service: str, query: str) -> Any:
    connection = await asyncpg.connect(stack.database_url(service))
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def told_and_lying(stack: WholeStack) -> dict[str, tuple[set[str], set[str], int]]:
    """By topic: the ids of facts its services told, the ids that lie on it, and how many records."""
    found = {}
    for topic, stream in STREAMS.items():
        told: set[str] = set()
        for service in set(stream.told_by) & set(SERVICES):
            query = f"SELECT array_agg(headers::jsonb ->> 'ce_id') FROM told WHERE topic = '{topic}'"
            told |= set(await value(stack, service, query) or ())
        ids = await lying(stack, topic)
        found[topic] = (told, set(ids), len(ids))
    return found


async def lying(stack: WholeStack, topic: str) -> list[str]:
    consumer = AIOKafkaConsumer(bootstrap_servers=stack.kafka.bootstrap, auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        partitions = await partitions_of(consumer, topic)
        consumer.assign(partitions)
        ends, ids = await consumer.end_offsets(partitions), []
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for records in (await consumer.getmany(timeout_ms=500)).values():
                ids += [dict(record.headers)["ce_id"].decode() for record in records]
        return ids
    finally:
        await consumer.stop()


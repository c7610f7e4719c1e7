"""Wait until a running system has nothing left to do: all heard, all told, all matched, all delivered."""

import asyncio
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition

from ims_contracts import STREAMS
from ims_local.addresses import Addresses
from ims_local.databases import SERVICES
from ims_local.faults import Fault

BEHIND = "SELECT coalesce(max(id), 0) - (SELECT id FROM relayed) FROM told"
PLACES = "SELECT topic, partition, next_offset FROM heard"


async def partitions_of(consumer: AIOKafkaConsumer, *topics: str) -> list[TopicPartition]:
    """Every partition of some topics, as the broker knows them now."""
    await consumer._client.force_metadata_update()  # a consumer that subscribes to nothing asks for all topics, but not by itself
    return [TopicPartition(topic, number) for topic in topics for number in consumer.partitions_for_topic(topic) or ()]


class Watch:
    """Looks at every service's positions, at what it has yet to send, and at where the topics end."""

    def __init__(self, addresses: Addresses) -> None:
        self.addresses = addresses
        self.databases: dict[str, Any] = {}
        self.consumer = AIOKafkaConsumer(bootstrap_servers=addresses.kafka, enable_auto_commit=False)

    async def __aenter__(self) -> "Watch":
        await self.consumer.start()
        for service in SERVICES:
            self.databases[service] = await asyncpg.connect(self.addresses.databases[service])
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.consumer.stop()
        for database in self.databases.values():
            await database.close()

    async def ends(self) -> dict[tuple[str, int], int]:
        """Where each partition of our topics ends."""
        partitions = await partitions_of(self.consumer, *(self.addresses.topic_prefix + topic for topic in STREAMS))
        return {(tp.topic, tp.partition): end for tp, end in (await self.consumer.end_offsets(partitions)).items()}

    async def left(self) -> dict[str, int]:
        """How much is left to do, by service: facts to hear, and facts to send. A topic nobody has begun to read is whole."""
        ends, left = await self.ends(), {}
        for service in SERVICES:
            heard = {(row["topic"], row["partition"]): row["next_offset"] for row in await self.databases[service].fetch(PLACES)}
            topics = [self.addresses.topic_prefix + topic for topic, stream in STREAMS.items() if service in stream.heard_by]
            begun = [place for place in ends if place[0] in topics and any(topic == place[0] for topic, _ in heard)]
            left[f"{service} to hear"] = sum(max(ends[place] - heard.get(place, 0), 0) for place in begun)
            left[f"{service} to tell"] = await self.databases[service].fetchval(BEHIND)
        return left

    async def until_quiet(self, seconds: float = 900, still_seconds: float = 1.5) -> float:
        """Return once nothing has been left for a while, with the instant (of the loop's clock) since which that is so.
        Raises Fault, with what is left, if that takes too long."""
        loop = asyncio.get_running_loop()
        deadline, quiet_since = loop.time() + seconds, None
        while True:
            left = await self.left()
            if any(left.values()):
                quiet_since = None
            elif quiet_since is None:
                quiet_since = loop.time()
            elif loop.time() - quiet_since >= still_seconds:
                return quiet_since
            if loop.time() > deadline:
                raise Fault(f"The system is not done after {seconds:.0f} seconds; left: {left}. `ims status` says more.")
            await asyncio.sleep(0.1)

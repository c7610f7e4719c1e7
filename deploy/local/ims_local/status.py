"""How a stack is: its servers, its services, its topics, and how far each service has come."""

from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from ims_local import topics
from ims_local.stack import Stack

type Ends = dict[tuple[str, int], int]


async def look(stack: Stack) -> dict[str, Any]:
    """Everything about a stack, with only names, numbers and words in it."""
    servers = {"kafka": stack.kafka.is_running(), "postgres": stack.postgres.is_running()}
    begins, ends = await offsets(stack.kafka.bootstrap) if servers["kafka"] else ({}, {})
    progress = {name: await heard_and_told(stack.database_url(name), ends) for name in stack.services} if servers["postgres"] else {}
    return {
        "home": str(stack.home),
        "servers": {
            "kafka": {"is_running": servers["kafka"], "address": stack.kafka.bootstrap if servers["kafka"] else None},
            "postgres": {"is_running": servers["postgres"], "address": stack.postgres.url.rsplit("@")[-1] if servers["postgres"] else None},
        },
        "services": {
            each.called: {"health": each.health(), "url": each.url, "pid": each.pid, **(progress.get(each.name) or {})}
            for each in stack.processes
        },
        "topics": {topic.name: summed(topic.name, begins, ends) for topic in topics.listed()} if servers["kafka"] else {},
    }


async def offsets(bootstrap: str) -> tuple[Ends, Ends]:
    """Where each partition of our topics begins and ends."""
    admin, consumer = AIOKafkaAdminClient(bootstrap_servers=bootstrap), AIOKafkaConsumer(bootstrap_servers=bootstrap)
    await admin.start()
    await consumer.start()
    try:
        ours = {topic.name for topic in topics.listed()} & set(await admin.list_topics())
        described = await admin.describe_topics(sorted(ours)) if ours else []
        places = [TopicPartition(topic["topic"], part["partition"]) for topic in described for part in topic["partitions"]]
        return (await consumer.beginning_offsets(places), await consumer.end_offsets(places)) if places else ({}, {})
    finally:
        await consumer.stop()
        await admin.close()


def summed(topic: str, begins: Ends, ends: Ends) -> dict[str, int | None]:
    """A topic's partitions and how many offsets its log holds; none, for a topic that is not there."""
    places = [place for place in ends if place[0] == topic]
    if not places:
        return {"partitions": 0, "end_offset": None, "held": None}
    end = sum(ends[place] for place in places)
    return {"partitions": len(places), "end_offset": end, "held": end - sum(begins[place] for place in places)}


async def heard_and_told(url: str, ends: Ends) -> dict[str, Any] | None:
    """How far a service is behind each topic it hears, what it set aside, and what it told but has not sent."""
    try:
        connection = await asyncpg.connect(url, timeout=5)
    except asyncpg.PostgresError:
        return None  # no such database: it was never started
    try:
        heard = await connection.fetch("SELECT topic, partition, next_offset FROM heard ORDER BY topic, partition")
        set_aside = await connection.fetchval("SELECT count(*) FROM set_aside WHERE retried_at IS NULL")
        unsent = await connection.fetchval("SELECT count(*) FROM told WHERE id > (SELECT id FROM relayed)")
    except asyncpg.UndefinedTableError:
        return None  # its database was made, but not yet brought up to date
    finally:
        await connection.close()
    lag: dict[str, int] = {}
    for topic, partition, place in heard:
        lag[topic] = lag.get(topic, 0) + max(ends.get((topic, partition), place) - place, 0)
    return {"lag": lag, "set_aside": set_aside, "unsent": unsent, "positions": positions(heard)}


def positions(heard: list[asyncpg.Record]) -> dict[str, dict[int, int]]:
    """By topic and partition, the offset that is read next."""
    found: dict[str, dict[int, int]] = {}
    for topic, partition, place in heard:
        found.setdefault(topic, {})[partition] = place
    return found

"""The raw limits of this machine, now: Kafka with the same messages, PostgreSQL with the same rows."""

import time
from collections.abc import Sequence
from typing import Any

import asyncpg
from aiokafka import AIOKafkaConsumer

from ims_contracts import Message
from ims_local.addresses import Addresses
from ims_local.day.doors import INBOUND
from ims_local.day.quiet import partitions_of

PAGE = 1000
COPIED = ("placement", "ledger_line", "told")
"""What allocation writes of a payment: its placement, two lines of the ledger, the fact it tells."""


async def kafka(addresses: Addresses, doors: Any, messages: Sequence[Message]) -> dict[str, float]:
    """Messages a second, put on the inbound topic and read back. The system hears them: they are the backlog that it works off."""
    topic = addresses.topic_prefix + INBOUND
    consumer = AIOKafkaConsumer(bootstrap_servers=addresses.kafka, max_partition_fetch_bytes=8 << 20, enable_auto_commit=False)
    await consumer.start()
    partitions = await partitions_of(consumer, topic)
    consumer.assign(partitions)
    await consumer.seek_to_end(*partitions)
    [await consumer.position(tp) for tp in partitions]
    began = time.perf_counter()
    for start in range(0, len(messages), PAGE):
        await doors.publish(messages[start : start + PAGE])
    produced, read = time.perf_counter(), 0
    while read < len(messages):
        read += sum(map(len, (await consumer.getmany(timeout_ms=1000, max_records=5000)).values()))
    done = time.perf_counter()
    await consumer.stop()
    return {"produced": len(messages) / (produced - began), "consumed": len(messages) / (done - produced)}


async def postgres(url: str, count: int) -> float:
    """Payments a second if the very rows that allocation wrote of them were only copied in, in transactions of a thousand
    payments: the same columns and indexes, no question asked and no trigger run."""
    connection = await asyncpg.connect(url)
    try:
        pages = [await rows_of(connection, table) for table in COPIED]
        for table in COPIED:
            await connection.execute(f"CREATE TABLE raw_{table} (LIKE {table} INCLUDING INDEXES)")
        rounds, began = count // PAGE, time.perf_counter()
        for place in range(rounds):
            async with connection.transaction():
                for table, (columns, rows) in zip(COPIED, pages, strict=True):
                    share = len(rows) // rounds
                    page = rows[place * share : (place + 1) * share]
                    await connection.copy_records_to_table(f"raw_{table}", records=page, columns=columns)
        return rounds * PAGE / (time.perf_counter() - began)
    finally:
        for table in COPIED:
            await connection.execute(f"DROP TABLE IF EXISTS raw_{table}")
        await connection.close()


async def rows_of(connection: Any, table: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    found = await connection.fetch(f"SELECT * FROM {table}")  # noqa: S608 - our own tables
    return list(found[0].keys()), [tuple(row) for row in found]

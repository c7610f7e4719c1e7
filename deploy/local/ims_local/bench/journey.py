"""The whole way of a payment: from the inbound topic to the receipt that is due and the expectation at the bank."""

import asyncio
import statistics
import time
from typing import Any

import asyncpg
import httpx
from aiokafka import AIOKafkaConsumer

from ims_local.addresses import Addresses
from ims_local.day.generated import Generated
from ims_local.day.quiet import Watch

ALLOCATIONS = "ims.allocations.v1"
KEPT = "SELECT count(*) FROM payment"


async def backlog(watch: Watch, count: int) -> float:
    """Payments a second, from the first that ingest takes of a backlog to the last that notify and reconcile have heard."""
    ingest, loop = watch.databases["ingest"], asyncio.get_running_loop()
    before = await ingest.fetchval(KEPT)
    while (already := await ingest.fetchval(KEPT) - before) == 0:
        await asyncio.sleep(0.01)  # another process's table: there is no event to wait for
    began = loop.time()
    ended = await watch.until_quiet(still_seconds=0.3)
    return float((count - already) / (ended - began))


async def latencies(addresses: Addresses, payments: Generated, count: int, warm_up: int = 30) -> dict[str, float]:
    """Milliseconds on an idle system from the HTTP request that tells of a payment to "paid" on the allocations' topic."""
    consumer = AIOKafkaConsumer(addresses.topic_prefix + ALLOCATIONS, bootstrap_servers=addresses.kafka, enable_auto_commit=False)
    await consumer.start()
    headers = {"authorization": f"Bearer {addresses.token}"}
    taken = []
    async with httpx.AsyncClient(base_url=addresses.http["ingest"], headers=headers, trust_env=False) as http:
        for number in range(count + warm_up):
            began = time.perf_counter()
            await told(http, consumer, payments, number)
            taken += [(time.perf_counter() - began) * 1000] if number >= warm_up else []
            await asyncio.sleep(0.03)
    await consumer.stop()
    cuts = statistics.quantiles(taken, n=100)
    return {"p50": round(cuts[49], 1), "p99": round(cuts[98], 1)}


async def told(http: httpx.AsyncClient, consumer: Any, payments: Generated, number: int) -> None:
    """One payment in over HTTP, and its allocation seen on the topic."""
    one = payments.payment(number).model_dump(mode="json", exclude_none=True, exclude={"council"})
    answer = await http.post("/v1/payments", json=one, headers={"idempotency-key": one["source_payment_id"]})
    answer.raise_for_status()
    payment_id = answer.json()["payment_id"].encode()
    while not (await consumer.getone()).key.endswith(payment_id):
        pass


async def stored(addresses: Addresses) -> int:
    """How many payments allocation holds."""
    connection = await asyncpg.connect(addresses.databases["allocation"])
    try:
        return int(await connection.fetchval("SELECT count(*) FROM placement WHERE revision = 1"))
    finally:
        await connection.close()

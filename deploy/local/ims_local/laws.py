"""The laws of money on a running system: in each service, and between what one told and another heard."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import asyncpg
import httpx

from ims_local.addresses import Addresses
from ims_local.databases import SERVICES
from ims_local.day.quiet import Watch

# Each payment at its first revision, or at the first after those in which only what went back of it was known.
HEARD = """SELECT council, sum(amount_pence)::bigint AS pence FROM placement AS first WHERE kind = 'payment' AND (revision = 1 OR EXISTS (
    SELECT FROM placement AS before WHERE (before.council, before.payment_id) = (first.council, first.payment_id)
      AND before.revision = first.revision - 1 AND before.kind = 'awaited')) GROUP BY 1"""
KEPT = "SELECT council, sum(amount_pence)::bigint AS pence FROM payment GROUP BY 1"
LEDGER = """SELECT council, posted_on::text, ledger_account, sum(greatest(amount_pence, 0))::bigint AS debit_pence,
  -sum(least(amount_pence, 0))::bigint AS credit_pence FROM ledger_line GROUP BY 1, 2, 3"""
PLACES = "SELECT topic, partition, next_offset FROM heard"


async def check(addresses: Addresses) -> dict[str, Any]:
    """Every law, whether it holds and by how much it does not."""
    of_services = [laws_of(addresses, service) for service in SERVICES]
    found = await asyncio.gather(*of_services, received_is_heard(addresses), ledger_is_heard(addresses), sent(addresses))
    laws = [law for each in found for law in each]
    broken = [law for law in laws if not law["holds"]]
    return {"holds": not broken, "laws": len(laws), "broken": broken}


async def laws_of(addresses: Addresses, service: str) -> list[dict[str, Any]]:
    """The laws that a service keeps by itself."""
    async with httpx.AsyncClient(base_url=addresses.http[service], timeout=300, trust_env=False) as http:
        answer = await http.get("/v1/laws")
        answer.raise_for_status()
        return [{"service": service} | law for law in answer.json()]


async def received_is_heard(addresses: Addresses) -> list[dict[str, Any]]:
    """Between services: payments that ingest told = those allocation heard + on the way + set aside."""
    ingest, allocation = [await asyncpg.connect(addresses.databases[name]) for name in ("ingest", "allocation")]
    try:
        # What allocation has heard is asked first: what ingest tells meanwhile is on the way, never missing.
        heard = await allocation.fetch(HEARD)
        kept = await ingest.fetch(KEPT)
        waiting = await on_the_way(addresses, "ims.payments.v1", ingest, allocation)
    finally:
        await asyncio.gather(ingest.close(), allocation.close())
    by_council = {row["council"]: row["pence"] for row in heard}
    return [
        between("received is allocated, suspended or due back", row["council"], row["pence"] - by_council.get(row["council"], 0), waiting)
        for row in kept
    ]


def between(law: str, council: str, missing_pence: int, waiting: int) -> dict[str, Any]:
    """Money that one side has and the other has not heard of may only be on the way, or set aside for a person."""
    holds = missing_pence == 0 or (missing_pence > 0 and waiting > 0)
    found = {"holds": holds, "difference": missing_pence, "on_the_way": waiting}
    return {"service": "between", "law": law, "council": council, "day": None} | found


async def ledger_is_heard(addresses: Addresses) -> list[dict[str, Any]]:
    """Between services: what notify heard for those who take the ledger = allocation's ledger, by day and account, but for what is on
    the way. That notify exported what it heard is a law of its own."""
    allocation, notify = [await asyncpg.connect(addresses.databases[name]) for name in ("allocation", "notify")]
    try:
        councils = [row[0] for row in await notify.fetch("SELECT DISTINCT council FROM ledger_journal")]
        heard = {council: await ledgers_heard(addresses, council) for council in councils}
        rows = await allocation.fetch(LEDGER)
        waiting = await on_the_way(addresses, "ims.allocations.v1", allocation, notify)
    finally:
        await asyncio.gather(allocation.close(), notify.close())
    return [
        {"service": "between", "law": f"what {ledger['destination']} gets is the ledger", "council": council, "day": None,
         "holds": not apart or waiting > 0, "difference": apart, "on_the_way": waiting}
        for council, ledgers in heard.items() for ledger in ledgers
        for apart in [differing(ledger, [row for row in rows if row["council"] == council])]
    ]  # fmt: skip


async def ledgers_heard(addresses: Addresses, council: str) -> list[dict[str, Any]]:
    """What notify heard for each destination that takes the ledger."""
    async with httpx.AsyncClient(base_url=addresses.http["notify"], timeout=300, trust_env=False) as http:
        answer = await http.get("/v1/ledger/totals", params={"council": council})
        answer.raise_for_status()
        found: list[dict[str, Any]] = answer.json()
        return found


def differing(ledger: dict[str, Any], rows: Sequence[Any]) -> int:
    """By how many pence, debits and credits each for itself, what a destination gets is not the ledger since its first day."""
    first = ledger["first_day"] or ""
    apart = Counter[tuple[str, str, str]]()
    for row in rows:
        if row["posted_on"] >= first:
            for side in ("debit_pence", "credit_pence"):
                apart[row["posted_on"], row["ledger_account"], side] += row[side]
    for row in ledger["accounts"]:
        for side in ("debit_pence", "credit_pence"):
            apart[row["posted_on"], row["ledger_account"], side] -= row[f"heard_{side}"]
    return sum(map(abs, apart.values()))


async def on_the_way(addresses: Addresses, name: str, teller: Any, hearer: Any) -> int:
    """Facts of a topic that one service has told and another has not taken, and those it set aside."""
    topic = addresses.topic_prefix + name
    unsent = await teller.fetchval("SELECT count(*) FROM told WHERE id > (SELECT id FROM relayed)")
    aside = await hearer.fetchval("SELECT count(*) FROM set_aside WHERE topic = $1 AND retried_at IS NULL", topic)
    async with Watch(addresses) as watch:
        ends = {place: end for place, end in (await watch.ends()).items() if place[0] == topic}
    places = {(row["topic"], row["partition"]): row["next_offset"] for row in await hearer.fetch(PLACES)}
    return int(unsent + aside + sum(max(end - places.get(place, 0), 0) for place, end in ends.items()))


async def sent(addresses: Addresses) -> list[dict[str, Any]]:
    """What a service has marked as sent lies on its topics: never less than it told."""
    async with Watch(addresses) as watch:
        ends = await watch.ends()
    laws = []
    for service in SERVICES:
        connection = await asyncpg.connect(addresses.databases[service])
        try:
            rows = await connection.fetch("SELECT topic, count(*) FROM told WHERE id <= (SELECT id FROM relayed) GROUP BY 1")
        finally:
            await connection.close()
        for row in rows:
            lies = sum(end for (topic, _), end in ends.items() if topic == addresses.topic_prefix + row["topic"])
            missing = max(row["count"] - lies, 0)
            laws.append({"service": service, "law": f"what was told lies on {row['topic']}", "council": None, "day": None,
                         "holds": not missing, "difference": missing})
    return laws

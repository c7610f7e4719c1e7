"""A queue of suspense of many items, in a database of its own, and how long its pages and searches take over HTTP."""

import asyncio
import json
import statistics
import time
from itertools import batched
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from ims_allocation.app import build
from ims_allocation.domain import Change, Pack, Payment, Placement, Record, known
from ims_allocation.domain.candidates import meanings
from ims_allocation.domain.ledger import lines_between
from ims_allocation.handlers.pages import cursor
from ims_allocation.handlers.payments import keep_typed
from ims_allocation.settings import Packs, Settings
from ims_allocation.store import placements
from ims_contracts.payments import PaymentReceived
from ims_kit import begin, migrate
from ims_local.databases import own_database
from ims_local.measure.register import Register, owed
from ims_local.measure.transfers import HOW, Payers
from ims_local.progress import Steps
from ims_local.stack import Stack

DATABASE, BATCH = "suspense", 2_000
IN_SUSPENSE = {"one-error": 0.35, "two-errors": 0.10, "foreign": 0.25, "nothing": 0.20, "exact": 0.10}
"""How the references of what lies in suspense were given."""
OFFICERS, AREAS = ["Ann", "Bob", "Cid", "Dot"], ["housing", "parking", "revenues"]
AGES = """UPDATE suspense_item SET since_on = since_on - (abs(hashtext(payment_id::text)) % 400),
  owner = CASE WHEN abs(hashtext(payment_id::text)) % 3 = 0 THEN ($1::text[])[1 + abs(hashtext(payment_id::text)) % 4] END,
  area = CASE WHEN abs(hashtext(payment_id::text)) % 5 = 0 THEN ($2::text[])[1 + abs(hashtext(payment_id::text)) % 3] END"""
ACCOUNT = [
    "council", "account_reference", "fund", "revision", "status", "stages", "balance_pence", "instalment_pence", "second_keys", "issued_on",
    "names", "is_stopped",
]  # fmt: skip


class InSuspense(Payers):
    """Payers of whom nobody can say what they meant."""

    def one_of(self, shares: dict[str, float]) -> str:
        return super().one_of(IN_SUSPENSE if shares is HOW else shares)


class Queue:
    """The items, and the service that shows them."""

    def __init__(self, pool: Any, register: Register) -> None:
        self.pool, self.register, self.pack = pool, register, register.pack
        self.packs = Packs([self.pack])

    async def fill(self, items: int, advance: Any) -> None:
        """Put so many transfers into suspense as the service would write them, since many days, a third of them somebody's."""
        for transfers in batched(InSuspense(self.register, 1).transfers(items), BATCH):
            heard = [transfer.payment for transfer in transfers]
            async with begin(self.pool) as work:
                await keep_typed({(each.council, each.payment_id): each for each in heard}, work)
                await placements.keep([suspended(each, self.pack) for each in heard], {self.pack.council: self.pack.version}, work)
            advance(len(heard))
        await self.pool.execute(AGES, OFFICERS, AREAS)

    async def keep_accounts(self, advance: Any) -> None:
        """The register's accounts, as suggestions look them up."""
        for keys in batched(self.register.by_key, 20_000):
            await self.pool.copy_records_to_table("account", records=[row(self.register, *key) for key in keys], columns=ACCOUNT)
            advance(len(keys))

    async def ask(self, times: int, advance: Any) -> dict[str, dict[str, float]]:
        """Milliseconds of each question, the usual one and the slowest of so many askings."""
        service = build(Settings(kafka_bootstrap="nowhere:9", database_url="postgresql://nowhere/none"))
        service.pool, service.api.state.packs = self.pool, self.packs
        found: dict[str, dict[str, float]] = {}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=service.api), base_url="http://allocation") as http:
            for name, (path, params) in (await self.questions()).items():
                taken = [await milliseconds(http, path, {"council": self.pack.council} | params) for _ in range(times)]
                found[name] = {"usual": round(statistics.median(taken), 1), "slowest": round(max(taken), 1)}
                advance(1)
        return found

    async def questions(self) -> dict[str, tuple[str, dict[str, Any]]]:
        """Pages from the first to the last in every order, each filter, and searches of all kinds."""
        queue = "/v1/suspense"
        pages: dict[str, dict[str, Any]] = {f"first page by {sort}": {"sort": sort} for sort in ("since", "-since", "amount", "-amount")}
        for sort, column, order in (("since", "since_on", ""), ("-amount", "amount_pence", " DESC")):
            for where, part in (("middle", 0.5), ("last", 0.999)):
                at = await self.pool.fetchrow(
                    f"""SELECT {column}, payment_id FROM suspense_item ORDER BY {column}{order}, payment_id{order}
                      OFFSET (SELECT (count(*) * $1)::bigint FROM suspense_item) LIMIT 1""",  # noqa: S608 - our own words
                    part,
                )
                pages[f"{where} page by {sort}"] = {"sort": sort, "after": cursor(list(at))}
        one = await self.pool.fetchval("SELECT payment_id FROM suspense_item LIMIT 1")
        asked = pages | FILTERS | SEARCHES | await self.typed()
        return {name: (queue, each) for name, each in asked.items()} | {"one item": (f"{queue}/{one}", {})}

    async def typed(self) -> dict[str, dict[str, Any]]:
        """Searches for what one payer typed, whole and in part."""
        one = await self.pool.fetchval("SELECT reference FROM typed WHERE length(reference) > 9 ORDER BY payment_id LIMIT 1")
        return {"text: one payer's own": {"text": one}, "text: a part of it": {"text": one[2:8]}}


FILTERS: dict[str, dict[str, Any]] = {
    "a page of 200": {"count_max": 200},
    "a page without suggestions": {"with_suggestions": False},
    "by reason": {"reason": "invalid-reference"},
    "by owner": {"owner": "Ann"},
    "what nobody owns": {"is_owned": False},
    "by area, the largest first": {"area": "housing", "sort": "-amount"},
    "by method": {"method": "bank"},
    "by amount": {"amount_min": 9_000, "amount_max": 9_100},
    "by age": {"age_min": 100, "age_max": 120},
    "all filters": {"owner": "Bob", "area": "parking", "amount_min": 1_000, "age_min": 10, "text": "rent"},
}
SEARCHES: dict[str, dict[str, Any]] = {
    "text: a common word": {"text": "council tax"},
    "text: a common word, the largest first": {"text": "rent", "sort": "-amount"},
    "text: a surname": {"text": "HARLORBY"},
    "text: nobody's": {"text": "ZZYZX"},
    "text: one letter": {"text": "A"},
    "text: two digits": {"text": "77"},
    "text: with signs of patterns": {"text": "100%_\\"},
}


def suspended(heard: PaymentReceived, pack: Pack) -> Change:
    """A payment that nobody can place, as its first revision."""
    payment: Payment = known(heard, pack.references.read(heard.reference, heard.narrative), pack)
    reason = payment.reading.reason or ("account-awaited" if payment.reading.candidates else "no-reference")
    before = Record(heard.council, heard.payment_id)
    placed = Placement("suspended", "held", suspended_pence=heard.amount_pence, reason=reason)
    after = Record(heard.council, heard.payment_id, payment, revision=1, placement=placed)
    return Change(before, after, lines_between(before, after))


def row(register: Register, fund: str, reference: str) -> tuple[Any, ...]:
    """An account as it is kept."""
    entry, account = register.by_key[fund, reference], register.account(fund, reference)
    assert account, "the register has what it lists"
    stages = json.dumps([[s.stage, s.amount_pence, None, str(s.until_on) if s.until_on else None] for s in account.stages])
    balance, instalment = (entry.balance_pence, entry.instalment_pence) if owed(entry) and not account.stages else (None, None)
    marks, names = json.dumps(sorted(account.second_keys)), json.dumps(sorted(account.names))
    return (account.council, reference, fund, 1, account.status, stages, balance, instalment, marks, account.issued_on, names, False)


async def milliseconds(http: httpx.AsyncClient, path: str, params: dict[str, Any]) -> float:
    """As if nobody had asked for this page before."""
    meanings.cache_clear()
    began = time.perf_counter()
    answer = await http.get(path, params=params)
    answer.raise_for_status()
    return (time.perf_counter() - began) * 1000


async def measure(url: str, items: int, register: Register, times: int, steps: Steps) -> dict[str, Any]:
    """Fill a queue, and ask of it. Raises asyncpg.PostgresError."""
    await migrate(url, "ims_allocation.migrations")
    async with asyncpg.create_pool(url, min_size=0, max_size=4) as pool:
        queue = Queue(pool, register)
        with steps.step(f"{register.count:,} accounts", register.count) as advance:
            await queue.keep_accounts(advance)
        with steps.step(f"{items:,} items", items) as advance:
            await queue.fill(items, advance)
        await pool.execute("VACUUM ANALYZE")
        with steps.step("Questions", len(await queue.questions())) as advance:
            found = await queue.ask(times, advance)
    return {"items": items, "slowest_ms": max(each["slowest"] for each in found.values())} | {
        f"{name}, ms": each for name, each in found.items()
    }


def measured(home: Path, items: int, register: Register, times: int, steps: Steps) -> dict[str, Any]:
    """The same on a PostgreSQL that is started for it, and removed at the end."""
    stack = Stack(home)
    try:
        stack.postgres.start()
        return asyncio.run(on_server(stack.postgres.url, items, register, times, steps))
    finally:
        stack.postgres.stop()
        stack.postgres.delete()


async def on_server(url: str, items: int, register: Register, times: int, steps: Steps) -> dict[str, Any]:
    async with own_database(url, DATABASE) as own:
        return await measure(own, items, register, times, steps)

"""How long a large file of postings takes, and the ledger of the same day: from what waits to the file where it is taken."""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.resources import as_file, files
from itertools import batched
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import asyncpg

from ims_contracts.allocations import JournalLine, Part, PaymentAllocated
from ims_kit import begin, migrate
from ims_local.progress import Steps
from ims_local.settings import COUNCIL
from ims_local.stack import Stack
from ims_notify.channels.folder import FolderChannel
from ims_notify.domain.ledger import journals
from ims_notify.domain.postings import kept
from ims_notify.pack import FileSetup, load
from ims_notify.runs import Runner, RunRules, make_run
from ims_notify.store import ledger, runs

DATABASE = "posting_file"
BATCH = 500
DAY = date(2026, 3, 16)
SLOT = datetime(2026, 3, 17, 7, tzinfo=UTC)
PAYMENTS = """INSERT INTO payment (council, payment_id, heard_revision, heard_on, channel, paid_on)
SELECT $1, id, 1, $3, 'web', $3 FROM unnest($2::uuid[]) AS id"""


def placements(count: int) -> Iterator[PaymentAllocated]:
    """Card payments, each to an account of council tax."""
    for number in range(count):
        pence, reference = 1000 + number % 20_000, f"77{number:07}"
        yield PaymentAllocated(
            council=COUNCIL, payment_id=uuid5(UUID(int=0), str(number)), revision=1, amount_pence=pence, outcome="account",
            parts=[Part(fund="23", account_reference=reference, amount_pence=pence)], rule="reference", rule_version="1",
            method_of_payment="card", decided_on=DAY, posted_on=DAY,
            lines=[
                JournalLine(ledger_account="clearing:card", amount_pence=pence),
                JournalLine(ledger_account="fund:23", account_reference=reference, amount_pence=-pence, vat_code="O"),
            ],
        )  # fmt: skip


async def measure(url: str, folder: Path, count: int, steps: Steps) -> dict[str, Any]:
    """What each step takes. Raises asyncpg.PostgresError."""
    await migrate(url, "ims_notify.migrations")
    with as_file(files("ims_local.measure") / "notify.yaml") as path:
        setups = load(path).files
    async with asyncpg.create_pool(url, min_size=0, max_size=2) as pool:
        with steps.shown(), steps.step("Facts", count) as advance:
            found = await hear(pool, setups, count, advance)
        for name, setup in setups.items():
            with steps.shown(), steps.step(f"File for {name}"):
                found |= await write(pool, setup, folder)
    return {"payments": count} | found


async def hear(pool: Any, setups: dict[str, FileSetup], count: int, advance: Any) -> dict[str, Any]:
    """Keep what waits: how many seconds the postings take, and each ledger beside them."""
    seconds = dict.fromkeys(setups, 0.0)
    for batch in batched(placements(count), BATCH):
        await pool.execute(PAYMENTS, COUNCIL, [fact.payment_id for fact in batch], DAY)
        for name, setup in setups.items():
            began, to = time.perf_counter(), [setup.destination]
            async with begin(pool) as work:
                if setup.destination.kind == "postings":
                    await runs.keep([line for fact in batch for line in kept(fact, to)], work)
                else:
                    await ledger.keep([each for fact in batch for each in journals(fact, to)], work)
            seconds[name] += time.perf_counter() - began
        advance(len(batch))
    return {"seconds_to_keep": {name: round(each, 1) for name, each in seconds.items()}}


async def write(pool: Any, setup: FileSetup, folder: Path) -> dict[str, Any]:
    """Make the run, commit it, and lay the file down."""
    to, began = setup.destination, time.perf_counter()
    async with begin(pool) as work:
        await runs.hold(to, work)
        await make_run(setup, SLOT, work)
    made = time.perf_counter()
    runner = Runner(setup, FolderChannel(folder), RunRules())
    async with begin(pool) as work:
        due = await runs.claim(to, RunRules().lease, work)
    assert due, "a run was made"
    answer = await runner.attempt(due)
    assert answer.verdict == "delivered", answer.reason
    laid = time.perf_counter()
    shown = {"seconds_to_make": round(made - began, 1), "seconds_in_all": round(laid - began, 1), "bytes": len(due.content),
             "lines": due.credit_count + due.debit_count}
    return {to.name: shown}


def measured(home: Path, count: int, steps: Steps) -> dict[str, Any]:
    """The same on a PostgreSQL that is started for it, and removed at the end."""
    stack = Stack(home)
    try:
        stack.postgres.start()
        return asyncio.run(on_server(stack.postgres.url, home, count, steps))
    finally:
        stack.postgres.stop()
        stack.postgres.delete()


async def on_server(url: str, folder: Path, count: int, steps: Steps) -> dict[str, Any]:
    """In a database of its own on this server, which is there afterwards no more."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"CREATE DATABASE {DATABASE}")
        try:
            return await measure(url.rsplit("/", 1)[0] + f"/{DATABASE}", folder, count, steps)
        finally:
            await connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")
    finally:
        await connection.close()

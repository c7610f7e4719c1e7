"""What it costs to match new payments beside so much that is open already: lines without their files, and files without their lines."""

import time
from collections.abc import Awaitable, Iterable, Iterator
from datetime import timedelta
from functools import partial
from operator import attrgetter
from random import Random
from typing import Any

import asyncpg
import psutil

from ims_contracts import Message
from ims_contracts.statements import StatementReceived
from ims_kit import migrate
from ims_local.bench import cpu
from ims_local.measure.database import in_own_database
from ims_local.month.bank import banking_day, named
from ims_local.month.day import Desk
from ims_local.month.engine import Engine
from ims_local.month.streams import FIRST, Stream
from ims_local.progress import Steps
from ims_local.settings import COUNCIL
from ims_reconcile.domain import working_days_after
from ims_reconcile.handlers import reconcile, reconcile_new

BATCHES, IN_FILE, SPREAD = 20, 20, 60
"""What is new is heard in so many batches, with a look after each; so many payments are in a file; what is open is of so many days."""
MATCHED = "SELECT count(*) FROM bank_line WHERE state = 'matched' AND source <> 'bank'"


async def measure(url: str, sizes: list[int], payments: int, seed: int, steps: Steps) -> dict[str, Any]:
    """The same new payments beside so many open things, and again beside so many. Raises asyncpg.PostgresError."""
    found: dict[str, Any] = {"payments": payments}
    with steps.shown():
        for size in sizes:
            with steps.step(f"{size:,} open"):
                found[f"beside_{size}_open"] = await in_own_database(url, partial(beside, size, payments, seed), f"open_{size}")
    return found


async def beside(size: int, payments: int, seed: int, url: str) -> dict[str, Any]:
    """Both looks: of what is new after each batch of it, and of all that is open once at the end."""
    await migrate(url, "ims_reconcile.migrations")
    desk, chance = Desk(payments, seed), Random(seed)  # noqa: S311 - invented rows
    async with asyncpg.create_pool(url, min_size=1, max_size=1, max_inactive_connection_lifetime=0) as pool:
        engine = Engine(pool, desk.council.pack)
        await engine.hear(in_runs(waiting(desk, size, chance)))
        await pool.execute("ANALYZE")
        await engine.look(reconcile)
        server = await pool.fetchval("SELECT pg_backend_pid()")
        before = await pool.fetchval(MATCHED)
        fresh, at_new, at_all = list(whole(desk, payments // IN_FILE)), Spent(server), Spent(server)
        for start in range(BATCHES):
            await engine.hear(in_runs(fact for facts in fresh[start::BATCHES] for fact in facts))
            await at_new.on(engine.look(reconcile_new))
        matched = await pool.fetchval(MATCHED) - before
        await at_all.on(engine.look(reconcile))
    return {
        "lines": len(fresh),
        "lines_matched": matched,
        "microseconds_a_payment": round(at_new.seconds * 1e6 / payments, 1),
        "cpu_microseconds_a_payment": round(at_new.cpu_seconds * 1e6 / payments, 1),
        "look_at_all_seconds": round(at_all.seconds, 2),
    }


class Spent:
    """Seconds, and those of the CPU that this process and the server took."""

    def __init__(self, server: int) -> None:
        self.processes, self.seconds, self.cpu_seconds = (psutil.Process(), psutil.Process(server)), 0.0, 0.0

    async def on(self, work: Awaitable[None]) -> None:
        began, used = time.perf_counter(), self.used()
        await work
        self.seconds += time.perf_counter() - began
        self.cpu_seconds += self.used() - used

    def used(self) -> float:
        return sum(map(cpu.seconds, self.processes))


def in_runs(facts: Iterable[Message]) -> list[Message]:
    """Topic by topic, as they are polled."""
    return sorted(facts, key=attrgetter("topic"))


def streams(desk: Desk) -> list[Stream]:
    """The sources that come in files and bags."""
    return [stream for stream in desk.council.streams if stream.kind in ("file", "bag")]


def waiting(desk: Desk, size: int, chance: Random) -> Iterator[Message]:
    """As many lines as files, of the weeks before and after, whose other side never comes; and the bank's word that it will not."""
    chosen = streams(desk)
    for number in range(size // 2):
        stream, day = chosen[number % len(chosen)], FIRST + timedelta(days=number % SPREAD - SPREAD // 2)
        name, pence = desk.reference(), chance.randrange(500, 1_000_000)
        yield desk.payment(f"{name}:1", day, stream, amount_pence=pence, remittance_id=named(name))
        yield desk.remittance(name, day, stream, payment_count=1, payments_pence=pence)
        desk.bank.book(day, stream.account, chance.randrange(500, 1_000_000), stream.says.format(ref=desk.reference(), day=""))
    yield from lines(desk)
    over = FIRST + timedelta(days=2 * SPREAD)
    yield StatementReceived.model_construct(
        council=COUNCIL, statement_id=named("over"), bank_account="20201599999999", format="camt.053", statement_reference="over",
        opened_on=over, closed_on=over, opening_pence=0, closing_pence=0, credit_count=0, credits_pence=0, debit_count=0, debits_pence=0,
        is_proved=True, received_on=over, currency="GBP", sequence=None,
    )  # fmt: skip


def whole(desk: Desk, files: int) -> Iterator[list[Message]]:
    """New files with their lines, of days in the midst of what waits."""
    chosen = streams(desk)
    for number in range(files):
        stream, day = chosen[number % len(chosen)], banking_day(FIRST + timedelta(days=number % 10))
        name = desk.reference()
        payments = [desk.payment(f"{name}:{n}", day, stream, amount_pence=desk.pence(), remittance_id=named(name)) for n in range(IN_FILE)]
        pence = sum(each.amount_pence for each in payments)
        text = stream.says.format(ref=name, day=day.strftime("%d%m%y"))
        desk.bank.book(working_days_after(day, stream.after[0]), stream.account, pence, text)
        yield [*payments, desk.remittance(name, day, stream, payment_count=IN_FILE, payments_pence=pence), *lines(desk)]


def lines(desk: Desk) -> Iterator[Message]:
    """All that was booked."""
    for day in list(desk.bank.waiting):
        yield from desk.bank.waiting.pop(day)

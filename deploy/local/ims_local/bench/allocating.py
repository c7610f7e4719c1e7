"""Allocation alone: a backlog of payments that ingest has told, against a register as large as a council's, with everything running."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from itertools import batched
from pathlib import Path
from typing import Any, NamedTuple

from ims_contracts.payments import PaymentSubmitted
from ims_local.bench import cpu, raw
from ims_local.bench.run import Quiet
from ims_local.day.doors import Doors
from ims_local.day.generated import RUNNING, Generated
from ims_local.day.quiet import Watch
from ims_local.laws import check
from ims_local.progress import Steps
from ims_local.services import Service
from ims_local.settings import COUNCIL

PAGE = 1000
REGISTER_PAGE = 500_000
# Straight into allocation's tables, and what they owe counted by the page: told one by one, or counted by the table's trigger, ten
# million would take long. No payment is for one of them. Amounts repeat as they do in a council: some thousands of bands and rents.
BALANCE, INSTALMENT = "20000 + number * 7919 % 300000", "2000 + number * 7919 % 30000"
REGISTER = f"""INSERT INTO account
    (council, account_reference, fund, revision, status, stages, balance_pence, instalment_pence, second_keys, issued_on, names)
  SELECT $1, 'R' || lpad(number::text, 9, '0'), $2, 1, 'open', '[]', {BALANCE}, {INSTALMENT}, '[]', NULL, '[]'
  FROM generate_series($3::bigint, $4::bigint) AS number"""  # noqa: S608 - our own sums
OWING = f"""INSERT INTO owing (council, amount_pence, fund, accounts)
  SELECT $1, pence, $2, count(*) FROM generate_series($3::bigint, $4::bigint) AS number
    CROSS JOIN LATERAL (VALUES (0), ({BALANCE}), ({INSTALMENT})) AS owed (pence) GROUP BY pence
  ON CONFLICT (council, amount_pence, fund) DO UPDATE SET accounts = owing.accounts + excluded.accounts"""  # noqa: S608 - our own sums
COUNTING = "ALTER TABLE account {} TRIGGER accounts_are_counted"
TOLD = "SELECT coalesce(max(id), 0) FROM told"
DECIDED = "allocation to hear", "allocation to tell"


class Round(NamedTuple):
    """One measurement."""

    accounts: int
    """How large the register is beside the accounts of the payments."""
    hot_share: float
    """What share of the payments is for one account."""


class AllocationBench:
    """A stack of its own, measured and thrown away."""

    def __init__(self, home: Path, steps: Steps, allocations: int = 1) -> None:
        self.stack, self.steps = Quiet(home), steps
        self.stack.allocations, self.registered = allocations, 0

    async def run(self, payments: int, rounds: Sequence[Round]) -> dict[str, Any]:
        """Of each round, the registers from small to large: payments a second that allocation decides and tells, CPU seconds per 100,000;
        and beside them the rows it wrote, only copied."""
        await asyncio.to_thread(self.stack.up, self.steps)
        addresses, found = self.stack.addresses(), dict[str, dict[str, Any]]()
        measured, places = Generated(payments * len(rounds), seed=7), batched(range(payments * len(rounds)), payments)
        with self.steps.shown():
            async with Doors(addresses, COUNCIL) as doors, Watch(addresses) as watch:
                with self.steps.step("Accounts of the payments"):
                    for page in batched(measured.accounts(), PAGE):
                        await doors.publish(page)
                    await watch.until_quiet(900 + payments / 1000)
                for each, numbers in zip(rounds, places, strict=True):
                    await self.register(watch, each.accounts)
                    for process in self.allocations:
                        await asyncio.to_thread(process.stop)
                    await self.queue(doors, watch, payments_of(measured, numbers, each.hot_share))
                    found[name_of(each)] = await self.measured(watch, payments)
                    await watch.until_quiet(900 + payments / 1000)
        with self.steps.step("Raw PostgreSQL"):
            copied = round(await raw.postgres(addresses.databases["allocation"], measured.count))
        for figures in found.values():
            figures["share_of_raw"] = round(figures["payments_per_second"] / copied, 3)
        broken = (await check(addresses))["broken"]
        of_all = {"payments": payments, "processes": len(self.allocations), "raw_postgres_per_second": copied, "laws_broken": len(broken)}
        return {"every round": of_all, **found}

    @property
    def allocations(self) -> list[Service]:
        return [each for each in self.stack.processes if each.name == "allocation"]

    async def register(self, watch: Watch, accounts: int) -> None:
        """Fill the register beside what the payments are for, up to so many."""
        database = watch.databases["allocation"]
        with self.steps.step(f"A register of {accounts:,} accounts", accounts) as advance:
            for start in range(self.registered, accounts, REGISTER_PAGE):
                end = min(start + REGISTER_PAGE, accounts)
                async with database.transaction():
                    await database.execute(COUNTING.format("DISABLE"))
                    for statement in (REGISTER, OWING):
                        await database.execute(statement, COUNCIL, RUNNING[0][0], start, end - 1)
                    await database.execute(COUNTING.format("ENABLE"))
                advance(end - start)
            self.registered = max(accounts, self.registered)
            await database.execute("VACUUM ANALYZE account")

    async def queue(self, doors: Doors, watch: Watch, messages: Iterator[PaymentSubmitted]) -> None:
        """Have ingest tell the payments, and wait until all but allocation have heard of them."""
        with self.steps.step("Payments told, allocation stopped"):
            for page in batched(messages, PAGE):
                await doors.publish(page)
            while any(count for name, count in (await watch.left()).items() if name not in DECIDED):
                await asyncio.sleep(0.2)  # other processes' tables: there is no event to wait for

    async def measured(self, watch: Watch, payments: int) -> dict[str, Any]:
        """From the first payment that allocation decides to the last that it has told."""
        loop, database = asyncio.get_running_loop(), watch.databases["allocation"]
        before, used = await database.fetchval(TOLD), self.used()
        with self.steps.step("Allocation"):
            starting = [asyncio.create_task(self.start(process)) for process in self.allocations]
            while (already := await database.fetchval(TOLD) - before) == 0:
                await asyncio.sleep(0.01)
            began = loop.time()
            # Looking everywhere takes a share of the machine that is measured: only towards the end.
            while await database.fetchval(TOLD) - before < payments * 9 // 10:
                await asyncio.sleep(0.1)
            left = await watch.left()
            while any(left[name] for name in DECIDED):
                await asyncio.sleep(0.02)
                left = await watch.left()
            ended, after = loop.time(), self.used()
            await asyncio.gather(*starting)
        spent = {name: round((after[name] - used.get(name, 0)) * 1e5 / payments, 2) for name in after}
        return {
            "payments_per_second": round((payments - already) / (ended - began)),
            "cpu_seconds_per_100k": spent,
            "left_to_others": {name: count for name, count in left.items() if count},
        }

    async def start(self, process: Service) -> None:
        await asyncio.to_thread(process.start, self.stack.environment(process.name))

    def used(self) -> dict[str, float]:
        return cpu.used({name: pid for name, pid in self.stack.pids().items() if cpu.is_there(pid)})


def name_of(each: Round) -> str:
    return f"{each.accounts:,} accounts" + (f", {each.hot_share:.0%} of the payments for one of them" if each.hot_share else "")


def payments_of(measured: Generated, numbers: Iterable[int], hot_share: float) -> Iterator[PaymentSubmitted]:
    """Payments by their numbers, so many in a hundred of them for one account."""
    fund, makes, _ = RUNNING[0]
    hot = measured.reference(fund, makes, 0)
    for number in numbers:
        payment = measured.payment(number)
        yield payment.model_copy(update={"reference": hot}) if number % 100 < hot_share * 100 else payment

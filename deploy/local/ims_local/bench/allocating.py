"""Allocation alone: a backlog of payments that ingest has told, against a register as large as a council's, with everything running."""

import asyncio
from collections.abc import Iterator
from itertools import batched
from pathlib import Path
from typing import Any

from ims_contracts.payments import PaymentSubmitted
from ims_local.bench import cpu, raw
from ims_local.bench.run import Quiet
from ims_local.day.doors import Doors
from ims_local.day.generated import RUNNING, Generated
from ims_local.day.quiet import Watch
from ims_local.progress import Steps
from ims_local.settings import COUNCIL

PAGE = 1000
REGISTER_PAGE = 100_000
# Copied straight into allocation's table, the database counting what they owe: told one by one, ten million would take an hour. No
# payment is for one of them. Amounts repeat as they do in a council: some thousands of bands and rents.
REGISTER = """INSERT INTO account
    (council, account_reference, fund, revision, status, stages, balance_pence, instalment_pence, second_keys, issued_on, names)
  SELECT $1, 'R' || lpad(number::text, 9, '0'), $2, 1, 'open', '[]', 20000 + number * 7919 % 300000, 2000 + number * 7919 % 30000,
    '[]', NULL, '[]'
  FROM generate_series($3::bigint, $4::bigint) AS number"""
TOLD = "SELECT coalesce(max(id), 0) FROM told"
DECIDED = "allocation to hear", "allocation to tell"


class AllocationBench:
    """A stack of its own, measured and thrown away."""

    def __init__(self, home: Path, steps: Steps) -> None:
        self.stack, self.steps = Quiet(home), steps

    async def run(self, payments: int, accounts: int, hot_share: float) -> dict[str, Any]:
        """Payments a second that allocation decides and tells; CPU seconds per 100,000; beside the rows it wrote, only copied."""
        await asyncio.to_thread(self.stack.up, self.steps)
        addresses, measured = self.stack.addresses(), Generated(payments, seed=7)
        with self.steps.shown():
            async with Doors(addresses, COUNCIL) as doors, Watch(addresses) as watch:
                await self.register(watch, accounts)
                with self.steps.step("Accounts of the payments"):
                    for page in batched(measured.accounts(), PAGE):
                        await doors.publish(page)
                    await watch.until_quiet(900 + payments / 1000)
                allocation = self.stack.services["allocation"]
                await asyncio.to_thread(allocation.stop)
                await self.queue(doors, watch, payments_of(measured, hot_share))
                found = await self.measured(watch, payments)
        with self.steps.step("Raw PostgreSQL"):
            copied = await raw.postgres(addresses.databases["allocation"], payments)
        figures = {"accounts": accounts, "payments": payments, "hot_share": hot_share, **found}
        return figures | {"raw_postgres_per_second": round(copied), "share_of_raw": round(found["payments_per_second"] / copied, 3)}

    async def register(self, watch: Watch, accounts: int) -> None:
        """Fill the register beside what the payments are for."""
        with self.steps.step(f"A register of {accounts:,} accounts", accounts) as advance:
            for start in range(0, accounts, REGISTER_PAGE):
                end = min(start + REGISTER_PAGE, accounts)
                await watch.databases["allocation"].execute(REGISTER, COUNCIL, RUNNING[0][0], start, end - 1)
                advance(end - start)
            await watch.databases["allocation"].execute("ANALYZE account")

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
            starting = asyncio.create_task(asyncio.to_thread(self.stack.services["allocation"].start, self.stack.environment("allocation")))
            while (already := await database.fetchval(TOLD) - before) == 0:
                await asyncio.sleep(0.01)
            began = loop.time()
            left = await watch.left()
            while any(left[name] for name in DECIDED):
                await asyncio.sleep(0.02)
                left = await watch.left()
            ended, after = loop.time(), self.used()
            await starting
        spent = {name: round((after[name] - used.get(name, 0)) * 1e5 / payments, 2) for name in after}
        return {
            "payments_per_second": round((payments - already) / (ended - began)),
            "cpu_seconds_per_100k": spent,
            "left_to_others": {name: count for name, count in left.items() if count},
        }

    def used(self) -> dict[str, float]:
        return cpu.used({name: pid for name, pid in self.stack.pids().items() if cpu.is_there(pid)})


def payments_of(measured: Generated, hot_share: float) -> Iterator[PaymentSubmitted]:
    """The payments, so many in a hundred of them for one account."""
    fund, makes, _ = RUNNING[0]
    hot = measured.reference(fund, makes, 0)
    for number, payment in enumerate(measured.payments()):
        yield payment.model_copy(update={"reference": hot}) if number % 100 < hot_share * 100 else payment

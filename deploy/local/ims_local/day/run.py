"""Feed a council's day to a running system, and wait until it is done with it."""

import json
from collections.abc import Iterable, Iterator
from itertools import batched
from pathlib import Path

from ims_contracts import Message
from ims_local.addresses import Addresses
from ims_local.day.doors import Doors
from ims_local.day.generated import Generated
from ims_local.day.outcome import Books, books
from ims_local.day.quiet import Watch
from ims_local.faults import Fault
from ims_local.progress import Steps
from ims_local.settings import COUNCIL

SAMPLES = Path(__file__).parents[4] / "samples"
ACCOUNTS = ("accounts.csv", "pcns.csv")
# Collections of two days before, one of which comes back: their money is in the opening balance, and is no part of the day.
BEFORE = ("bacs_std18_dd_earlier.txt",)
MONEY = ("allpay.txt", "allpay_20260318.txt", "bacs_std18_dd.txt", "dwp_counciltax.csv", "ereturn.csv")
WENT_BACK = ("bacs_arudd.xml", "bacs_ddica.xml", "bacs_addacs.xml")
SETTLED = ("stripe_payout_reconciliation.csv", "stripe_payout_reconciliation_parking.csv", "adyen_settlement_detail_batch_77.csv")
# The day of files that name none, as of the bag of takings.
BUSINESS_DAY = "2026-03-18"
# One of the statements that show the same bank day; the others would add observations, and no line.
BANK = ("camt053_v08.xml",)
LATE = ("pcns_late.csv",)
CLOSING_PENCE = 1_298_204
"""What that statement closes with, and the next day's opens with."""

def events() -> Iterator[bytes]:
    """GOV.UK Pay's webhooks in the order in which they came, byte for byte."""
    for line in (SAMPLES / "govukpay_webhooks.jsonl").read_text().splitlines():
        yield json.loads(line)["body"].encode()


class Day:
    """The samples, and so many generated payments."""

    def __init__(self, addresses: Addresses, generated: Generated, steps: Steps) -> None:
        self.addresses, self.generated, self.steps = addresses, generated, steps

    async def run(self) -> Books:
        """Accounts first, then money, then what the providers and the bank say, then what came late. Returns what was in the books
        when the day began."""
        async with Doors(self.addresses, COUNCIL) as doors, Watch(self.addresses) as watch:
            await self.files(doors, "Accounts", ACCOUNTS)
            await self.publish(doors, "Generated accounts", self.generated.accounts(), self.generated.count)
            await self.files(doors, "Before the day", BEFORE)
            await watch.until_quiet()
            opening = await books(self.addresses, COUNCIL)
            await self.events(doors)
            await self.files(doors, "Collections", (*MONEY, *WENT_BACK))
            await self.publish(doors, "Generated payments", self.generated.payments(), self.generated.count)
            await watch.until_quiet()
            await self.files(doors, "Settlements", SETTLED)
            await self.settle(doors)
            await self.files(doors, "Bank and late accounts", (*BANK, *LATE))
            await self.until_done(watch)
        return opening

    async def events(self, doors: Doors) -> None:
        told = list(events())
        with self.steps.step("GOV.UK Pay events", len(told)) as advance:
            for event in told:
                await doors.event(event)
                advance(1)

    async def files(self, doors: Doors, name: str, files: tuple[str, ...]) -> None:
        with self.steps.step(name, len(files)) as advance:
            for file in files:
                await doors.file(file, (SAMPLES / file).read_bytes(), business_on=BUSINESS_DAY)
                advance(1)

    async def publish(self, doors: Doors, name: str, messages: Iterable[Message], total: int) -> None:
        with self.steps.step(name, total) as advance:
            for page in batched(messages, 1000):
                advance(await doors.publish(page))

    async def settle(self, doors: Doors) -> None:
        """What the generated payments' provider paid over, and the bank's next day, on which it arrives."""
        payouts = []
        with self.steps.step("Generated settlements", self.generated.payouts) as advance:
            for name, report, net in self.generated.settlements():
                await doors.file(name, report)
                payouts.append((name, net))
                advance(1)
        if payouts:
            await doors.file("the bank's next day", self.generated.statement(payouts, CLOSING_PENCE))

    async def until_done(self, watch: Watch) -> None:
        """Matched at the bank, and told to all: receipts and postings leave after the facts are heard."""
        with self.steps.step("Matched, and told to all"):
            await watch.until_quiet(still_seconds=3)
            for _ in range(600):
                due = await watch.databases["notify"].fetchval("SELECT count(*) FROM delivery WHERE state = 'due'")
                if not due:
                    await watch.until_quiet(still_seconds=1)
                    return
                await watch.until_quiet(still_seconds=0.5)
        raise Fault(f"{due} receipts and postings are still due. `ims status` says more.")

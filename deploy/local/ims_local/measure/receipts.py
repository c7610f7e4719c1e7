"""Many receipts by a GOV.UK Notify with its real limits, with notify killed at some moments: none lost, none twice."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Iterator
from importlib.resources import files
from itertools import batched
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import asyncpg
import psutil
import yaml

from ims_contracts.allocations import JournalLine, Part, PaymentAllocated
from ims_contracts.payments import Payer
from ims_kit import begin, migrate
from ims_local.govuk_notify import BURST, KEY, PER_SECOND, GovukNotify
from ims_local.measure.posting_file import BATCH, DAY
from ims_local.progress import Steps
from ims_local.settings import COUNCIL
from ims_notify.domain.received import Received
from ims_notify.handlers import on_allocations, on_payments

TEMPLATE = UUID(int=11)
LEFT = "SELECT count(*) FROM delivery WHERE state = 'due'"
STATES = "SELECT state, count(*) FROM delivery GROUP BY state ORDER BY state"
TOLD = "SELECT count(*) FROM told WHERE headers::jsonb ->> 'ce_type' LIKE '%receipt-issued%'"


def paid(count: int) -> Iterator[tuple[Received, PaymentAllocated]]:
    """Card payments by as many payers with an e-mail address, each to an account of council tax."""
    for number in range(count):
        pence, reference, payment_id = 1000 + number % 20_000, f"77{number:07}", uuid5(UUID(int=0), str(number))
        known: dict[str, Any] = {"council": COUNCIL, "payment_id": payment_id, "amount_pence": pence, "method_of_payment": "card"}
        yield (
            Received(
                **known, source="portal", source_payment_id=str(number), channel="web", paid_on=DAY, received_on=DAY, reference=reference,
                payer=Payer(email=f"payer.{number}@example.org"),
            ),
            PaymentAllocated(
                **known, revision=1, outcome="account", rule="reference", rule_version="1", decided_on=DAY, posted_on=DAY,
                parts=[Part(fund="23", account_reference=reference, amount_pence=pence)],
                lines=[JournalLine(ledger_account="clearing:card", amount_pence=pence)],
            ),
        )  # fmt: skip


class Receipts:
    """The receipts that are due, and the process that hands them over."""

    def __init__(self, pool: Any, url: str, folder: Path) -> None:
        self.pool, self.url, self.folder = pool, url, folder
        self.fake = GovukNotify(PER_SECOND, BURST)
        self.cpu_seconds = 0.0

    async def become_due(self, count: int, advance: Any) -> None:
        """Have notify hear of so many payments."""
        for batch in batched(paid(count), BATCH):
            async with begin(self.pool) as work:
                await on_payments([payment for payment, _ in batch], work)
            async with begin(self.pool) as work:
                await on_allocations([placed for _, placed in batch], work, [])
            advance(len(batch))

    async def hand_over(self, count: int, kills: int, advance: Any) -> float:
        """Hand them all over, killing the process at as many moments, evenly; how many seconds it took."""
        began = time.monotonic()
        async with self.fake.listening() as address:
            for number in range(kills + 1):
                process = await self.start(address)
                until = count * (number + 1) // (kills + 1) if number < kills else None
                await self.watch(process, until, advance)
        return time.monotonic() - began

    async def start(self, address: str) -> asyncio.subprocess.Process:
        """A notify that does nothing but deliver."""
        own = {COUNCIL: {"key_env": "MEASURED_GOVUK_KEY", "url": address}}
        told = {"IMS_DATABASE_URL": self.url, "IMS_COUNCIL_PACK": str(self.pack()), "IMS_GOVUK_NOTIFY": json.dumps(own)}
        environment = os.environ | told | {"IMS_KAFKA_BOOTSTRAP": "nowhere:9", "MEASURED_GOVUK_KEY": KEY}
        return await asyncio.create_subprocess_exec(sys.executable, "-m", "ims_local.measure.delivering", env=environment)

    def pack(self) -> Path:
        """The example council's, with a template at GOV.UK Notify."""
        held = yaml.safe_load(files("ims_notify").joinpath("packs/anytown.yaml").read_text("utf-8"))
        held["councils"][0]["govuk_notify"] = {"email": {"en": str(TEMPLATE)}}
        path = self.folder / "receipts.yaml"
        path.write_text(yaml.safe_dump(held))
        return path

    async def watch(self, process: asyncio.subprocess.Process, until: int | None, advance: Any) -> None:
        """Let it work until so many are taken, or none is due any more, and kill it."""
        seen = len(self.fake.taken)
        while len(self.fake.taken) < until if until is not None else await self.pool.fetchval(LEFT):
            await asyncio.sleep(0.25)
            advance(len(self.fake.taken) - seen)
            seen = len(self.fake.taken)
            if process.returncode is not None:
                raise RuntimeError(f"the process that delivers ended by itself: {process.returncode}")
        self.cpu_seconds += sum(psutil.Process(process.pid).cpu_times()[:2])
        process.kill()
        await process.wait()

    async def found(self, count: int) -> dict[str, Any]:
        """What became of them."""
        references = self.fake.references
        return {
            "taken": len(self.fake.taken),
            "lost": count - len(references),
            "twice": sum(times - 1 for times in references.values()),
            "refused_as_too_fast": self.fake.answers["RateLimitError"],
            "looked_up_after_a_kill": self.fake.looked_up,
            "told_as_issued": await self.pool.fetchval(TOLD),
            "states": dict(await self.pool.fetch(STATES)),
        }


async def measure(url: str, folder: Path, count: int, kills: int, steps: Steps) -> dict[str, Any]:
    """Raises asyncpg.PostgresError."""
    await migrate(url, "ims_notify.migrations")
    async with asyncpg.create_pool(url, min_size=0, max_size=2) as pool:
        receipts = Receipts(pool, url, folder)
        with steps.shown(), steps.step("Receipts due", count) as advance:
            await receipts.become_due(count, advance)
        with steps.shown(), steps.step("Handed over", count) as advance:
            seconds = await receipts.hand_over(count, kills, advance)
        shown = {"receipts": count, "kills": kills, "minutes": round(seconds / 60, 1), "per_second": round(count / seconds, 1)}
        return shown | await receipts.found(count) | {"notify_cpu_seconds": round(receipts.cpu_seconds, 1)}

"""One measurement: accounts, a backlog worked off, single payments on the idle system, then the raw limits."""

import asyncio
from itertools import batched
from pathlib import Path
from typing import Any

from ims_local.bench import cpu, journey, raw
from ims_local.day.doors import Doors
from ims_local.day.generated import Generated
from ims_local.day.quiet import Watch
from ims_local.progress import Steps
from ims_local.settings import COUNCIL
from ims_local.whole import WholeStack

OUTSIDE = ("IMS_SMTP_HOST", "IMS_SMTP_PORT", "IMS_DESTINATIONS", "IMS_PLACES")


class Quiet(WholeStack):
    """A stack without a mail server and without a parking system: receipts and postings become due, and are not sent."""

    def environment(self, service: str) -> dict[str, str]:
        return {name: value for name, value in super().environment(service).items() if name not in OUTSIDE}

    def pids(self) -> dict[str, int]:
        """Its services and servers, as far as they are processes of ours."""
        entries = self.register.read().entries
        names = [*(each.called for each in self.processes), "kafka", "postgres"]
        return {name: entries[name].process.pid for name in names if name in entries and entries[name].process}  # type: ignore[union-attr]


class Bench:
    """A stack of its own, measured and thrown away."""

    def __init__(self, home: Path, steps: Steps, allocations: int = 1) -> None:
        self.stack, self.steps = Quiet(home), steps
        self.stack.allocations = allocations

    async def run(self, payments: int, stored: int, singles: int) -> dict[str, Any]:
        """Everything once; figures per second, milliseconds, and CPU seconds per 100,000 payments."""
        await asyncio.to_thread(self.stack.up, self.steps)
        addresses = self.stack.addresses()
        with self.steps.shown():
            async with Doors(addresses, COUNCIL) as doors, Watch(addresses) as watch:
                measured, alone = Generated(payments, seed=7), Generated(singles + 30, seed=8)
                await self.fill(doors, "Accounts", measured.accounts(), watch)
                await self.fill(doors, "Accounts of single payments", alone.accounts(), watch)
                if stored:
                    before = Generated(stored, seed=6)
                    await self.fill(doors, "Accounts of what is stored", before.accounts(), watch)
                    await self.fill(doors, "Stored before", before.payments(), watch)
                with self.steps.step("Single payments"):
                    latency = await journey.latencies(addresses, alone, singles)
                found = await self.backlog(doors, watch, measured)
        with self.steps.step("Raw PostgreSQL"):
            copied = await raw.postgres(addresses.databases["allocation"], payments)
        return found | {
            "raw_postgres_per_second": round(copied),
            "share_of_raw_postgres": round(found["payments_per_second"] / copied, 3),
            "latency_ms": latency,
        }

    async def fill(self, doors: Doors, name: str, messages: Any, watch: Watch) -> None:
        with self.steps.step(name):
            count = 0
            for page in batched(messages, 1000):
                await doors.publish(page)
                count += len(page)
            await watch.until_quiet(900 + count / 1000)

    async def backlog(self, doors: Doors, watch: Watch, measured: Generated) -> dict[str, Any]:
        """Ingest is stopped while the payments are queued, so that all of them lie ready when it starts."""
        ingest = self.stack.services["ingest"]
        messages = list(measured.payments())
        await asyncio.to_thread(ingest.stop)
        with self.steps.step("Raw Kafka"):
            queued = await raw.kafka(self.stack.addresses(), doors, messages)
        del messages
        with self.steps.step("Backlog", 1):
            starting = asyncio.create_task(asyncio.to_thread(ingest.start, self.stack.environment("ingest")))
            before = self.used()
            speed = await journey.backlog(watch, measured.count)
            await starting
            after = self.used()
        spent = {name: round((after[name] - before.get(name, 0)) * 1e5 / measured.count, 2) for name in after}
        return {
            "payments": measured.count,
            "payments_per_second": round(speed),
            "raw_kafka_per_second": round(min(queued.values())),
            "cpu_seconds_per_100k": spent | {"total": round(sum(spent.values()), 2)},
            "memory_mb": cpu.memory_mb({name: pid for name, pid in self.stack.pids().items() if name not in ("kafka", "postgres")}),
        }

    def used(self) -> dict[str, float]:
        """A process that has ended, or not begun, has used nothing yet."""
        return cpu.used({name: pid for name, pid in self.stack.pids().items() if cpu.is_there(pid)})

"""One measurement: a database of its own, the month day by day, and what came of it."""

import asyncio
import resource
import time
from pathlib import Path
from typing import Any

import asyncpg

from ims_kit import migrate
from ims_local.bench import cpu
from ims_local.databases import own_database
from ims_local.month.calendar import month
from ims_local.month.day import Desk
from ims_local.month.engine import Engine
from ims_local.month.score import score
from ims_local.progress import Steps
from ims_local.stack import Stack

DATABASE = "matching"
# Days pass in seconds here, and the server looks at its tables by itself only once a minute.
ANALYSED = (2, 5, 10, 20, 40)


async def measure(url: str, payments: int, seed: int, steps: Steps) -> dict[str, Any]:
    """Everything that is heard in the month, matched at the end of each day. Raises asyncpg.PostgresError."""
    await migrate(url, "ims_reconcile.migrations")
    desk = Desk(payments, seed)
    async with asyncpg.create_pool(url, min_size=0, max_size=2) as pool:
        engine, slowest, began = Engine(pool, desk.council.pack), (0.0, 0), time.perf_counter()
        with steps.shown(), steps.step("Days", 68) as advance:
            for number, (_, facts) in enumerate(month(desk)):
                if number in ANALYSED:
                    await pool.execute("ANALYZE")
                before = engine.hearing_seconds + engine.matching_seconds
                await engine.hear(facts)
                await engine.settle()
                slowest = max(slowest, (engine.hearing_seconds + engine.matching_seconds - before, len(facts)))
                advance(1)
        seconds = time.perf_counter() - began
        found = await score(pool, desk.truth, desk.made)
    return found | {
        "seconds": round(seconds, 1),
        "hearing_seconds": round(engine.hearing_seconds, 1),
        "matching_seconds": round(engine.matching_seconds, 1),
        "cpu_seconds": round(engine.cpu_seconds, 1),
        "slowest_day_seconds": round(slowest[0], 1),
        "slowest_day_facts": slowest[1],
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def measured(home: Path, payments: int, seed: int, steps: Steps) -> dict[str, Any]:
    """The same on a PostgreSQL that is started for it, and removed at the end."""
    stack = Stack(home)
    try:
        stack.postgres.start()
        found = asyncio.run(on_server(stack.postgres.url, payments, seed, steps))
        return found | {"server_cpu_seconds": round(server_cpu_seconds(stack), 1)}
    finally:
        stack.postgres.stop()
        stack.postgres.delete()


def server_cpu_seconds(stack: Stack) -> float:
    """What the server has taken of the CPU; nothing, where it is not ours."""
    entry = stack.register.entry("postgres")
    return cpu.used({"postgres": entry.process.pid})["postgres"] if entry and entry.process else 0.0


async def on_server(url: str, payments: int, seed: int, steps: Steps) -> dict[str, Any]:
    """In a database of its own on this server, which is there afterwards no more."""
    async with own_database(url, DATABASE) as own:
        return await measure(own, payments, seed, steps)

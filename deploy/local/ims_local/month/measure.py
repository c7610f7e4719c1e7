"""One measurement: the month day by day, and what came of it."""

import resource
import time
from typing import Any

import asyncpg

from ims_kit import migrate, search_seldom
from ims_local.month.calendar import month
from ims_local.month.day import Desk
from ims_local.month.engine import Engine
from ims_local.month.score import score
from ims_local.progress import Steps

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
                search_seldom()  # as a service does at its start: the invented month is none of its objects
                before = engine.hearing_seconds + engine.matching_seconds
                await engine.hear(facts)
                await engine.settle()
                slowest = max(slowest, (engine.hearing_seconds + engine.matching_seconds - before, len(facts)))
                advance(1)
        seconds = time.perf_counter() - began
        found = await score(pool, desk.truth, desk.made)
    return found | {
        "making_seconds": round(seconds - engine.hearing_seconds - engine.matching_seconds, 1),
        "seconds": round(engine.hearing_seconds + engine.matching_seconds, 1),
        "hearing_seconds": round(engine.hearing_seconds, 1),
        "matching_seconds": round(engine.matching_seconds, 1),
        "cpu_seconds": round(engine.cpu_seconds, 1),
        "slowest_day_seconds": round(slowest[0], 1),
        "slowest_day_facts": slowest[1],
        "memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }

"""Each task by our matcher and by SQL, on the same server in the same run: how long, how much found, how much wrong."""

import time
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import asyncpg

from ims_kit import migrate
from ims_local.measure.database import in_own_database
from ims_local.month.engine import Engine
from ims_local.progress import Steps
from ims_local.public.tasks import PACK, Row, Task, facts, many_to_one, one_to_many, one_to_one
from ims_local.settings import COUNCIL
from ims_reconcile.store import clearing

TASKS: tuple[Callable[[int, int], Task], ...] = (one_to_one, one_to_many, many_to_one)
TABLES = """CREATE TABLE ledger_row (id uuid, reference text, pence bigint, day date);
  CREATE TABLE bank_row (id uuid, reference text, pence bigint, day date)"""
# As an engine without a memory would ask: sides that agree by reference, pence and day, summed where there are several.
JOIN = """CREATE TABLE joined AS WITH ledger AS (SELECT reference, sum(pence) AS pence, min(day) AS day FROM ledger_row GROUP BY 1),
    bank AS (SELECT reference, sum(pence) AS pence, max(day) AS day FROM bank_row GROUP BY 1)
  SELECT reference FROM ledger JOIN bank USING (reference, pence) WHERE bank.day BETWEEN ledger.day AND ledger.day + 7"""
DRIFT = "SELECT (SELECT sum(pence) FROM ledger_row) - (SELECT sum(pence) FROM bank_row)"
FOUND = "SELECT DISTINCT narrative FROM bank_line WHERE state = 'matched'"


async def measure(url: str, rows: int, seed: int, steps: Steps) -> dict[str, Any]:
    """Every task on a database of its own. Raises asyncpg.PostgresError."""
    found: dict[str, Any] = {"rows": rows}
    with steps.shown():
        for make in TASKS:
            task = make(rows, seed)
            with steps.step(task.name):
                each = await in_own_database(url, partial(both, task), task.name.replace("-", "_"))
            drift = {name: each.pop(name) for name in list(each) if "drift" in name}
            found |= {f"blnk_{task.name}": each, f"formance_drift_{task.name}": drift}
    return found


async def both(task: Task, url: str) -> dict[str, Any]:
    """Ours and SQL's."""
    await migrate(url, "ims_reconcile.migrations")
    async with asyncpg.create_pool(url, min_size=0, max_size=2) as pool:
        size = {"ledger_rows": len(task.ledger), "bank_rows": len(task.bank), "pairs": len(task.truth)}
        return size | await ours(pool, task) | await sql(pool, task)


async def ours(pool: Any, task: Task) -> dict[str, Any]:
    """Hear, match, tell and open breaks, as the service does; and the drift, as the clearing accounts have it."""
    engine, heard = Engine(pool, PACK), list(facts(task))
    await engine.hear(heard)
    await pool.execute("ANALYZE")
    await engine.settle()
    found = {row["narrative"].split()[1] for row in await pool.fetch(FOUND)}
    began = time.perf_counter()
    everything = clearing.Wanted(COUNCIL, None, None, date.min, date.max)
    balances = await clearing.balances(pool, everything)
    drift = sum(row["pence"] if row["account"] == "clearing" else -row["pence"] for row in balances)
    drift_seconds = time.perf_counter() - began
    return counted("ours", found, task) | {
        "ours_hearing_seconds": round(engine.hearing_seconds, 3),
        "ours_matching_seconds": round(engine.matching_seconds, 3),
        "ours_drift_pence": drift,
        "ours_drift_seconds": round(drift_seconds, 3),
    }


async def sql(pool: Any, task: Task) -> dict[str, Any]:
    """Load both sides into plain tables, and join them."""
    await pool.execute(TABLES)
    loading = await timed(load(pool, task.ledger, "ledger_row"), load(pool, task.bank, "bank_row"))
    await pool.execute("ANALYZE")
    joining = await timed(pool.execute(JOIN))
    found = {row["reference"] for row in await pool.fetch("SELECT reference FROM joined")}
    began = time.perf_counter()
    drift = int(await pool.fetchval(DRIFT))
    return counted("sql", found, task) | {
        "sql_loading_seconds": round(loading, 3),
        "sql_joining_seconds": round(joining, 3),
        "sql_drift_pence": drift,
        "sql_drift_seconds": round(time.perf_counter() - began, 3),
    }


async def load(pool: Any, rows: list[Row], table: str) -> None:
    await pool.copy_records_to_table(table, records=rows)


async def timed(*parts: Any) -> float:
    """How many seconds they take, one after the other."""
    began = time.perf_counter()
    for part in parts:
        await part
    return time.perf_counter() - began


def counted(who: str, found: set[str], task: Task) -> dict[str, int]:
    """What was found of the truth, and what beside it."""
    return {f"{who}_found": len(found & task.truth), f"{who}_wrong": len(found - task.truth)}

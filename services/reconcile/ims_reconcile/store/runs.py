"""Runs of postings to back offices, half of each row from either fact."""

from collections.abc import Sequence
from typing import Any

from ims_kit import Insert
from ims_reconcile.domain import Run
from ims_reconcile.store import tables
from ims_reconcile.store.heard import Row

# What was sent is the same whoever says it; an answer is the highest revision's.
DELIVERED = Insert(
    tables.Run,
    "run_id council destination line_count net_pence delivered_on",
    conflict="""(run_id) DO UPDATE SET line_count = excluded.line_count, net_pence = excluded.net_pence,
      delivered_on = excluded.delivered_on, is_done = false WHERE run.delivered_on IS NULL""",
)
ANSWERED = Insert(
    tables.Run,
    "run_id council destination line_count net_pence revision accepted_count accepted_pence rejected_count rejected_pence answered_on",
    conflict="""(run_id) DO UPDATE SET revision = excluded.revision, accepted_count = excluded.accepted_count,
      accepted_pence = excluded.accepted_pence, rejected_count = excluded.rejected_count, rejected_pence = excluded.rejected_pence,
      answered_on = excluded.answered_on, line_count = coalesce(run.line_count, excluded.line_count),
      net_pence = coalesce(run.net_pence, excluded.net_pence), is_done = false
      WHERE excluded.revision > run.revision""",
)
OPEN = """SELECT run_id, council, destination, line_count, net_pence, coalesce(delivered_on, answered_on), accepted_count, accepted_pence,
    rejected_count, rejected_pence FROM run WHERE NOT is_done"""


async def keep_delivered(connection: Any, rows: Sequence[Row]) -> None:
    """Remember runs that were delivered."""
    await DELIVERED(connection, rows)


async def keep_answered(connection: Any, rows: Sequence[Row]) -> None:
    """Remember the newest answer to each run; one row a run."""
    await ANSWERED(connection, rows)


async def open_runs(connection: Any) -> list[Run]:
    """Runs that are not accepted whole."""
    return [Run(*row) for row in await connection.fetch(OPEN)]

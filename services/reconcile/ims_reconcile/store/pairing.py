"""Reads what a person may match: lines that nothing is matched with, and all that is open."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ims_reconcile.domain import Item, Line, Pack, items_of
from ims_reconcile.store import open_items

LINES = f"SELECT {open_items.LINE_COLUMNS} FROM bank_line WHERE line_id = ANY($2) AND council = $3 AND state <> 'matched' ORDER BY line_id"  # noqa: S608 - constants
MATCHED = """SELECT m.match_id FROM match m WHERE coalesce(m.settlement_id, m.remittance_id, m.subject_id) = ANY($2) AND council = $3
    AND m.undoes IS NULL AND NOT EXISTS (SELECT FROM match u WHERE u.undoes = m.match_id)
    AND (SELECT array_agg(p.line_id) FROM match_line p WHERE p.match_id = m.match_id) <@ $1::uuid[] ORDER BY 1"""


async def lines(connection: Any, line_ids: Sequence[UUID], council: str, now: datetime) -> list[Line]:
    """Those of the lines that are the council's, and that nothing but a payment made of them is matched with."""
    return [Line(*row) for row in await connection.fetch(LINES, now, line_ids, council)]


async def items(connection: Any, lines: Sequence[Line], pack: Pack, now: datetime) -> list[Item]:
    """All files and payouts of the lines' council that are whole and at no bank yet, and single money of the lines' own pence."""
    found = items_of(await open_items.open_settlements(connection, now), await open_items.open_remittances(connection, now), pack)
    singles = await open_items.open_singles(connection, lines, pack)
    return [item for item in found + singles if item.council == lines[0].council]


async def matched(connection: Any, line_ids: Sequence[UUID], item_ids: Sequence[UUID], council: str) -> list[UUID]:
    """The matches in force of these items with none but these lines."""
    return [row["match_id"] for row in await connection.fetch(MATCHED, line_ids, item_ids, council)]

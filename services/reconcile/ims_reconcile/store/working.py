"""Breaks as people work them: who owns one, what was said of it, what is written off."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

BREAKS = """SELECT break_id, kind, source, subject_id, amount_pence, opened_on, explanation, other_id, revision, is_open,
    closed_on, closed_because, owner, code FROM worked_break
  WHERE council = $1 AND (is_open OR NOT $2) AND ($3::text[] IS NULL OR kind = ANY($3)) AND ($4::text IS NULL OR source = $4)
    AND ($5::text IS NULL OR owner = $5) AND ($6::text IS NULL OR code = $6) AND ($7::boolean IS NULL OR (code IS NOT NULL) = $7)
    AND opened_on BETWEEN $8 AND $9 AND ($10::date IS NULL OR (opened_on, -abs(amount_pence), break_id) > ($10, $11::bigint, $12::uuid))
  ORDER BY opened_on, -abs(amount_pence), break_id LIMIT $13"""
BREAK = """SELECT break_id, council, kind, source, subject_id, amount_pence, opened_on, explanation, other_id, revision, is_open, closed_on,
    closed_because, owner, code FROM worked_break WHERE break_id = $1"""
HISTORY = "SELECT kind, said, amount_pence, officer, at FROM break_work WHERE break_id = $1 ORDER BY work_id"
WRITE_OFFS = """SELECT write_off_id, amount_pence, reason, asked_by, asked_at, needs_approval, approved_by, approved_at
  FROM write_off LEFT JOIN write_off_approved USING (write_off_id, asked_by) WHERE break_id = $1 ORDER BY asked_at, write_off_id"""
SAY = "INSERT INTO break_work (break_id, council, kind, said, amount_pence, officer) VALUES ($1, $2, $3, $4, $5, $6)"
WRITE_OFF = """INSERT INTO write_off (write_off_id, break_id, council, amount_pence, reason, asked_by, needs_approval)
  VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING"""
APPROVE = """INSERT INTO write_off_approved (write_off_id, asked_by, approved_by)
  SELECT write_off_id, asked_by, $2 FROM write_off WHERE write_off_id = $1 ON CONFLICT DO NOTHING"""


class Wanted(NamedTuple):
    """Which breaks are asked for; none of a thing: whatever it is."""

    council: str
    open_only: bool
    kinds: Sequence[str] | None
    source: str | None
    owner: str | None
    code: str | None
    is_explained: bool | None
    first_on: date
    last_on: date


type Place = tuple[date, int, UUID]
"""Where a page ends: opened on, pence below nothing, break."""


async def breaks(connection: Any, wanted: Wanted, after: Place | None, most: int) -> list[dict[str, Any]]:
    """The breaks that are wanted, the oldest first and then the largest, after a place."""
    return [dict(row) for row in await connection.fetch(BREAKS, *wanted, *(after or (None, None, None)), most)]


async def one(connection: Any, break_id: UUID) -> dict[str, Any] | None:
    """A break with all that people said of it."""
    row = await connection.fetchrow(BREAK, break_id)
    if row is None:
        return None
    history = [dict(each) for each in await connection.fetch(HISTORY, break_id)]
    return {**row, "history": history, "write_offs": [dict(each) for each in await connection.fetch(WRITE_OFFS, break_id)]}


async def say(connection: Any, broken: dict[str, Any], kind: str, said: str, officer: str) -> None:
    """Write who owns a break, a note, or its explanation code; what was said before stays."""
    await connection.execute(SAY, broken["break_id"], broken["council"], kind, said, broken["amount_pence"], officer)


async def write_off(connection: Any, broken: dict[str, Any], asked: tuple[UUID, str, bool], officer: str) -> None:
    """Ask to write a break off (id, reason, whether another must approve it); once for the same pence."""
    write_off_id, reason, needs_approval = asked
    what = (write_off_id, broken["break_id"], broken["council"], broken["amount_pence"])
    await connection.execute(WRITE_OFF, *what, reason, officer, needs_approval)


async def approve(connection: Any, write_off_id: UUID, officer: str) -> None:
    """Approve it. Raises asyncpg.CheckViolationError for who asked for it."""
    await connection.execute(APPROVE, write_off_id, officer)

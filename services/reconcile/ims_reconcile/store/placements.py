"""Payments of files and the places they were given: which files are not placed whole."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from ims_kit import Insert
from ims_reconcile.domain import Held, Unplaced
from ims_reconcile.store import tables
from ims_reconcile.store.heard import Row

# What is known to have come in no file is not kept: it would be most of all payments, and proves no file. Asked one by one, by the key:
# all at once, the server reads the whole table for each batch.
PLACED = """INSERT INTO placed (council, payment_id, revision, amount_pence, posted_on)
  SELECT said.* FROM unnest($1::text[], $2::uuid[], $3::int[], $4::bigint[], $5::date[]) AS said (council, payment_id)
  WHERE coalesce((SELECT e.remittance_id IS NOT NULL FROM expectation e
    WHERE (e.subject_id, e.council) = (said.payment_id, said.council)), true)
  ON CONFLICT (council, payment_id) DO UPDATE SET revision = excluded.revision, amount_pence = excluded.amount_pence
    WHERE excluded.revision > placed.revision"""
# Of a payment, what has no place and did not go back; below nothing where more was placed than was told. What went back before the
# payment was placed was never placed, whichever part of it that is. One told again may have been known before its file was.
MISSING = """CASE WHEN p.amount_pence = e.amount_pence OR p.payment_id IS NULL AND e.revision > 1 THEN 0
  ELSE least(e.amount_pence - coalesce(p.amount_pence, 0), 0) + greatest(e.amount_pence - coalesce(p.amount_pence, 0) - (
    SELECT coalesce(sum(-b.amount_pence), 0) FROM expectation b
    WHERE b.payment_id = e.subject_id AND b.council = e.council AND b.kind <> 'payment'), 0) END"""
# Only of files that came since allocation was first heard.
UNPLACED = f"""SELECT r.remittance_id, r.council, r.source, r.received_on, r.payment_count, found.count, found.pence
  FROM remittance r JOIN unnest($1::text[], $2::date[]) AS due (council, last_on) USING (council)
  CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE missing <> 0)::int AS count, coalesce(sum(missing), 0)::bigint AS pence FROM (
    SELECT {MISSING} AS missing FROM expectation e LEFT JOIN placed p ON (p.payment_id, p.council) = (e.subject_id, e.council)
    WHERE e.remittance_id = r.remittance_id AND e.kind = 'payment') AS each) AS found
  WHERE r.is_whole AND NOT r.is_placed AND NOT r.is_refused AND r.received_on <= due.last_on AND r.heard_at <= $3
    AND EXISTS (SELECT FROM placed first WHERE first.council = r.council AND first.posted_on <= r.received_on)
    AND NOT EXISTS (SELECT FROM remittance_reversed b WHERE b.remittance_id = r.remittance_id)"""  # noqa: S608 - constants
WHOLE = """INSERT INTO placed_whole (council, payment_ids, pence) SELECT council, array_agg(payment_id), array_agg(amount_pence)
  FROM unnest($1::text[], $2::uuid[], $3::bigint[]) AS said (council, payment_id, amount_pence) GROUP BY 1"""
HELD = Insert(
    tables.HeldPayment,
    "council payment_id revision kind allocated_pence refund_due_pence suspended_pence posted_on",
    conflict="""(council, payment_id) DO UPDATE SET revision = excluded.revision, kind = excluded.kind,
      allocated_pence = excluded.allocated_pence, refund_due_pence = excluded.refund_due_pence,
      suspended_pence = excluded.suspended_pence, posted_on = excluded.posted_on WHERE excluded.revision > held.revision""",
)
# But for those that went back whole: nothing is left to decide.
STILL_HELD = """SELECT council, kind, posted_on, count(*)::int,
    sum(coalesce(nullif(allocated_pence + refund_due_pence, 0), suspended_pence))::bigint FROM held h
  WHERE kind IS NOT NULL AND NOT EXISTS (SELECT FROM expectation e WHERE (e.subject_id, e.council) = (h.payment_id, h.council)
    AND e.amount_pence <= (SELECT sum(-b.amount_pence) FROM expectation b
      WHERE b.payment_id = e.subject_id AND b.council = e.council AND b.kind <> 'payment'))
  GROUP BY 1, 2, 3"""
IS_PLACED = "UPDATE remittance SET is_placed = true WHERE remittance_id = ANY($1)"


async def keep_placed(connection: Any, rows: Sequence[Row]) -> None:
    """Remember where payments of files were put; one row a payment."""
    if rows:
        await connection.execute(PLACED, *zip(*rows, strict=True))


async def keep_whole(connection: Any, rows: Sequence[Row]) -> None:
    """Remember payments that were put on accounts at the first go; a row a batch and council, and what was heard twice is in two."""
    if rows:
        await connection.execute(WHOLE, *zip(*rows, strict=True))


async def keep_held(connection: Any, rows: Sequence[Row]) -> None:
    """Remember where all other payments are, and why they are held, if they are; one row a payment."""
    await HELD(connection, rows)


async def still_held(connection: Any) -> list[Held]:
    """What is held, by council, why, and day."""
    return [Held(*row) for row in await connection.fetch(STILL_HELD)]


async def unplaced(connection: Any, last_on: dict[str, date], fresh_since: datetime) -> list[Unplaced]:
    """The files received up to a day of each council of which not all has a place. Those that are whole are not looked at again."""
    rows = await connection.fetch(UNPLACED, list(last_on), list(last_on.values()), fresh_since)
    whole: list[UUID] = [row["remittance_id"] for row in rows if not row["count"]]
    if whole:
        await connection.execute(IS_PLACED, whole)
    return [Unplaced(*row) for row in rows if row["count"]]

"""Writes what was decided of lines, breaks, and what need not be looked at again."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from ims_reconcile.domain import Awaiting, Changes, Line, derived_id
from ims_reconcile.store.matches import Part, Proof, write_matches

AWAITING = """UPDATE bank_line SET state = 'awaiting', source = found.source, is_weighed = true
  FROM unnest($1::uuid[], $2::text[]) AS found (line_id, source)
  WHERE bank_line.line_id = found.line_id AND (state, bank_line.source) IS DISTINCT FROM ('awaiting', found.source)"""
FROM_BANK = """UPDATE bank_line SET state = 'from-bank', source = 'bank' WHERE line_id = ANY($1)
  RETURNING line_id, council, amount_pence, booked_on, value_on, counterparty_name, counterparty_account, reference, narrative"""
WEIGHED = "UPDATE bank_line SET is_weighed = true WHERE line_id = ANY($1) AND NOT is_weighed"
SUBMITTED = "INSERT INTO submitted (line_id, kind, council) SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[]) ON CONFLICT DO NOTHING"
# By the line alone, whatever the server thinks it knows of a table that has just been filled: hence the fence.
ANSWERED = """UPDATE submitted SET is_answered = true FROM bank_line l
    CROSS JOIN LATERAL (SELECT * FROM expectation WHERE statement_line_id = l.line_id OFFSET 0) e
  WHERE NOT submitted.is_answered AND l.line_id = submitted.line_id AND e.council = l.council
    AND e.kind = submitted.kind AND e.amount_pence = CASE e.kind WHEN 'payment' THEN l.amount_pence ELSE -l.amount_pence END
    AND (e.kind = 'payment' OR e.source = 'bank')
    AND NOT (EXISTS (SELECT FROM reconciled r WHERE (r.subject_id, r.council) = (e.subject_id, e.council) OFFSET 0)
      AND is_proved(e.subject_id, e.council))
  RETURNING l.council, l.line_id, e.subject_id, e.kind, e.amount_pence"""
BREAKS = """INSERT INTO break (break_id, council, kind, source, subject_id, amount_pence, opened_on, explanation, other_id, revision,
    is_open)
  SELECT *, true FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::bigint[], $7::date[], $8::text[], $9::uuid[],
    $10::int[])
  ON CONFLICT (break_id) DO UPDATE SET source = excluded.source, subject_id = excluded.subject_id,
    amount_pence = excluded.amount_pence, opened_on = excluded.opened_on,
    explanation = excluded.explanation, other_id = excluded.other_id, revision = excluded.revision, is_open = true, closed_on = NULL,
    closed_because = NULL"""
CLOSE = """UPDATE break SET is_open = false, closed_on = $4, closed_because = mended.reason, revision = mended.revision
  FROM unnest($1::uuid[], $2::int[], $3::text[]) AS mended (break_id, revision, reason) WHERE break.break_id = mended.break_id"""
# By table, what can be said of it for good.
FLAGS = {
    "statement": ("is_whole", "is_done"),
    "settlement": ("is_agreed", "is_done"),
    "remittance": ("is_whole", "is_done"),
    "run": ("is_done",),
}
# Why a line proves what was made of it, and what was seen.
FROM_ITSELF = {
    "payment": ("bank-line", "the payment was made of the line itself"),
    "reversal": ("told-by-file", "a file explains the line, so the payment made of it was taken back"),
}


async def write_awaiting(connection: Any, awaiting: Sequence[Awaiting]) -> None:
    """Write whose file a line waits for."""
    if awaiting:
        await connection.execute(AWAITING, [line.line_id for line, _ in awaiting], [source for _, source in awaiting])


async def write_weighed(connection: Any, lines: Sequence[Line]) -> None:
    """Write that these lines were weighed and wait for nothing that is known."""
    await connection.execute(WEIGHED, [line.line_id for line in lines])


async def take_from_bank(connection: Any, line_ids: list[UUID]) -> list[Any]:
    """Mark lines as payments that only the bank knows of; returns them whole, to be submitted."""
    rows: list[Any] = await connection.fetch(FROM_BANK, line_ids) if line_ids else []
    return rows


async def write_submitted(connection: Any, kind: str, lines: Sequence[tuple[UUID, str]]) -> None:
    """Remember that a payment or its reversal was submitted of these lines (line, council)."""
    if lines:
        await connection.execute(SUBMITTED, [line for line, _ in lines], [kind] * len(lines), [council for _, council in lines])


async def write_answered(connection: Any) -> int:
    """What was submitted of a line, and has come back as a fact, is proved by that line; returns how many."""
    rows = await connection.fetch(ANSWERED)
    proofs, parts = [], []
    for council, line_id, subject_id, kind, amount_pence in rows:
        match_id, (why, seen) = derived_id(council, line_id, subject_id), FROM_ITSELF[kind]
        proofs.append(Proof(match_id, council, line_id, subject_id, kind, why, why, seen, amount_pence))
        parts.append(Part(match_id, line_id, amount_pence))
    await write_matches(connection, proofs, parts)
    return len(rows)


async def write_breaks(connection: Any, changed: Changes, reasons: Sequence[str], closed_on: date) -> None:
    """Write what was opened, and what was closed for which reasons."""
    if changed.opened:
        rows = [
            (f.break_id, f.council, f.kind, f.source, f.subject_id, f.amount_pence, f.opened_on, f.explanation, f.other_id, revision)
            for f, revision in changed.opened
        ]
        await connection.execute(BREAKS, *zip(*rows, strict=True))
    if changed.closed:
        ids, revisions = [b.break_id for b, _ in changed.closed], [revision for _, revision in changed.closed]
        await connection.execute(CLOSE, ids, revisions, reasons, closed_on)


async def write_flag(connection: Any, table: str, flag: str, ids: list[UUID]) -> None:
    """Say for good that these are whole, agreed or done."""
    assert flag in FLAGS[table]
    if ids:
        await connection.execute(f"UPDATE {table} SET {flag} = true WHERE {table}_id = ANY($1) AND NOT {flag}", ids)  # noqa: S608 - names from FLAGS

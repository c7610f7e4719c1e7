"""Reads what a year is cut off with, and keeps what was prepared and signed of it."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any

from ims_reconcile.domain.chain import Signature
from ims_reconcile.domain.year_sheet import SignedDay, Transit, Year
from ims_reconcile.store.clearing import PROVED
from ims_reconcile.store.days import SCOPE, Day

DAYS = """SELECT c.*, p.evidence, p.prepared_at FROM day_closed c JOIN day_prepared p USING (evidence_sha256)
  WHERE (c.council, c.bank_account) = ($1, $2) AND c.day BETWEEN $3 AND $4 ORDER BY c.day"""
TRANSIT = f"""WITH due AS (SELECT coalesce(payment_id, subject_id) AS id, min(due_on) AS due_on, sum(amount_pence) AS pence,
      coalesce(min(source) FILTER (WHERE kind = 'payment'), min(source)) AS source FROM ({SCOPE}) e WHERE due_on <= $3 GROUP BY 1),
    proved AS (SELECT p.id, coalesce(sum(p.gross_pence) FILTER (WHERE l.booked_on <= $3), 0) AS before,
      coalesce(sum(p.gross_pence) FILTER (WHERE l.booked_on > $3), 0) AS after
      FROM ({PROVED} WHERE r.council = $1) p JOIN match t USING (match_id) JOIN bank_line l USING (line_id) GROUP BY 1),
    each AS (SELECT source, due_on, pence, coalesce(before, 0) AS before, coalesce(after, 0) AS after FROM due LEFT JOIN proved USING (id))
  SELECT source, sum(pence)::bigint, sum(before)::bigint, sum(after)::bigint, count(*) FILTER (WHERE pence <> before)::int,
    sum(pence - before)::bigint, min(due_on) FILTER (WHERE pence <> before) FROM each GROUP BY 1"""  # noqa: S608 - constants
CUT_OFF = """SELECT make_date(max(year), 3, 31) FROM year_closed
  WHERE (council, bank_account) = ($1, $2) AND make_date(year, 3, 31) >= $3"""
LAW = """SELECT c.council, make_date(c.year, 3, 31) AS day, count(*)::bigint AS difference
  FROM year_closed c JOIN year_prepared p USING (evidence_sha256)
  WHERE c.evidence_sha256 <> encode(sha256(convert_to(c.previous_sha256 || E'\\n' || p.evidence, 'UTF8')), 'hex')
    OR c.signed_sha256 <> encode(sha256(convert_to(concat_ws(E'\\n', c.evidence_sha256, c.prepared_by, moment(p.prepared_at), c.closed_by,
      moment(c.closed_at)), 'UTF8')), 'hex')
    OR c.previous_sha256 IS DISTINCT FROM (SELECT d.signed_sha256 FROM day_closed d
      WHERE (d.council, d.bank_account) = (c.council, c.bank_account) AND d.day <= make_date(c.year, 3, 31) ORDER BY d.day DESC LIMIT 1)
  GROUP BY 1, 2"""


async def days_of(connection: Any, asked: Year) -> list[SignedDay]:
    """The closed days of the year, in their order."""
    rows = await connection.fetch(DAYS, asked.council, asked.bank_account, asked.first_on, asked.last_on)
    return [
        SignedDay(
            row["day"], row["previous_sha256"], row["signed_sha256"], row["evidence"], json.loads(row["evidence"]),
            Signature(*(row[name] for name in Signature._fields)),
        )
        for row in rows
    ]  # fmt: skip


async def transit(connection: Any, asked: Year, elsewhere: Sequence[str]) -> list[Transit]:
    """What was in transit at the end of the year, by source, as it is known now. Reads all payments of the council."""
    rows = await connection.fetch(TRANSIT, asked.council, asked.bank_account, asked.last_on, elsewhere)
    return [Transit(*row) for row in rows]


async def cut_off_on(connection: Any, asked: Day) -> date | None:
    """The end of a year that was cut off and has the day in it, or before it; none: there is none."""
    found: date | None = await connection.fetchval(CUT_OFF, *asked)
    return found

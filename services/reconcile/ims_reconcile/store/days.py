"""Reads what a control sheet counts, and keeps what was prepared and closed."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from ims_reconcile.domain.counted import Before, Broken, Counted, Due, Late, Lines, Placed, Received, Settled, Stated, ToDate
from ims_reconcile.store.clearing import PROVED

LAST = """SELECT c.day, c.signed_sha256, p.evidence FROM day_closed c JOIN day_prepared p USING (evidence_sha256)
  WHERE (c.council, c.bank_account) = ($1, $2) ORDER BY c.day DESC LIMIT 1"""
# An item is counted once: on the first day that is closed with it. What no day up to this one counted.
UNCOUNTED_LINES = """SELECT l.* FROM bank_line l WHERE (l.council, l.bank_account) = ($1, $2) AND l.booked_on <= $3
  AND NOT EXISTS (SELECT FROM day_line d JOIN day_closed c USING (evidence_sha256) WHERE d.line_id = l.line_id
    AND c.council = $1 AND c.day <= $3)"""
UNCOUNTED_MATCHES = """SELECT m.match_id, l.source, l.booked_on FROM match m JOIN bank_line l USING (line_id)
  WHERE (l.council, l.bank_account) = ($1, $2) AND l.booked_on <= $3
  AND NOT EXISTS (SELECT FROM day_match d JOIN day_closed c USING (evidence_sha256) WHERE d.match_id = m.match_id
    AND c.council = $1 AND c.day <= $3)"""
UNCOUNTED_STATEMENTS = """SELECT s.* FROM statement s WHERE (s.council, s.bank_account) = ($1, $2) AND s.closed_on <= $3
  AND s.is_whole AND s.closing_pence IS NOT NULL
  AND NOT EXISTS (SELECT FROM day_statement d JOIN day_closed c USING (evidence_sha256) WHERE d.statement_id = s.statement_id
    AND c.day <= $3)"""
STATEMENTS = f"""SELECT closed_on <= $4, opened_on, closed_on, opening_pence, closing_pence, is_last_page
  FROM ({UNCOUNTED_STATEMENTS}) s"""  # noqa: S608 - constants
LINES = f"""SELECT booked_on <= $4 AS is_late, state, coalesce(source, ''), count(*)::int, sum(amount_pence)::bigint,
    coalesce(sum((SELECT sum(p.amount_pence) FROM match_line p WHERE p.line_id = l.line_id)), 0)::bigint
  FROM ({UNCOUNTED_LINES}) l GROUP BY 1, 2, 3, amount_pence > 0"""  # noqa: S608 - constants
# What is expected of this account: not what its source pays into another, nor what another's line tells of, nor what comes in no
# file and is of a method that providers pay into others alone.
SCOPE = """SELECT e.* FROM expectation e LEFT JOIN bank_line own ON own.line_id = e.statement_line_id
  WHERE e.council = $1 AND coalesce(own.bank_account, $2) = $2 AND NOT e.source = ANY($4::text[])
    AND NOT (e.remittance_id IS NULL AND e.method_of_payment IN (SELECT s.method_of_payment FROM settlement s WHERE s.council = $1
      GROUP BY 1 HAVING bool_and(s.source = ANY($4))))"""
RECEIVED = f"""SELECT source, method_of_payment, kind, count(*)::int, sum(amount_pence)::bigint
  FROM ({SCOPE}) e WHERE due_on > $5 AND due_on <= $3 GROUP BY 1, 2, 3"""  # noqa: S608 - constants
# Each payment with its refunds and reversals, which belong to its source: all that ever came and went, what of it lines prove, and where
# it was put. Most never went back: those are not grouped.
GONE_BACK = "EXISTS (SELECT FROM expectation b WHERE b.kind <> 'payment' AND (b.payment_id, b.council) = (e.subject_id, e.council))"
EACH = f"""CREATE TEMP TABLE each ON COMMIT DROP AS WITH scope AS NOT MATERIALIZED ({SCOPE}),
    due AS (SELECT subject_id AS id, due_on, source, method_of_payment, true AS is_known,
        CASE WHEN due_on <= $3 THEN amount_pence ELSE 0 END AS pence,
        CASE WHEN due_on <= $5 THEN amount_pence ELSE 0 END AS earlier, 0 AS later
        FROM scope e WHERE kind = 'payment' AND NOT {GONE_BACK}
      UNION ALL SELECT coalesce(payment_id, subject_id), min(due_on),
        coalesce(min(source) FILTER (WHERE kind = 'payment'), min(source)),
        coalesce(min(method_of_payment) FILTER (WHERE kind = 'payment'), min(method_of_payment)), bool_or(kind = 'payment'),
        coalesce(sum(amount_pence) FILTER (WHERE due_on <= $3), 0)::bigint,
        coalesce(sum(amount_pence) FILTER (WHERE due_on <= $5), 0)::bigint,
        coalesce(-sum(amount_pence) FILTER (WHERE due_on > $3 AND kind <> 'payment'), 0)::bigint
        FROM scope e WHERE kind <> 'payment' OR {GONE_BACK} GROUP BY 1),
    proved AS (SELECT p.id, sum(p.gross_pence) FILTER (WHERE l.bank_account = $2) AS here,
      sum(p.gross_pence) FILTER (WHERE l.bank_account <> $2) AS elsewhere
      FROM ({PROVED} WHERE r.council = $1) p JOIN match t USING (match_id) JOIN bank_line l USING (line_id)
      WHERE l.booked_on <= $3 GROUP BY 1),
    whole AS (SELECT id, max(each.pence) AS pence FROM placed_whole w, unnest(w.payment_ids, w.pence) AS each (id, pence)
      WHERE w.council = $1 GROUP BY 1)
  SELECT due.*, coalesce(here, 0)::bigint AS here, coalesce(elsewhere, 0)::bigint AS elsewhere,
    coalesce(h.allocated_pence, w.pence, 0) AS allocated, coalesce(h.refund_due_pence, 0) AS refund_due,
    coalesce(h.suspended_pence, 0) AS suspended
  FROM due LEFT JOIN proved USING (id) LEFT JOIN whole w USING (id)
    LEFT JOIN held h ON (h.council, h.payment_id) = ($1, due.id)"""  # noqa: S608 - constants
# What went back since a payment was placed is off what was due back, then off suspense, then off accounts, as allocation takes it.
# What went back after the sheet's day, and was off before it was placed again, was still there.
PLACED = """SELECT source, method_of_payment, sum(pence)::bigint,
    sum(allocated + still - least(allocated, greatest(back - refund_due - suspended, 0)))::bigint,
    sum(refund_due - least(refund_due, back))::bigint, sum(suspended - least(suspended, greatest(back - refund_due, 0)))::bigint,
    coalesce(sum(pence) FILTER (WHERE NOT is_known), 0)::bigint
  FROM (SELECT *, greatest(allocated + refund_due + suspended - greatest(pence, 0), 0) AS back,
      CASE WHEN allocated + refund_due + suspended > 0
        THEN greatest(least(later, pence - allocated - refund_due - suspended), 0) ELSE 0 END AS still FROM each) off
  GROUP BY 1, 2"""
# Of matches that a closed day counted, too: what they prove may have been heard of since.
SETTLED = f"""WITH fresh AS (SELECT match_id FROM ({UNCOUNTED_MATCHES}) u), proved AS ({PROVED} WHERE r.council = $1)
  SELECT f.match_id IS NULL, coalesce(l.source, ''), p.method_of_payment, count(*)::int,
    coalesce(sum(p.gross_pence) FILTER (WHERE k.id IS NOT NULL), 0)::bigint,
    coalesce(sum(p.gross_pence) FILTER (WHERE k.id IS NULL), 0)::bigint, sum(p.fee_pence)::bigint, sum(p.net_pence)::bigint,
    coalesce(p.fee_account, '')
  FROM proved p JOIN match t USING (match_id) JOIN bank_line l USING (line_id)
    LEFT JOIN fresh f USING (match_id) LEFT JOIN each k USING (id)
  WHERE l.bank_account = $2 AND l.booked_on <= $3 GROUP BY 1, 2, 3, 9"""  # noqa: S608 - constants
DUE = """SELECT source, due_on, sum(earlier)::bigint, sum(pence)::bigint, sum(here)::bigint, sum(elsewhere)::bigint,
    count(*) FILTER (WHERE pence <> here + elsewhere)::int, sum(pence - here - elsewhere)::bigint
  FROM each WHERE earlier <> 0 OR pence <> 0 OR here <> 0 OR elsewhere <> 0 GROUP BY 1, 2"""
# What belongs to a closed day and came after.
LATE = f"""SELECT 'line' AS kind, line_id, coalesce(source, ''), booked_on, amount_pence
    FROM ({UNCOUNTED_LINES}) l WHERE booked_on <= $4
  UNION ALL SELECT 'statement', statement_id, format, closed_on, net_pence FROM ({UNCOUNTED_STATEMENTS}) s WHERE closed_on <= $4
  UNION ALL SELECT CASE WHEN m.undoes IS NULL THEN 'match' ELSE 'un-match' END, m.match_id, coalesce(u.source, ''), u.booked_on, m.net_pence
    FROM ({UNCOUNTED_MATCHES}) u JOIN match m USING (match_id) WHERE u.booked_on <= $4"""  # noqa: S608 - constants
BREAKS = """SELECT b.kind, b.code, coalesce(l.bank_account, s.bank_account) IS NOT NULL AND b.kind <> 'late-line',
    count(*)::int, sum(b.amount_pence)::bigint
  FROM worked_break b LEFT JOIN bank_line l ON l.line_id = b.subject_id LEFT JOIN statement s ON s.statement_id = b.subject_id
  WHERE b.council = $1 AND b.is_open AND b.opened_on <= $3 AND coalesce(l.bank_account, s.bank_account, $2) = $2
    AND NOT b.source = ANY($4::text[]) GROUP BY 1, 2, 3"""
COUNT = (
    f"""INSERT INTO day_statement (evidence_sha256, statement_id)
      SELECT $4, statement_id FROM ({UNCOUNTED_STATEMENTS}) s""",  # noqa: S608 - constants
    f"INSERT INTO day_line (evidence_sha256, line_id) SELECT $4, line_id FROM ({UNCOUNTED_LINES}) l",  # noqa: S608 - constants
    f"INSERT INTO day_match (evidence_sha256, match_id) SELECT $4, match_id FROM ({UNCOUNTED_MATCHES}) m",  # noqa: S608 - constants
)
"""Keeps what a day's sheet counted."""
# Everything of a sheet is read as of one instant.
AT_ONCE = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"
FIRST = date(1, 1, 1)


class Day(NamedTuple):
    """A bank account's day."""

    council: str
    bank_account: str
    day: date


class Closed(NamedTuple):
    """The last closed day of a bank account."""

    day: date
    signed_sha256: str
    before: Before


async def at_once(connection: Any) -> None:
    """Read all that follows as of one instant. Must be the first of its transaction."""
    await connection.execute(AT_ONCE)


async def last_closed(connection: Any, asked: Day) -> Closed | None:
    """The day of this bank account that was closed last."""
    row = await connection.fetchrow(LAST, asked.council, asked.bank_account)
    if row is None:
        return None
    sheet = json.loads(row["evidence"])
    to_date, placed = [ToDate(**each) for each in sheet["to_date"]], [Placed(**each) for each in sheet["placed_to_date"]]
    return Closed(row["day"], row["signed_sha256"], Before(row["day"], sheet["statement"][0]["closing_pence"], to_date, placed))


async def counted(connection: Any, asked: Day, last: Closed | None, elsewhere: Sequence[str]) -> Counted:
    """All that no closed day has counted, up to the day. `elsewhere`: sources that pay into other accounts. Reads all payments of the
    council."""
    since = last.day if last else FIRST
    spans, scope = (*asked, since), (*asked, elsewhere)

    async def rows(kind: Any, sql: str, *values: Any) -> list[Any]:
        return [kind(*row) for row in await connection.fetch(sql, *values)]

    await connection.execute(EACH, *scope, since)
    return Counted(
        *asked,
        last.before if last else None,
        await rows(Stated, STATEMENTS, *spans),
        await rows(Lines, LINES, *spans),
        await rows(Received, RECEIVED, *scope, since),
        await rows(Placed, PLACED),
        await rows(Settled, SETTLED, *asked),
        await rows(Due, DUE),
        await rows(Broken, BREAKS, *scope),
        await rows(Late, LATE, *spans),
    )


async def late(connection: Any, asked: Day) -> list[Late]:
    """What belongs to this day or one before, and no day closed up to it counted."""
    return [Late(*row) for row in await connection.fetch(LATE, *asked, asked.day)]

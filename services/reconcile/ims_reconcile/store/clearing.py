"""Reads what stays on the clearing and bank accounts, item by item."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from ims_reconcile.store.outstanding import LEFT

# A row of a settlement may have been tied to its payment after it was proved.
PROVED = """SELECT coalesce(r.payment_id, m.payment_id, r.subject_id) AS id, r.* FROM reconciled r
  LEFT JOIN member m ON m.member_id = r.subject_id AND r.payment_id IS NULL"""
# A payment, its refunds and reversals are one, of the payment's source: what is left when what was proved is taken off.
TOLD = """SELECT coalesce(min(source) FILTER (WHERE kind = 'payment'), min(source)) AS source, min(due_on) AS since FROM (
    SELECT source, due_on, kind FROM expectation e
      WHERE (subject_id, council) = (o.id, o.council) AND coalesce(payment_id, subject_id) = subject_id
    UNION ALL SELECT source, due_on, kind FROM expectation e
      WHERE (payment_id, council) = (o.id, o.council) AND kind <> 'payment') each"""
# What the bank or a provider paid over that nobody told of.
PAID = """SELECT coalesce(min(l.source), '') AS source, min(l.booked_on) AS since
  FROM reconciled r JOIN match t USING (match_id) JOIN bank_line l USING (line_id)
  WHERE told.since IS NULL AND r.council = o.council
    AND r.subject_id = ANY(ARRAY(SELECT o.id UNION ALL SELECT member_id FROM member WHERE payment_id = o.id))"""
CLEARING = f"""SELECT o.council, 'clearing' AS account, CASE WHEN told.since IS NULL THEN 'untold' ELSE 'unsettled' END AS why,
    NULL AS bank_account, o.id, coalesce(told.source, paid.source) AS source, coalesce(told.since, paid.since) AS since, o.pence
  FROM ({LEFT}) o CROSS JOIN LATERAL ({TOLD}) told CROSS JOIN LATERAL ({PAID}) paid"""  # noqa: S608 - constants
# A credit on its way to be a payment of the bank's is still to be matched until that has come back.
UNMATCHED = """SELECT * FROM (SELECT council, line_id AS id, coalesce(source, '') AS source, booked_on AS since, bank_account,
      amount_pence - coalesce((SELECT sum(p.amount_pence) FROM match_line p WHERE p.line_id = l.line_id), 0) AS pence
    FROM bank_line l WHERE line_id IN (SELECT line_id FROM bank_line WHERE state IN ('open', 'awaiting')
      UNION SELECT line_id FROM submitted WHERE NOT is_answered)) o
  WHERE pence <> 0"""
STAYING = f"""{CLEARING}
  UNION ALL SELECT council, 'bank', 'unmatched', bank_account, id, source, since, pence FROM ({UNMATCHED}) b"""  # noqa: S608 - constants
WANTED = f"""SELECT account, why, bank_account, id, source, since, pence::bigint FROM ({STAYING}) s WHERE council = $1
  AND ($2::text IS NULL OR account = $2) AND ($3::text IS NULL OR source = $3) AND since BETWEEN $4 AND $5"""  # noqa: S608 - constants
ITEMS = f"""SELECT * FROM ({WANTED}) w WHERE ($6::date IS NULL OR (since, -abs(pence), id) > ($6, $7::bigint, $8::uuid))
  ORDER BY since, -abs(pence), id LIMIT $9"""  # noqa: S608 - constants
BALANCES = f"""SELECT account, source, since, count(*)::int AS item_count, sum(pence)::bigint AS pence
  FROM ({WANTED}) w GROUP BY 1, 2, 3"""  # noqa: S608 - constants
# The same as it is defined, from everything that was ever told and proved.
EVERY = f"""SELECT council, id, due.source, due.due_on AS since, due.pence - coalesce(proved.pence, 0) AS pence
    FROM (SELECT council, coalesce(payment_id, subject_id) AS id, sum(amount_pence) AS pence, min(due_on) AS due_on,
        coalesce(min(source) FILTER (WHERE kind = 'payment'), min(source)) AS source FROM expectation GROUP BY 1, 2) due
      LEFT JOIN (SELECT council, id, sum(gross_pence) AS pence FROM ({PROVED}) p GROUP BY 1, 2) proved USING (council, id)
    WHERE due.pence <> coalesce(proved.pence, 0)
  UNION ALL SELECT p.council, p.id, coalesce(min(l.source), ''), min(l.booked_on), -sum(p.gross_pence)
    FROM ({PROVED}) p JOIN match t USING (match_id) JOIN bank_line l USING (line_id)
    WHERE NOT EXISTS (SELECT FROM expectation e WHERE e.council = p.council AND coalesce(e.payment_id, e.subject_id) = p.id)
    GROUP BY 1, 2 HAVING sum(p.gross_pence) <> 0"""  # noqa: S608 - constants
# What was told and not proved, payment by payment, and what lines have that no match proves, is all there is to list.
LAW = f"""SELECT council, day, sum(difference)::bigint AS difference FROM (
    SELECT council, coalesce(e.since, c.since) AS day, greatest(abs(coalesce(e.pence, 0) - coalesce(c.pence, 0)), 1) AS difference
    FROM ({EVERY}) e FULL JOIN ({CLEARING}) c USING (council, id)
    WHERE (e.source, e.since, e.pence) IS DISTINCT FROM (c.source, c.since, c.pence)
  UNION ALL SELECT council, NULL, abs(coalesce(booked, 0) - coalesce(matched, 0) - coalesce(bank, 0))
    FROM (SELECT council, sum(amount_pence) AS booked FROM bank_line GROUP BY 1) l
      FULL JOIN (SELECT l.council, sum(p.amount_pence) AS matched FROM match_line p JOIN bank_line l USING (line_id) GROUP BY 1) m
        USING (council)
      FULL JOIN (SELECT council, sum(pence) AS bank FROM ({UNMATCHED}) b GROUP BY 1) b USING (council)
    WHERE coalesce(booked, 0) - coalesce(matched, 0) <> coalesce(bank, 0)) found
  GROUP BY 1, 2"""  # noqa: S608 - constants


class Wanted(NamedTuple):
    """Which items are asked for; none of a thing: whatever it is."""

    council: str
    account: str | None
    source: str | None
    first_on: date
    last_on: date


type Place = tuple[date, int, UUID]
"""Where a page ends: since, pence below nothing, id."""


async def items(connection: Any, wanted: Wanted, after: Place | None, most: int) -> list[dict[str, Any]]:
    """What stays, the oldest first and then the largest, after a place."""
    return [dict(row) for row in await connection.fetch(ITEMS, *wanted, *(after or (None, None, None)), most)]


async def balances(connection: Any, wanted: Wanted) -> Sequence[Any]:
    """Of the same, what each account and source have since each day."""
    found: Sequence[Any] = await connection.fetch(BALANCES, *wanted)
    return found

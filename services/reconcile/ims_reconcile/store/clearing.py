"""Reads what stays on the clearing and bank accounts, item by item."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

# A row of a settlement may have been tied to its payment after it was proved.
PROVED = """SELECT coalesce(r.payment_id, m.payment_id, r.subject_id) AS id, r.* FROM reconciled r
  LEFT JOIN member m ON m.member_id = r.subject_id AND r.payment_id IS NULL"""
# A payment, its refunds and reversals are one, of the payment's source: what is left when what was proved is taken off.
UNSETTLED = f"""SELECT council, id, due.source, due.due_on AS since, due.pence - coalesce(proved.pence, 0) AS pence
  FROM (SELECT council, coalesce(payment_id, subject_id) AS id, sum(amount_pence) AS pence, min(due_on) AS due_on,
      coalesce(min(source) FILTER (WHERE kind = 'payment'), min(source)) AS source FROM expectation GROUP BY 1, 2) due
    LEFT JOIN (SELECT council, id, sum(gross_pence) AS pence FROM ({PROVED}) p GROUP BY 1, 2) proved USING (council, id)
  WHERE due.pence <> coalesce(proved.pence, 0)"""  # noqa: S608 - constants
# What the bank or a provider paid over that nobody told of.
UNTOLD = f"""SELECT p.council, p.id, coalesce(min(l.source), '') AS source, min(l.booked_on) AS since, -sum(p.gross_pence) AS pence
  FROM ({PROVED}) p JOIN match t USING (match_id) JOIN bank_line l USING (line_id)
  WHERE NOT EXISTS (SELECT FROM expectation e WHERE e.council = p.council AND coalesce(e.payment_id, e.subject_id) = p.id)
  GROUP BY 1, 2 HAVING sum(p.gross_pence) <> 0"""  # noqa: S608 - constants
# A credit on its way to be a payment of the bank's is still to be matched until that has come back.
UNMATCHED = """SELECT * FROM (SELECT council, line_id AS id, coalesce(source, '') AS source, booked_on AS since, bank_account,
      amount_pence - coalesce((SELECT sum(p.amount_pence) FROM match_line p WHERE p.line_id = l.line_id), 0) AS pence
    FROM bank_line l WHERE state IN ('open', 'awaiting') OR line_id IN (SELECT line_id FROM submitted WHERE NOT is_answered)) o
  WHERE pence <> 0"""
STAYING = f"""SELECT council, 'clearing' AS account, 'unsettled' AS why, NULL AS bank_account, id, source, since, pence FROM ({UNSETTLED}) u
  UNION ALL SELECT council, 'clearing', 'untold', NULL, id, source, since, pence FROM ({UNTOLD}) n
  UNION ALL SELECT council, 'bank', 'unmatched', bank_account, id, source, since, pence FROM ({UNMATCHED}) b"""  # noqa: S608 - constants
WANTED = f"""SELECT account, why, bank_account, id, source, since, pence::bigint FROM ({STAYING}) s WHERE council = $1
  AND ($2::text IS NULL OR account = $2) AND ($3::text IS NULL OR source = $3) AND since BETWEEN $4 AND $5"""  # noqa: S608 - constants
ITEMS = f"""SELECT * FROM ({WANTED}) w WHERE ($6::date IS NULL OR (since, -abs(pence), id) > ($6, $7::bigint, $8::uuid))
  ORDER BY since, -abs(pence), id LIMIT $9"""  # noqa: S608 - constants
BALANCES = f"""SELECT account, source, since, count(*)::int AS item_count, sum(pence)::bigint AS pence
  FROM ({WANTED}) w GROUP BY 1, 2, 3"""  # noqa: S608 - constants
# What was told and not proved, and what lines have that no match proves, is all there is to list.
LAW = f"""SELECT council, NULL::date AS day, (abs(coalesce(told, 0) - coalesce(proved, 0) - coalesce(clearing, 0))
    + abs(coalesce(booked, 0) - coalesce(matched, 0) - coalesce(bank, 0)))::bigint AS difference
  FROM (SELECT council, sum(amount_pence) AS told FROM expectation GROUP BY 1) e
    FULL JOIN (SELECT council, sum(gross_pence) AS proved FROM reconciled GROUP BY 1) r USING (council)
    FULL JOIN (SELECT council, sum(amount_pence) AS booked FROM bank_line GROUP BY 1) l USING (council)
    FULL JOIN (SELECT l.council, sum(p.amount_pence) AS matched FROM match_line p JOIN bank_line l USING (line_id) GROUP BY 1) m
      USING (council)
    FULL JOIN (SELECT council, sum(pence) FILTER (WHERE account = 'clearing') AS clearing,
        sum(pence) FILTER (WHERE account = 'bank') AS bank FROM ({STAYING}) s GROUP BY 1) s USING (council)
  WHERE coalesce(told, 0) - coalesce(proved, 0) <> coalesce(clearing, 0)
    OR coalesce(booked, 0) - coalesce(matched, 0) <> coalesce(bank, 0)"""  # noqa: S608 - constants


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
    """What stays, the oldest first and then the largest, after a place. Reads all payments of the council."""
    return [dict(row) for row in await connection.fetch(ITEMS, *wanted, *(after or (None, None, None)), most)]


async def balances(connection: Any, wanted: Wanted) -> Sequence[Any]:
    """Of the same, what each account and source have since each day."""
    found: Sequence[Any] = await connection.fetch(BALANCES, *wanted)
    return found

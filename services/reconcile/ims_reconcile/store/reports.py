"""What people ask: matches, lines, what is not settled yet, and the day's totals."""

from typing import Any
from uuid import UUID

MATCH = """SELECT m.match_id, m.council, m.why, m.rule, m.evidence, m.undoes, m.matched_by, m.line_id, l.bank_account, l.booked_on,
  m.settlement_id, m.remittance_id,
  m.gross_pence, m.fee_pence, m.net_pence, m.payment_count, m.page_count, m.pages_told, m.matched_at,
  ARRAY(SELECT part.line_id FROM match_line part WHERE part.match_id = m.match_id ORDER BY 1) AS line_ids
  FROM match m JOIN bank_line l USING (line_id) WHERE m.match_id = $1"""
MATCH_PAYMENTS = """SELECT subject_id, payment_id, gross_pence, fee_pence, net_pence FROM reconciled
  WHERE match_id = $1 AND page = $2 ORDER BY subject_id"""
LINES = """SELECT line_id, bank_account, booked_on, amount_pence, bank_reference, narrative, state, source FROM bank_line
  WHERE council = $1 AND ($2::text IS NULL OR state = $2) ORDER BY booked_on DESC, line_id LIMIT $3"""
# A payment, its refunds and reversals are one: what is left when what was proved is taken off.
UNSETTLED = """WITH due AS (SELECT coalesce(payment_id, subject_id) AS id, sum(amount_pence) AS pence, min(due_on) AS due_on,
      min(source) AS source FROM expectation WHERE council = $1 GROUP BY 1),
    -- A row of a settlement may have been tied to its payment after it was proved.
    proved AS (SELECT coalesce(r.payment_id, m.payment_id, r.subject_id) AS id, sum(r.gross_pence) AS pence
      FROM reconciled r LEFT JOIN member m ON m.member_id = r.subject_id AND r.payment_id IS NULL WHERE r.council = $1 GROUP BY 1)
  SELECT due.source, due.due_on, count(*)::int AS count, sum(due.pence - coalesce(proved.pence, 0))::bigint AS pence
  FROM due LEFT JOIN proved USING (id) WHERE due.pence <> coalesce(proved.pence, 0) GROUP BY 1, 2 ORDER BY 1, 2"""
# What was undone takes off what it had proved.
RECONCILED = """SELECT (count(*) FILTER (WHERE turn % 2 = 0) - count(*) FILTER (WHERE turn % 2 = 1))::int AS count,
  coalesce(sum(gross_pence), 0)::bigint AS gross_pence,
  coalesce(sum(fee_pence), 0)::bigint AS fee_pence, coalesce(sum(net_pence), 0)::bigint AS net_pence FROM reconciled WHERE council = $1"""
OPEN_BREAKS = """SELECT count(*)::int AS count, coalesce(sum(abs(amount_pence)), 0)::bigint AS pence
  FROM break WHERE council = $1 AND is_open"""
LINE_STATES = """SELECT state, count(*)::int AS count, sum(amount_pence)::bigint AS pence FROM bank_line
  WHERE council = $1 GROUP BY 1 ORDER BY 1"""


async def match(pool: Any, match_id: UUID, page: int) -> dict[str, Any] | None:
    """A match, why it was made, and one page of what it proves."""
    row = await pool.fetchrow(MATCH, match_id)
    if row is None:
        return None
    return {**row, "page": page, "payments": [dict(each) for each in await pool.fetch(MATCH_PAYMENTS, match_id, page)]}


async def lines(pool: Any, council: str, state: str | None, most: int) -> list[dict[str, Any]]:
    """Bank lines of a council, the newest first."""
    return [dict(row) for row in await pool.fetch(LINES, council, state, most)]


async def unsettled(pool: Any, council: str) -> list[dict[str, Any]]:
    """What was received and is not proved at the bank, by source and day. Reads all payments of the council."""
    return [dict(row) for row in await pool.fetch(UNSETTLED, council)]


async def totals(pool: Any, council: str) -> dict[str, Any]:
    """Reconciled, unsettled, open breaks and bank lines by state: counts and pence."""
    left = await unsettled(pool, council)
    lines_by_state = await pool.fetch(LINE_STATES, council)
    return {
        "reconciled": dict(await pool.fetchrow(RECONCILED, council)),
        "unsettled": {"count": sum(each["count"] for each in left), "pence": sum(each["pence"] for each in left)},
        "breaks": dict(await pool.fetchrow(OPEN_BREAKS, council)),
        "lines": {row["state"]: {"count": row["count"], "pence": row["pence"]} for row in lines_by_state},
    }

"""What people ask: matches, lines, what is not settled yet, and the day's totals."""

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from ims_reconcile.domain.ageing import Left
from ims_reconcile.store import clearing
from ims_reconcile.store.outstanding import PROVED_SUM

MATCH = """SELECT m.match_id, m.council, m.why, m.rule, m.evidence, m.undoes, m.matched_by, m.line_id, l.bank_account, l.booked_on,
  m.settlement_id, m.remittance_id,
  m.gross_pence, m.fee_pence, m.net_pence, m.payment_count, m.page_count, m.pages_told, m.matched_at,
  ARRAY(SELECT part.line_id FROM match_line part WHERE part.match_id = m.match_id ORDER BY 1) AS line_ids
  FROM match m JOIN bank_line l USING (line_id) WHERE m.match_id = $1"""
MATCH_PAYMENTS = """SELECT subject_id, payment_id, gross_pence, fee_pence, net_pence FROM reconciled
  WHERE match_id = $1 AND page = $2 ORDER BY subject_id"""
LINES = """SELECT line_id, bank_account, booked_on, amount_pence, bank_reference, narrative, state, source,
    ARRAY(SELECT p.match_id FROM match_line p JOIN match m USING (match_id) WHERE p.line_id = l.line_id AND m.undoes IS NULL
      AND NOT EXISTS (SELECT FROM match u WHERE u.undoes = p.match_id) ORDER BY 1) AS match_ids
  FROM bank_line l WHERE council = $1 AND ($2::text IS NULL OR state = $2) AND ($3::text IS NULL OR bank_account = $3)
    AND ($4::text IS NULL OR source = $4) AND ($5::date IS NULL OR booked_on >= $5) AND ($6::date IS NULL OR booked_on <= $6)
    AND ($7::date IS NULL OR booked_on < $7 OR (booked_on = $7 AND line_id > $8::uuid))
  ORDER BY booked_on DESC, line_id LIMIT $9"""
UNSETTLED = f"""SELECT source, since, count(*)::int, sum(pence)::bigint AS pence
  FROM ({clearing.CLEARING}) c WHERE council = $1 AND why = 'unsettled' GROUP BY 1, 2 ORDER BY 1, 2"""  # noqa: S608 - constants
# Of credits, by day: what is matched with what we were told of, and what only the bank knew.
RATES = """SELECT booked_on, count(*)::int AS line_count, sum(amount_pence)::bigint AS line_pence,
    count(*) FILTER (WHERE state = 'matched')::int AS matched_count,
    coalesce(sum(amount_pence) FILTER (WHERE state = 'matched'), 0)::bigint AS matched_pence,
    count(*) FILTER (WHERE state = 'from-bank')::int AS from_bank_count,
    coalesce(sum(amount_pence) FILTER (WHERE state = 'from-bank'), 0)::bigint AS from_bank_pence
  FROM bank_line WHERE council = $1 AND ($2::text IS NULL OR bank_account = $2) AND booked_on BETWEEN $3 AND $4 AND amount_pence > 0
  GROUP BY 1 ORDER BY 1"""
RECONCILED = f"""SELECT coalesce(max(count), 0) AS count, coalesce(max(gross_pence), 0) AS gross_pence,
    coalesce(max(fee_pence), 0) AS fee_pence, coalesce(max(net_pence), 0) AS net_pence
  FROM ({PROVED_SUM}) s WHERE council = $1"""  # noqa: S608 - constants
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


class WantedLines(NamedTuple):
    """Which bank lines are asked for; none of a thing: whatever it is."""

    council: str
    state: str | None
    bank_account: str | None
    source: str | None
    first_on: date | None
    last_on: date | None


async def lines(pool: Any, wanted: WantedLines, after: tuple[date, UUID] | None, most: int) -> list[dict[str, Any]]:
    """Bank lines, each with the matches that are in force, the newest first, after a place."""
    return [dict(row) for row in await pool.fetch(LINES, *wanted, *(after or (None, None)), most)]


async def unsettled(pool: Any, council: str) -> list[Left]:
    """What was received and is not proved at the bank, by source and day."""
    return [Left(*row) for row in await pool.fetch(UNSETTLED, council)]


async def rates(pool: Any, council: str, bank_account: str | None, days: tuple[date, date]) -> list[dict[str, Any]]:
    """How much of each day's credits is matched, from the first to the last of `days`."""
    return [dict(row) for row in await pool.fetch(RATES, council, bank_account, *days)]


async def totals(pool: Any, council: str) -> dict[str, Any]:
    """Reconciled, unsettled, open breaks and bank lines by state: counts and pence."""
    left = await unsettled(pool, council)
    lines_by_state = await pool.fetch(LINE_STATES, council)
    return {
        "reconciled": dict(await pool.fetchrow(RECONCILED, council)),
        "unsettled": {"count": sum(each.item_count for each in left), "pence": sum(each.pence for each in left)},
        "breaks": dict(await pool.fetchrow(OPEN_BREAKS, council)),
        "lines": {row["state"]: {"count": row["count"], "pence": row["pence"]} for row in lines_by_state},
    }

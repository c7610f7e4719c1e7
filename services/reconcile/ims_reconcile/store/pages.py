"""Reads matches whose pages have not all been told, a bounded number of pages at a time."""

from typing import Any, NamedTuple
from uuid import UUID

from ims_reconcile.store.matches import PAGE_SIZE

# So much one transaction tells: a few megabytes.
PAGES_MAX, PAYMENTS_MAX, MATCHES_MAX = 40, 20_000, 2000
UNTOLD = """SELECT m.match_id, m.council, m.line_id, m.settlement_id, m.remittance_id, m.why, m.page_count, m.pages_told, m.payment_count,
    l.bank_account, l.value_on, ARRAY(SELECT p.line_id FROM match_line p WHERE p.match_id = m.match_id ORDER BY 1) AS line_ids
  FROM match m JOIN bank_line l USING (line_id)
  WHERE m.pages_told < m.page_count ORDER BY m.match_id LIMIT $1"""
PAYMENTS = """SELECT match_id, page, subject_id, payment_id, method_of_payment, gross_pence, fee_pence, net_pence, fee_account
  FROM reconciled JOIN unnest($1::uuid[], $2::int[], $3::int[]) AS wanted (match_id, after, upto) USING (match_id)
  WHERE page > after AND page <= upto ORDER BY match_id, page, subject_id"""
TOLD = """UPDATE match SET pages_told = upto FROM unnest($1::uuid[], $2::int[], $3::int[]) AS told (match_id, after, upto)
  WHERE match.match_id = told.match_id"""


class Untold(NamedTuple):
    """A match with pages to tell, and the rows of those that are told now."""

    match: Any
    rows: list[Any]


async def untold(connection: Any) -> list[Untold]:
    """Take the next pages to tell, and count them as told."""
    spans: list[tuple[UUID, int, int]] = []
    matches, room = await connection.fetch(UNTOLD, MATCHES_MAX), PAYMENTS_MAX
    for match in matches:
        if room <= 0:
            break
        upto = min(match["page_count"], match["pages_told"] + PAGES_MAX)
        spans.append((match["match_id"], match["pages_told"], upto))
        room -= min(match["payment_count"], (upto - match["pages_told"]) * PAGE_SIZE)
    if not spans:
        return []
    columns = [list(each) for each in zip(*spans, strict=True)]
    rows: dict[UUID, list[Any]] = {match_id: [] for match_id, _, _ in spans}
    for row in await connection.fetch(PAYMENTS, *columns):
        rows[row["match_id"]].append(row)
    await connection.execute(TOLD, *columns)
    return [Untold(match, rows[match["match_id"]]) for match in matches[: len(spans)]]

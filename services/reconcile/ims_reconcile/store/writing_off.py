"""Reads what a break that is written off is of, as far as it is still open."""

from typing import Any

LINE = "SELECT line_id, council, amount_pence, booked_on, '' FROM bank_line WHERE line_id = $1 AND state IN ('open', 'awaiting')"
ITEM = """SELECT settlement_id, 'settlement', council, source, reference, net_pence, paid_on, gross_pence FROM settlement
    WHERE settlement_id = $1 AND match_id IS NULL
  UNION ALL SELECT remittance_id, 'remittance', council, source, reference, net_pence, business_on, net_pence FROM remittance
    WHERE remittance_id = $1 AND match_id IS NULL
  UNION ALL SELECT subject_id, kind, council, source, reference, amount_pence, due_on, amount_pence FROM expectation
    WHERE (subject_id, council) = ($1, $2) AND NOT is_proved(subject_id, council)"""


async def open_line(connection: Any, broken: Any) -> Any:
    """The bank line that a break is about, if nothing is known of it yet."""
    return await connection.fetchrow(LINE, broken["subject_id"])


async def open_item(connection: Any, broken: Any) -> Any:
    """What its line nearly is, as an item with its gross pence after it, if no line is it yet."""
    return await connection.fetchrow(ITEM, broken["other_id"], broken["council"])

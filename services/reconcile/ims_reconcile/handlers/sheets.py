"""A control sheet as a document."""

from collections.abc import Mapping
from typing import Any

from ims_reconcile.domain.control_sheet import Sheet
from ims_reconcile.handlers.printing import Document, Section

SECTIONS = {
    "statement": "Bank statement",
    "lines": "Bank lines",
    "received": "Received, by source and method of payment",
    "placed": "Where it was put: received less what went back, by source and method of payment",
    "held": "On no account at the end, by source and method of payment",
    "settled": "Settled, by source",
    "movement": "Unsettled: from the day closed before to this",
    "unsettled": "Unsettled, by source and age in working days",
    "breaks": "Breaks and differences",
    "late": "Late items of days that are closed",
    "sums": "Sums that must hold",
    "sign_off": "Sign-off",
}
YEAR_SECTIONS = {
    "cut_off": "Cut-off",
    "statement": "Bank statements",
    "received": "Received, by source and method of payment",
    "placed": "Where it was put: received less what went back, by source and method of payment",
    "settled": "Settled, by source",
    "movement": "Unsettled: from the beginning of the year to its end",
    "in_transit": "In transit at the end of the year, by source",
    "since": "Of it, settled since",
    "prior_year": "Of this year, and counted in no day that was closed in it",
    "sums": "Sums that must hold",
    "days": "Days closed",
    "sign_off": "Sign-off",
}
RECORDS = ("statement", "movement", "sign_off", "cut_off")
# Evidence is kept by the alphabet; people read what a row is of first, and its sums from the first to the last.
READ = (
    "sum", "day", "first_on", "last_on", "is_late", "is_counted", "type", "kind", "state", "source", "method_of_payment", "fee_account",
    "working_days", "code", "is_difference", "id", "booked_on", "item_count", "day_count", "last_day_closed", "last_working_day",
    "opening_pence", "credits_pence", "debits_pence", "brought_forward_pence", "late_pence", "received_pence", "reversed_pence",
    "refunded_pence", "expected_pence", "other_pence", "gross_pence", "fee_pence", "net_pence", "allocated_pence", "refund_due_pence",
    "suspended_pence", "without_payment_pence", "unplaced_pence", "settled_pence", "recognised_pence", "settled_elsewhere_pence",
    "heard_since_pence", "carried_forward_pence", "in_transit_pence", "pence", "proved_pence", "oldest_on", "closing_pence",
    "explained_pence", "difference_pence",
)  # fmt: skip
PLACES = {name: number for number, name in enumerate(READ)}


def as_read(sheet: Sheet) -> Sheet:
    """A sheet, frozen or not, each of its rows in the order in which people read it."""
    return {name: [in_order(row) for row in rows] if isinstance(rows, list) else rows for name, rows in sheet.items()}


def in_order(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: row[name] for name in sorted(row, key=lambda name: PLACES.get(name, len(READ)))}


def document_of(sheet: Sheet) -> Document:
    """All that people read of a sheet."""
    about = {name: sheet[name] for name in ("council", "bank_account", "day")}
    sections = [Section(name, heading, sheet[name], name in RECORDS) for name, heading in SECTIONS.items()]
    return Document(
        f"Control sheet of {sheet['bank_account']}, {sheet['day']}",
        f"Council {sheet['council']}. It counts all that no closed day has counted; the day closed before is "
        f"{sheet['closed_before'] or 'none'}.",
        about,
        [Section("sheet", "Sheet", [{"closed_before": sheet["closed_before"]}], is_record=True), *sections],
    )


def year_document_of(sheet: Sheet) -> Document:
    """All that people read of a year."""
    about = {name: str(sheet[name]) for name in ("council", "bank_account", "year")}
    return Document(
        f"Year of {sheet['bank_account']} to 31 March {sheet['year']}",
        f"Council {sheet['council']}. The sum of its closed days, and what was received by its end and settled after it.",
        about,
        [Section(name, heading, sheet[name], name in RECORDS) for name, heading in YEAR_SECTIONS.items()],
    )

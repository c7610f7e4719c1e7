"""The control sheet of a bank account's day: what no closed day has counted, summed, and what must hold of the sums."""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from ims_reconcile.domain.breaks import TYPE_OF, band_of
from ims_reconcile.domain.days import working_days_between

BEGINNING = "0" * 64
"""What the first closed day of a bank account goes on from."""
STATEMENT_KINDS = frozenset({"balance", "opening", "statement-incomplete", "sequence-gap", "currency"})


class Stated(NamedTuple):
    """A final statement that no closed day has counted."""

    opened_on: date
    closed_on: date
    opening_pence: int | None
    closing_pence: int


class Lines(NamedTuple):
    """Bank lines of one state and source. `proved_pence`: of them, what matches prove. Late: of a day that was closed without them."""

    is_late: bool
    state: str
    source: str
    item_count: int
    pence: int
    proved_pence: int


class Received(NamedTuple):
    """Payments, reversals or refunds that became due in the sheet's days."""

    source: str
    method_of_payment: str
    kind: str
    item_count: int
    pence: int


class Settled(NamedTuple):
    """What matches prove. Expected: gross of what we were told of; other: gross of what only the provider told."""

    is_counted: bool
    """On a day closed before; shown no more."""
    source: str
    method_of_payment: str
    item_count: int
    expected_pence: int
    other_pence: int
    fee_pence: int
    net_pence: int


class Due(NamedTuple):
    """All there ever was of a source's day, up to the sheet's day. Settled: on this account, and on others."""

    source: str
    due_on: date
    earlier_pence: int
    """Of it, what became due by the day closed before."""
    pence: int
    settled_pence: int
    elsewhere_pence: int
    left_count: int
    left_pence: int


class Broken(NamedTuple):
    """Open breaks of a kind. Differences are those of the account's own lines and statements; the rest is on its way, or the council's."""

    kind: str
    code: str | None
    is_difference: bool
    item_count: int
    pence: int


class Late(NamedTuple):
    """A line, match or un-match of a day that was closed without it."""

    kind: str
    id: UUID
    booked_on: date
    pence: int


class ToDate(NamedTuple):
    """All that ever was received and settled, up to and with a day."""

    received_pence: int = 0
    settled_pence: int = 0
    elsewhere_pence: int = 0


class Before(NamedTuple):
    """The day closed before. None: this is the first."""

    day: date
    closing_pence: int | None
    to_date: ToDate


class Counted(NamedTuple):
    """All that a sheet is made of."""

    council: str
    bank_account: str
    day: date
    before: Before | None
    statements: Sequence[Stated]
    lines: Sequence[Lines]
    received: Sequence[Received]
    settled: Sequence[Settled]
    due: Sequence[Due]
    breaks: Sequence[Broken]
    late: Sequence[Late]

    @property
    def fresh(self) -> list[Settled]:
        """What no closed day has counted."""
        return [row for row in self.settled if not row.is_counted]


type Sheet = dict[str, Any]
"""Sections by name, each a list of rows: JSON as it is frozen, printed and exported."""


def sheet_of(counted: Counted) -> Sheet:
    """The sheet. Everything is in an order of its own, so that the same facts make the same bytes. Amounts are pence."""
    before = counted.before or Before(date.min, None, ToDate())
    bank = statement_of(counted)
    movement = movement_of(counted, before.to_date)
    lines = [row._asdict() for row in sorted(counted.lines)]
    settled = [row._asdict() | {"gross_pence": row.expected_pence + row.other_pence} for row in sorted(counted.fresh)]
    return {
        "council": counted.council,
        "bank_account": counted.bank_account,
        "day": counted.day.isoformat(),
        "closed_before": before.day.isoformat() if counted.before else None,
        "statement": [bank],
        "lines": lines,
        "received": [row._asdict() for row in sorted(counted.received)],
        "settled": settled,
        "movement": [movement],
        "unsettled": unsettled(counted.due, counted.day),
        "breaks": [row._asdict() | {"type": TYPE_OF[row.kind]} for row in sorted(counted.breaks, key=str)],
        "late": [row._asdict() | {"id": str(row.id), "booked_on": row.booked_on.isoformat()} for row in sorted(counted.late)],
        "sums": sums(counted, bank, movement),
        "to_date": [to_date(counted.due)._asdict()],
    }


def statement_of(counted: Counted) -> dict[str, Any]:
    """Opening, entries of the sheet's days, closing. An amount is none where no statement says it."""
    openings = {each.opening_pence for each in counted.statements if each.opening_pence is not None}
    closings = {each.closing_pence for each in counted.statements}
    ordered = sorted(counted.statements, key=lambda each: (each.opened_on, each.closed_on, each.opening_pence or 0, each.closing_pence))
    first = next((each.opening_pence for each in ordered if each.opening_pence not in closings), None)
    last = next((each.closing_pence for each in reversed(ordered) if each.closing_pence not in openings), None)
    if ordered and first is None:
        first = ordered[0].opening_pence
    if ordered and last is None:
        last = ordered[-1].closing_pence
    fresh = [row.pence for row in counted.lines if not row.is_late]
    credits_pence, debits_pence = sum(pence for pence in fresh if pence > 0), sum(pence for pence in fresh if pence < 0)
    is_said = first is not None and last is not None
    return {
        "opening_pence": first,
        "credits_pence": credits_pence,
        "debits_pence": debits_pence,
        "closing_pence": last,
        "difference_pence": (last or 0) - (first or 0) - credits_pence - debits_pence if is_said else None,
        "is_final": any(each.closed_on == counted.day for each in counted.statements),
    }


def to_date(due: Iterable[Due]) -> ToDate:
    """All of it."""
    rows = list(due)
    return ToDate(*(sum(getattr(row, name) for row in rows) for name in ("pence", "settled_pence", "elsewhere_pence")))


def movement_of(counted: Counted, before: ToDate) -> dict[str, int]:
    """From what was unsettled to what is. Late: due by the day closed before, which did not know of it. Recognised: counted on a
    closed day as the provider's word only, and heard of since."""
    kinds = {kind: sum(row.pence for row in counted.received if row.kind == kind) for kind in ("payment", "reversal", "refund")}
    return {
        "brought_forward_pence": before.received_pence - before.settled_pence - before.elsewhere_pence,
        "late_pence": sum(row.earlier_pence for row in counted.due) - before.received_pence,
        "received_pence": kinds["payment"],
        "reversed_pence": kinds["reversal"],
        "refunded_pence": kinds["refund"],
        "settled_pence": -sum(row.expected_pence for row in counted.fresh),
        "recognised_pence": before.settled_pence - sum(row.expected_pence for row in counted.settled if row.is_counted),
        "settled_elsewhere_pence": before.elsewhere_pence - to_date(counted.due).elsewhere_pence,
        "carried_forward_pence": sum(row.left_pence for row in counted.due),
    }


def unsettled(due: Iterable[Due], day: date) -> list[dict[str, Any]]:
    """What is left, by source and age in working days on the sheet's day."""
    bands: dict[tuple[str, str], list[Due]] = defaultdict(list)
    for row in due:
        if row.left_count:
            bands[row.source, band_of(working_days_between(row.due_on, day))].append(row)
    return [
        {
            "source": source,
            "working_days": band,
            "item_count": sum(row.left_count for row in rows),
            "pence": sum(row.left_pence for row in rows),
            "oldest_on": min(row.due_on for row in rows).isoformat(),
        }
        for (source, band), rows in sorted(bands.items(), key=lambda each: (each[0][0], min(row.due_on for row in each[1])))
    ]


def sums(counted: Counted, bank: dict[str, Any], movement: dict[str, int]) -> list[dict[str, Any]]:
    """Sums that must hold, and by how much they do not."""
    *parts, carried = movement.values()
    matched = [row for row in counted.lines if row.state == "matched"]
    prior = counted.before.closing_pence if counted.before else None
    is_known = prior is not None and bank["opening_pence"] is not None
    found = {
        "opening and entries are closing": bank["difference_pence"],
        "opening is the closing before": bank["opening_pence"] - (prior or 0) if is_known else None,
        "what was unsettled, and what came and was settled, is unsettled": sum(parts) - carried,
        "gross less fees is net": sum(row.expected_pence + row.other_pence - row.fee_pence - row.net_pence for row in counted.fresh),
        "matched lines are proved whole": sum(row.pence - row.proved_pence for row in matched),
    }
    return [{"sum": name, "difference_pence": pence} for name, pence in found.items()]


def objections(sheet: Sheet) -> list[str]:
    """Why this day cannot be closed yet; none: it can. A difference that has its explanation code is no objection."""
    bank, differences = sheet["statement"][0], [row for row in sheet["breaks"] if row["is_difference"]]
    is_stated = bank["is_final"] and bank["difference_pence"] is not None
    found = [] if is_stated else ["No final statement, with its opening, closes on this day: send the bank's statement first."]
    is_explained = any(row["kind"] in STATEMENT_KINDS and row["code"] for row in differences)
    if is_stated and bank["difference_pence"] and not is_explained:
        found.append("The statement does not prove, and the break that says so has no explanation code.")
    found += [f"{row['item_count']} break(s) {row['kind']} have no code: explain each." for row in differences if not row["code"]]
    return found + [f"This sum does not hold: {each['sum']}." for each in sheet["sums"][2:] if each["difference_pence"]]


def canonical(sheet: Sheet) -> str:
    """The sheet as it is frozen: JSON, its names in order, without a space."""
    return json.dumps(sheet, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def chained(previous_sha256: str, evidence: str) -> str:
    """The hash of evidence that goes on from the day closed before."""
    return hashlib.sha256(f"{previous_sha256}\n{evidence}".encode()).hexdigest()

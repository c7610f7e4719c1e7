"""The control sheet of a bank account's day: what no closed day has counted, summed, and what must hold of the sums."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from ims_reconcile.domain.ageing import Left, aged
from ims_reconcile.domain.breaks import TYPE_OF
from ims_reconcile.domain.counted import Before, Counted, Due, Late, Placed, Stated, ToDate
from ims_reconcile.domain.wording import broken

# Breaks that say why balances and entries do not meet. A late line does, too: the day after may open without it.
STATEMENT_KINDS, LATE_LINE = frozenset({"balance", "opening", "statement-incomplete", "sequence-gap", "currency"}), "late-line"
PLACES = ("allocated", "refund_due", "suspended", "without_payment")
BALANCES = 2
"""So many of the sums, the first, are of the bank's balances: a break may say why they do not hold."""

type Sheet = dict[str, Any]
"""Sections by name, each a list of rows: JSON as it is frozen, printed and exported."""


def sheet_of(counted: Counted) -> Sheet:
    """The sheet. Everything is in an order of its own, so that the same facts make the same bytes. Amounts are pence."""
    before = counted.before or Before(date.min, None)
    bank = statement_of(counted)
    movement = movement_of(counted, before.to_date)
    lines = [row._asdict() for row in sorted(counted.lines)]
    placed = placed_since(counted.placed, before.placed)
    settled = [row._asdict() | {"gross_pence": row.expected_pence + row.other_pence} for row in sorted(counted.fresh)]
    return {
        "council": counted.council,
        "bank_account": counted.bank_account,
        "day": counted.day.isoformat(),
        "closed_before": before.day.isoformat() if counted.before else None,
        "statement": [bank],
        "lines": lines,
        "received": [row._asdict() for row in sorted(counted.received)],
        "placed": placed,
        "held": held(counted.placed),
        "settled": settled,
        "movement": [movement],
        "unsettled": unsettled(counted.due, counted.day),
        "breaks": [row._asdict() | {"type": TYPE_OF[row.kind]} for row in sorted(counted.breaks, key=str)],
        "late": late(counted, before.to_date),
        "sums": sums(counted, bank, movement, placed),
        "to_date": [row._asdict() for row in to_date(counted.due)],
        "placed_to_date": [row._asdict() for row in sorted(counted.placed)],
    }


def statement_of(counted: Counted) -> dict[str, Any]:
    """Opening, entries of the sheet's days, closing. An amount is none where no statement says it."""
    stated = [each for each in counted.statements if not each.is_late]
    first, last = ends(stated, counted.before.closing_pence if counted.before else None)
    fresh = [row.pence for row in counted.lines if not row.is_late]
    credits_pence, debits_pence = sum(pence for pence in fresh if pence > 0), sum(pence for pence in fresh if pence < 0)
    is_said = first is not None and last is not None
    return {
        "opening_pence": first,
        "credits_pence": credits_pence,
        "debits_pence": debits_pence,
        "closing_pence": last,
        "difference_pence": (last or 0) - (first or 0) - credits_pence - debits_pence if is_said else None,
        "is_final": any(each.closed_on == counted.day and each.is_last_page for each in stated),
    }


def ends(statements: Sequence[Stated], prior: int | None) -> tuple[int | None, int | None]:
    """The balance that statements begin with, and the one that they end with: each closing is the opening of another, but for the last.
    Where one goes on from the day before, they begin there, whatever week or month another tells of."""
    ordered = sorted(statements, key=lambda each: (each.opened_on, each.closed_on, each.opening_pence or 0, each.closing_pence))
    openings = [each.opening_pence for each in ordered if each.opening_pence is not None]
    closings = [each.closing_pence for each in ordered]
    if not openings:
        return None, closings[-1] if closings else None
    begun, ended = Counter(openings) - Counter(closings), Counter(closings) - Counter(openings)
    first = prior if prior in openings else next((each for each in openings if each in begun), openings[0])
    return first, next((each for each in reversed(closings) if each in ended), first)


def to_date(due: Iterable[Due]) -> list[ToDate]:
    """All of it, by source."""
    found: dict[str, ToDate] = {}
    for row in due:
        last = found.get(row.source, ToDate(row.source))
        found[row.source] = ToDate(
            row.source,
            last.received_pence + row.pence,
            last.settled_pence + row.settled_pence,
            last.elsewhere_pence + row.elsewhere_pence,
        )
    return [found[source] for source in sorted(found)]


def movement_of(counted: Counted, prior: Sequence[ToDate]) -> dict[str, int]:
    """From what was unsettled to what is. Late: due by the day closed before, which did not know of it. Recognised: counted on a
    closed day as the provider's word only, and heard of since."""
    before, now = (total(rows) for rows in (prior, to_date(counted.due)))
    kinds = {kind: sum(row.pence for row in counted.received if row.kind == kind) for kind in ("payment", "reversal", "refund")}
    return {
        "brought_forward_pence": before.received_pence - before.settled_pence - before.elsewhere_pence,
        "late_pence": sum(row.earlier_pence for row in counted.due) - before.received_pence,
        "received_pence": kinds["payment"],
        "reversed_pence": kinds["reversal"],
        "refunded_pence": kinds["refund"],
        "settled_pence": -sum(row.expected_pence for row in counted.fresh),
        "recognised_pence": before.settled_pence - sum(row.expected_pence for row in counted.settled if row.is_counted),
        "settled_elsewhere_pence": before.elsewhere_pence - now.elsewhere_pence,
        "carried_forward_pence": sum(row.left_pence for row in counted.due),
    }


def placed_since(now: Iterable[Placed], before: Iterable[Placed]) -> list[dict[str, Any]]:
    """What was put where since the day closed before, of whichever day it is: what left suspense for an account is below nothing here,
    and above there."""
    prior = {row[:2]: row for row in before}
    there = {row[:2]: row for row in now}
    moved = (there.get(key, Placed(*key)).since(prior.get(key, Placed(*key))) for key in sorted(prior.keys() | there.keys()))
    return [row._asdict() | {"unplaced_pence": row.unplaced_pence} for row in moved if any(row[2:])]


def held(placed: Iterable[Placed]) -> list[dict[str, Any]]:
    """What is on no account at the end of the day, by source and method."""
    rows = (row._asdict() | {"unplaced_pence": row.unplaced_pence} for row in sorted(placed))
    left = [{name: value for name, value in row.items() if name not in ("received_pence", "allocated_pence")} for row in rows]
    return [row for row in left if any(value for name, value in row.items() if name.endswith("pence"))]


def total(rows: Sequence[ToDate]) -> ToDate:
    """Of all sources."""
    return ToDate("", *(sum(getattr(row, name) for row in rows) for name in ToDate._fields[1:]))


def late(counted: Counted, before: Sequence[ToDate]) -> list[dict[str, Any]]:
    """What belongs to a closed day and came after."""
    came: Counter[str] = Counter()
    for due in counted.due:
        came[due.source] += due.earlier_pence
    for each in before:
        came[each.source] -= each.received_pence
    return late_rows(counted.late, came)


def late_rows(items: Iterable[Late], payments: Mapping[str, int]) -> list[dict[str, Any]]:
    """Each statement, line, match and un-match, and what payments come to by source."""
    rows = [row._asdict() | {"id": str(row.id), "booked_on": row.booked_on.isoformat()} for row in sorted(items)]
    more = [(source, pence) for source, pence in sorted(payments.items()) if pence]
    return rows + [{"kind": "payments", "id": None, "source": source, "booked_on": None, "pence": pence} for source, pence in more]


def unsettled(due: Iterable[Due], day: date) -> list[dict[str, Any]]:
    """What is left, by source and age in working days on the sheet's day."""
    left = (Left(row.source, row.due_on, row.left_count, row.left_pence) for row in due if row.left_count)
    return [each._asdict() | {"oldest_on": each.oldest_on.isoformat()} for each in aged(left, day)]


def sums(counted: Counted, bank: dict[str, Any], movement: dict[str, int], placed: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Sums that must hold, and by how much they do not."""
    *parts, carried = movement.values()
    matched = [row for row in counted.lines if row.state == "matched"]
    came_late = sum(row.pence for row in counted.lines if row.is_late)
    prior = counted.before.closing_pence if counted.before else None
    came = sum(movement[f"{name}_pence"] for name in ("late", "received", "reversed", "refunded"))
    has_place = sum(row[f"{name}_pence"] for row in placed for name in (*PLACES, "unplaced"))
    is_known = prior is not None and bank["opening_pence"] is not None
    found = {
        "opening and entries are closing": bank["difference_pence"],
        "opening is the closing before, and what came late": bank["opening_pence"] - (prior or 0) - came_late if is_known else None,
        "what was unsettled, and what came and was settled, is unsettled": sum(parts) - carried,
        "what came, less what went back, is on accounts, in suspense, due back or on its way there": came - has_place,
        "gross less fees is net": sum(row.expected_pence + row.other_pence - row.fee_pence - row.net_pence for row in counted.fresh),
        "matched lines are proved whole": sum(row.pence - row.proved_pence for row in matched),
    }
    return [{"sum": name, "difference_pence": pence} for name, pence in found.items()]


def objections(sheet: Sheet) -> list[str]:
    """Why this day cannot be closed yet; none: it can. A difference that has its explanation code is no objection."""
    bank, differences = sheet["statement"][0], [row for row in sheet["breaks"] if row["is_difference"]]
    is_stated = bank["is_final"] and bank["difference_pence"] is not None
    found = [] if is_stated else ["No final statement, with its opening, closes on this day: send the bank's statement first."]
    says_so = (row for row in sheet["breaks"] if row["kind"] == LATE_LINE or (row["is_difference"] and row["kind"] in STATEMENT_KINDS))
    is_explained = any(row["code"] for row in says_so)
    balances, others = sheet["sums"][:BALANCES], sheet["sums"][BALANCES:]
    if any(each["difference_pence"] for each in balances) and not is_explained:
        kinds = ", ".join(map(broken, sorted({*STATEMENT_KINDS, LATE_LINE})))
        found.append(f"The statement does not prove or follow, and no break that says so has an explanation code. Explain one: {kinds}.")
    found += [
        f"Nobody has explained {row['item_count']} break(s), each {broken(row['kind'])}: give each its explanation code."
        for row in differences
        if not row["code"]
    ]
    return found + [f"This sum does not hold: {each['sum']}." for each in others if each["difference_pence"]]

"""A bank account's year as it is cut off: what its closed days come to, and what was in transit at its end."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from ims_reconcile.domain.chain import Signature, chained
from ims_reconcile.domain.control_sheet import BALANCES, Sheet
from ims_reconcile.domain.days import is_working_day

DAY = timedelta(days=1)


class Year(NamedTuple):
    """A bank account's year, named by the calendar year that it ends in."""

    council: str
    bank_account: str
    year: int

    @property
    def first_on(self) -> date:
        return date(self.year - 1, 4, 1)

    @property
    def last_on(self) -> date:
        return date(self.year, 3, 31)

    @property
    def last_working_day(self) -> date:
        """The day that must be closed before the year can be."""
        return next(day for number in range(14) if is_working_day(day := self.last_on - DAY * number))


class SignedDay(NamedTuple):
    """A closed day of the year, with its evidence read."""

    day: date
    previous_sha256: str
    signed_sha256: str
    evidence: str
    sheet: Sheet
    signature: Signature

    @property
    def is_as_signed(self) -> bool:
        """Whether its evidence and its signature are those of its hashes."""
        is_evidence = chained(self.previous_sha256, self.evidence) == self.signature.evidence_sha256
        return is_evidence and self.signature.sha256 == self.signed_sha256


class Transit(NamedTuple):
    """Of a source: all that was due by the end of the year, what of it lines up to then and after then prove, and what was in transit."""

    source: str
    received_pence: int
    settled_pence: int
    since_pence: int
    item_count: int
    pence: int
    oldest_on: date | None


def year_sheet(asked: Year, days: Sequence[SignedDay], transit: Iterable[Transit]) -> Sheet:
    """The sheet, the same for the same facts. Amounts are pence."""
    held = [each for each in sorted(transit) if each.received_pence or each.settled_pence]
    sheets = [each.sheet for each in days]
    bank, movement = bank_of(sheets), movement_of(sheets, sum(each.pence for each in held))
    return {
        "council": asked.council,
        "bank_account": asked.bank_account,
        "year": asked.year,
        "cut_off": [cut_off(asked, days)],
        "statement": [bank],
        "received": summed(sheets, "received", ("source", "method_of_payment", "kind")),
        "placed": summed(sheets, "placed", ("source", "method_of_payment")),
        "settled": summed(sheets, "settled", ("source", "method_of_payment", "fee_account")),
        "movement": [movement],
        "in_transit": [in_transit(each) for each in held],
        "sums": [
            {"sum": "opening, entries, what came late and what was explained are closing", "difference_pence": bank["difference_pence"]},
            {"sum": "what was unsettled, and what came and was settled, is in transit", "difference_pence": movement_difference(movement)},
        ],
        "days": [
            {"day": each.day.isoformat(), "evidence_sha256": each.signature.evidence_sha256, "signed_sha256": each.signed_sha256}
            for each in days
        ],
    }


def in_transit(each: Transit) -> dict[str, Any]:
    """A source as it is frozen: without what came after the year."""
    row = {name: value for name, value in each._asdict().items() if name != "since_pence"}
    return row | {"oldest_on": each.oldest_on.isoformat() if each.oldest_on else None}


def cut_off(asked: Year, days: Sequence[SignedDay]) -> dict[str, Any]:
    """What the year is made of."""
    is_chain = all(each.is_as_signed for each in days) and all(a.signed_sha256 == b.previous_sha256 for a, b in pairwise(days))
    return {
        "first_on": asked.first_on.isoformat(),
        "last_on": asked.last_on.isoformat(),
        "day_count": len(days),
        "last_day_closed": days[-1].day.isoformat() if days else None,
        "last_working_day": asked.last_working_day.isoformat(),
        "is_chain_whole": is_chain,
    }


def bank_of(sheets: Sequence[Sheet]) -> dict[str, Any]:
    """The first day's opening, all entries, the last day's closing. Late: lines that a day counted for one closed before it. Explained:
    what balances missed on a day that was closed with the explanation."""
    stated = [sheet["statement"][0] for sheet in sheets]
    opening, closing = (stated[0]["opening_pence"], stated[-1]["closing_pence"]) if stated else (None, None)
    credits_pence, debits_pence = (sum(each[name] for each in stated) for name in ("credits_pence", "debits_pence"))
    late_pence = sum(row["pence"] for sheet in sheets for row in sheet["lines"] if row["is_late"])
    missed = [row for number, sheet in enumerate(sheets) for row in sheet["sums"][: BALANCES if number else 1]]
    explained_pence = sum(row["difference_pence"] or 0 for row in missed)
    entries_pence = credits_pence + debits_pence + late_pence + explained_pence
    return {
        "opening_pence": opening,
        "credits_pence": credits_pence,
        "debits_pence": debits_pence,
        "late_pence": late_pence,
        "explained_pence": explained_pence,
        "closing_pence": closing,
        "difference_pence": None if opening is None or closing is None else closing - opening - entries_pence,
    }


def movement_of(sheets: Sequence[Sheet], in_transit_pence: int) -> dict[str, int]:
    """From what was unsettled when the year began to what was in transit when it ended. Heard since: known after its last day was
    closed, or of days without a statement after it."""
    moved = [sheet["movement"][0] for sheet in sheets]
    names = [name for name in (moved[0] if moved else ()) if name not in ("brought_forward_pence", "carried_forward_pence")]
    carried = moved[-1]["carried_forward_pence"] if moved else 0
    return {
        "brought_forward_pence": moved[0]["brought_forward_pence"] if moved else 0,
        **{name: sum(each[name] for each in moved) for name in names},
        "heard_since_pence": in_transit_pence - carried,
        "in_transit_pence": in_transit_pence,
    }


def movement_difference(movement: Mapping[str, int]) -> int:
    """By how much the parts are not what was in transit."""
    *parts, in_transit = movement.values()
    return sum(parts) - in_transit


def summed(sheets: Iterable[Sheet], section: str, keys: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of all sheets, one for each of the keys."""
    found: dict[tuple[str, ...], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in (row for sheet in sheets for row in sheet[section]):
        for name, value in row.items():
            if name == "item_count" or name.endswith("pence"):
                found[tuple(row[key] for key in keys)][name] += value
    return [dict(zip(keys, key, strict=True)) | dict(row) for key, row in sorted(found.items())]


def year_objections(sheet: Sheet) -> list[str]:
    """Why this year cannot be cut off yet; none: it can."""
    made = sheet["cut_off"][0]
    is_closed = made["last_day_closed"] is not None and made["last_day_closed"] >= made["last_working_day"]
    found = [] if is_closed else [f"Close {made['last_working_day']} first: it is the last working day of the year."]
    if not made["is_chain_whole"]:
        found.append("The closed days are not a chain of what was signed: ask the laws which.")
    return found + [f"This sum does not hold: {each['sum']}." for each in sheet["sums"] if each["difference_pence"]]

"""What is broken among bank lines and files that should be there, after all that could be matched is."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

from ims_reconcile.domain.breaks import Fault
from ims_reconcile.domain.days import is_working_day, working_days_after
from ims_reconcile.domain.differences import EXPLANATIONS, Difference
from ims_reconcile.domain.items import LateLine, Line, derived_id
from ims_reconcile.domain.matching import Decisions
from ims_reconcile.domain.proofs import Horizon
from ims_reconcile.domain.sources import Pack

# How long a line that could be several things may wait for what tells them apart.
CHOICE_WITHIN = 2
# So many working days of a feed are asked about at every look; what is missed is asked about until it comes.
LOOKED_BACK = 20


class LateFile(NamedTuple):
    """A file that was not there on its day, as ingest's calendars have it."""

    council: str
    source: str
    expected_on: date


type FeedDays = Mapping[tuple[str, str], frozenset[date]]
"""By council and source: of the days that are asked about, those of which a file has come."""


def line_faults(decisions: Decisions, horizon: Horizon, pack: Pack) -> list[Fault]:
    """Lines that are nearly something, whose file is late, that could be several things, or that nobody explains."""
    faults: list[Fault] = []

    def found(kind: str, line: Line, source: str, within: int, explanation: str) -> None:
        due = working_days_after(line.booked_on, within)
        if not line.is_fresh and horizon.has_passed(line.council, due, line.bank_account):
            faults.append(Fault(kind, line.council, source, line.line_id, line.amount_pence, line.booked_on, explanation))

    named = [each for each in decisions.differences if is_due(each, horizon)]
    seen = {each.line.line_id for each in named}
    faults += map(difference_fault, named)
    ambiguous = [line for line in decisions.ambiguous if not line.is_from_bank and line.line_id not in seen]
    for line in ambiguous:
        found("ambiguous", line, "bank", CHOICE_WITHIN, "it could be more than one thing, or another line is alike")
    seen |= {line.line_id for line in ambiguous}
    for line, name in decisions.awaiting:
        if line.line_id not in seen:
            within = pack.by_name[name].file_within if name in pack.by_name else CHOICE_WITHIN
            found("bank-line-unexplained", line, name, within, "the file of its source is not here")
    for line in decisions.unexplained:
        if not line.is_fresh and line.line_id not in seen:
            words = "money left the bank and nobody says why"
            faults.append(Fault("bank-debit-unexplained", line.council, "bank", line.line_id, line.amount_pence, line.booked_on, words))
    return faults


def is_due(difference: Difference, horizon: Horizon) -> bool:
    """Whether what would make it fit had its time to come."""
    line = difference.line
    due = working_days_after(line.booked_on, CHOICE_WITHIN)
    return not line.is_fresh and horizon.has_passed(line.council, due, line.bank_account)


def difference_fault(each: Difference) -> Fault:
    """What is told of a line that is nearly something."""
    line, item = each.line, each.item
    other = item.item_id if item else None
    words = EXPLANATIONS[each.kind]
    about = other if each.kind == "payout-failed" else None
    return Fault(each.kind, line.council, each.source, line.line_id, each.amount_pence, line.booked_on, words, other, about)


def without_named(faults: Iterable[Fault], named: Iterable[Fault]) -> list[Fault]:
    """The faults but for the absence, or the failure, of what a line's break already names."""
    explained = {fault.other_id for fault in named}
    absent = ("settlement-without-bank-line", "remittance-without-bank-line", "payment-without-bank-line", "payout-failed")
    return [fault for fault in faults if fault.kind not in absent or fault.subject_id not in explained]


def feed_days(council: str, first_on: date, horizon: Horizon, broken_on: Iterable[date]) -> list[date]:
    """The days to ask about of a feed that comes every working day: lately, since it first came, and those that are broken."""
    last = horizon.days.get(council)
    lately = [working_days_after(last, -back) for back in range(LOOKED_BACK)] if last else []
    return sorted({day for day in {*lately, *broken_on} if day >= first_on and is_working_day(day)})


def feed_faults(asked: Mapping[tuple[str, str], Iterable[date]], came: FeedDays, pack: Pack, horizon: Horizon) -> list[Fault]:
    """Days of which a file should have come from a source by now, and none has; by council and source."""
    faults = []
    for (council, name), days in asked.items():
        for day in days:
            is_late = horizon.has_passed(council, working_days_after(day, pack.by_name[name].file_within))
            if is_late and day not in came.get((council, name), frozenset()):
                subject = derived_id("feed", council, name, day)
                faults.append(Fault("file-late", council, name, subject, 0, day, "a working day of which no file has come"))
    return faults


def late_line_fault(line: LateLine) -> Fault:
    """What belongs to a closed day: nobody has signed for it yet."""
    words = "it belongs to a day that was closed without it, and is counted in the next that is closed"
    return Fault("late-line", line.council, "bank", line.line_id, line.amount_pence, line.booked_on, words)


def late_faults(late: Iterable[LateFile], missed: Iterable[Fault], pack: Pack) -> list[Fault]:
    """Files that ingest missed, but for those that are among the days missed here: a file is of a day before the one it is due on."""
    days: dict[tuple[str, str], list[date]] = defaultdict(list)
    for fault in missed:
        days[fault.council, fault.source].append(fault.opened_on)
    faults = []
    for council, name, due in late:
        within = pack.by_name[name].file_within if name in pack.by_name else 0
        if not any(day <= due <= working_days_after(day, within) for day in days[council, name]):
            words = "no file had come from it on the day on which one was due"
            faults.append(Fault("file-late", council, name, derived_id("feed", council, name, due), 0, due, words))
    return faults

"""What officers must hear of, and when to say it: grouped by what it is about, again after a back-off, and that it has ended."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from ims_contracts.allocations import PaymentAllocated
from ims_contracts.notifications import DeliveryFailed
from ims_contracts.reconciliations import BreakClosed, BreakOpened
from ims_contracts.remittances import RemittanceLate, RemittanceReceived, RemittanceRefused
from ims_contracts.statements import SettlementReceived

Kind = Literal["file-late", "file-refused", "statement-unproved", "duplicate", "delivery-failed"]
Alarming = RemittanceLate | RemittanceRefused | BreakOpened | PaymentAllocated | DeliveryFailed
Saying = Literal["first", "again", "ended"]

# These go on until something ends them, and are said again; the others happened, and are said again only of more of them.
LASTING: frozenset[Kind] = frozenset({"file-late", "statement-unproved"})
BALANCE_BREAKS = frozenset({"balance", "opening", "statement-incomplete"})
FIRST_PAUSE = timedelta(hours=1)
PAUSE_MAX = timedelta(days=1)
PAUSE_GROWTH = 4


class Alarm(NamedTuple):
    """One thing that an officer must hear of. All of one council, kind and subject are one alert."""

    council: str
    kind: Kind
    subject: str
    """Where: a source, a destination or a method of payment; never a payer."""
    case: str
    """What makes it one: the same heard twice is one."""
    on: date


class Extent(NamedTuple):
    """How many there are of an alert since it began: all that were raised, and those that have not ended."""

    raised: int
    open: int


class Told(NamedTuple):
    """What was said of an alert so far."""

    at: datetime
    times: int
    """Since it began, at least one."""
    raised: int
    """How many there had been when it was said."""


def alarm(fact: Alarming) -> Alarm | None:
    """What a fact alarms of, if anything."""
    match fact:
        case RemittanceLate():
            return Alarm(fact.council, "file-late", fact.source, fact.expected_on.isoformat(), fact.expected_on)
        case RemittanceRefused():
            return Alarm(fact.council, "file-refused", fact.source, str(fact.remittance_id), fact.received_on)
        case BreakOpened() if fact.kind in BALANCE_BREAKS:
            return Alarm(fact.council, "statement-unproved", fact.source, str(fact.break_id), fact.opened_on)
        case PaymentAllocated() if fact.outcome == "duplicate":
            return Alarm(fact.council, "duplicate", fact.method_of_payment, str(fact.payment_id), fact.posted_on)
        case DeliveryFailed():
            return Alarm(fact.council, "delivery-failed", fact.destination or fact.channel, str(fact.delivery_id), fact.failed_on)
    return None


def is_ended(raised: Alarm, arrivals: Iterable[RemittanceReceived | SettlementReceived], closed: Iterable[BreakClosed]) -> bool:
    """Whether what was heard, before it or after, ends an alarm: a file of that source on its day or later, or the break's end."""
    if raised.kind == "file-late":
        return any((each.council, each.source) == (raised.council, raised.subject) and each.received_on >= raised.on for each in arrivals)
    if raised.kind == "statement-unproved":
        return any((each.council, str(each.break_id)) == (raised.council, raised.case) for each in closed)
    return False


def saying(kind: Kind, extent: Extent, told: Told | None, is_acknowledged: bool, now: datetime) -> Saying | None:
    """What to say of an alert now, if anything.

    An end is said at once, and only of what was said. An acknowledged alert is silent until there is more of it."""
    if told is None:
        return "first" if extent.open else None
    if not extent.open:
        return "ended"
    has_more = extent.raised > told.raised
    is_to_be_said = has_more or (kind in LASTING and not is_acknowledged)
    return "again" if is_to_be_said and now >= told.at + pause(told.times) else None


def pause(times: int) -> timedelta:
    """How long an alert is silent after it was said so many times: each four times the one before, at most a day."""
    grown: timedelta = FIRST_PAUSE * PAUSE_GROWTH ** min(times - 1, 10)
    return min(grown, PAUSE_MAX)

"""What officers must hear of, and when to say it: grouped by what it is about, again after a back-off, and that it has ended."""

from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from ims_contracts.allocations import PaymentAllocated
from ims_contracts.notifications import DeliveryFailed, PostingAcknowledged
from ims_contracts.reconciliations import BreakOpened
from ims_contracts.remittances import RemittanceLate, RemittanceRefused

Kind = Literal[
    "file-late", "file-refused", "statement-unproved", "duplicate", "delivery-failed", "lines-rejected",
    "suspense-high", "suspense-old", "breaks-high", "breaks-old", "deliveries-waiting", "run-late", "service-silent", "set-aside",
]  # fmt: skip
Alarming = RemittanceLate | RemittanceRefused | BreakOpened | PaymentAllocated | DeliveryFailed | PostingAcknowledged
Saying = Literal["first", "again", "ended"]

# These are measured, not heard: they go on while they are so.
MEASURED: frozenset[Kind] = frozenset(
    {"suspense-high", "suspense-old", "breaks-high", "breaks-old", "deliveries-waiting", "run-late", "service-silent", "set-aside"}
)
# These go on until something ends them, and are said again; the others happened, and are said again only of more of them.
LASTING: frozenset[Kind] = MEASURED | {"file-late", "statement-unproved"}
BALANCE_BREAKS = frozenset({"balance", "opening", "statement-incomplete"})
# A log that is heard from its beginning is no news: what only happened is an alarm for so long.
NEWS = timedelta(days=7)

FIRST_PAUSE = timedelta(hours=1)
PAUSE_MAX = timedelta(days=1)
PAUSE_GROWTH = 4
# What is measured may be so, not so, and so again: it has ended when it has stayed away for so long.
CALM = timedelta(hours=1)
# What happened is over when nothing more of it came for so long.
OVER_AFTER = timedelta(days=1)


class Alarm(NamedTuple):
    """One thing that an officer must hear of. All of one council, kind and subject are one alert."""

    council: str
    kind: Kind
    subject: str
    """Where: a source, a destination, a method of payment, a service; never a payer."""
    case: str
    """What makes it one: the same heard twice is one."""
    on: date
    detail: str = ""
    """Figures, where its words have room for them."""


class Standing(NamedTuple):
    """An alert as it is now: all that was raised since it began, and what has not ended."""

    council: str
    kind: Kind
    subject: str
    raised: int
    open: int
    began_at: datetime
    raised_at: datetime
    """When its last alarm was."""
    ended_at: datetime | None
    """When the last of those that ended did."""
    acknowledged: int
    """How many had been raised when an officer last said that it is known; 0 if nobody has."""
    detail: str = ""
    least: int = 1
    """Fewer than so many are not said."""

    @property
    def is_few(self) -> bool:
        return self.raised < self.least

    @property
    def is_acknowledged(self) -> bool:
        return self.acknowledged >= self.raised


class Told(NamedTuple):
    """What one receiver was told of an alert so far."""

    at: datetime
    times: int
    """Since it began, at least one."""
    raised: int
    """How many there had been when it was said."""
    saying: Saying = "first"
    """The last."""


def alarm(fact: Alarming) -> Alarm | None:
    """What a fact alarms of, if anything."""
    match fact:
        case RemittanceLate():
            return Alarm(fact.council, "file-late", fact.source, fact.expected_on.isoformat(), fact.expected_on)
        case RemittanceRefused():
            return Alarm(fact.council, "file-refused", fact.source, str(fact.remittance_id), fact.received_on)
        case BreakOpened() if fact.kind in BALANCE_BREAKS:
            return Alarm(fact.council, "statement-unproved", fact.source, f"{fact.break_id}|{fact.revision}", fact.opened_on)
        case PaymentAllocated() if fact.outcome == "duplicate":
            return Alarm(fact.council, "duplicate", fact.method_of_payment, str(fact.payment_id), fact.posted_on)
        case DeliveryFailed():
            # What was asked for again and failed again is another.
            case = f"{fact.delivery_id}|{fact.attempts}"
            return Alarm(fact.council, "delivery-failed", fact.destination or fact.channel, case, fact.failed_on)
        case PostingAcknowledged() if fact.rejected:
            return Alarm(fact.council, "lines-rejected", fact.destination, f"{fact.run_id}|{fact.revision}", fact.acknowledged_on)
    return None


def is_news(raised: Alarm, today: date) -> bool:
    return raised.kind in LASTING or raised.on > today - NEWS


def saying(alert: Standing, told: Told | None, now: datetime) -> Saying | None:
    """What to say of an alert now to one receiver, if anything.

    An end is said only of what was said. An acknowledged alert is silent until there is more of it."""
    if told is None:
        return "first" if alert.open and not alert.is_acknowledged and not alert.is_few else None
    if alert.kind in LASTING and not alert.open:
        return "ended" if told.saying != "ended" and is_calm(alert, now) else None
    has_more = alert.raised > told.raised
    is_to_be_said = not alert.is_acknowledged and (has_more or alert.kind in LASTING)
    return "again" if is_to_be_said and now >= told.at + pause(told.times) else None


def is_calm(alert: Standing, now: datetime) -> bool:
    return alert.kind not in MEASURED or alert.ended_at is None or now >= alert.ended_at + CALM


def is_over(alert: Standing, told: list[Told | None], now: datetime) -> bool:
    """Whether nothing more is to be said of an alert to any of its receivers: what is raised after that begins another."""
    if alert.kind in LASTING:
        return not alert.open and is_calm(alert, now) and all(each is None or each.saying == "ended" for each in told)
    is_told = alert.is_few or all(each is not None and each.raised >= alert.raised for each in told)
    return alert.is_acknowledged or (is_told and now >= alert.raised_at + OVER_AFTER)


def pause(times: int) -> timedelta:
    """How long an alert is silent after it was said so many times: each four times the one before, at most a day."""
    grown: timedelta = FIRST_PAUSE * PAUSE_GROWTH ** min(times - 1, 10)
    return min(grown, PAUSE_MAX)

"""What is measured against the council's thresholds: suspense, breaks, what waits to be told, and services that are silent."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import NamedTuple

from ims_notify.domain.alerting import Kind
from ims_notify.domain.letters import pounds
from ims_notify.domain.postings import LONDON


class Held(NamedTuple):
    """What of a kind is open: how many, how much in pence, and since when the oldest is."""

    items: int
    pence: int
    oldest_on: date | None


class Waiting(NamedTuple):
    """What one receiver has not been told of for longer than it should take."""

    to: str
    """A destination; of receipts, the channel."""
    items: int
    since: datetime


class Measured(NamedTuple):
    """How a council stands."""

    suspense: Held
    breaks: Held
    waiting: list[Waiting]
    late_runs: list[tuple[str, datetime]]
    """File destinations, and the time whose run has not been made."""
    silent: list[tuple[str, datetime]]
    """Services that should have told something, and when they last did."""
    set_aside: int
    """Messages that notify could not handle."""


class Limit(NamedTuple):
    """From where on a thing is too much; None: never."""

    pence: int | None = None
    items: int | None = None
    days: int | None = None


class Limits(NamedTuple):
    """A council's thresholds."""

    suspense: Limit
    breaks: Limit


class Level(NamedTuple):
    """A threshold that is passed, and how often it has doubled since: so often is it more than was said before."""

    kind: Kind
    subject: str
    detail: str
    doublings: int = 0


class What(NamedTuple):
    """What is held: by which kinds it alarms, and what one of it is called."""

    high: Kind
    old: Kind
    subject: str
    item: str


SUSPENSE = What("suspense-high", "suspense-old", "suspense", "payment")
BREAKS = What("breaks-high", "breaks-old", "breaks", "break")


def levels(measured: Measured, limits: Limits, today: date) -> Iterator[Level]:
    """The thresholds that are passed now."""
    yield from held(SUSPENSE, measured.suspense, limits.suspense, today)
    yield from held(BREAKS, measured.breaks, limits.breaks, today)
    for each in measured.waiting:
        yield Level("deliveries-waiting", each.to, f"{each.items} since {when(each.since)}")
    for destination, slot in measured.late_runs:
        yield Level("run-late", destination, when(slot))
    for service, since in measured.silent:
        yield Level("service-silent", service, when(since))
    if measured.set_aside:
        yield Level("set-aside", "notify", str(measured.set_aside), doublings(measured.set_aside, 1))


def held(what: What, now: Held, limit: Limit, today: date) -> Iterator[Level]:
    """Too much, and too old."""
    over = [
        doublings(value, threshold)
        for value, threshold in ((now.items, limit.items), (abs(now.pence), limit.pence))
        if threshold is not None and value >= threshold
    ]
    if over:
        figures = f"{pounds(now.pence)} in {now.items} {what.item}{'' if now.items == 1 else 's'}"
        yield Level(what.high, what.subject, figures, max(over))
    if now.oldest_on is not None and limit.days is not None and (days := (today - now.oldest_on).days) >= limit.days:
        yield Level(what.old, what.subject, f"{days} days", doublings(days, limit.days))


def when(instant: datetime) -> str:
    """16 March 09:30, as the clock on the wall says."""
    here = instant.astimezone(LONDON)
    return f"{here.day} {here:%B %H:%M}"


def doublings(value: int, threshold: int) -> int:
    """How often the threshold goes into the value by doubling: 0 at it, 1 at twice as much."""
    return (value // threshold).bit_length() - 1


class Heard(NamedTuple):
    """When we last heard of a service, and since when those that it answers have been heard while it has not."""

    service: str
    moved_at: datetime
    waiting_since: datetime | None


def silent(heard: list[Heard], limits: Mapping[str, timedelta], now: datetime) -> list[tuple[str, datetime]]:
    """The services that have kept silent for too long."""
    return [
        (each.service, each.moved_at)
        for each in heard
        if each.waiting_since is not None and each.service in limits and now >= each.waiting_since + limits[each.service]
    ]

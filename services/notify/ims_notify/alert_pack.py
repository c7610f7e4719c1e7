"""Of a council's pack: which officers hear of what, when they are left alone, and from where on a thing is too much."""

from collections.abc import Mapping, Sequence
from datetime import time, timedelta
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from ims_contracts.message import Code
from ims_notify.domain.alert_levels import Limit, Limits
from ims_notify.domain.alert_rounds import Form, Quiet, Receiver
from ims_notify.domain.alerting import Kind

Clock = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", strict=True)]
"""Europe/London, such as `"18:00"`; in YAML it needs its quotes."""


class Entry(BaseModel):
    """A part of the pack: a word that is not known is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class QuietEntry(Entry):
    """When a receiver is left alone."""

    begins: Clock = "00:00"
    ends: Clock = "00:00"
    weekends: bool = False


class ReceiverEntry(Entry):
    """Officers who are told: by what, of what (left out: of everything), and when not."""

    name: Code
    by: Form
    hears: frozenset[Kind] | None = None
    quiet: QuietEntry | None = None


class LimitEntry(Entry):
    """From where on it is too much; what is left out never is."""

    pence: int | None = Field(default=None, ge=1)
    count: int | None = Field(default=None, ge=1)
    days: int | None = Field(default=None, ge=1)


class AlertEntry(Entry):
    """A council's alerts."""

    council: str
    receivers: list[ReceiverEntry] = []
    group_minutes: int = Field(default=5, ge=0)
    """What comes within it is said at once; no receiver is written to more often."""
    suspense: LimitEntry = LimitEntry(days=10)
    breaks: LimitEntry = LimitEntry(days=10)
    waiting_minutes: int = Field(default=60, ge=1)
    """So long a back office, or the mail server, may take nothing."""
    run_minutes: int = Field(default=30, ge=1)
    """So long after its time a run may be made."""
    silent_minutes: dict[Literal["allocation", "reconcile"], Annotated[int, Field(ge=1)]] = {"allocation": 30}
    """By service, how long nothing may be heard of it while others are."""
    double_click_minutes: int = Field(default=10, ge=1, le=24 * 60)
    """Two payments by one payer, of one reference and amount, that are no further apart may be one that was made twice."""
    receipts_failed: int = Field(default=5, ge=1)
    """Fewer receipts that failed are not said: a payer's mistyped address is nobody's alarm."""


class Alerting(NamedTuple):
    """A council's alerts, read."""

    council: str
    name: str
    receivers: list[Receiver]
    window: timedelta
    limits: Limits
    waiting: timedelta
    run_late: timedelta
    silent: Mapping[str, timedelta]
    receipts_failed: int
    double_click: timedelta


def alerting(names: Mapping[str, str], entries: Sequence[AlertEntry]) -> dict[str, Alerting]:
    """By council. Raises ValueError for a council without a name, and where two have an entry or a receiver of one name."""
    receivers = [receiver.name for entry in entries for receiver in entry.receivers]
    if len(set(receivers)) < len(receivers):
        raise ValueError("two receivers of alerts have the same name")
    if len({entry.council for entry in entries}) < len(entries):
        raise ValueError("a council has two entries under `alerts`")
    if strangers := {entry.council for entry in entries} - names.keys():
        raise ValueError(f"under `alerts` are councils that are not under `councils`: {', '.join(sorted(strangers))}")
    return {entry.council: read(entry, names[entry.council]) for entry in entries}


def read(entry: AlertEntry, name: str) -> Alerting:
    return Alerting(
        entry.council,
        name,
        [Receiver(each.name, entry.council, each.by, each.hears, quiet(each.quiet)) for each in entry.receivers],
        timedelta(minutes=entry.group_minutes),
        Limits(limit(entry.suspense), limit(entry.breaks)),
        timedelta(minutes=entry.waiting_minutes),
        timedelta(minutes=entry.run_minutes),
        {str(service): timedelta(minutes=minutes) for service, minutes in entry.silent_minutes.items()},
        entry.receipts_failed,
        timedelta(minutes=entry.double_click_minutes),
    )


def limit(entry: LimitEntry) -> Limit:
    return Limit(entry.pence, entry.count, entry.days)


def quiet(entry: QuietEntry | None) -> Quiet | None:
    return Quiet(time.fromisoformat(entry.begins), time.fromisoformat(entry.ends), entry.weekends) if entry else None

"""Who hears of which alert now: one message to a receiver, of all that is to be said, and none in its quiet hours."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

from ims_notify.domain.alerting import Kind, Saying, Standing, Told, is_over, saying
from ims_notify.domain.postings import LONDON

SATURDAY = 5

Form = Literal["email", "slack", "teams"]


class Quiet(NamedTuple):
    """When a receiver is not spoken to, Europe/London; what is to be said then is said afterwards, if it is still so."""

    begins: time
    ends: time
    """Before `begins`: of the next day. The same: no hours."""
    weekends: bool

    def is_now(self, now: datetime) -> bool:
        here = now.astimezone(LONDON)
        if self.weekends and here.weekday() >= SATURDAY:
            return True
        clock = here.time()
        if self.begins <= self.ends:
            return self.begins <= clock < self.ends
        return clock >= self.begins or clock < self.ends


class Receiver(NamedTuple):
    """Officers who are told, in one place."""

    name: str
    council: str
    form: Form
    hears: frozenset[Kind] | None
    """None: of everything."""
    quiet: Quiet | None

    def is_for(self, alert: Standing) -> bool:
        return alert.council == self.council and (self.hears is None or alert.kind in self.hears)


class InPlay(NamedTuple):
    """An alert of which something may still be to be said, and what its receivers were told by name."""

    alert_id: UUID
    alert: Standing
    told: Mapping[str, Told]


class Message(NamedTuple):
    """What one receiver is told at once."""

    receiver: Receiver
    said: list[tuple[InPlay, Saying]]


def messages(
    in_play: Sequence[InPlay], receivers: Sequence[Receiver], last: Mapping[str, datetime], window: timedelta, now: datetime
) -> Iterator[Message]:
    """What is to be told now. The first of an alert waits for others to join it, and nobody is told twice within the window.

    `last` is when each receiver was last told anything."""
    for receiver in receivers:
        is_quiet = receiver.quiet is not None and receiver.quiet.is_now(now)
        if is_quiet or (receiver.name in last and now < last[receiver.name] + window):
            continue
        said = [
            (each, to_say)
            for each in in_play
            if receiver.is_for(each.alert) and (to_say := saying(each.alert, each.told.get(receiver.name), now))
        ]
        if any(to_say != "first" or now >= each.alert.began_at + window for each, to_say in said):
            yield Message(receiver, said)


def over(in_play: Sequence[InPlay], receivers: Sequence[Receiver], now: datetime) -> list[UUID]:
    """The alerts of which nothing more is to be said to anybody."""
    return [
        each.alert_id
        for each in in_play
        if is_over(each.alert, [each.told.get(receiver.name) for receiver in receivers if receiver.is_for(each.alert)], now)
    ]

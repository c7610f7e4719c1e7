"""Watch what is open and what is silent, decide what officers are told of it, and keep that: once in a while, whichever process does it."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from ims_contracts import STREAMS
from ims_kit import Service, Work
from ims_notify.alert_pack import Alerting
from ims_notify.domain import alert_levels
from ims_notify.domain.alert_levels import Measured, levels
from ims_notify.domain.alert_rounds import InPlay, Message, Receiver, messages, over
from ims_notify.domain.alert_words import Digest, digest, notice
from ims_notify.domain.alerting import LASTING, MEASURED, Kind
from ims_notify.domain.postings import FileDestination, last_time
from ims_notify.store import alert_levels as measuring
from ims_notify.store import alert_rounds as rounds
from ims_notify.store import clicks

log = structlog.get_logger()

LOOK_SECONDS = 5.0
MEASURE_EVERY = timedelta(minutes=1)
ANSWERED = "ims.payments.v1"
"""What other services answer: while it moves, they must be heard of."""
HEARD_LASTING = LASTING - MEASURED
FEW_BY = ("email", "sms", "letter")
"""How payers are written to: that a few cannot be reached is nobody's alarm."""


type About = tuple[str, Kind, str]
"""Council, kind, subject."""


class Watched(NamedTuple):
    """What there is to watch."""

    councils: list[Alerting]
    receivers: list[Receiver]
    """Those that have a place."""
    files: list[FileDestination]
    prefix: str
    """Of the names of topics."""


class Watch:
    """Looks every few seconds."""

    def __init__(self, watched: Watched) -> None:
        self.watched = watched
        self.measured_at: datetime | None = None
        self.figures: dict[About, str] = {}
        """As they were measured last: what goes on is said again with these."""

    async def run(self, service: Service) -> None:
        while True:
            await self.look(service)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self, service: Service) -> None:
        """One look: nothing where another process is at it."""
        async with service.begin() as work:
            if not await rounds.hold(work):
                return
            if self.measured_at is None or work.now >= self.measured_at + MEASURE_EVERY:
                self.figures = await measure(self.watched, work)
                self.measured_at = work.now
            await rounds.settle_alarms(work)
            said = await decide(self.watched, self.figures, work)
        for message in said:
            log.info("alert", receiver=message.receiver.name, notices=len(message.said))


async def measure(watched: Watched, work: Work) -> dict[About, str]:
    """Hold what is open against each council's thresholds; the figures of what passes them."""
    figures: dict[About, str] = {}
    heard = await silence(watched, work)
    aside = await measuring.set_aside(work)
    await measuring.take_moves(work)
    await clicks.compare({each.council: each.double_click for each in watched.councils}, work)
    for council in watched.councils:
        measured = Measured(
            await measuring.suspense(council.council, work),
            await measuring.breaks(council.council, work),
            await measuring.waiting(council.council, council.waiting, work),
            await late_runs(watched.files, council, work),
            alert_levels.silent(heard, council.silent, work.now),
            aside,
        )
        found = list(levels(measured, council.limits, work.today))
        await measuring.keep(council.council, found, work)
        figures |= {(council.council, each.kind, each.subject): each.detail for each in found}
    return figures


async def silence(watched: Watched, work: Work) -> list[alert_levels.Heard]:
    """Since when which services are waited for: those of which nothing came since the last payment did."""
    moved = await measuring.moved(watched.prefix, STREAMS, work)
    last = {
        service: max((moved[topic] for topic, stream in STREAMS.items() if service in stream.told_by and topic in moved), default=None)
        for service in ("allocation", "reconcile")
    }
    paid = moved.get(ANSWERED)
    return await measuring.wait_for({name: at for name, at in last.items() if at and paid and paid > at}, work)


async def late_runs(files: Sequence[FileDestination], council: Alerting, work: Work) -> list[tuple[str, datetime]]:
    """Destinations whose last time has passed long ago, and has had no run. Of one that never had any it is not known."""
    done = await measuring.runs_done(council.council, work)
    slots = ((to.name, last_time(to.times, work.now - council.run_late)) for to in files if to.council == council.council)
    return [(name, slot) for name, slot in slots if name in done and done[name] < slot]


async def decide(watched: Watched, figures: Mapping[About, str], work: Work) -> list[Message]:
    """Make the messages of this moment, and close what is over."""
    in_play = [with_figures(each, figures) for each in await rounds.in_play(work)]
    last = await rounds.last_told([each.name for each in watched.receivers], work)
    councils = {each.council: each for each in watched.councils}
    said: list[Message] = []
    for council in sorted({each.alert.council for each in in_play}):
        receivers = [each for each in watched.receivers if each.council == council]
        theirs = [with_least(each, councils.get(council)) for each in in_play if each.alert.council == council]
        window = councils[council].window if council in councils else timedelta()
        for message in messages(theirs, receivers, last, window, work.now):
            await rounds.say(message, words(message, councils[council].name), work)
            said.append(message)
        await rounds.close(over(theirs, receivers, work.now), work)
    return said


def with_figures(each: InPlay, figures: Mapping[About, str]) -> InPlay:
    alert = each.alert
    return each._replace(alert=alert._replace(detail=figures.get((alert.council, alert.kind, alert.subject), alert.detail)))


def with_least(each: InPlay, council: Alerting | None) -> InPlay:
    """A few receipts that could not be sent are not said."""
    is_few_by = council is not None and each.alert.kind == "delivery-failed" and each.alert.subject in FEW_BY
    return each._replace(alert=each.alert._replace(least=council.receipts_failed)) if council and is_few_by else each


def words(message: Message, council: str) -> Digest:
    """What a message says: of what goes on how many there are, of what happened how many there were."""
    notices = []
    for each, said in message.said:
        alert = each.alert
        count = alert.open if alert.kind in HEARD_LASTING else alert.raised
        notices.append(notice(alert.kind, alert.subject, count, said, alert.detail))
    return digest(council, notices)

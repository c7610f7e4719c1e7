"""Deliver what is due to one receiver: a round is lent out and committed, sent, and settled with the next round's loan."""

import asyncio
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from ims_kit import Service, Work
from ims_notify.domain.attempts import PAUSE_MAX, Answer, Due, settle
from ims_notify.domain.manners import Manners, may_go, quiet_until
from ims_notify.settings import Settings
from ims_notify.store import deliveries
from ims_notify.store.deliveries import Queue, Result

# How long nothing to do lasts before we look again: a posting leaves well within a second of its payment.
LOOK_SECONDS = 0.2
LOOKS_UNTIL_REST = 25
# A receiver that cannot be reached is tried with one message, first after this, at last about once a minute.
MISSED_PAUSE = timedelta(seconds=1)
NO_MANNERS: Mapping[str, Manners] = MappingProxyType({})


class Channel(Protocol):
    """A way to a receiver. It calls out, and neither raises for what the other side does, nor tells what it said."""

    queue: Queue

    async def send(self, due: Due) -> Answer: ...

    async def rest(self) -> None:
        """Nothing is due: let go of connections."""


class Store(Protocol):
    """Where deliveries are borrowed from, and what came of them is kept: `deliveries`, or one of its kind."""

    async def claim(self, queue: Queue, count_max: int, lease: timedelta, work: Work) -> list[Any]: ...

    async def settle(self, results: list[Result], work: Work) -> None: ...


class Rules(NamedTuple):
    """How hard we try."""

    connections: int
    answer_seconds: float
    first_pause: timedelta
    lease: timedelta

    @classmethod
    def of(cls, settings: Settings, queue: Queue) -> "Rules":
        """As the operator set it."""
        own = settings.govuk_notify.get(queue.only[0]) if queue.only else None
        return cls(
            own.connections if own else settings.connections,
            settings.answer_seconds,
            timedelta(seconds=settings.retry_seconds),
            timedelta(seconds=settings.lease_seconds),
        )


class Courier:
    """Serves one receiver, so that a slow one delays nobody else.

    Between what is sent and its commit lies at most one round, `connections` messages: what a crash can repeat."""

    def __init__(self, channel: Channel, rules: Rules, manners: Mapping[str, Manners] = NO_MANNERS, store: Store = deliveries) -> None:
        self.channel, self.rules, self.manners, self.store = channel, rules, manners, store
        self.results: list[Result] = []
        """Sent, and not committed: kept while the database is away, so that nothing of it is sent again."""
        self.missed = 0
        """Rounds in a row in which the receiver could not be reached."""
        self.paused_until = datetime.now(UTC)
        self.looked = 0
        """Times in a row that nothing was due."""

    async def run(self, service: Service) -> None:
        """Round after round: settle the last, borrow the next in the same commit, send it."""
        try:
            while True:
                due = await self.settle_and_claim(service)
                if due:
                    self.looked = 0
                    await self.send(due)
                else:
                    self.looked += 1
                    if self.looked == LOOKS_UNTIL_REST:
                        await self.channel.rest()
                    await asyncio.sleep(LOOK_SECONDS)
        except asyncio.CancelledError:
            # Asked to stop: what was sent is kept first.
            async with service.begin() as work:
                await self.store.settle(self.results, work)
            raise
        finally:
            await self.channel.rest()

    async def settle_and_claim(self, service: Service) -> list[Due]:
        """Nothing to send while the receiver pauses; one message, to see whether it is back; else a full round."""
        is_paused = datetime.now(UTC) < self.paused_until
        if is_paused and not self.results:
            return []
        async with service.begin() as work:
            await self.store.settle(self.results, work)
            await self.hush(work)
            count_max = 0 if is_paused else 1 if self.missed else self.rules.connections
            due = await self.store.claim(self.channel.queue, count_max, self.rules.lease, work)
        self.results = []
        return due

    async def hush(self, work: Work) -> None:
        """Where a council's people are left in peace now, what is due to them waits."""
        for council, manners in self.manners.items():
            until = quiet_until(manners.quiet, self.channel.queue.channel, work.now)
            if until and manners.quiet:
                await deliveries.hush(self.channel.queue, council, manners.quiet, until, work)

    async def send(self, due: list[Due]) -> None:
        """Send a round at once. Asked to stop meanwhile, it waits for the answers first."""
        sending = asyncio.ensure_future(self.send_all(due))
        try:
            await asyncio.shield(sending)
        except asyncio.CancelledError:
            await asyncio.wait([sending])
            raise

    async def send_all(self, due: list[Due]) -> None:
        """Send a round, and know what came of it and whether to pause."""
        found = await asyncio.gather(*map(self.attempt, due), return_exceptions=True)
        now = datetime.now(UTC)
        answers = [each if isinstance(each, Answer) else Answer("later", f"cannot be sent: {type(each).__name__}") for each in found]
        self.results = [
            Result(each, settle(answer, each, now, self.rules.first_pause, secrets.randbelow(100)))
            for each, answer in zip(due, answers, strict=True)
        ]
        asked = [answer.retry_after or timedelta() for answer in answers if answer.verdict == "unreachable"]
        held = [answer.retry_after or PAUSE_MAX for answer in answers if answer.verdict == "held"]
        self.missed = self.missed + 1 if asked else 0
        if asked:
            self.paused_until = now + min(max(*asked, MISSED_PAUSE * 2 ** min(self.missed - 1, 6)), PAUSE_MAX)
        if held:
            self.paused_until = now + max(held)
        # What nobody foresaw is for the kit to show. It is raised only now, so that it makes no other message go twice.
        for each in found:
            if isinstance(each, BaseException):
                raise each

    async def attempt(self, due: Due) -> Answer:
        """One try, with an end."""
        if self.manners and not may_go(due.kind, due.is_opted_out, self.manners, due.council):
            return Answer("no-contact", "opted out")
        try:
            async with asyncio.timeout(self.rules.answer_seconds):
                return await self.channel.send(due)
        except TimeoutError:
            return Answer("unreachable", "no answer in time")

"""Deliver what is due to one receiver: it is lent out and committed, sent, and settled in one commit with the next loan."""

import asyncio
import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
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
# How long answers may gather before they are settled in one commit.
GATHER_SECONDS = 0.02
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
        own = settings.govuk_notify.get(queue.only[0]) if queue.only else settings.destinations.get(queue.destination)
        return cls(
            (own and own.connections) or settings.connections,
            settings.answer_seconds,
            timedelta(seconds=settings.retry_seconds),
            timedelta(seconds=settings.lease_seconds),
        )


class Courier:
    """Serves one receiver, so that a slow one delays nobody else: as soon as one message is answered, the next takes its place.

    Between what is sent and its commit lie at most `connections` messages: what a crash can repeat."""

    def __init__(self, channel: Channel, rules: Rules, manners: Mapping[str, Manners] = NO_MANNERS, store: Store = deliveries) -> None:
        self.channel, self.rules, self.manners, self.store = channel, rules, manners, store
        self.under_way = set[asyncio.Task[Answer]]()
        self.results: list[Result] = []
        """Sent, and not committed: kept while the database is away, so that nothing of it is sent again."""
        self.unforeseen: BaseException | None = None
        self.missed = 0
        """Times in a row that the receiver could not be reached, with the pauses between."""
        self.paused_until = datetime.now(UTC)
        self.looked = 0
        """Times in a row that nothing was due."""

    async def run(self, service: Service) -> None:
        """Settle what is answered and borrow as much in the same commit, send it, and wait for answers."""
        try:
            while True:
                self.send(await self.settle_and_claim(service))
                await self.some_answers()
        except asyncio.CancelledError:
            # Asked to stop: what was sent is kept first.
            await self.all_answers()
            async with service.begin() as work:
                await self.store.settle(self.results, work)
            raise
        finally:
            await self.all_answers()
            await self.channel.rest()

    async def settle_and_claim(self, service: Service) -> list[Due]:
        """Keep what came of what was sent; what is to be sent now."""
        room, settled = self.room(), len(self.results)
        if not room and not settled:
            return []
        async with service.begin() as work:
            await self.store.settle(self.results[:settled], work)
            await self.hush(work)
            due = await self.store.claim(self.channel.queue, room, self.rules.lease, work)
        del self.results[:settled]  # others may have been answered meanwhile
        return due

    def room(self) -> int:
        """For how many messages there is room: none while the receiver pauses, then one, to see whether it is back."""
        if datetime.now(UTC) < self.paused_until:
            return 0
        return max((1 if self.missed else self.rules.connections) - len(self.under_way), 0)

    async def hush(self, work: Work) -> None:
        """Where a council's people are left in peace now, what is due to them waits."""
        for council, manners in self.manners.items():
            until = quiet_until(manners.quiet, self.channel.queue.channel, work.now)
            if until and manners.quiet:
                await deliveries.hush(self.channel.queue, council, manners.quiet, until, work)

    def send(self, due: list[Due]) -> None:
        """Begin to send."""
        for each in due:
            task = asyncio.ensure_future(self.attempt(each))
            self.under_way.add(task)
            task.add_done_callback(partial(self.answered, each))

    async def some_answers(self) -> None:
        """Until there are answers to settle, or it is time to look again for what is due.

        Raises what nobody foresaw, for the kit to show: only here, so that it makes no other message go twice."""
        if self.under_way or self.results:
            self.looked = 0
            if not self.results:
                await asyncio.wait(self.under_way, timeout=LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            if self.under_way:
                await asyncio.sleep(GATHER_SECONDS)
        else:
            self.looked += 1
            if self.looked == LOOKS_UNTIL_REST:
                await self.channel.rest()
            await asyncio.sleep(LOOK_SECONDS)
        if self.unforeseen:
            unforeseen, self.unforeseen = self.unforeseen, None
            raise unforeseen

    async def all_answers(self) -> None:
        """Until nothing is under way."""
        if self.under_way:
            await asyncio.wait(self.under_way)

    def answered(self, due: Due, task: asyncio.Task[Answer]) -> None:
        """Know what came of one message."""
        self.under_way.discard(task)
        if error := task.exception():
            self.unforeseen = error
        now, answer = datetime.now(UTC), Answer("later", f"cannot be sent: {type(error).__name__}") if error else task.result()
        settled = settle(answer, due, now, self.rules.first_pause, secrets.randbelow(100))
        self.results.append(Result(due, settled, answer, now))
        self.mind(answer, now)

    def mind(self, answer: Answer, now: datetime) -> None:
        """Pause if the receiver is away or asks us to. What was under way when a pause began does not make it longer by itself."""
        if answer.verdict == "held":
            self.paused_until = max(self.paused_until, now + (answer.retry_after or PAUSE_MAX))
        elif answer.verdict == "unreachable":
            pause = answer.retry_after or timedelta()
            if now >= self.paused_until:
                pause = max(pause, MISSED_PAUSE * 2 ** min(self.missed, 6))
                self.missed += 1
            self.paused_until = max(self.paused_until, now + min(pause, PAUSE_MAX))
        elif now >= self.paused_until:
            self.missed = 0

    async def attempt(self, due: Due) -> Answer:
        """One try, with an end."""
        if self.manners and not may_go(due.kind, due.is_opted_out, self.manners, due.council):
            return Answer("no-contact", "opted out")
        try:
            async with asyncio.timeout(self.rules.answer_seconds):
                return await self.channel.send(due)
        except TimeoutError:
            return Answer("unreachable", "no answer in time")

"""Make the runs of one destination when their time has come, and deliver them in the order of their numbers."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple, Protocol
from uuid import UUID

import structlog

from ims_kit import Service, Work
from ims_notify.domain.attempts import Answer, Evidence, Settled, settle
from ims_notify.domain.book import Book
from ims_notify.domain.postings import FileDestination, file_name, last_time
from ims_notify.domain.writing import Head, Unfit, Writer
from ims_notify.pack import FileSetup
from ims_notify.store import ledger, runs
from ims_notify.store.runs import Made, RunDue

log = structlog.get_logger()

LOOK_SECONDS = 1.0


class FileChannel(Protocol):
    """A place elsewhere. It neither raises for what the other side does, nor tells what it said; a file is there whole, or not at all."""

    async def put(self, name: str, content: bytes) -> Answer: ...


class RunRules(NamedTuple):
    """How hard we try. A file of half a million lines over a slow line takes minutes."""

    answer_seconds: float = 300
    lease: timedelta = timedelta(seconds=600)
    first_pause: timedelta = timedelta(seconds=5)


class Runner:
    """Serves one destination."""

    def __init__(self, setup: FileSetup, channel: FileChannel, rules: RunRules) -> None:
        self.setup, self.to, self.channel, self.rules = setup, setup.destination, channel, rules
        self.result: tuple[RunDue, Settled, Evidence] | None = None
        """Sent, and not committed: kept while the database is away, so that it is not sent again."""

    async def run(self, service: Service) -> None:
        """Look every second whether a run is to be made, or to go."""
        while True:
            await self.make(service)
            while await self.deliver(service):
                pass
            await asyncio.sleep(LOOK_SECONDS)

    async def make(self, service: Service) -> None:
        """Make the run of the last time that has passed, if it has none yet."""
        async with service.begin() as work:
            slot = last_time(self.to.times, work.now)
            if not await runs.is_done(self.to, slot, work) and await runs.hold(self.to, work) < slot:
                await make_run(self.setup, slot, work)

    async def deliver(self, service: Service) -> bool:
        """Settle what was sent, and send the next run; whether there was one."""
        async with service.begin() as work:
            if self.result:
                await runs.settle(*self.result, work)
            due = await runs.claim(self.to, self.rules.lease, work)
        self.result = None
        if due:
            answer = await self.attempt(due)
            now = datetime.now(UTC)
            known = Evidence(due.run_id, due.attempts, now, answer.verdict, answer.code, answer.their_id, answer.reason)
            self.result = due, settle(answer, due, now, self.rules.first_pause, secrets.randbelow(100)), known
            log.info("run sent", destination=due.destination, number=due.number, is_test=due.is_test, verdict=answer.verdict)
        return due is not None

    async def attempt(self, due: RunDue) -> Answer:
        """One try, with an end."""
        try:
            async with asyncio.timeout(self.rules.answer_seconds):
                return await self.channel.put(due.file_name, due.content)
        except TimeoutError:
            return Answer("unreachable", "no answer in time")


async def make_run(setup: FileSetup, slot: datetime, work: Work) -> int | None:
    """A run of all that waits; its number, if there is one. What the layout cannot write waits on, with the reason; the others go
    without it."""
    to = setup.destination
    number = await runs.next_number(to, work)
    writer = Writer(setup.layout, Head(number, work.today, to.council, to.name, to.is_test))
    take = take_lines if to.kind == "postings" else take_journals
    taken = await take(to, writer, work)
    is_made = bool(writer.texts) or to.is_made_empty
    if is_made:
        written = await asyncio.to_thread(writer.written)
        name = file_name(to.file_name, number, work.today, to.is_test)
        await runs.make(to, Made(number, slot, setup.layout.name, name, written), work)
        if not to.is_test:  # what is in a test run waits on
            await taken.keep_number(number)
        log.info("run made", destination=to.name, number=number, is_test=to.is_test, lines=len(writer.texts), unfit=taken.unfit_count)
    await runs.done(to, slot, work)
    return number if is_made else None


class Taken(NamedTuple):
    """What waited, and is written."""

    keep_number: Callable[[int], Awaitable[None]]
    """Gives it the run's number."""
    unfit_count: int
    """How much waits on, as it could not be written."""


async def take_lines(to: FileDestination, writer: Writer, work: Work) -> Taken:
    """Write the postings that wait."""
    line_ids, unfit = list[UUID](), dict[UUID, str]()
    async for page in runs.waiting(to, work):
        for line in page:
            try:
                writer.take(line)
                line_ids.append(line.line_id)
            except Unfit as reason:
                unfit[line.line_id] = str(reason)
        await asyncio.sleep(0)  # others have their turn
    await runs.keep_unfit(unfit, work)
    return Taken(lambda number: runs.number_lines(number, line_ids, work), len(unfit))


async def take_journals(to: FileDestination, writer: Writer, work: Work) -> Taken:
    """Write the journals that wait, each whole or not at all."""
    book, unfit = Book(writer), dict[UUID, str]()
    async for page in ledger.waiting(to, work):
        for journal in page:
            try:
                book.take(journal)
            except Unfit as reason:
                unfit |= {entry.entry_id: str(reason) for entry in journal if entry.entry_id}
        await asyncio.sleep(0)
    book.end()
    await ledger.keep_unfit(unfit, work)
    return Taken(lambda number: ledger.number(to, number, book, work), len(unfit))

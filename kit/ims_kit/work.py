"""One transaction: what was heard, what it changed, and what is told of it commit together, or not at all."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from ims_kit.errors import OF_THE_RECORD, Refused
from ims_kit.telling import Cause, Fact, Tellable, tell, write

LONDON = ZoneInfo("Europe/London")
# 256 locks, not one for each key: a transaction of thousands must not fill the server's lock table.
LOCK = """SELECT pg_advisory_xact_lock(3, stripe) FROM (
  SELECT DISTINCT hashtext(key) & 255 AS stripe FROM unnest($1::text[]) AS key ORDER BY 1) AS stripes"""


class Work:
    """What a handler sees of its transaction."""

    def __init__(self, connection: Any, causes: Mapping[int, Callable[[], Cause]] | None = None) -> None:
        self.connection = connection
        self.now = datetime.now(UTC)
        self.today: date = self.now.astimezone(LONDON).date()
        """The day it is in Europe/London, by which councils count."""
        self.told_at = self.now.isoformat()
        self.facts: list[Fact] = []
        self.causes = causes or {}
        """Of each message heard, by its `id`: how to say that it was the cause."""

    def cause(self, heard: object) -> Cause | None:
        """What a message heard is as a cause, to be kept for what is told of it later; None of what was not heard here."""
        found = self.causes.get(id(heard))
        return found() if found else None

    def tell(self, fact: Tellable, because: object | None = None, body: bytes | None = None) -> None:
        """Tell a fact when this transaction commits; `because` is the message heard that caused it, or a Cause that was kept, if one did.
        `body` is its JSON (of `body_of`), where the caller has made it already."""
        cause = because if isinstance(because, Cause) else self.cause(because)
        self.facts.append(write(fact, self.told_at, cause, body))

    async def lock(self, keys: Iterable[str]) -> None:
        """Keep others who take the same keys out until the commit. Once a transaction: two goes could cross another's."""
        if wanted := list(keys):
            await self.connection.execute(LOCK, wanted)


@contextlib.asynccontextmanager
async def begin(pool: Any) -> AsyncIterator[Work]:
    """A unit of work outside Kafka: an HTTP request, a page of a file, a job. It commits with what was told."""
    async with pool.acquire() as connection, connection.transaction():
        work = Work(connection)
        yield work
        await tell(connection, work.facts)


type Keep[Item, Result] = Callable[[list[Item], Work], Awaitable[Sequence[Result]]]


class Door[Item, Result]:
    """Single submissions that arrive together share a transaction: one disk write and one turn at the telling lock.
    While one transaction runs, the next gathers: nobody waits for company when there is none."""

    def __init__(self, work: Callable[[], contextlib.AbstractAsyncContextManager[Work]], keep: Keep[Item, Result], most: int = 200) -> None:
        self.work, self.keep, self.most = work, keep, most
        self.arrived: asyncio.Queue[tuple[Item, asyncio.Future[Result]]] = asyncio.Queue()

    async def submit(self, item: Item) -> Result:
        """What `keep` says of this item, once it is committed."""
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self.arrived.put_nowait((item, done))
        return await done

    async def run(self) -> None:
        while True:
            batch = [await self.arrived.get()]
            while len(batch) < self.most and not self.arrived.empty():
                batch.append(self.arrived.get_nowait())
            await self.take(batch)

    async def take(self, batch: list[tuple[Item, asyncio.Future[Result]]]) -> None:
        try:
            async with self.work() as work:
                results = await self.keep([item for item, _ in batch], work)
        except (Refused, *OF_THE_RECORD) as error:
            if len(batch) > 1:  # one bad submission must not spoil the others'
                for each in batch:
                    await self.take([each])
            elif not batch[0][1].done():
                batch[0][1].set_exception(error)
        except Exception as error:  # noqa: BLE001 - handed to those who wait, each of whom raises it
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
        else:
            for (_, done), result in zip(batch, results, strict=True):
                if not done.done():
                    done.set_result(result)

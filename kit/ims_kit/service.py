"""Run a service: its reader, its relay, its HTTP side and its background work, until a signal or a Stop."""

import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from importlib import import_module
from typing import Any

import asyncpg
import structlog
import uvicorn
import uvloop
from aiokafka.errors import KafkaError
from pydantic import BaseModel

from ims_kit import logs, upkeep
from ims_kit.decoding import Clean, Handler, Hearing
from ims_kit.errors import Stop, describe, is_accident
from ims_kit.health import make_api
from ims_kit.hearing import Reader
from ims_kit.migrations import migrate
from ims_kit.relay import Relay
from ims_kit.settings import ServiceSettings
from ims_kit.work import Door, Keep, Work, begin

log = structlog.get_logger()

SOMEONE_HAS_TO_LOOK = 3
"""The exit code of a service that stopped itself."""
type Background = Callable[["Service"], Awaitable[None]]


async def until_there[Found](what: Callable[[], Awaitable[Found]], *errors: type[BaseException]) -> Found:
    """At the start, database and broker may still be away."""
    while True:
        try:
            return await what()
        except errors as error:
            log.warning("waiting", error=describe(error))
            await asyncio.sleep(0.5)


def search_seldom() -> None:
    """What is there now stays: the collector need not look at it again. A batch's objects, some hundred thousand, go by themselves when
    it is done: only what is left over is worth a search."""
    gc.freeze()
    gc.set_threshold(600_000, 50, 1000)
    gc.enable()


async def open_pool(dsn: str, size: int = 8) -> "asyncpg.Pool[asyncpg.Record]":
    """A process that freezes while it tells must not keep the telling lock for long: the server ends its session."""
    return await asyncpg.create_pool(
        dsn,
        min_size=0,
        max_size=size,
        timeout=5,
        command_timeout=60,
        # Compiling a query takes longer than any of ours runs.
        server_settings={"idle_in_transaction_session_timeout": "10s", "jit": "off"},
    )


class Server(uvicorn.Server):
    """uvicorn without its own signal handlers: the service decides when to stop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Service:
    """What a service hears, does in the background and answers over HTTP; everything else is the kit's."""

    def __init__(self, name: str, settings: ServiceSettings, asyncapi: dict[str, Any]) -> None:
        self.name, self.asyncapi = name, asyncapi
        self.settings: Any = settings  # of the service's own kind, which the kit does not know
        self.hearings: dict[str, Hearing] = {}
        self.work_behind: dict[str, Background] = {}
        self.background_errors: dict[str, str] = {}
        self.doors: list[Door[Any, Any]] = []
        self.dsn = settings.database_url.get_secret_value()
        self.relay = Relay(name, self.dsn, settings.kafka_bootstrap, settings.topic_prefix)
        self.reader: Reader | None = None
        self.pool: Any = None
        self.is_started = False
        self.api = make_api(self)
        self.purges = [(upkeep.PURGE_TOLD, settings.told_days)]
        self.background("let go of what is old", let_go)

    def hears(self, handler: Handler, *types: type[BaseModel], clean: Clean = bytes) -> None:
        """One handler for all that is heard of one topic, in the order of its log. `clean` takes out of what is set aside what may
        not be kept."""
        topics = {each.topic for each in types}  # type: ignore[attr-defined]
        assert len(topics) == 1, f"one topic a handler, not {topics}"
        topic = topics.pop()
        assert topic not in self.hearings, f"{topic} has a handler already"
        self.hearings[topic] = Hearing(handler, types, clean)

    def background(self, name: str, work: Background) -> None:
        """Work beside the topics; started again, after a growing pause, when it fails."""
        self.work_behind[name] = work

    def lets_go(self, statement: str, days: int) -> None:
        """What a statement deletes, some thousand rows at a time, as older than `$1` days: looked for once an hour."""
        self.purges.append((statement, days))

    def door[Item, Result](self, keep: Keep[Item, Result]) -> Door[Item, Result]:
        """A way in for single submissions: those that arrive together share a transaction."""
        door = Door(self.begin, keep)
        self.doors.append(door)
        return door

    @contextlib.asynccontextmanager
    async def begin(self) -> AsyncIterator[Work]:
        """A unit of work outside Kafka; what it told is on its way as soon as it is committed."""
        async with begin(self.pool) as work:
            yield work
        self.relay.woken.set()

    async def run(self) -> None:
        """Until a signal (then it ends in order) or a Stop (then it raises)."""
        signalled = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, signalled.set)
        await self.open()
        server = Server(uvicorn.Config(
            self.api, host=self.settings.http_host, port=self.settings.http_port, log_config=None, access_log=False, lifespan="off"
        ))
        tasks: list[asyncio.Future[Any]] = [asyncio.ensure_future(each) for each in (signalled.wait(), server.serve())]
        tasks += self.start_work()
        tasks.append(asyncio.ensure_future(self.hear()))
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        server.should_exit = True
        await self.close(tasks[2:])
        await asyncio.wait(tasks[1:2], timeout=5)
        for task in done:
            task.result()

    async def open(self) -> None:
        """Connect to the database."""
        self.pool = await until_there(lambda: open_pool(self.dsn), OSError, asyncpg.PostgresError)
        search_seldom()

    def start_work(self) -> list[asyncio.Future[Any]]:
        works = [self.relay.run(), *(door.run() for door in self.doors)]
        works += [self.keep_up(name, work) for name, work in self.work_behind.items()]
        return [asyncio.ensure_future(work) for work in works]

    async def hear(self) -> None:
        """Read the topics until the reader stops; a service that hears nothing only waits."""
        if self.hearings:
            self.reader = Reader(self.name, self.pool, self.settings, self.hearings, self.relay.woken.set)
            await until_there(self.reader.start, KafkaError, OSError)
        self.is_started = True
        log.info("started", topics=sorted(self.hearings))
        await (self.reader.stopped if self.reader else asyncio.Event().wait())

    async def keep_up(self, name: str, work: Background) -> None:
        pause = 0.2
        while True:
            began = asyncio.get_running_loop().time()
            try:
                await work(self)
                await asyncio.Event().wait()  # it has done what it had to do; the service goes on
            except Stop:
                raise
            except Exception as error:  # noqa: BLE001 - background work is begun again, and health shows why it failed
                self.background_errors[name] = describe(error)
                log.warning("background work failed", work=name, error=describe(error), accident=is_accident(error))
            if asyncio.get_running_loop().time() - began > 60:
                pause = 0.2
                self.background_errors.pop(name, None)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 30)

    async def close(self, tasks: list[asyncio.Future[Any]]) -> None:
        """Finish the batch in work; what is told but not sent, the next start sends."""
        if self.reader:
            await self.reader.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.pool.close(), 5)


async def let_go(service: Service) -> None:
    """Once an hour."""
    while True:
        for statement, days in service.purges:
            if gone := await upkeep.purge(service.pool, statement, days):
                log.info("let go of what is old", table=statement.split()[2], count=gone)
        await asyncio.sleep(3600)


def main(package: str) -> None:
    """The command line of a service: `run` (or nothing), or `migrate`. Its package is `ims_` and its name, and has a `settings.Settings`,
    an `app.build` of them, and `migrations`. They are imported here, with the collector off: it would search all that is there for good
    again and again, which is a sixth of what a start takes."""
    task = sys.argv[1] if len(sys.argv) > 1 else "run"
    if task not in ("run", "migrate"):
        sys.exit(f"{task!r} is not a command: say `run` (or nothing), or `migrate`")
    gc.disable()
    settings: ServiceSettings = import_module(f"{package}.settings").Settings()
    logs.configure(package.removeprefix("ims_"), settings.log_level)
    if task == "migrate":
        asyncio.run(migrate(settings.database_url.get_secret_value(), f"{package}.migrations"))
        return
    try:
        uvloop.run(import_module(f"{package}.app").build(settings).run())
    except Stop as error:
        log.error("stopped: someone has to look", why=str(error))
        sys.stdout.flush()
        os._exit(SOMEONE_HAS_TO_LOOK)

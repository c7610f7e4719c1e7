"""Processes that deliver by one way, each killed at the next step; the last one ends the work: database, way, settings as JSON, folder.

The steps of an attempt: `lending` and `settling` are before a commit, `lent` and `settled` behind it, `sent` is when the receiver has
answered; a file has `making` before."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from ims_kit import Work, begin
from ims_notify.app import channels, incident_channels
from ims_notify.channels.folder import FolderChannel
from ims_notify.delivery import Courier
from ims_notify.domain.attempts import Answer
from ims_notify.pack import load
from ims_notify.runs import make_run
from ims_notify.store import runs
from ims_notify.store.incident_messages import Pace
from notify.notify_world import Notify, allocated, notifying, payment, until
from notify.runs_world import hear_many, runner, setup

STEPS = ["lending", "lent", "sent", "settling", "settled"]
FILES, INCIDENTS = ("revenues", "finance"), ("incident", "incident-govuk")
NOW = {"connections": 1, "lease": timedelta(0)}
LEFT = {"delivery": "SELECT count(*) = 0 FROM delivery WHERE state = 'due'",
        "run": "SELECT count(*) = 0 FROM run_delivery WHERE state = 'due'",
        "incident": "SELECT count(*) = 0 FROM incident_message WHERE state = 'due'"}  # fmt: skip


def steps_of(way: str) -> list[str]:
    return ["making", *STEPS] if way in FILES else STEPS


class Deadly:
    """The way to a receiver, and the unit of work around it, in which the process dies at a step."""

    def __init__(self, channel: Any, begin_work: Callable[[], Any], step: str) -> None:
        self.channel, self.begin_work, self.step = channel, begin_work, step
        self.queue = getattr(channel, "queue", None)
        self.is_sent = False

    def die_at(self, step: str) -> None:
        if step == self.step:
            os.kill(os.getpid(), signal.SIGKILL)

    @contextlib.asynccontextmanager
    async def begin(self) -> AsyncIterator[Work]:
        async with self.begin_work() as work:
            yield work
            self.die_at("settling" if self.is_sent else "lending")
        if self.is_sent:
            self.die_at("settled")

    async def send(self, due: Any) -> Answer:
        return await self.leave(self.channel.send(due))

    async def put(self, name: str, content: bytes) -> Answer:
        return await self.leave(self.channel.put(name, content))

    async def leave(self, sending: Any) -> Answer:
        self.die_at("lent")
        answer: Answer = await sending
        self.die_at("sent")
        self.is_sent = True
        return answer

    async def rest(self) -> None:
        await self.channel.rest()


async def courier_of(notify: Notify, way: str) -> Courier:
    """Who serves the way, of one message at a time."""
    if way not in INCIDENTS:
        kind = "webhook" if way == "webhook" else "email"
        return next(each for each in notify.couriers(**NOW) if each.channel.queue.channel == kind)
    pack = load(notify.settings.council_pack)
    channel = incident_channels(notify.settings, pack, channels(notify.settings, pack))[0]
    first = notify.couriers(**NOW)[0]
    return Courier(channel, first.rules, pack.manners, Pace(60_000, notify.vault, pack.manners))


async def deliver(notify: Notify, way: str, step: str) -> None:
    """By webhook or mail, or to the payers of an incident."""
    if way == "webhook":
        await notify.hears(payment(step, to=None, channel="agent"), allocated(step))
    elif way not in INCIDENTS:
        await notify.hears(payment(step), allocated(step, fund="23"))
    courier = await courier_of(notify, way)
    deadly = Deadly(courier.channel, notify.service.begin, step)
    courier.channel, notify.service.begin = deadly, deadly.begin  # type: ignore[assignment, method-assign]
    working = asyncio.ensure_future(courier.run(notify.service))
    await until(lambda: notify.value(LEFT["incident" if way in INCIDENTS else "delivery"]), 60)
    working.cancel()
    await asyncio.wait([working])


async def lay_down(notify: Notify, way: str, step: str, folder: Path) -> None:
    """As files."""
    found = setup(folder, way)
    await hear_many(notify, found, [f"{step}-{number}" for number in range(3)])
    async with begin(notify.pool) as work:
        done_until = await runs.hold(found.destination, work)
        await make_run(found, done_until + timedelta(seconds=1), work)
        if step == "making":
            os.kill(os.getpid(), signal.SIGKILL)
    deadly = Deadly(FolderChannel(folder / "out"), notify.service.begin, step)
    notify.service.begin = deadly.begin  # type: ignore[method-assign]
    at_work = runner(found, deadly, lease=timedelta(0))
    while await at_work.deliver(notify.service):
        pass
    assert await notify.value(LEFT["run"])


async def work_on(url: str, way: str, setting: dict[str, Any], folder: Path, step: str) -> None:
    async with notifying(url, **setting) as notify:
        if way in FILES:
            await lay_down(notify, way, step, folder)
        else:
            await deliver(notify, way, step)


def main(url: str, way: str, setting: dict[str, Any], folder: Path) -> None:
    """One after another, each in a process of its own. Raises AssertionError where one did not die at its step, or the last did."""
    for step in [*steps_of(way), "none"]:
        child = os.fork()  # starting another would take a second
        if not child:
            asyncio.run(work_on(url, way, setting, folder, step))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        assert os.waitstatus_to_exitcode(status) == (0 if step == "none" else -signal.SIGKILL), (way, step, status)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], json.loads(sys.argv[3]), Path(sys.argv[4]))

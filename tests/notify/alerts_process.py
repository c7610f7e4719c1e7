"""A process that watches and tells officers, and is killed at a step: database, webhook, step (`said`, `claimed`, `sent`, or `none`)."""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from typing import Any

from ims_notify.alert_courier import AlertCourier
from ims_notify.domain.attempts import Answer
from ims_notify.store import alert_rounds
from notify.alerts_world import courier, watch
from notify.notify_world import notifying


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Deadly:
    """A channel in which the process dies before a message leaves, or when it has left."""

    def __init__(self, sender: AlertCourier, step: str) -> None:
        self.channel, self.step = sender.channel, step

    async def send(self, due: Any) -> Answer:
        if self.step == "claimed":
            die()
        answer = await self.channel.send(due)
        if self.step == "sent":
            die()
        return answer

    async def rest(self) -> None:
        await self.channel.rest()


async def dying_close(*_: Any) -> None:
    die()


async def work_on(url: str, hook: str, step: str) -> None:
    if step == "said":
        alert_rounds.close = dying_close
    async with notifying(url) as notify:
        sender = courier(hook)
        sender.channel, sender.lease = Deadly(sender, step), timedelta(seconds=0.3)
        looking = watch()
        while True:
            await looking.look(notify.service)
            while await sender.deliver(notify.service):
                pass
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(work_on(*sys.argv[1:]))

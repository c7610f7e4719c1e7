"""Send one receiver's messages, one at a time: lent out and committed, sent, and settled with the next one's loan."""

import asyncio
import secrets
from datetime import UTC, datetime, timedelta
from typing import Protocol

import structlog

from ims_kit import Service
from ims_notify.domain.attempts import Answer, Settled, settle
from ims_notify.store import alert_messages
from ims_notify.store.alert_messages import AlertDue

log = structlog.get_logger()

LOOK_SECONDS = 1.0
FIRST_PAUSE = timedelta(seconds=5)


class AlertChannel(Protocol):
    """A way to officers. It neither raises for what the other side does, nor tells what it said."""

    async def send(self, due: AlertDue) -> Answer: ...

    async def rest(self) -> None:
        """Nothing is due: let go of connections."""


class AlertCourier:
    """Serves one receiver. A message that fails is seen in the list, and raises no alarm: it would only make more of them."""

    def __init__(self, receiver: str, channel: AlertChannel, answer_seconds: float) -> None:
        self.receiver, self.channel, self.answer_seconds = receiver, channel, answer_seconds
        self.lease = timedelta(seconds=2 * answer_seconds)
        self.result: tuple[AlertDue, Settled] | None = None
        """Sent, and not committed: kept while the database is away, so that it is not sent again."""

    async def run(self, service: Service) -> None:
        """Look every second whether there is something to say."""
        while True:
            while await self.deliver(service):
                pass
            await self.channel.rest()
            await asyncio.sleep(LOOK_SECONDS)

    async def deliver(self, service: Service) -> bool:
        """Settle what was sent, and send the next; whether there was one."""
        async with service.begin() as work:
            if self.result:
                await alert_messages.settle(*self.result, work)
            due = await alert_messages.claim(self.receiver, self.lease, work)
        self.result = None
        if due:
            answer = await self.attempt(due)
            self.result = due, settle(answer, due, datetime.now(UTC), FIRST_PAUSE, secrets.randbelow(100))
            log.info("alert sent", receiver=due.receiver, verdict=answer.verdict)
        return due is not None

    async def attempt(self, due: AlertDue) -> Answer:
        """One try, with an end."""
        try:
            async with asyncio.timeout(self.answer_seconds):
                return await self.channel.send(due)
        except TimeoutError:
            return Answer("unreachable", "no answer in time")

"""Alerts by mail, or to the webhook of a Slack or Teams channel. They are not signed: the address is the secret, and nothing of a payer
is in them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ims_notify.channels.calls import Call, Caller, NoAnswer
from ims_notify.channels.mail import Mail, MailServer
from ims_notify.domain.alert_words import Digest, mail
from ims_notify.domain.attempts import Answer, status_answer
from ims_notify.settings import Settings
from ims_notify.store.alert_messages import AlertDue


class ChatChannel:
    """One channel of Slack or Teams."""

    def __init__(self, url: str, body: Callable[[Digest], dict[str, Any]]) -> None:
        self.url, self.body, self.caller = url, body, Caller()

    async def send(self, due: AlertDue) -> Answer:
        """Post one message and hear the status; what comes back is not read."""
        content = json.dumps(self.body(due.content), ensure_ascii=False).encode()
        try:
            said = await self.caller.call(Call("POST", self.url, {"content-type": "application/json"}, content), body_max=0)
        except NoAnswer as error:
            return Answer("unreachable", str(error))
        return status_answer(said.status, said.retry_after(datetime.now(UTC)))

    async def rest(self) -> None:
        """Let the connection go."""
        await self.caller.rest()


class OfficerMail:
    """One mailbox of officers."""

    def __init__(self, settings: Settings, to: str) -> None:
        self.server, self.to = MailServer(settings), to

    async def send(self, due: AlertDue) -> Answer:
        """Hand one message to the mail server."""
        return await self.server.post(Mail(due.message_id, self.to, due.since, "en", *mail(due.content)))

    async def rest(self) -> None:
        """Let the connection go."""
        await self.server.rest()

"""Alerts by mail, or to the webhook of a Slack or Teams channel. They are not signed: the address is the secret, and nothing of a payer
is in them."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx

from ims_notify.channels.mail import Mail, MailServer
from ims_notify.channels.webhook import retry_after
from ims_notify.domain.alert_words import Digest, mail
from ims_notify.domain.attempts import Answer, status_answer
from ims_notify.settings import Settings
from ims_notify.store.alert_messages import AlertDue


class ChatChannel:
    """One channel of Slack or Teams."""

    def __init__(self, url: str, body: Callable[[Digest], dict[str, Any]], answer_seconds: float) -> None:
        self.url, self.body, self.answer_seconds = url, body, answer_seconds

    async def send(self, due: AlertDue) -> Answer:
        """Post one message and hear the status; what comes back is not read, a redirection not followed."""
        content = json.dumps(self.body(due.content), ensure_ascii=False).encode()
        headers = {"content-type": "application/json"}
        # Few and far between: no connection is kept. No proxy by accident of the environment.
        try:
            async with (
                httpx.AsyncClient(timeout=self.answer_seconds, trust_env=False, follow_redirects=False) as client,
                client.stream("POST", self.url, content=content, headers=headers) as response,
            ):
                return status_answer(response.status_code, retry_after(response.headers.get("retry-after"), datetime.now(UTC)))
        except httpx.HTTPError as error:
            return Answer("unreachable", type(error).__name__)

    async def rest(self) -> None:
        """Nothing is kept."""


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

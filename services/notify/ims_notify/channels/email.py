"""Receipts, and incident messages, by e-mail."""

from collections.abc import Callable
from typing import Any

from ims_notify.channels.mail import Mail, MailServer
from ims_notify.domain.attempts import Answer
from ims_notify.domain.letters import Letter
from ims_notify.settings import Settings
from ims_notify.store.deliveries import Queue


class EmailChannel(MailServer):
    """The mail server, for one queue."""

    def __init__(self, settings: Settings, letter: Callable[[Any], Letter | None], queue: Queue) -> None:
        super().__init__(settings)
        self.queue, self.letter = queue, letter

    async def send(self, due: Any) -> Answer:
        """Hand one to the mail server."""
        letter = self.letter(due)
        if not due.to:
            return Answer("no-contact")
        if letter is None:
            return Answer("later", "no words for this council")
        answer = await self.post(Mail(due.delivery_id, due.to, due.since, letter.language, letter.subject, letter.text))
        return answer._replace(template=letter.version)

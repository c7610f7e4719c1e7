"""Receipts by e-mail."""

from collections.abc import Callable

from ims_notify.channels.mail import Mail, MailServer
from ims_notify.domain.attempts import Answer, Due
from ims_notify.domain.letters import Letter
from ims_notify.settings import Settings
from ims_notify.store.deliveries import Queue


class EmailChannel(MailServer):
    """The mail server, for receipts."""

    def __init__(self, settings: Settings, letter: Callable[[Due], Letter | None], but: tuple[str, ...] = ()) -> None:
        super().__init__(settings)
        self.queue, self.letter = Queue("email", "", but=but), letter

    async def send(self, due: Due) -> Answer:
        """Hand one receipt to the mail server."""
        letter = self.letter(due)
        if not due.email:
            return Answer("no-contact")
        if letter is None:
            return Answer("later", "no words for this council")
        answer = await self.post(Mail(due.delivery_id, due.email, due.since, letter.language, letter.subject, letter.text))
        return answer._replace(template=letter.version)

"""Incident messages by e-mail."""

from collections.abc import Mapping
from typing import Any

from ims_notify.channels.mail import Mail, MailServer
from ims_notify.domain.attempts import Answer
from ims_notify.domain.incidents import Concerned, rendered
from ims_notify.domain.letters import Council
from ims_notify.settings import Settings
from ims_notify.store.deliveries import Queue
from ims_notify.store.incident_messages import IncidentDue


class IncidentChannel(MailServer):
    """The mail server, for incident messages."""

    queue = Queue("incident", "")

    def __init__(self, settings: Settings, councils: Mapping[tuple[str, str], Council]) -> None:
        super().__init__(settings)
        self.councils = councils

    async def send(self, due: Any) -> Answer:
        """Hand one over."""
        assert isinstance(due, IncidentDue)
        if not due.email:
            return Answer("no-contact")
        words = rendered(due.words, Concerned(due.language, due.amount_pence, due.payment_count), self.councils, due.council)
        language = due.language if due.language in due.words else "en"
        return await self.post(Mail(due.message_id, due.email, due.since, language, words.subject, words.text.rstrip() + "\n"))

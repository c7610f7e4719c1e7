"""What comes back of mail that could not be delivered: a delivery status notification (RFC 3464), of which nothing of a person is read."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import Message
from typing import NamedTuple
from uuid import UUID

OUR_ID = re.compile(r"<([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.(\d{1,16})@[^<>\s]+>", re.ASCII)
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
STATUS = re.compile(r"[45]\.\d{1,3}\.\d{1,3}")
# RFC 3463 3: what its codes mean, the most particular first.
WHY = {
    "1.1": "there is no such mailbox",
    "1.2": "there is no such domain",
    "2.1": "the mailbox is closed",
    "2.2": "the mailbox is full",
    "4.7": "it could not be delivered in time",
    "7.1": "their mail server does not take it from us",
}


class Ours(NamedTuple):
    """What makes a message of ours one: after a crash it goes again under the same name, and under another where a person asks for it."""

    message_id: UUID
    since: datetime
    """From when its patience is counted."""

    @property
    def name(self) -> str:
        """The left of its Message-ID."""
        return f"{self.message_id}.{(self.since - EPOCH) // MICROSECOND}"


class Bounce(NamedTuple):
    """That a message of ours did not arrive."""

    ours: Ours
    status: str
    """As RFC 3463 has it: 5.1.1."""

    @property
    def reason(self) -> str:
        why = WHY.get(self.status.partition(".")[2])
        return f"bounced: {self.status}" + (f", {why}" if why else "")


def read(content: bytes) -> Bounce | None:
    """What a message says has failed for good; None of one that says nothing of the kind, or of no message that can be ours."""
    mail = message_from_bytes(content, policy=policy.compat32)
    failed = next((status for action, status in outcomes(mail) if action == "failed" and STATUS.fullmatch(status)), None)
    ours = next(ids_of(mail), None)
    return Bounce(ours, failed) if failed and ours else None


def outcomes(mail: Message) -> Iterator[tuple[str, str]]:
    """The action and the status of each recipient."""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            for fields in part.walk():
                yield said(fields, "Action").lower(), said(fields, "Status").partition(" ")[0]


def ids_of(mail: Message) -> Iterator[Ours]:
    """What of ours it answers to: the message, or its head, that it brings back, and what it says that it is a reply to."""
    for part in mail.walk():
        if part is not mail:
            yield from ours_in(said(part, "Message-ID"))
        if part.get_content_type() == "text/rfc822-headers":
            back = part.get_payload(decode=True)
            yield from ours_in(said(message_from_bytes(back, policy=policy.compat32), "Message-ID") if isinstance(back, bytes) else "")
    yield from ours_in(said(mail, "In-Reply-To"))


def ours_in(text: str) -> Iterator[Ours]:
    if found := OUR_ID.search(text):
        yield Ours(UUID(found[1]), EPOCH + int(found[2]) * MICROSECOND)


def said(part: Message, field: str) -> str:
    """A header; nothing where it is not there."""
    return str(part.get(field, "")).strip()

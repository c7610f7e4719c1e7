"""A mail server, and what a message to it is: SMTP cannot be asked what it has taken, so a repeat has the same Message-ID; and what it
took is `sent`, as nobody says that it arrived."""

import asyncio
import contextlib
import re
from binascii import b2a_qp
from datetime import UTC, datetime
from email.header import Header
from email.utils import format_datetime
from typing import NamedTuple
from uuid import UUID

import aiosmtplib

from ims_notify.domain.attempts import Answer, reply_answer
from ims_notify.domain.bounces import Ours
from ims_notify.settings import Settings

IMPLICIT_TLS_PORT = 465
GOODBYE_SECONDS = 2
QUEUE_ID = re.compile(r"(?:queued as |id=)([A-Za-z0-9-]{6,40})\b", re.IGNORECASE)


class Mail(NamedTuple):
    """A message to one mailbox, in plain text."""

    message_id: UUID
    to: str
    since: datetime
    """When it became due: the same at every attempt, so that a repeat is known again."""
    language: str
    subject: str
    text: str


class MailServer:
    """A mail server, over connections that are used for many messages."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.free: list[aiosmtplib.SMTP] = []

    async def post(self, mail: Mail) -> Answer:
        """Hand one message over."""
        try:
            client = self.free.pop() if self.free else await self.connect()
        except (OSError, aiosmtplib.SMTPException) as error:
            return Answer("unreachable", f"mail server: {type(error).__name__}")
        return await self.hand_over(client, mail.to, content(mail, self.settings.smtp_from))

    async def hand_over(self, client: aiosmtplib.SMTP, email: str, content: bytes) -> Answer:
        """One message over one connection; whatever breaks the connection ends it, and says nothing of the message."""
        is_kept = False
        try:
            _, said = await client.sendmail(self.settings.smtp_from, [email], content)
            is_kept = True
            return Answer("sent", code=aiosmtplib.SMTPStatus.completed, their_id=queue_id(said))
        except aiosmtplib.SMTPRecipientsRefused as error:
            is_kept = await is_reset(client)
            return reply_answer(error.recipients[0].code)
        except aiosmtplib.SMTPDataError as error:
            is_kept = await is_reset(client)
            return reply_answer(error.code)
        except (OSError, aiosmtplib.SMTPException) as error:
            # A refused sender is a setting of ours or theirs, not a fault of this receipt: it waits for a person.
            return Answer("unreachable", f"mail server: {type(error).__name__}")
        finally:
            if is_kept and client.is_connected:
                self.free.append(client)
            else:
                client.close()

    async def connect(self) -> aiosmtplib.SMTP:
        """A new connection; never a password without encryption."""
        settings, password = self.settings, self.settings.smtp_password
        is_implicit = settings.smtp_port == IMPLICIT_TLS_PORT
        client = aiosmtplib.SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_user,
            password=password.get_secret_value() if password else None,
            use_tls=is_implicit,
            start_tls=True if password and not is_implicit else None,
            timeout=settings.answer_seconds,
        )
        await client.connect()
        return client

    async def rest(self) -> None:
        """Say goodbye, and let the connections go."""
        resting, self.free = self.free, []
        await asyncio.gather(*map(say_goodbye, resting))


def queue_id(said: str) -> str | None:
    """What the mail server calls a message that it took, where it says so as most do: by it the message is found in its log."""
    found = QUEUE_ID.search(said)
    return found[1] if found else None


async def say_goodbye(client: aiosmtplib.SMTP) -> None:
    """End a connection as the protocol asks; a server that does not answer must not hold up a stop."""
    with contextlib.suppress(OSError, aiosmtplib.SMTPException):
        await client.quit(timeout=GOODBYE_SECONDS)
    client.close()


async def is_reset(client: aiosmtplib.SMTP) -> bool:
    """Whether a connection is fit for the next message after one was refused."""
    with contextlib.suppress(OSError, aiosmtplib.SMTPException):
        await client.rset()
        return True
    return False


def content(mail: Mail, sender: str) -> bytes:
    """A message as mail: plain text, no answer from machines wanted.

    Written out, as the library takes a millisecond for it; no header holds a payer's words but an address we have checked."""
    headers = {
        "From": sender,
        "To": mail.to,
        "Subject": Header(mail.subject, header_name="Subject").encode(linesep="\r\n"),
        "Date": format_datetime(mail.since.astimezone(UTC)),
        "Message-ID": f"<{Ours(mail.message_id, mail.since).name}@{sender.rpartition('@')[2]}>",
        "Auto-Submitted": "auto-generated",
        "MIME-Version": "1.0",
        "Content-Type": 'text/plain; charset="utf-8"',
        "Content-Transfer-Encoding": "quoted-printable",
        "Content-Language": mail.language,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return head.encode("ascii") + b"\r\n" + b2a_qp(mail.text.replace("\n", "\r\n").encode())

"""Calls to the outside by HTTP: over connections that are kept while there is something to say, whatever the environment says of
proxies; no redirection is followed, no cookie kept."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import NamedTuple

from aiohttp import (
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientSSLError,
    ClientTimeout,
    ConnectionTimeoutError,
    DummyCookieJar,
    ServerTimeoutError,
    TCPConnector,
)
from yarl import URL

# Why there was no answer, the most particular first: in our words, as a library's may quote an address.
WHY = {
    ClientConnectorDNSError: "no such host",
    ClientSSLError: "no secure connection",
    ClientConnectorError: "no connection",
    ServerTimeoutError: "no answer in time",
    ClientError: "the connection broke",
}
NOT_SENT = (ClientConnectorError, ConnectionTimeoutError)


class Call(NamedTuple):
    """What is to be said to whom."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None = None


class Said(NamedTuple):
    """What came back."""

    status: int
    headers: Mapping[str, str]
    """By name, in capitals or not."""
    body: bytes
    """Empty where nobody wanted it."""

    def retry_after(self, now: datetime) -> timedelta | None:
        """How long we are asked to wait."""
        return retry_after(self.headers.get("retry-after"), now)


class NoAnswer(Exception):
    """There was none; or one that is no answer to what was asked."""

    def __init__(self, why: str, is_sent: bool = True) -> None:
        super().__init__(why)
        self.is_sent = is_sent
        """Whether it may have arrived."""


class Caller:
    """Whoever calls the same place again and again. Each connection, and each answer, may take `seconds`; None: as long as who calls
    waits for it."""

    def __init__(self, seconds: float | None = None) -> None:
        self.limits = ClientTimeout(total=None, connect=None, sock_connect=seconds, sock_read=seconds)
        self.session: ClientSession | None = None

    async def call(self, call: Call, body_max: int | None = None) -> Said:
        """Say it, and hear what is answered. With `body_max`, a body that is longer, or does not say how long it is, is left unread and
        its connection closed. Raises NoAnswer."""
        if self.session is None:
            self.session = ClientSession(connector=TCPConnector(limit=0), cookie_jar=DummyCookieJar(), timeout=self.limits)
        # As it is written: an address may have been signed letter by letter.
        url = URL(call.url, encoded=True)
        try:
            async with self.session.request(call.method, url, headers=call.headers, data=call.body, allow_redirects=False) as response:
                body = await response.read() if body_max is None or is_short(response, body_max) else b""
                return Said(response.status, response.headers, body)
        except ClientError as error:
            why = next(why for kind, why in WHY.items() if isinstance(error, kind))
            raise NoAnswer(why, not isinstance(error, NOT_SENT)) from None

    async def rest(self) -> None:
        """Let the connections go."""
        if self.session:
            session, self.session = self.session, None
            await session.close()


def is_short(response: ClientResponse, body_max: int) -> bool:
    """Whether the other side announces so few bytes."""
    announced = 0 if response.status == HTTPStatus.NO_CONTENT else response.content_length
    return announced is not None and announced <= body_max


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """How long to wait: seconds, or a date (RFC 9110 10.2.3); what cannot be read asks nothing."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value), 10**7))
    try:
        return max(parsedate_to_datetime(value).astimezone(UTC) - now, timedelta())
    except (ValueError, OverflowError):
        return None

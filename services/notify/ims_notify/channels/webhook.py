"""Postings by webhook, signed as Standard Webhooks says; the stable webhook-id lets the receiver drop a repeat."""

import json
import math
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx
from standardwebhooks import Webhook

from ims_notify.domain.attempts import Answer, Due, status_answer
from ims_notify.settings import Endpoint
from ims_notify.store.deliveries import Queue

# A longer body, or one that does not say how long it is, is left unread and its connection closed.
BODY_MAX = 4096
THEIR_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class WebhookChannel:
    """One back office's address."""

    def __init__(self, destination: str, endpoint: Endpoint, answer_seconds: float) -> None:
        self.queue = Queue("webhook", destination)
        self.url, self.signer = endpoint.url, Webhook(endpoint.secret.get_secret_value())
        self.answer_seconds = answer_seconds
        self.client: httpx.AsyncClient | None = None

    async def send(self, due: Due) -> Answer:
        """Post one message and hear the status. A body that comes back is read only so far that the connection can be used again;
        a redirection is not followed."""
        if self.client is None:
            # No proxy by accident of the environment: postings go where the setting says.
            self.client = httpx.AsyncClient(timeout=self.answer_seconds, trust_env=False, follow_redirects=False)
        body, now = content(due), datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": str(due.delivery_id),
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self.signer.sign(str(due.delivery_id), now, body),
        }
        try:
            async with self.client.stream("POST", self.url, content=body.encode(), headers=headers) as response:
                said = response.headers
                if response.status_code == HTTPStatus.NO_CONTENT or length(said) <= BODY_MAX:
                    await response.aread()
                return status_answer(response.status_code, retry_after(said.get("retry-after"), now), their_id(said.get("x-request-id")))
        except httpx.HTTPError as error:
            return Answer("unreachable", type(error).__name__)

    async def rest(self) -> None:
        """Let the connections go."""
        if self.client:
            client, self.client = self.client, None
            await client.aclose()


def content(due: Due) -> str:
    """The body: the same to the letter at every attempt."""
    facts = json.loads(due.facts or "{}")
    envelope = {"type": facts.pop("type"), "timestamp": facts.pop("timestamp")}
    facts |= {"channel": due.paid_by, "paid_on": due.paid_on.isoformat()}
    return json.dumps(envelope | {"data": facts}, ensure_ascii=False, sort_keys=True)


def length(said: httpx.Headers) -> float:
    """How many bytes of body the receiver announces."""
    value = said.get("content-length", "")
    return int(value) if value.isascii() and value.isdigit() else math.inf


def their_id(value: str | None) -> str | None:
    """What the receiver calls the request, if it looks like an id: it may be anything."""
    return value if value and THEIR_ID.fullmatch(value) else None


def retry_after(value: str | None, now: datetime) -> timedelta | None:
    """How long the receiver asks us to wait: seconds, or a date (RFC 9110 10.2.3); what cannot be read asks nothing."""
    if value is None:
        return None
    if value.isascii() and value.isdigit():
        return timedelta(seconds=min(int(value), 10**7))
    try:
        return max(parsedate_to_datetime(value).astimezone(UTC) - now, timedelta())
    except (ValueError, OverflowError):
        return None

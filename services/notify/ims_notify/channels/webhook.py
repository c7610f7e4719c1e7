"""Postings by webhook, signed as Standard Webhooks says; the stable webhook-id lets the receiver drop a repeat."""

import json
import re
from datetime import UTC, datetime

from standardwebhooks import Webhook

from ims_notify.channels.calls import Call, Caller, NoAnswer
from ims_notify.domain.attempts import Answer, Due, status_answer
from ims_notify.settings import Endpoint
from ims_notify.store.deliveries import Queue

# So much of what comes back is read, so that the connection can be used again.
BODY_MAX = 4096
THEIR_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


class WebhookChannel:
    """One back office's address."""

    def __init__(self, destination: str, endpoint: Endpoint) -> None:
        self.queue = Queue("webhook", destination)
        self.url, self.signer, self.caller = endpoint.url, Webhook(endpoint.secret.get_secret_value()), Caller()

    async def send(self, due: Due) -> Answer:
        """Post one message and hear the status."""
        body, now = content(due), datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": str(due.delivery_id),
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self.signer.sign(str(due.delivery_id), now, body),
        }
        try:
            said = await self.caller.call(Call("POST", self.url, headers, body.encode()), BODY_MAX)
        except NoAnswer as error:
            return Answer("unreachable", str(error))
        return status_answer(said.status, said.retry_after(now), their_id(said.headers.get("x-request-id")))

    async def rest(self) -> None:
        """Let the connections go."""
        await self.caller.rest()


def content(due: Due) -> str:
    """The body: the same to the letter at every attempt."""
    facts = json.loads(due.facts or "{}")
    envelope = {"type": facts.pop("type"), "timestamp": facts.pop("timestamp")}
    facts |= {"channel": due.paid_by, "paid_on": due.paid_on.isoformat()}
    return json.dumps(envelope | {"data": facts}, ensure_ascii=False, sort_keys=True)


def their_id(value: str | None) -> str | None:
    """What the receiver calls the request, if it looks like an id: it may be anything."""
    return value if value and THEIR_ID.fullmatch(value) else None

"""Publish over HTTP: each call returns when ingest has committed what it was told."""

import hashlib
from collections.abc import Iterable, Iterator
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import httpx

from ims_contracts.acceptance import BULK_BYTES_MAX, BULK_MAX, Submitted
from ims_contracts.client.answers import Refused, Result, body_of
from ims_contracts.client.patience import Patience
from ims_contracts.payments import PaymentSubmitted, ReversalSubmitted

# Two brackets, and a comma for each.
BULK_ROOM = BULK_BYTES_MAX - BULK_MAX - 2


class HttpPublisher:
    """A publisher with a bearer token, at the address of ingest. `http` is for who brings a client of their own, with its own time-outs,
    proxies and certificates; it is closed with the publisher."""

    def __init__(self, url: str, token: str, patience: Patience | None = None, http: httpx.AsyncClient | None = None) -> None:
        self.url, self.token, self.patience = url.rstrip("/"), token, patience or Patience()
        self.http = http or httpx.AsyncClient(timeout=60)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        await self.http.aclose()

    async def publish(self, submitted: Submitted) -> Result:
        """Tell of one payment, reversal or account. Raises Refused with the reasons (also for a conflict, status 409), or NotSent."""
        body = body_of(submitted)
        if isinstance(submitted, PaymentSubmitted):
            return result_of(await self.post("payments", body, key_of(submitted, body)))
        if isinstance(submitted, ReversalSubmitted):
            return result_of(await self.post("reversals", body, key_of(submitted, body)))
        (told,) = (await self.post("accounts", body, key_of(submitted, body)))["accounts"]
        return result_of(told)

    async def publish_all(self, payments: Iterable[PaymentSubmitted]) -> list[Result]:
        """Tell of many payments, as many requests as it takes; a result for each, in their order, a refusal being one. Raises Refused
        if a whole request is, NotSent if no answer comes: what was told before stays told, and all may be published again."""
        results: list[Result] = []
        for bodies in requests_of([body_of(payment) for payment in payments]):
            whole = b"[" + b",".join(bodies) + b"]"
            told = await self.post("payments/bulk", whole, hashlib.sha256(whole).hexdigest())
            results += [result_of(each) for each in told["payments"]]
        return results

    async def submission(self, source: str, own_id: str) -> dict[str, Any] | None:
        """What became of a payment or reversal by its own id; none where nothing came under it (yet)."""
        path = f"{self.url}/v1/submissions/{quote(source, safe='')}/{quote(own_id, safe='')}"
        answer = await self.patience.answer(lambda: self.http.get(path, headers=self.who()))
        return None if answer.status_code == 404 else said_in(answer)

    async def post(self, door: str, body: bytes, key: str) -> dict[str, Any]:
        headers = self.who() | {"content-type": "application/json", "idempotency-key": key}
        answer = await self.patience.answer(lambda: self.http.post(f"{self.url}/v1/{door}", content=body, headers=headers))
        return said_in(answer) | {"status": answer.status_code}

    def who(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.token}"}


def key_of(submitted: Submitted, body: bytes) -> str:
    """The Idempotency-Key: of its source, its own id, and what it says, so that one that was refused can be put right and sent again.
    A digest, as an id may have letters that a header cannot."""
    own_id = str(getattr(submitted, submitted.keyed_by))
    return hashlib.sha256(b"\x1f".join((submitted.source.encode(), own_id.encode(), body))).hexdigest()


def requests_of(bodies: list[bytes]) -> Iterator[list[bytes]]:
    """Payments by requests: as many as one takes, by count and by size."""
    one: list[bytes] = []
    size = 0
    for body in bodies:
        if one and (len(one) == BULK_MAX or size + len(body) > BULK_ROOM):
            yield one
            one, size = [], 0
        one.append(body)
        size += len(body)
    if one:
        yield one


def said_in(answer: httpx.Response) -> dict[str, Any]:
    """What an answer says. Raises Refused for any but a good one."""
    try:
        said = answer.json()
    except ValueError:
        said = None
    if answer.is_success and isinstance(said, dict):
        return said
    reasons = said.get("reasons") if isinstance(said, dict) else None
    told = [f"ingest did not answer, but something at its address with status {answer.status_code}: is the address right?"]
    raise Refused(reasons or told, answer.status_code)


def result_of(said: dict[str, Any]) -> Result:
    return Result(said.get("status", 200), said["state"], tuple(said.get("reasons", ())))

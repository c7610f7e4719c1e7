"""The HTTP door for many payments at once: each is taken in, known, held or refused by itself."""

import asyncio
import json
from collections import Counter
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Header, Request, Response
from pydantic import ValidationError

from ims_contracts.acceptance import BULK_BYTES_MAX, BULK_MAX
from ims_contracts.payments import PaymentSubmitted
from ims_ingest.handlers.publishers import Answer, Caller, Unwelcome, body_of, caller_of, problem
from ims_ingest.handlers.publishing import ANYTHING, EVENT, EVENTS, KEY_MAX, Submission, fault_of_event, key_of, read_payment
from ims_ingest.store.answers import Asked
from ims_kit import Door

router = APIRouter(prefix="/v1", tags=["publish"])

# As many as share a transaction: between two such chunks, single payments have their turn.
CHUNK = 200
STATES = {409: "conflict", 422: "refused", 403: "refused"}


class Item(NamedTuple):
    """One of many: as it was sent, the payment in it, and the key that makes it one; no key: it cannot be told from others."""

    raw: Any
    payment: Any
    key: str | None


@router.post("/payments/bulk")
async def post_payments(
    request: Request, idempotency_key: Annotated[str | None, Header(max_length=KEY_MAX)] = None
) -> Response:
    """Tell of up to 10,000 payments: a JSON list, a batch of CloudEvents, or a CloudEvent whose data is a list. The answer has one
    result for each, in their order. Sent again with the same key (of events: their own), each is answered as before."""
    caller = caller_of(request)
    raw = await body_of(request, BULK_BYTES_MAX)
    items = items_of(raw, request.headers.get("content-type", ""), idempotency_key)
    results: list[Answer] = []
    for start in range(0, len(items), CHUNK):
        results += await take(items[start : start + CHUNK], caller, request.app.state.payments_door)
    told = [result(number, each) for number, each in enumerate(results, 1)]
    return Answer(200, {"states": Counter(each["state"] for each in told), "payments": told}).response()


def items_of(raw: bytes, content_type: str, idempotency_key: str | None) -> list[Item]:
    """The payments in a body. Raises Unwelcome where it is no list of them."""
    try:
        body = ANYTHING.validate_json(raw)
    except ValidationError:
        raise Unwelcome(400, "The body is not JSON", "Send a JSON list, in UTF-8.") from None
    kind = content_type.partition(";")[0].strip().lower()
    key = idempotency_key
    if kind == EVENT and isinstance(body, dict):
        if fault := fault_of_event(body, PaymentSubmitted.type):
            raise Unwelcome(422, "The event is of another type", fault)
        key, body = key_of(body), body.get("data")
    if not isinstance(body, list):
        raise Unwelcome(422, "The body is no list of payments", "Send a JSON list, each with a payment's fields.")
    if len(body) > BULK_MAX:
        raise Unwelcome(413, "Too much at once", f"Send at most {BULK_MAX} payments in one request.")
    if kind == EVENTS:
        return [Item(each, each.get("data") if isinstance(each, dict) else None, key_of(each)) for each in body]
    if not key:
        raise Unwelcome(400, "The Idempotency-Key header is missing", "Send one for each list, the same when you try again.")
    return [Item(each, each, f"{key} {number}") for number, each in enumerate(body, 1)]


async def take(items: list[Item], caller: Caller, door: Door[Submission, Answer]) -> list[Answer]:
    """Take in those that can be read, with whatever else arrives meanwhile."""
    read = [submission(item, caller) for item in items]
    kept = iter(await asyncio.gather(*(door.submit(each) for each in read if isinstance(each, Submission))))
    return [next(kept) if isinstance(each, Submission) else each for each in read]


def submission(item: Item, caller: Caller) -> Submission | Answer:
    """The payment in the caller's own name; or why it cannot be looked at."""
    data = item.payment
    if isinstance(item.raw, dict) and item.raw is not data and (fault := fault_of_event(item.raw, PaymentSubmitted.type)):
        return problem(422, "refused", fault)
    if not isinstance(data, dict) or not isinstance(data.get("source"), str | None):
        return problem(422, "refused", "is not a JSON object with a payment's fields")
    if item.key is None:
        return problem(422, "refused", "the event has no source and id, by which it is known when it is sent again")
    try:
        source = caller.speaks_for(data)
    except Unwelcome as error:
        return error.answer
    asked = Asked(caller.name, item.key, caller.council, source, json.dumps(item.raw).encode())
    return read_payment(data, caller, source, asked)


def result(number: int, answer: Answer) -> dict[str, Any]:
    """What became of one of them."""
    if answer.status < 400:
        return {"number": number, "status": answer.status} | answer.body
    return {"number": number, "status": answer.status, "state": STATES[answer.status], "reasons": answer.body["reasons"]}

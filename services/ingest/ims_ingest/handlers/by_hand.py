"""The doors of refunds that a person sends: told once, under the id under which they were approved."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response
from pydantic import ValidationError

from ims_contracts.payments import RefundFailed, RefundSent
from ims_ingest.domain.by_hand import SOURCE, Held, NotSent, Sent, judge
from ims_ingest.domain.cards import redacted
from ims_ingest.domain.ereturns import Asked as Body
from ims_ingest.handlers.publishers import Answer, Unwelcome, body_of, caller_of, reasons_of
from ims_ingest.handlers.publishing import KEY_MAX, REUSED
from ims_ingest.store import by_hand
from ims_ingest.store.answers import Asked, answers, keep_answers, keep_events, reserve
from ims_kit import Service, Work

router = APIRouter(prefix="/v1/refunds", tags=["refunds"])

BODY_BYTES_MAX = 16 << 10
Key = Annotated[str | None, Header(max_length=KEY_MAX)]


@router.post("/{refund_id}/sent", status_code=201)
async def post_sent(request: Request, refund_id: UUID, idempotency_key: Key = None) -> Response:
    """Tell that an approved refund which no provider can give back (`by-hand`) was sent: how much, on which day, how, and what the bank
    calls it. Told once; the same again is known, anything else is a conflict. Never more than was approved."""
    return await say(request, refund_id, idempotency_key, Sent)


@router.post("/{refund_id}/failed", status_code=201)
async def post_failed(request: Request, refund_id: UUID, idempotency_key: Key = None) -> Response:
    """Tell that such a refund cannot be sent, and why: the money is then asked for anew, and has to be approved again."""
    return await say(request, refund_id, idempotency_key, NotSent)


async def say(request: Request, refund_id: UUID, key: str | None, kind: type[Sent] | type[NotSent]) -> Response:
    """Take in what a person says of a refund, in one transaction with what is told of it."""
    caller = caller_of(request)
    caller.source(SOURCE)
    if not key:
        raise Unwelcome(400, "The Idempotency-Key header is missing", "Send one for each refund, the same when you try again.")
    raw = redacted(await body_of(request, BODY_BYTES_MAX))
    said = read(raw, kind)
    asked = Asked(caller.name, key, caller.council, SOURCE, request.url.path.encode() + b"\n" + raw)
    service: Service = request.app.state.service
    async with service.begin() as work:
        if not await reserve([asked], work):
            content_sha256, status, body = (await answers([asked.key], work))[asked.key]
            return (Answer(status, json.loads(body)) if content_sha256 == asked.content_sha256 else REUSED).response()
        await keep_events([asked], work)
        answer = await take(caller.council, refund_id, said, work)
        await keep_answers({asked.key: (answer.status, json.dumps(answer.body))}, work)
    return answer.response()


async def take(council: str, refund_id: UUID, said: Sent | NotSent, work: Work) -> Answer:
    """Keep it and tell it, where it is new. Raises Unwelcome where it cannot be so."""
    held = await by_hand.hold(council, refund_id, work)
    if held is None:
        raise Unwelcome(404, "No refund of that id was approved", "GET /v1/refunds?state=by-hand lists those that a person is to send.")
    verdict = judge(held, said, work.today)
    if verdict.reason:
        raise Unwelcome(verdict.status, "Nothing was told of the refund", verdict.reason)
    if verdict.is_new:
        await by_hand.end(held, said, work)
        work.tell(fact(held, said))
    return Answer(verdict.status, shown(held, said, verdict.is_new))


def fact(held: Held, said: Sent | NotSent) -> RefundSent | RefundFailed:
    own: dict[str, Any] = {"council": held.council, "refund_id": held.refund_id, "payment_id": held.payment_id, "source": SOURCE}
    if isinstance(said, Sent):
        return RefundSent(
            **own, source_refund_id=said.bank_reference, amount_pence=said.amount_pence, sent_on=said.sent_on,
            method_of_payment=said.method_of_payment,
        )  # fmt: skip
    return RefundFailed(
        **own, source_refund_id=str(held.refund_id), amount_pence=held.amount_pence, failed_on=said.failed_on, reason=said.reason
    )


def shown(held: Held, said: Sent | NotSent, is_new: bool) -> dict[str, Any]:
    state = "sent" if isinstance(said, Sent) else "failed"
    head = {"refund_id": str(held.refund_id), "state": state, "is_new": is_new, "approved_pence": held.amount_pence}
    return head | said.model_dump(mode="json")


def read[Said: Body](raw: bytes, kind: type[Said]) -> Said:
    """What is said. Raises Unwelcome with every fault in it."""
    try:
        said = kind.model_validate_json(raw)
    except ValidationError as error:
        raise Unwelcome(422, "The body cannot be read; nothing was told", *reasons_of(error)) from None
    if "\\u0000" in said.model_dump_json():
        raise Unwelcome(422, "The body cannot be read; nothing was told", "No text may hold the character NUL: leave it out.")
    return said

"""The HTTP door: publishers tell of payments one by one, and back offices of their accounts."""

import hashlib
import json
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Header, Request, Response
from pydantic import TypeAdapter, ValidationError

from ims_contracts.acceptance import ACCOUNTS_BYTES_MAX, ACCOUNTS_MAX, PAYMENT_BYTES_MAX, faults_of_account, tidy
from ims_contracts.accounts import AccountSubmitted
from ims_contracts.payments import PaymentReceived, PaymentRefused, PaymentSubmitted
from ims_ingest.domain.submissions import accept, accept_account
from ims_ingest.handlers.publishers import Answer, Caller, Unwelcome, body_of, caller_of, problem, reasons_of
from ims_ingest.store.accounts import change
from ims_ingest.store.answers import Asked, answers, keep_answers, keep_events, reserve
from ims_ingest.store.payments import Outcome, record, refuse
from ims_kit import Work

router = APIRouter(prefix="/v1", tags=["publish"])

REFERENCE_MAX, KEY_MAX = 140, 255
EVENT, EVENTS = "application/cloudevents+json", "application/cloudevents-batch+json"
# What became of a payment, as a status: taken in, known already (perhaps with something new), not both true, not accepted.
STATUS = {"received": 201, "known": 200, "enriched": 200, "conflict": 409, "refused": 422}
ANYTHING: TypeAdapter[Any] = TypeAdapter(Any)


class Submission(NamedTuple):
    """A payment as a publisher sent it: read, or with every reason why it cannot be."""

    asked: Asked
    told: PaymentSubmitted | PaymentRefused | None
    reasons: tuple[str, ...] = ()


@router.post("/payments", status_code=201)
async def post_payment(
    request: Request, idempotency_key: Annotated[str | None, Header(max_length=KEY_MAX)] = None
) -> Response:
    """Tell of one payment. The same key with the same body gets the same answer; nothing is taken in twice."""
    caller = caller_of(request)
    raw = await body_of(request, PAYMENT_BYTES_MAX)
    data, event_key = unwrap(raw, request.headers.get("content-type", ""), PaymentSubmitted.type)
    key = idempotency_key or event_key
    if not key:
        raise Unwelcome(
            400, "The Idempotency-Key header is missing", "Send one for each payment, the same when you try again (an event: source, id)."
        )
    source = caller.speaks_for(data)
    submission = read_payment(data, caller, source, Asked(caller.name, key, caller.council, source, raw))
    answer: Answer = await request.app.state.payments_door.submit(submission)
    return answer.response()


def unwrap(raw: bytes, content_type: str, kind: str) -> tuple[dict[str, Any], str | None]:
    """The fields of one submission of this type, out of a CloudEvent where one wraps them, whose source and id are then its key."""
    try:
        body = ANYTHING.validate_json(raw)
    except ValidationError:
        raise Unwelcome(400, "The body is not JSON", "Send a JSON object, in UTF-8.") from None
    is_event = content_type.partition(";")[0].strip().lower() == EVENT
    if is_event and isinstance(body, dict) and (fault := fault_of_event(body, kind)):
        raise Unwelcome(422, "The event is of another type", fault)
    data = body.get("data") if is_event and isinstance(body, dict) else body
    if not isinstance(data, dict) or not isinstance(data.get("source"), str | None):
        raise Unwelcome(422, "The body is not one submission", "Send one JSON object with its fields.")
    return data, key_of(body) if is_event else None


def fault_of_event(event: dict[str, Any], kind: str) -> str | None:
    """What a CloudEvent says it is, if it does, must be what this door takes: another's fields may look like a payment's."""
    return None if event.get("type") in (None, kind) else f"type: is not what this door takes; send {kind}"


def key_of(event: Any) -> str | None:
    """What makes a CloudEvent one: its source and id; a digest of them where they would not do as a key."""
    source, own_id = (event.get("source"), event.get("id")) if isinstance(event, dict) else (None, None)
    if not (isinstance(source, str) and isinstance(own_id, str) and source and own_id):
        return None
    key = f"{source} {own_id}"
    return key if len(key) <= KEY_MAX and key.isprintable() else hashlib.sha256(key.encode()).hexdigest()


def read_payment(data: dict[str, Any], caller: Caller, source: str, asked: Asked) -> Submission:
    """The payment, in the caller's own name; or every fault in it."""
    try:
        # From JSON, so that dates are read as JSON has them and amounts stay strict.
        text = json.dumps(data | {"council": caller.council, "source": source})
        return Submission(asked, PaymentSubmitted.model_validate_json(text))
    except ValidationError as error:
        reasons = tuple(reasons_of(error))[:100]
    named = data.get("source_payment_id")
    if not isinstance(named, str) or not 0 < len(named) <= REFERENCE_MAX:
        return Submission(asked, None, reasons)
    refused = PaymentRefused(
        council=caller.council,
        source=source,
        source_payment_id=tidy(named),
        content_sha256=asked.content_sha256,
        reasons=list(reasons),
    )
    return Submission(asked, refused, reasons)


async def keep_payments(items: list[Submission], work: Work) -> list[Answer]:
    """Keep the bytes, take in what is new, and answer each; who asks again is answered as before."""
    first: dict[tuple[str, str], Submission] = {}
    for item in items:
        first.setdefault(item.asked.key, item)
    new = await reserve([item.asked for item in first.values()], work)
    fresh = [item for key, item in first.items() if key in new]
    await keep_events([item.asked for item in fresh], work)
    outcomes = await take([item.told for item in fresh], work)
    given = {
        item.asked.key: answer(outcome, item) for item, outcome in zip(fresh, outcomes, strict=True)
    }
    await keep_answers({key: (each.status, json.dumps(each.body)) for key, each in given.items()}, work)
    held = await answers([key for key in first if key not in new], work)
    for key, (content_sha256, status, body) in held.items():
        given[key] = Answer(status, json.loads(body))
        if content_sha256 != first[key].asked.content_sha256:
            given[key] = REUSED
    return [
        given[item.asked.key] if item.asked.content_sha256 == first[item.asked.key].asked.content_sha256 else REUSED for item in items
    ]


REUSED = problem(422, "The Idempotency-Key was used for another body", "Send a new key for a new payment.")


async def take(told: list[PaymentSubmitted | PaymentRefused | None], work: Work) -> list[Outcome]:
    facts = [accept(each, work.today) if isinstance(each, PaymentSubmitted) else each for each in told]
    refusals = [each for each in facts if isinstance(each, PaymentRefused)]
    await refuse(refusals, work)
    payments = [each for each in facts if isinstance(each, PaymentReceived)]
    recorded = iter(await record(payments, work))
    return [
        next(recorded) if isinstance(each, PaymentReceived) else Outcome("refused", None, tuple(each.reasons) if each else ())
        for each in facts
    ]


def answer(outcome: Outcome, item: Submission) -> Answer:
    """What the publisher is told."""
    if outcome.state == "refused":
        return problem(422, "The payment is not accepted; nothing was counted", *(outcome.reasons or item.reasons))
    if outcome.state == "conflict":
        return problem(409, "This payment is known with other content; a person will decide, nothing was changed", *outcome.reasons)
    return Answer(STATUS[outcome.state], {"payment_id": str(outcome.payment_id), "state": outcome.state})


@router.post("/accounts")
async def post_accounts(request: Request) -> Response:
    """Tell of one account, or of a list: taken in whole, or not at all, with every fault."""
    caller = caller_of(request)
    raw = await body_of(request, ACCOUNTS_BYTES_MAX)
    try:
        body = ANYTHING.validate_json(raw)
    except ValidationError:
        raise Unwelcome(400, "The body is not JSON", "Send a JSON object or list, in UTF-8.") from None
    told = read_accounts(body if isinstance(body, list) else [body], caller)
    source = caller.sources[0]
    async with request.app.state.service.begin() as work:
        await keep_events([Asked(caller.name, hashlib.sha256(raw).hexdigest(), caller.council, source, raw)], work)
        facts = [accept_account(each) for each in told]
        changed = await change(facts, work, "revisions")
    results = [
        {
            "fund": each.fund,
            "account_reference": each.account_reference,
            "revision": each.revision,
            "state": "changed" if (each.council, each.fund, each.account_reference) in changed else "known",
        }
        for each in facts
    ]
    return Answer(200, {"accounts": results}).response()


def read_accounts(items: list[Any], caller: Caller) -> list[AccountSubmitted]:
    """The accounts, in the caller's own name. Raises Unwelcome with every fault of every account."""
    if len(items) > ACCOUNTS_MAX:
        raise Unwelcome(413, "Too much at once", f"Send at most {ACCOUNTS_MAX} accounts in one request.")
    told: list[AccountSubmitted] = []
    reasons: list[str] = []
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict) or not isinstance(item.get("source"), str | None):
            reasons.append(f"account {number}: is not a JSON object with an account's fields")
            continue
        said = item | {"council": caller.council, "source": caller.speaks_for(item)}
        try:
            told.append(account := AccountSubmitted.model_validate_json(json.dumps(said)))
            reasons += [f"account {number}, {fault}" for fault in faults_of_account(account)]
        except ValidationError as error:
            reasons += reasons_of(error, f"account {number}, ")
    if reasons:
        raise Unwelcome(422, "The accounts are not accepted; none was changed", *reasons)
    return told

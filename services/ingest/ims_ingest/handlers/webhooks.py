"""The webhook door: GOV.UK Pay tells of payments, refunds and disputes, at least once, in any order."""

import hashlib
import hmac
from collections.abc import Collection, Iterable
from typing import NamedTuple

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from ims_contracts.payments import PaymentReceived, PaymentRefused
from ims_ingest.domain.govuk_pay import SOURCE, DisputeState
from ims_ingest.domain.identity import payment_id
from ims_ingest.domain.refunds import RefundedInAll
from ims_ingest.domain.submissions import accept, accept_reversal
from ims_ingest.formats import govuk_pay
from ims_ingest.handlers.publishers import Answer, Unwelcome, body_of, problem, reasons_of
from ims_ingest.settings import Settings
from ims_ingest.store import disputes
from ims_ingest.store.answers import Asked
from ims_ingest.store.answers import keep_events as keep_bytes
from ims_ingest.store.disputes import Seen
from ims_ingest.store.looks import look_again
from ims_ingest.store.payments import record, refuse
from ims_ingest.store.refunds import refund
from ims_kit import Work

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

# A payment with fifteen entries of metadata is under 8 KB.
EVENT_BYTES_MAX = 256 << 10


class Delivery(NamedTuple):
    """A signed event: read, or of no interest (none), or with every reason why it cannot be read."""

    asked: Asked
    event: govuk_pay.PayEvent | govuk_pay.DisputeEvent | None
    reasons: tuple[str, ...] = ()


@router.post("/govuk-pay/{council}")
async def post_govuk_pay(request: Request, council: str) -> Response:
    """An event of GOV.UK Pay, whose signature is of the bytes as they came. It is answered once it is committed."""
    settings: Settings = request.app.state.service.settings
    raw = await body_of(request, EVENT_BYTES_MAX)
    secrets = [secret.get_secret_value() for secret in settings.govuk_pay_secrets.get(council, [])]
    if not is_signed(raw, request.headers.get("pay-signature", ""), secrets):
        raise Unwelcome(403, "The signature does not fit", "Sign the body with the secret of this council's webhook.")
    delivery = read_delivery(Asked(SOURCE, "", council, SOURCE, raw))
    answer: Answer = await request.app.state.events_door.submit(delivery)
    return answer.response()


def is_signed(raw: bytes, signature: str, secrets: list[str]) -> bool:
    """Whether any of the secrets made the signature; every one is tried, so that the time taken tells nothing."""
    given = signature.strip().lower().encode()
    fits = [hmac.compare_digest(hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest().encode(), given) for secret in secrets]
    return any(fits)


def read_delivery(asked: Asked) -> Delivery:
    try:
        return Delivery(asked, govuk_pay.read_event(asked.raw))
    except ValidationError as error:
        return Delivery(asked, None, tuple(reasons_of(error)))


async def keep_events(items: list[Delivery], work: Work, councils: Collection[str] = ()) -> list[Answer]:
    """Keep every event's bytes; take in the payments, refunds and disputes of those that were not known. Of councils whose API we may
    ask, a refund's event only says that there is something to read: the API names it."""
    faults = {item.asked.event_id: "; ".join(item.reasons) for item in items if item.reasons}
    new = await keep_bytes([item.asked for item in items], work, faults)
    fresh = list({item.asked.event_id: item for item in items if item.event and item.asked.event_id in new}.values())
    await take([(item.asked, item.event) for item in fresh if isinstance(item.event, govuk_pay.PayEvent)], work, councils)
    await take_disputes([(item.event.resource, item.event.state, item.asked.council) for item in fresh
                         if isinstance(item.event, govuk_pay.DisputeEvent)], work)  # fmt: skip
    return [answer(item, item.asked.event_id in new) for item in items]


async def take(events: list[tuple[Asked, govuk_pay.PayEvent]], work: Work, councils: Collection[str]) -> None:
    payments: list[PaymentReceived] = []
    refusals: list[PaymentRefused] = []
    refunds: list[RefundedInAll] = []
    looks: set[tuple[str, str]] = set()
    for asked, event in events:
        submitted = govuk_pay.payment(event.resource, event.happened_on, asked.council, work.today)
        told = accept(submitted, work.today)
        if isinstance(told, PaymentRefused):
            refusals.append(told)
            continue
        payments.append(told)
        if event.is_refund and asked.council in councils:
            looks.add((asked.council, submitted.source_payment_id))
        elif event.is_refund and (in_all_pence := event.resource.refund_summary.amount_submitted):
            identity = payment_id(asked.council, submitted)
            source_id, method = submitted.source_payment_id, submitted.method_of_payment
            refunds.append(RefundedInAll(identity, in_all_pence, event.happened_on, asked.council, submitted.source, source_id, method))
    await record(payments, work)
    await refuse(refusals, work)
    await look_again(looks, work.now, work)
    await refund(refunds, work)


async def take_disputes(seen: Iterable[tuple[govuk_pay.Dispute, DisputeState, str]], work: Work) -> int:
    """Tell each state of each dispute (with its council) once; returns how many were new."""
    told = []
    for dispute, state, council in seen:
        disputed, lost = govuk_pay.disputed(dispute, state, council, work.today)
        told.append(Seen(disputed, dispute.created_date, accept_reversal(lost) if lost else None))
    return await disputes.dispute(told, work)


def answer(item: Delivery, is_new: bool) -> Answer:
    if item.reasons:
        return problem(422, "The event cannot be read; its bytes are kept", *item.reasons)
    return Answer(200, {"state": "known" if not is_new else "received" if item.event else "ignored"})

"""The webhook door: GOV.UK Pay tells of payments and refunds, at least once, in any order."""

import hashlib
import hmac
from typing import NamedTuple

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError

from ims_contracts.payments import PaymentReceived, PaymentRefused
from ims_ingest.domain.identity import payment_id
from ims_ingest.domain.refunds import RefundedInAll
from ims_ingest.domain.submissions import accept
from ims_ingest.formats import govuk_pay
from ims_ingest.handlers.publishers import Answer, Unwelcome, body_of, problem, reasons_of
from ims_ingest.settings import Settings
from ims_ingest.store.answers import Asked
from ims_ingest.store.answers import keep_events as keep_bytes
from ims_ingest.store.payments import record, refuse
from ims_ingest.store.refunds import refund
from ims_kit import Work

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])

# A payment with fifteen entries of metadata is under 8 KB.
EVENT_BYTES_MAX = 256 << 10


class Delivery(NamedTuple):
    """A signed event: read, or of no interest (none), or with every reason why it cannot be read."""

    asked: Asked
    event: govuk_pay.PayEvent | None
    reasons: tuple[str, ...] = ()


@router.post("/govuk-pay/{council}")
async def post_govuk_pay(request: Request, council: str) -> Response:
    """An event of GOV.UK Pay, whose signature is of the bytes as they came. It is answered once it is committed."""
    settings: Settings = request.app.state.service.settings
    raw = await body_of(request, EVENT_BYTES_MAX)
    secrets = [secret.get_secret_value() for secret in settings.govuk_pay_secrets.get(council, [])]
    if not is_signed(raw, request.headers.get("pay-signature", ""), secrets):
        raise Unwelcome(403, "The signature does not fit", "Sign the body with the secret of this council's webhook.")
    delivery = read_delivery(Asked(govuk_pay.SOURCE, "", council, govuk_pay.SOURCE, raw))
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


async def keep_events(items: list[Delivery], work: Work) -> list[Answer]:
    """Keep every event's bytes; take in the payments and refunds of those that were not known."""
    faults = {item.asked.event_id: "; ".join(item.reasons) for item in items if item.reasons}
    new = await keep_bytes([item.asked for item in items], work, faults)
    events = {item.asked.event_id: item for item in items if item.event and item.asked.event_id in new}
    await take(list(events.values()), work)
    return [answer(item, item.asked.event_id in new) for item in items]


async def take(deliveries: list[Delivery], work: Work) -> None:
    payments: list[PaymentReceived] = []
    refusals: list[PaymentRefused] = []
    refunds: list[RefundedInAll] = []
    for asked, event, _ in deliveries:
        assert event is not None
        told = accept(submitted := govuk_pay.payment(event, asked.council, work.today), work.today)
        if isinstance(told, PaymentRefused):
            refusals.append(told)
            continue
        payments.append(told)
        if event.is_refund and (in_all_pence := event.resource.refund_summary.amount_submitted):
            identity = payment_id(asked.council, submitted)
            source_id, method = submitted.source_payment_id, submitted.method_of_payment
            refunds.append(RefundedInAll(identity, in_all_pence, event.happened_on, asked.council, submitted.source, source_id, method))
    await record(payments, work)
    await refuse(refusals, work)
    await refund(refunds, work)


def answer(item: Delivery, is_new: bool) -> Answer:
    if item.reasons:
        return problem(422, "The event cannot be read; its bytes are kept", *item.reasons)
    return Answer(200, {"state": "known" if not is_new else "received" if item.event else "ignored"})

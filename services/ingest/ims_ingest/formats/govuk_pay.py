"""GOV.UK Pay's webhook events: which of them are money, and what they say of it. Amounts are pence, times UTC."""

from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, Field, TypeAdapter

from ims_contracts.message import PositivePence
from ims_contracts.payments import Payer, PaymentSubmitted

LONDON = ZoneInfo("Europe/London")
SOURCE = "govuk-pay"
# Of the rest, nothing is money yet (started) or ever (failed, expired); types may be added.
TAKEN, REFUNDED = ("card_payment_succeeded", "card_payment_captured"), "card_payment_refunded"
Name = Annotated[str, Field(min_length=1, max_length=50)]


class RefundSummary(BaseModel):
    amount_submitted: Annotated[int, Field(strict=True, ge=0)] = 0


class SettlementSummary(BaseModel):
    capture_submit_time: datetime | None = None


class CardDetails(BaseModel):
    cardholder_name: str | None = Field(default=None, max_length=500)


class Resource(BaseModel):
    """The payment, as it was when the message was made: perhaps later than the event."""

    payment_id: Annotated[str, Field(min_length=1, max_length=140)]
    amount: PositivePence
    total_amount: PositivePence | None = None
    """With the surcharge for a corporate card, where there is one."""
    reference: str | None = Field(default=None, max_length=500)
    description: str | None = Field(default=None, max_length=500)
    email: str | None = Field(default=None, max_length=500)
    payment_provider: Name
    moto: bool = False
    refund_summary: RefundSummary = RefundSummary()
    settlement_summary: SettlementSummary = SettlementSummary()
    card_details: CardDetails | None = None


class PayEvent(BaseModel):
    event_type: str
    created_date: datetime
    resource: Resource

    @property
    def happened_on(self) -> date:
        return self.created_date.astimezone(LONDON).date()

    @property
    def is_refund(self) -> bool:
        return self.event_type == REFUNDED


class Envelope(BaseModel):
    event_type: str
    resource: dict[str, Any] = Field(default={})


READ, READ_ENVELOPE = TypeAdapter(PayEvent).validate_json, TypeAdapter(Envelope).validate_json


def read_event(raw: bytes) -> PayEvent | None:
    """The event, if it is of money that moved; none if it is another. Raises ValidationError if it should be and cannot be read."""
    if READ_ENVELOPE(raw).event_type not in (*TAKEN, REFUNDED):
        return None
    return READ(raw)


def payment(event: PayEvent, council: str, today: date) -> PaymentSubmitted:
    """The payment that an event tells of; a refund tells of the payment it was made of."""
    resource = event.resource
    captured_at = resource.settlement_summary.capture_submit_time
    name = resource.card_details and resource.card_details.cardholder_name
    return PaymentSubmitted(
        council=council,
        source=SOURCE,
        source_payment_id=resource.payment_id,
        provider=SOURCE,
        provider_payment_id=resource.payment_id,
        channel="telephone" if resource.moto else "web",
        method_of_payment=method_of_payment(event),
        amount_pence=resource.total_amount or resource.amount,
        # The payer's act: when the card was captured. An event without that time says the day, if not the instant.
        paid_at=captured_at,
        paid_on=captured_at.astimezone(LONDON).date() if captured_at else event.happened_on,
        received_on=today,
        reference=resource.reference or None,
        narrative=resource.description or None,
        payer=Payer(name=name, email=resource.email) if name or resource.email else None,
    )


def method_of_payment(event: PayEvent) -> str:
    """Each of Pay's own providers settles by itself, so each has its own clearing account: `card-stripe`, `card-smartpay`."""
    return f"card-{event.resource.payment_provider}"



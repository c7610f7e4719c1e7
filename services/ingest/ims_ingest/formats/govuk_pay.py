"""GOV.UK Pay's webhook events: which of them are money, and what they say of it. Amounts are pence, times UTC.

The payment in an event, and the dispute, are as the API shows them (`govuk_pay_api.py`)."""

import re
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter

from ims_contracts.message import PositivePence
from ims_contracts.payments import Payer, PaymentDisputed, PaymentSubmitted, ReversalSubmitted
from ims_ingest.domain.govuk_pay import SOURCE, DisputeState, dispute_state, payment_state
from ims_ingest.domain.identity import CHARGEBACK, named_payment
from ims_ingest.formats.govuk_pay_basket import basket

LONDON = ZoneInfo("Europe/London")
# Of the rest, nothing is money yet (started) or ever (failed, expired); types may be added.
TAKEN, REFUNDED = ("card_payment_succeeded", "card_payment_captured"), "card_payment_refunded"
# A dispute's events carry it, in the state that it has by now; an event without one says the state by its last words.
DISPUTED = re.compile(r"(?:card_payment_)?dispute_(created|evidence_submitted|won|lost)")
BY_EVENT: dict[str, DisputeState] = {"created": "open", "evidence_submitted": "under-review", "won": "won", "lost": "lost"}
# Only what Stripe took can be disputed by way of GOV.UK Pay.
METHOD_DISPUTED = "card-stripe"
Name = Annotated[str, Field(min_length=1, max_length=50)]
Id = Annotated[str, Field(pattern=r"^[!-~]{1,140}$")]


class State(BaseModel):
    status: str


class RefundSummary(BaseModel):
    status: str | None = None
    amount_available: Annotated[int, Field(strict=True, ge=0)] = 0
    amount_submitted: Annotated[int, Field(strict=True, ge=0)] = 0


class SettlementSummary(BaseModel):
    capture_submit_time: datetime | None = None


class CardDetails(BaseModel):
    cardholder_name: str | None = Field(default=None, max_length=500)


class Resource(BaseModel):
    """The payment, as it was when the message was made: perhaps later than the event."""

    payment_id: Id
    state: State | None = None
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
    metadata: dict[str, Any] | None = None

    @property
    def is_money(self) -> bool:
        """Whether it was taken; of one that does not say its state, its event does."""
        return self.state is None or payment_state(self.state.status) == "taken"


class Dispute(BaseModel):
    """A payment that its payer disputes with their bank."""

    dispute_id: Id
    payment_id: Id
    amount: PositivePence
    status: str | None = None
    created_date: AwareDatetime


class PayEvent(BaseModel):
    event_type: str
    created_date: AwareDatetime
    resource: Resource

    @property
    def happened_on(self) -> date:
        return self.created_date.astimezone(LONDON).date()

    @property
    def is_refund(self) -> bool:
        return self.event_type == REFUNDED


class DisputeEvent(BaseModel):
    event_type: str
    created_date: AwareDatetime
    resource: Dispute

    @property
    def state(self) -> DisputeState:
        named = DISPUTED.fullmatch(self.event_type.lower())
        assert named is not None
        return dispute_state(self.resource.status) or BY_EVENT[named[1]]


class Envelope(BaseModel):
    event_type: str
    resource: dict[str, Any] = Field(default={})


READ, READ_ENVELOPE = TypeAdapter(PayEvent).validate_json, TypeAdapter(Envelope).validate_json
READ_DISPUTE = TypeAdapter(DisputeEvent).validate_json


def read_event(raw: bytes) -> PayEvent | DisputeEvent | None:
    """The event, if it is of money that moved, or of a dispute; none if it is another, or its payment was not taken after all. Raises
    ValidationError if it should be and cannot be read."""
    kind = READ_ENVELOPE(raw).event_type
    if DISPUTED.fullmatch(kind.lower()):
        return READ_DISPUTE(raw)
    if kind not in (*TAKEN, REFUNDED):
        return None
    event = READ(raw)
    return event if event.resource.is_money else None


def payment(resource: Resource, happened_on: date, council: str, today: date) -> PaymentSubmitted:
    """The payment that an event tells of, or the API; a refund's event tells of the payment it was made of. `happened_on` is its day,
    where it does not say when it was captured."""
    captured_at = resource.settlement_summary.capture_submit_time
    name = resource.card_details and resource.card_details.cardholder_name
    paid_pence = resource.total_amount or resource.amount
    return PaymentSubmitted(
        council=council,
        source=SOURCE,
        source_payment_id=resource.payment_id,
        provider=SOURCE,
        provider_payment_id=resource.payment_id,
        channel="telephone" if resource.moto else "web",
        method_of_payment=method_of_payment(resource),
        amount_pence=paid_pence,
        # The payer's act: when the card was captured.
        paid_at=captured_at,
        paid_on=captured_at.astimezone(LONDON).date() if captured_at else happened_on,
        received_on=today,
        reference=resource.reference or None,
        narrative=resource.description or None,
        payer=Payer(name=name, email=resource.email) if name or resource.email else None,
        basket=basket(resource.metadata, paid_pence),
    )


def method_of_payment(resource: Resource) -> str:
    """Each of Pay's own providers settles by itself, so each has its own clearing account: `card-stripe`, `card-smartpay`."""
    return f"card-{resource.payment_provider}"


def disputed(dispute: Dispute, state: DisputeState, council: str, today: date) -> tuple[PaymentDisputed, ReversalSubmitted | None]:
    """What a dispute says in this state, and what goes back if it is lost. Nothing goes back before."""
    payment_id = named_payment(council, SOURCE, dispute.payment_id)
    assert payment_id is not None
    told = PaymentDisputed(
        council=council,
        payment_id=payment_id,
        dispute_id=dispute.dispute_id,
        state=state,
        amount_pence=dispute.amount,
        disputed_on=dispute.created_date.astimezone(LONDON).date(),
    )
    if state != "lost":
        return told, None
    return told, ReversalSubmitted(
        council=council,
        source=SOURCE,
        source_reversal_id=dispute.dispute_id,
        reason=CHARGEBACK,
        amount_pence=dispute.amount,
        reversed_on=today,
        provider=SOURCE,
        provider_payment_id=dispute.payment_id,
        method_of_payment=METHOD_DISPUTED,
    )

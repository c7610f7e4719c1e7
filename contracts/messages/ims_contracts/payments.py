"""A payer's money: that it is known of, that it went back, and what is disputed."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from ims_contracts.message import Code, Message, Pence, PositivePence, Reference, Value, Words


class Payer(Value):
    """Who paid, as far as the channel tells. Personal data: only for those who write to people, or match by name."""

    name: Words | None = None
    email: Words | None = None
    phone: Code | None = None
    bank_account: Code | None = None
    """Sort code and account number, or IBAN, without spaces."""


class BasketLine(Value):
    """One of the things that a payment is for, as the payer or the source states it. It names a fund, a reference, or both."""

    fund: Code | None = None
    reference: Words | None = None
    """What the payer or the source gave as reference, as typed; it may be left out where the fund has only one."""
    amount_pence: Pence
    """Above nothing: ingest refuses a payment with any other."""
    cost_centre: Code | None = None
    """Whose income it is within the council; none: as the fund has it."""
    vat_code: Code | None = None
    """None: as the fund has it. Another is taken where the council's fund lets its lines differ."""


class PaymentFields(Value):
    """What is known of a payment, however it came."""

    source: Code
    """Who told us: `govuk-pay`, `allpay`, `bank`, `portal`, …"""
    source_payment_id: Reference
    """The source's own id for it; with the source, unique in the council."""
    provider: Code | None = None
    """The payment provider that made the payment, where one did; its id then identifies the payment, whoever tells of it."""
    provider_payment_id: Reference | None = None
    channel: Code
    """`web`, `telephone`, `agent` (shops and post offices), `bank-transfer`, `direct-debit`, `cheque`, `cash`, `benefit-deduction`, …"""
    method_of_payment: Code
    """The council's code for how it was paid; decides the clearing account."""
    amount_pence: PositivePence
    paid_at: AwareDatetime | None = None
    """The payer's act, an instant in UTC, where the channel tells it."""
    paid_on: date
    """The day of the payer's act, Europe/London."""
    received_on: date
    """The day we were told, Europe/London."""
    value_on: date | None = None
    """The day the bank gave value, for a bank credit; the day of banking, for cash and cheques."""
    reference: Words | None = None
    """What the payer or the source gave as reference, as typed."""
    fund: Code | None = None
    """The fund, where the source knows it."""
    basket: list[BasketLine] | None = Field(default=None, min_length=1, max_length=100)
    """What the payment is for, line by line, where it was stated so; the lines make the amount. Each is placed as stated, or held: then
    `reference` and `fund` are not looked at. A fee or surcharge that was paid with it is a line of its own."""
    narrative: Words | None = None
    vehicle: Code | None = None
    """A vehicle's registration mark, where the payer gave one: a second key for parking."""
    payer: Payer | None = None
    remittance_id: UUID | None = None
    """The file or feed page it came in."""
    remittance_line: int | None = Field(default=None, ge=1)
    statement_line_id: UUID | None = None
    """The bank line, where only the bank told of it."""


class PaymentReceived(PaymentFields, Message):
    """A payer's money is known of. Nobody has yet said where it belongs."""

    type: ClassVar[str] = "ims.payments.payment-received.v1"
    topic: ClassVar[str] = "ims.payments.v1"
    keyed_by: ClassVar[str] = "payment_id"
    one_per: ClassVar[tuple[str, ...]] = ("payment_id", "revision")

    payment_id: UUID
    revision: int = 1


class PaymentSubmitted(PaymentFields, Message):
    """An outside publisher (or reconcile, for a bank credit nobody told us of) says that money was paid."""

    type: ClassVar[str] = "ims.inbound.payment-submitted.v1"
    topic: ClassVar[str] = "ims.inbound.v1"
    keyed_by: ClassVar[str] = "source_payment_id"
    one_per: ClassVar[tuple[str, ...]] = ("source", "source_payment_id")


class PaymentRefused(Message):
    """A submission was not accepted, and these are all its faults. No money is counted."""

    type: ClassVar[str] = "ims.payments.payment-refused.v1"
    topic: ClassVar[str] = "ims.payments.v1"
    keyed_by: ClassVar[str] = "source_payment_id"
    one_per: ClassVar[tuple[str, ...]] = ("source", "source_payment_id", "content_sha256")

    source: Code
    source_payment_id: Reference
    content_sha256: Code
    reasons: list[Words] = Field(max_length=100)


class ReversalFields(Value):
    """Money that was taken went back to the payer's bank or provider."""

    source: Code
    source_reversal_id: Reference
    reason: Code
    """`direct-debit-returned`, `direct-debit-indemnity`, `cheque-returned`, `chargeback-lost`, `import-reversed`, `told-by-file`
    (the bank's own line turned out to be a payment that a file explains)."""
    amount_pence: PositivePence
    reversed_on: date
    original_source: Code | None = None
    original_source_payment_id: Reference | None = None
    """The payment, if no provider made it, by its source and the source's own id for it."""
    provider: Code | None = None
    provider_payment_id: Reference | None = None
    """The payment, if a provider made it: by the provider's id alone, whoever told of it."""
    reference: Words | None = None
    """The account reference of what is undone, where it is known: by it the money has a place while the payment is unknown."""
    method_of_payment: Code
    statement_line_id: UUID | None = None
    remittance_id: UUID | None = None
    remittance_line: int | None = Field(default=None, ge=1)


class PaymentReversed(ReversalFields, Message):
    """A payment was taken back. If no payment is named, or it is not known yet, the money is taken off the account named, or waits."""

    type: ClassVar[str] = "ims.payments.payment-reversed.v1"
    topic: ClassVar[str] = "ims.payments.v1"
    keyed_by: ClassVar[str] = "reversal_id"
    one_per: ClassVar[tuple[str, ...]] = ("reversal_id",)

    reversal_id: UUID
    payment_id: UUID | None = None


class ReversalSubmitted(ReversalFields, Message):
    """An outside publisher (or reconcile) says that a payment was taken back."""

    type: ClassVar[str] = "ims.inbound.reversal-submitted.v1"
    topic: ClassVar[str] = "ims.inbound.v1"
    keyed_by: ClassVar[str] = "source_reversal_id"
    one_per: ClassVar[tuple[str, ...]] = ("source", "source_reversal_id")


class PaymentDisputed(Message):
    """A payer disputes a card payment with their bank. Money moves only when the dispute is lost."""

    type: ClassVar[str] = "ims.payments.payment-disputed.v1"
    topic: ClassVar[str] = "ims.payments.v1"
    keyed_by: ClassVar[str] = "payment_id"
    one_per: ClassVar[tuple[str, ...]] = ("payment_id", "dispute_id", "state")

    payment_id: UUID
    dispute_id: Reference
    state: Code
    """`open`, `under-review` (the council's evidence was submitted), `won`, `lost`."""
    amount_pence: PositivePence
    disputed_on: date


class RefundSent(Message):
    """Money of a payment was given back to the payer by its provider, or by hand."""

    type: ClassVar[str] = "ims.payments.refund-sent.v1"
    topic: ClassVar[str] = "ims.payments.v1"
    keyed_by: ClassVar[str] = "payment_id"
    one_per: ClassVar[tuple[str, ...]] = ("refund_id",)

    refund_id: UUID
    payment_id: UUID
    source: Code
    source_refund_id: Reference
    amount_pence: PositivePence
    sent_on: date
    method_of_payment: Code


class RefundFailed(Message):
    """The provider, or the person who was to, could not give the money back: the reason says what to do."""

    type: ClassVar[str] = "ims.payments.refund-failed.v1"
    topic: ClassVar[str] = "ims.payments.v1"
    keyed_by: ClassVar[str] = "payment_id"
    one_per: ClassVar[tuple[str, ...]] = ("refund_id",)

    refund_id: UUID
    payment_id: UUID
    source: Code
    source_refund_id: Reference
    amount_pence: PositivePence
    failed_on: date
    reason: Words

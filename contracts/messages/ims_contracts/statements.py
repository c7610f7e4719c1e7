"""What the bank and the payment providers say happened."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from ims_contracts.message import Code, Message, Pence, Reference, Value, Words


class StatementReceived(Message):
    """A bank statement came. Each of its lines is told by itself; the counts say when all of them have been heard."""

    type: ClassVar[str] = "ims.statements.statement-received.v1"
    topic: ClassVar[str] = "ims.statements.v1"
    keyed_by: ClassVar[str] = "bank_account"
    one_per: ClassVar[tuple[str, ...]] = ("statement_id",)

    statement_id: UUID
    bank_account: Code
    """The account as sort code and account number, fourteen digits (taken from an IBAN where the bank gives one), or as the bank
    names it."""
    format: Code
    statement_reference: Reference
    sequence: int | None = None
    opened_on: date | None = None
    closed_on: date
    opening_pence: Pence | None = None
    closing_pence: Pence | None = None
    credit_count: int = Field(ge=0)
    credits_pence: Pence
    debit_count: int = Field(ge=0)
    debits_pence: Pence
    """Above nothing where money left."""
    source: Code | None = None
    """Who sent it, as its calendar and remittance-late name it."""
    is_proved: bool | None = None
    """Opening and entries make closing; none: the format has no balances to prove it by."""
    currency: Code = "GBP"
    page: int = Field(default=1, ge=1)
    """Which page this is, where the bank sends a statement in several: each is told by itself, and counts its own lines."""
    is_last_page: bool = True
    received_on: date


class StatementLineReceived(Message):
    """One entry of a bank account, booked. The same entry in another format is the same line."""

    type: ClassVar[str] = "ims.statements.statement-line-received.v1"
    topic: ClassVar[str] = "ims.statements.v1"
    keyed_by: ClassVar[str] = "bank_account"
    one_per: ClassVar[tuple[str, ...]] = ("statement_line_id",)

    statement_line_id: UUID
    statement_id: UUID
    bank_account: Code
    line_number: int = Field(ge=1)
    amount_pence: Pence
    """Credits above nothing, debits below."""
    booked_on: date
    value_on: date
    bank_reference: Reference | None = None
    transaction_code: Code | None = None
    counterparty_name: Words | None = None
    counterparty_account: Code | None = None
    reference: Words | None = None
    """What the payer typed."""
    narrative: Words | None = None
    """All that the bank says of it, joined."""


class SettlementMember(Value):
    """One row of what a provider paid over: a charge, a refund, a fee."""

    kind: Code
    """`charge`, `refund`, `dispute`, `dispute-reversal`, `fee`, `payout-failed`, `adjustment`."""
    member_reference: Reference
    """The provider's id of the row; unique in the settlement."""
    payment_id: UUID | None = None
    provider_payment_id: Reference | None = None
    """The payment's id at the settlement's `provider`, where the row has it; `payment_id` is then derived from it."""
    provider_reference: Reference | None = None
    """The payment's id at whoever settles it: Adyen's PSP reference, Worldpay's order code, Stripe's charge. All rows of one payment
    agree in it."""
    merchant_reference: Words | None = None
    """What the payment was given as reference, as payment-received has it: with pence and day it ties rows that have no other id of
    ours."""
    gross_pence: Pence
    fee_pence: Pence
    net_pence: Pence
    occurred_on: date | None = None
    reference: Words | None = None
    """What the report says of the row in words; of Adyen the payment's reference, of Worldpay its order code."""


class SettlementReceived(Message):
    """A provider says what it paid over to the council's bank, and what is in it; in pages of at most 500 members."""

    type: ClassVar[str] = "ims.statements.settlement-received.v1"
    topic: ClassVar[str] = "ims.statements.v1"
    keyed_by: ClassVar[str] = "settlement_id"
    one_per: ClassVar[tuple[str, ...]] = ("settlement_id", "page")

    settlement_id: UUID
    source: Code
    """`stripe`, `adyen`, …"""
    provider: Code
    """The provider whose payments these are, as on payment-received: `govuk-pay`."""
    method_of_payment: Code
    settlement_reference: Reference
    """The provider's own name of it, such as a payout id: what its bank line may quote."""
    paid_on: date
    """The day the provider says the money arrives."""
    gross_pence: Pence
    fee_pence: Pence
    net_pence: Pence
    """Of the whole settlement: gross less fees; what the bank line must be."""
    member_count: int = Field(ge=0)
    page: int = Field(ge=1)
    pages: int = Field(ge=1)
    members: list[SettlementMember] = Field(max_length=500)
    received_on: date


class SettlementFailed(Message):
    """A payout that a provider reported as paid did not reach the bank, or came back. What was in it is paid over again, later."""

    type: ClassVar[str] = "ims.statements.settlement-failed.v1"
    topic: ClassVar[str] = "ims.statements.v1"
    keyed_by: ClassVar[str] = "settlement_id"
    one_per: ClassVar[tuple[str, ...]] = ("settlement_id",)

    settlement_id: UUID
    """As on settlement-received, which may come before or after, or never."""
    source: Code
    provider: Code
    settlement_reference: Reference
    net_pence: Pence
    """What was paid over, and is not there. The settlement's own totals stay what they were."""
    failed_on: date
    received_on: date

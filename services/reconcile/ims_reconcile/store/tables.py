"""The tables that facts are inserted into; the migrations create them, and all the others."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, MetaData
from sqlmodel import Field, SQLModel


class Table(SQLModel):
    """What this service remembers, apart from what other services do."""

    metadata: ClassVar[MetaData] = MetaData()


def pence() -> int:
    """A column of whole pence."""
    amount: int = Field(sa_type=BigInteger)
    return amount


class Expectation(Table, table=True):
    """Money that should be seen at the bank; below nothing where it went back."""

    __tablename__ = "expectation"
    subject_id: UUID = Field(primary_key=True)
    council: str = Field(primary_key=True)
    kind: str
    """`payment`, `reversal`, `refund`."""
    payment_id: UUID | None
    revision: int
    source: str
    method_of_payment: str
    amount_pence: int = pence()
    due_on: date
    reference: str
    remittance_id: UUID | None
    statement_line_id: UUID | None
    provider: str | None
    provider_reference: str | None


class Statement(Table, table=True):
    """A bank statement as its teller counts it."""

    __tablename__ = "statement"
    statement_id: UUID = Field(primary_key=True)
    council: str
    bank_account: str
    opened_on: date
    closed_on: date
    opening_pence: int | None = Field(sa_type=BigInteger)
    closing_pence: int | None = Field(sa_type=BigInteger)
    line_count: int
    net_pence: int = pence()
    is_proved: bool | None
    format: str
    currency: str
    sequence: int | None
    source: str | None
    received_on: date
    reference: str
    page: int
    is_last_page: bool
    because: str | None


class BankLine(Table, table=True):
    """An entry of the bank."""

    __tablename__ = "bank_line"
    line_id: UUID = Field(primary_key=True)
    council: str
    statement_id: UUID
    bank_account: str
    amount_pence: int = pence()
    booked_on: date
    value_on: date
    bank_reference: str | None
    counterparty_name: str | None
    counterparty_account: str | None
    reference: str | None
    narrative: str | None
    transaction_code: str | None
    because: str | None


class Settlement(Table, table=True):
    """What a provider says it paid over."""

    __tablename__ = "settlement"
    settlement_id: UUID = Field(primary_key=True)
    council: str
    source: str
    reference: str
    method_of_payment: str
    paid_on: date
    gross_pence: int = pence()
    fee_pence: int = pence()
    net_pence: int = pence()
    member_count: int
    page_count: int
    received_on: date
    because: str | None


class SettlementPage(Table, table=True):
    """A page of a settlement that has been heard, and its sums."""

    __tablename__ = "settlement_page"
    settlement_id: UUID = Field(primary_key=True)
    page: int = Field(primary_key=True)
    member_count: int
    gross_pence: int = pence()
    fee_pence: int = pence()
    net_pence: int = pence()


class FailedPayout(Table, table=True):
    """A payout that its provider says failed."""

    __tablename__ = "failed_payout"
    settlement_id: UUID = Field(primary_key=True)
    council: str
    source: str
    reference: str
    net_pence: int = pence()
    failed_on: date


class Member(Table, table=True):
    """A row of what a provider paid over."""

    __tablename__ = "member"
    member_id: UUID = Field(primary_key=True)
    council: str
    settlement_id: UUID
    kind: str
    payment_id: UUID | None
    gross_pence: int = pence()
    fee_pence: int = pence()
    net_pence: int = pence()
    occurred_on: date | None
    reference: str | None
    provider_reference: str | None


class Remittance(Table, table=True):
    """A file or feed page, or one that was refused."""

    __tablename__ = "remittance"
    remittance_id: UUID = Field(primary_key=True)
    council: str
    source: str
    reference: str
    business_on: date
    payment_count: int
    reversal_count: int
    net_pence: int = pence()
    is_refused: bool
    refused_for: str
    received_on: date
    because: str | None


class RemittanceDecided(Table, table=True):
    """What a person has made of a file that was refused or held."""

    __tablename__ = "remittance_decided"
    remittance_id: UUID = Field(primary_key=True)
    verdict: str
    because: str | None


class RemittanceReversed(Table, table=True):
    """A file taken back as a whole: nothing is expected of it at the bank."""

    __tablename__ = "remittance_reversed"
    remittance_id: UUID = Field(primary_key=True)
    because: str | None


class LateFile(Table, table=True):
    """A day on which ingest missed a source's file."""

    __tablename__ = "late_file"
    council: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    expected_on: date = Field(primary_key=True)


class Run(Table, table=True):
    """Postings sent to a back office, and its newest answer."""

    __tablename__ = "run"
    run_id: UUID = Field(primary_key=True)
    council: str
    destination: str
    line_count: int | None
    net_pence: int | None = Field(sa_type=BigInteger)
    delivered_on: date | None
    revision: int
    accepted_count: int
    accepted_pence: int = pence()
    rejected_count: int
    rejected_pence: int = pence()
    answered_on: date | None


class Dispute(Table, table=True):
    """A dispute of a card payment, as far as it has come."""

    __tablename__ = "dispute"
    council: str = Field(primary_key=True)
    payment_id: UUID = Field(primary_key=True)
    dispute_id: str = Field(primary_key=True)
    state: str
    stage: int
    amount_pence: int = pence()
    disputed_on: date


class HeldPayment(Table, table=True):
    """A payment that was not put on accounts at the first go and left there: where it is, and which break that is."""

    __tablename__ = "held"
    council: str = Field(primary_key=True)
    payment_id: UUID = Field(primary_key=True)
    revision: int
    kind: str | None
    allocated_pence: int = pence()
    refund_due_pence: int = pence()
    suspended_pence: int = pence()
    posted_on: date

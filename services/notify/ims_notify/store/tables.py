"""The tables: of each payment what may be told, how holders are written to, and every delivery."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Column, MetaData
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlmodel import Field, SQLModel

METADATA = MetaData()


def pence(**options: Any) -> Any:
    return Field(sa_column=Column(BigInteger, **options))


def instant(nullable: bool = False) -> Any:
    return Field(sa_column=Column(TIMESTAMP(timezone=True), nullable=nullable))


class PaymentRow(SQLModel, table=True):
    """A payment as its payer or a back office may hear of it; either half may come first."""

    __tablename__ = "payment"
    metadata = METADATA

    council: str = Field(primary_key=True)
    payment_id: UUID = Field(primary_key=True)
    heard_revision: int = 0
    heard_on: date | None
    channel: str | None
    paid_on: date | None
    receipt_id: UUID | None
    """None: no receipt is wanted."""
    email: str | None
    reference: str | None
    placed_revision: int = 0
    outcome: str | None
    fund: str | None
    account_reference: str | None
    account_references: str | None
    amount_pence: int | None = pence()
    refund_due_pence: int = pence(nullable=False)
    balance_pence: int | None = pence()
    next_due_on: date | None


class ContactRow(SQLModel, table=True):
    """How the holder of an account is written to."""

    __tablename__ = "contact"
    metadata = METADATA

    council: str = Field(primary_key=True)
    fund: str = Field(primary_key=True)
    account_reference: str = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)
    email: str | None
    language: str
    vat_code: str


class SeekerRow(SQLModel, table=True):
    """A payment whose payer expects a receipt and gave no address: the account holder's will do, once it is known."""

    __tablename__ = "seeker"
    metadata = METADATA

    council: str = Field(primary_key=True)
    fund: str = Field(primary_key=True)
    account_reference: str = Field(primary_key=True)
    payment_id: UUID = Field(primary_key=True)


class DeliveryRow(SQLModel, table=True):
    """One thing to be told to one receiver. Who receives a receipt stands with the payment, and only there."""

    __tablename__ = "delivery"
    metadata = METADATA

    delivery_id: UUID = Field(primary_key=True)
    council: str
    payment_id: UUID
    channel: str
    destination: str
    revision: int
    state: str
    attempts: int
    since: datetime = instant()
    due_at: datetime = instant()
    finished_at: datetime | None = instant(nullable=True)
    amount_pence: int | None = pence()
    facts: dict[str, Any] | None = Field(sa_column=Column(JSONB))
    reason: str

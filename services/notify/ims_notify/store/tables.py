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
    phone: str | None
    reference: str | None
    email_key: str | None
    """Where the e-mail is sealed: by this the same address is known again, and nothing else is."""
    placed_revision: int = 0
    outcome: str | None
    fund: str | None
    account_reference: str | None
    account_references: str | None
    amount_pence: int | None = pence()
    refund_due_pence: int = pence(nullable=False)
    balance_pence: int | None = pence()
    next_due_on: date | None
    vat_pence: int | None = pence()
    is_anew: bool
    """It was placed otherwise before, and nobody has looked yet whether its payer must hear."""
    because: str | None
    """The cause of the placement: event, correlation and trace, as a JSON array."""


class ContactRow(SQLModel, table=True):
    """How the holder of an account is written to."""

    __tablename__ = "contact"
    metadata = METADATA

    council: str = Field(primary_key=True)
    fund: str = Field(primary_key=True)
    account_reference: str = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)
    email: str | None
    phone: str | None
    address: str | None
    """One line to a line, the name first, the postcode last."""
    language: str
    vat_code: str
    email_key: str | None


class ContactKeyRow(SQLModel, table=True):
    """The key to what is kept of people, of a month or of holders, wrapped by the operator's; none once it was dropped."""

    __tablename__ = "contact_key"
    metadata = METADATA

    council: str = Field(primary_key=True)
    bucket: str = Field(primary_key=True)
    wrapped: str | None
    made_at: datetime = instant()
    dropped_at: datetime | None = instant(nullable=True)


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
    kind: str
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
    issued_at: datetime | None = instant(nullable=True)
    """When somebody else first took it to bring it on."""
    notification_id: UUID | None
    """GOV.UK Notify's own id for it."""
    template: str | None
    """Which version of which words it was sent in."""
    said_revision: int | None
    said_outcome: str | None
    """Of the placement that its words told of, when it last left."""
    copy_of: UUID | None
    """The receipt that it is a copy of."""


class DeliveryReportRow(SQLModel, table=True):
    """What GOV.UK Notify says has become of something; of what we do not know too."""

    __tablename__ = "delivery_report"
    metadata = METADATA

    notification_id: UUID = Field(primary_key=True)
    status: str = Field(primary_key=True)
    council: str
    reference: str
    reported_at: datetime = instant()
    is_known: bool


class WordingRow(SQLModel, table=True):
    """The words of a council in one language, in one version."""

    __tablename__ = "wording"
    metadata = METADATA

    council: str = Field(primary_key=True)
    language: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    words: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    kept_at: datetime = instant()


class OptOutRow(SQLModel, table=True):
    """That somebody does not want to be written to, or does again, by a digest of their address."""

    __tablename__ = "opt_out"
    metadata = METADATA

    council: str
    digest: str = Field(primary_key=True)
    is_out: bool
    said_at: datetime = Field(sa_column=Column(TIMESTAMP(timezone=True), primary_key=True))


class DeliveryAttemptRow(SQLModel, table=True):
    """What was answered to an attempt at a delivery, or at a run."""

    __tablename__ = "delivery_attempt"
    metadata = METADATA

    delivery_id: UUID = Field(primary_key=True)
    attempt: int = Field(primary_key=True)
    answered_at: datetime = instant()
    verdict: str = Field(primary_key=True)
    code: int | None
    their_id: str | None
    reason: str

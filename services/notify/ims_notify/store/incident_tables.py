"""The tables of incident messages: about which payments, who drafted and approved them, and every one that is sent."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Column, Uuid
from sqlalchemy.dialects.postgresql import BYTEA, JSONB
from sqlmodel import Field, SQLModel

from ims_notify.store.tables import METADATA, instant, pence


class PaymentOriginRow(SQLModel, table=True):
    """Payments of a batch that came from one place on one day; append-only, and without a key: the same may be there twice."""

    __tablename__ = "payment_origin"
    metadata = METADATA

    council: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    remittance_id: UUID | None
    paid_on: date = Field(primary_key=True)
    received_on: date = Field(primary_key=True)
    payment_ids: list[UUID] = Field(sa_column=Column(ARRAY(Uuid), nullable=False))


class IncidentRow(SQLModel, table=True):
    """A draft, which is never changed."""

    __tablename__ = "incident"
    metadata = METADATA

    incident_id: UUID = Field(primary_key=True)
    council: str
    drafted: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    drafted_by: str
    drafted_at: datetime = instant()
    unknown_count: int
    salt: UUID | None
    """Without it nobody can try whether an address was among those written to."""


class IncidentPaymentRow(SQLModel, table=True):
    """A payment that a draft is about."""

    __tablename__ = "incident_payment"
    metadata = METADATA

    incident_id: UUID = Field(primary_key=True)
    payment_id: UUID = Field(primary_key=True)


class IncidentApprovalRow(SQLModel, table=True):
    """That somebody else approved it."""

    __tablename__ = "incident_approval"
    metadata = METADATA

    incident_id: UUID = Field(primary_key=True)
    drafted_by: str
    approved_by: str
    approved_at: datetime = instant()


class IncidentSwitchRow(SQLModel, table=True):
    """That it was stopped, or went on; append-only, and the last counts."""

    __tablename__ = "incident_switch"
    metadata = METADATA

    incident_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    is_stopped: bool
    officer: str
    switched_at: datetime = instant()


class IncidentMessageRow(SQLModel, table=True):
    """One address's message, and how far it has come."""

    __tablename__ = "incident_message"
    metadata = METADATA

    message_id: UUID = Field(primary_key=True)
    incident_id: UUID
    council: str
    payment_id: UUID
    address_key: bytes = Field(sa_column=Column(BYTEA, nullable=False))
    language: str
    amount_pence: int = pence(nullable=False)
    payment_count: int
    state: str
    attempts: int
    notification_id: UUID | None
    since: datetime = instant()
    due_at: datetime = instant()
    lent_at: datetime | None = instant(nullable=True)
    finished_at: datetime | None = instant(nullable=True)
    reason: str

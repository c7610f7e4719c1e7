"""The tables of alerts: what was raised, what is open, what officers were told and said."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Integer, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB
from sqlmodel import Field, SQLModel

from ims_notify.store.tables import METADATA, instant, pence


class AlarmRow(SQLModel, table=True):
    """One thing that an officer must hear of. Append-only, but for the alert that it gets and its end, each once."""

    __tablename__ = "alarm"
    metadata = METADATA

    council: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)
    case_name: str = Field(primary_key=True)
    happened_on: date
    detail: str
    raised_at: datetime = instant()
    alert_id: UUID | None
    ended_at: datetime | None = instant(nullable=True)


class FileArrivalRow(SQLModel, table=True):
    """When the last file of a source came."""

    __tablename__ = "file_arrival"
    metadata = METADATA

    council: str = Field(primary_key=True)
    source: str = Field(primary_key=True)
    last_on: date


class KnownBreakRow(SQLModel, table=True):
    """A break as its highest revision has it."""

    __tablename__ = "known_break"
    metadata = METADATA

    council: str = Field(primary_key=True)
    break_id: UUID = Field(primary_key=True)
    revision: int
    is_open: bool
    amount_pence: int = pence(nullable=False)
    opened_on: date | None


class SuspenseMoveRow(SQLModel, table=True):
    """What one journal moved into suspense or out of it; append-only."""

    __tablename__ = "suspense_move"
    metadata = METADATA

    council: str = Field(primary_key=True)
    subject_id: UUID = Field(primary_key=True)
    cause_id: UUID = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    amount_pence: int = pence(nullable=False)
    posted_on: date
    is_payment: bool


SUSPENSE_HEARD = Table(
    "suspense_heard",
    METADATA,
    Column("council", ARRAY(Text), nullable=False),
    Column("subject_id", ARRAY(Uuid), nullable=False),
    Column("cause_id", ARRAY(Uuid), nullable=False),
    Column("revision", ARRAY(Integer), nullable=False),
    Column("amount_pence", ARRAY(BigInteger), nullable=False),
    Column("posted_on", ARRAY(Date), nullable=False),
    Column("is_payment", ARRAY(Boolean), nullable=False),
)
"""What moved in suspense, a row a batch, until the watch adds it up."""


CLICK_HEARD = Table(
    "click_heard",
    METADATA,
    Column("council", ARRAY(Text), nullable=False),
    Column("payment_id", ARRAY(Uuid), nullable=False),
    Column("likeness", ARRAY(BYTEA), nullable=False),
    Column("method_of_payment", ARRAY(Text), nullable=False),
    Column("paid_at", ARRAY(DateTime(timezone=True)), nullable=False),
)
"""Payments by persons, a row a batch, until the watch compares them."""


class ClickRow(SQLModel, table=True):
    """A payment by a person of the last days, as far as it takes to know another like it."""

    __tablename__ = "click"
    metadata = METADATA

    council: str = Field(primary_key=True)
    payment_id: UUID = Field(primary_key=True)
    likeness: bytes = Field(sa_column=Column(BYTEA, nullable=False))
    method_of_payment: str
    paid_at: datetime = instant()


class ServiceWaitRow(SQLModel, table=True):
    """Since when others are heard of while a service is not."""

    __tablename__ = "service_wait"
    metadata = METADATA

    service: str = Field(primary_key=True)
    moved_at: datetime = instant()
    since: datetime = instant()


class AlertRow(SQLModel, table=True):
    """All alarms of one council, kind and subject, from the first until nothing more is to be said of them."""

    __tablename__ = "alert"
    metadata = METADATA

    alert_id: UUID = Field(primary_key=True)
    council: str
    kind: str
    subject: str
    began_at: datetime = instant()
    closed_at: datetime | None = instant(nullable=True)


class AlertAcknowledgedRow(SQLModel, table=True):
    """An officer said that so many alarms of an alert are known; append-only."""

    __tablename__ = "alert_acknowledged"
    metadata = METADATA

    alert_id: UUID = Field(primary_key=True)
    raised: int = Field(primary_key=True)
    officer: str
    acknowledged_at: datetime = instant()


class AlertMessageRow(SQLModel, table=True):
    """What one receiver is told at once, as it was made, and how far it has come."""

    __tablename__ = "alert_message"
    metadata = METADATA

    message_id: UUID = Field(primary_key=True)
    council: str
    receiver: str
    content: dict[str, Any] = Field(sa_column=Column(JSONB, nullable=False))
    state: str
    attempts: int
    since: datetime = instant()
    due_at: datetime = instant()
    finished_at: datetime | None = instant(nullable=True)
    reason: str


class AlertSaidRow(SQLModel, table=True):
    """What was said of one alert in a message; append-only."""

    __tablename__ = "alert_said"
    metadata = METADATA

    alert_id: UUID = Field(primary_key=True)
    receiver: str = Field(primary_key=True)
    times: int = Field(primary_key=True)
    message_id: UUID
    saying: str
    raised: int
    said_at: datetime = instant()

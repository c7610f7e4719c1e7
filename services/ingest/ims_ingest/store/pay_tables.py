"""The tables of what is refunded, disputed and swept, as the set-based inserts need them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Text
from sqlmodel import Field

from ims_ingest.store.tables import Table


class Refund(Table, table=True):
    """A payment's refund: by its provider's name for it, or by the total that it brought them to."""

    __tablename__ = "refund"

    refund_id: UUID = Field(primary_key=True)
    council: str = Field(sa_type=Text)
    payment_id: UUID
    in_all_pence: int | None = Field(sa_type=BigInteger)
    provider_refund_id: str | None = Field(sa_type=Text)
    named_pence: int | None = Field(sa_type=BigInteger)
    amount_pence: int = Field(sa_type=BigInteger)
    state: str = Field(sa_type=Text)


class AskedRefund(Table, table=True):
    """A refund that was approved, and how far it is. The database numbers them."""

    __tablename__ = "asked_refund"

    refund_id: UUID = Field(primary_key=True)
    council: str = Field(sa_type=Text)
    payment_id: UUID
    revision: int
    amount_pence: int = Field(sa_type=BigInteger)
    approved_on: date
    approved_at: datetime = Field(sa_type=DateTime(timezone=True))
    state: str = Field(sa_type=Text)
    provider_payment_id: str | None = Field(sa_type=Text)
    provider_refund_id: str | None = Field(sa_type=Text)
    available_pence: int | None = Field(sa_type=BigInteger)
    asked_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    look_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))
    is_by_hand: bool
    """A person sends it, or did."""
    reason: str | None = Field(sa_type=Text)


class SentByHand(Table, table=True):
    """What a person said became of a refund that no provider was to send. Never changed."""

    __tablename__ = "refund_by_hand"

    refund_id: UUID = Field(primary_key=True)
    council: str = Field(sa_type=Text)
    approved_pence: int = Field(sa_type=BigInteger)
    state: str = Field(sa_type=Text)
    amount_pence: int = Field(sa_type=BigInteger)
    ended_on: date
    method_of_payment: str | None = Field(sa_type=Text)
    bank_reference: str | None = Field(sa_type=Text)
    reason: str | None = Field(sa_type=Text)
    said_by: str = Field(sa_type=Text)
    said_at: datetime = Field(sa_type=DateTime(timezone=True))


class RefundLook(Table, table=True):
    """A payment whose refunds are to be read from its provider."""

    __tablename__ = "refund_look"

    council: str = Field(primary_key=True, sa_type=Text)
    provider_payment_id: str = Field(primary_key=True, sa_type=Text)
    look_at: datetime = Field(sa_type=DateTime(timezone=True))
    hinted_at: datetime = Field(sa_type=DateTime(timezone=True))
    hint_count: int


class Dispute(Table, table=True):
    """A state that a dispute was seen in."""

    __tablename__ = "dispute"

    council: str = Field(primary_key=True, sa_type=Text)
    dispute_id: str = Field(primary_key=True, sa_type=Text)
    state: str = Field(primary_key=True, sa_type=Text)
    payment_id: UUID
    amount_pence: int = Field(sa_type=BigInteger)
    disputed_at: datetime = Field(sa_type=DateTime(timezone=True))


class Sweep(Table, table=True):
    """How far an account of a provider was swept, and when that was tried last."""

    __tablename__ = "sweep"

    council: str = Field(primary_key=True, sa_type=Text)
    account: str = Field(primary_key=True, sa_type=Text)
    swept_until: datetime = Field(sa_type=DateTime(timezone=True))
    looked_at: datetime | None = Field(sa_type=DateTime(timezone=True))
    failures: int
    error: str | None = Field(sa_type=Text)
    found: str = Field(sa_type=Text)
    request_count: int

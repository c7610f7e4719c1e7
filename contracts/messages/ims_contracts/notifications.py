"""Who was told."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from ims_contracts.message import Code, Message, Pence, Words


class ReceiptIssued(Message):
    """A payer was sent a receipt for a payment."""

    type: ClassVar[str] = "ims.notifications.receipt-issued.v1"
    topic: ClassVar[str] = "ims.notifications.v1"
    keyed_by: ClassVar[str] = "payment_id"
    one_per: ClassVar[tuple[str, ...]] = ("receipt_id",)

    receipt_id: UUID
    payment_id: UUID
    number: Code
    """What is printed on it."""
    channel: Code
    """`email`, `sms`, `letter`."""
    amount_pence: Pence
    issued_on: date


class PostingDelivered(Message):
    """A back office's system took what it was told of a payment."""

    type: ClassVar[str] = "ims.notifications.posting-delivered.v1"
    topic: ClassVar[str] = "ims.notifications.v1"
    keyed_by: ClassVar[str] = "payment_id"
    one_per: ClassVar[tuple[str, ...]] = ("posting_id",)

    posting_id: UUID
    payment_id: UUID
    destination: Code
    amount_pence: Pence
    delivered_on: date
    attempts: int = Field(ge=1)


class PostingAcknowledged(Message):
    """A back office said which lines of a run it accepted."""

    type: ClassVar[str] = "ims.notifications.posting-acknowledged.v1"
    topic: ClassVar[str] = "ims.notifications.v1"
    keyed_by: ClassVar[str] = "run_id"
    one_per: ClassVar[tuple[str, ...]] = ("run_id", "revision")

    run_id: UUID
    revision: int = Field(ge=1)
    destination: Code
    accepted_count: int = Field(ge=0)
    accepted_pence: Pence
    rejected_count: int = Field(ge=0)
    rejected_pence: Pence
    acknowledged_on: date


class DeliveryFailed(Message):
    """Someone could not be told, and it will not be tried again without a person."""

    type: ClassVar[str] = "ims.notifications.delivery-failed.v1"
    topic: ClassVar[str] = "ims.notifications.v1"
    keyed_by: ClassVar[str] = "delivery_id"
    one_per: ClassVar[tuple[str, ...]] = ("delivery_id",)

    delivery_id: UUID
    payment_id: UUID | None = None
    channel: Code
    destination: Code | None = None
    """The system, never a person's address."""
    reason: Words
    attempts: int = Field(ge=1)
    failed_on: date

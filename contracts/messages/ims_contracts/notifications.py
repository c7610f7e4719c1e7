"""Who was told."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from ims_contracts.message import Code, Message, Pence, Reference, Value, Words


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


class RunDelivered(Message):
    """A run of postings was laid down where a back office's system takes its files. Told once, however often it is sent again."""

    type: ClassVar[str] = "ims.notifications.run-delivered.v1"
    topic: ClassVar[str] = "ims.notifications.v1"
    keyed_by: ClassVar[str] = "run_id"
    one_per: ClassVar[tuple[str, ...]] = ("run_id",)

    run_id: UUID
    destination: Code
    number: int = Field(ge=1)
    line_count: int = Field(ge=0)
    net_pence: Pence
    """What came less what went back."""
    delivered_on: date


class RejectedLine(Value):
    """A line of a run that a back office did not accept: its money is on no account there."""

    sequence: int = Field(ge=1)
    payment_id: UUID | None = None
    fund: Code
    account_reference: Reference | None = None
    amount_pence: Pence
    """Below nothing, what went back."""
    reason: Words
    revision: int | None = Field(default=None, ge=1)
    """The revision of the payment that the line told."""
    journal_id: UUID | None = None
    """Or the journal, where it is none of a payment's revisions."""
    line_id: UUID | None = None
    """As the run named the line."""


class PostingAcknowledged(Message):
    """A back office said which lines of a run it accepted. A higher revision says how far it has come since."""

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
    number: int | None = Field(default=None, ge=1)
    sent_count: int | None = Field(default=None, ge=0)
    """How many lines the run has: once it is answered whole, those accepted and those rejected."""
    sent_pence: Pence | None = None
    rejected: list[RejectedLine] = Field(default=[], max_length=500)
    """Those that are new in this revision: each line is in one revision, and the lines of all of them are those rejected."""


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

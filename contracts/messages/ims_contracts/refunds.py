"""What is to go back to payers, by whoever took their payments."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from ims_contracts.message import Message, PositivePence


class RefundApproved(Message):
    """A person approved that money of a payment goes back to its payer. Whoever took the payment is asked to send it, once."""

    type: ClassVar[str] = "ims.refunds.refund-approved.v1"
    topic: ClassVar[str] = "ims.refunds.v1"
    keyed_by: ClassVar[str] = "payment_id"
    one_per: ClassVar[tuple[str, ...]] = ("refund_id",)

    refund_id: UUID
    """Of this one giving back: refund-sent or refund-failed says by it what became of it."""
    payment_id: UUID
    revision: int = Field(ge=1)
    amount_pence: PositivePence
    approved_on: date

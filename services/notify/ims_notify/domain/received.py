"""Of a payment that was received, what its payer may be told of: of every payment, so only that is read."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from ims_contracts.message import Code, Message, PositivePence, Words
from ims_contracts.payments import Payer, PaymentReceived


class Received(Message):
    """Of payment-received, who paid what, how and when; what it is for only to know two that are alike: where it went is told by others."""

    type: ClassVar[str] = PaymentReceived.type
    topic: ClassVar[str] = PaymentReceived.topic
    one_per: ClassVar[tuple[str, ...]] = PaymentReceived.one_per

    payment_id: UUID
    revision: int = 1
    source: Code
    channel: Code
    method_of_payment: Code
    amount_pence: PositivePence
    paid_on: date
    paid_at: AwareDatetime | None = None
    received_on: date
    fund: Code | None = None
    reference: Words | None = None
    payer: Payer | None = None
    remittance_id: UUID | None = None

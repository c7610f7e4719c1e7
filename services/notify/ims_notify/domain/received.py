"""Of a payment that was received, what its payer may be told of: of every payment, so only that is read."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from ims_contracts.message import Code, Message, Words
from ims_contracts.payments import Payer, PaymentReceived


class Received(Message):
    """Of payment-received, who paid, how and when. What it is for is passed over: where it went is told by others."""

    type: ClassVar[str] = PaymentReceived.type
    topic: ClassVar[str] = PaymentReceived.topic
    one_per: ClassVar[tuple[str, ...]] = PaymentReceived.one_per

    payment_id: UUID
    revision: int = 1
    source: Code
    channel: Code
    paid_on: date
    received_on: date
    reference: Words | None = None
    payer: Payer | None = None
    remittance_id: UUID | None = None

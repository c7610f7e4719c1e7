"""What a person's decision teaches of a payer: that this bank account pays this account."""

from typing import NamedTuple
from uuid import UUID, uuid5

from ims_allocation.domain.packs import Pack
from ims_allocation.domain.payments import Record


class Learned(NamedTuple):
    """What one decision said of one payment, and so of its payer. It counts while the decision is the one in force."""

    council: str
    learning_id: UUID
    payer: str
    """The bank account, as a keyed digest."""
    fund: str
    account_reference: str
    decision_id: UUID
    payment_id: UUID


def lesson(record: Record, pack: Pack) -> Learned | None:
    """What is learned, if anything is: where all of a payment was given to one account. A penalty is paid once: who paid it says
    nothing of what they pay next."""
    payment, decided = record.payment, record.decided
    if not payment or not payment.payer or not decided or len(decided.parts) != 1:
        return None
    part = decided.parts[0]
    if part.amount_pence != payment.amount_pence or pack.is_penalty(part.fund):
        return None
    own_id = uuid5(decided.decision_id, f"payer of {record.payment_id}")
    return Learned(record.council, own_id, payment.payer, part.fund, part.account_reference, decided.decision_id, record.payment_id)

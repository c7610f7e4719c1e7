"""Refunds that a person sends: of money that no provider can give back, as what came by cheque, in cash or by bank transfer."""

from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import StringConstraints

from ims_contracts.message import Code, PositivePence, Reference
from ims_ingest.domain.ereturns import Asked, Person

SOURCE = "by-hand"
"""In whose name it is told, and what a token has to speak for."""
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]


class Sent(Asked):
    """That a refund was sent."""

    amount_pence: PositivePence
    sent_on: date
    """The day of the payment, as the bank has it."""
    method_of_payment: Code
    """How: the council's code, such as `bacs` or `cheque`; decides the clearing account."""
    bank_reference: Reference
    """What the bank, or the cheque, names it by; nothing of the payer."""
    by: Person
    """The officer who sent it."""


class NotSent(Asked):
    """That a refund cannot be sent, or came back before it arrived."""

    failed_on: date
    reason: Reason
    """Why, and what to do; nothing of the payer."""
    by: Person


class Held(NamedTuple):
    """A refund that was approved, and what a person said of it, if anybody did."""

    refund_id: UUID
    council: str
    payment_id: UUID
    amount_pence: int
    approved_on: date
    state: str
    is_by_hand: bool
    said: Sent | NotSent | None = None


class Verdict(NamedTuple):
    """Whether what is said is new; or why it cannot be so, as a status and in words."""

    is_new: bool
    status: int = 200
    reason: str | None = None


def judge(held: Held, said: Sent | NotSent, today: date) -> Verdict:
    """What becomes of what a person says: told, known already, or a no."""
    if is_same(held.said, said):
        return Verdict(False)
    if held.said:
        return Verdict(False, 409, f"It was told before as {held.state}, otherwise than now: what went wrong is put right at the bank.")
    if held.state != "by-hand":
        return Verdict(False, 409, f"GOV.UK Pay is asked for it; it is {held.state}.")
    on = said.sent_on if isinstance(said, Sent) else said.failed_on
    if not held.approved_on <= on <= today:
        return Verdict(False, 422, f"The day must be from {held.approved_on}, when it was approved, until today.")
    if isinstance(said, Sent) and said.amount_pence > held.amount_pence:
        return Verdict(False, 422, f"{held.amount_pence}p were approved: have what is more approved as another refund.")
    return Verdict(True, 201)


def is_same(one: Sent | NotSent | None, other: Sent | NotSent) -> bool:
    """Whether the same is said, by whomever."""
    return type(one) is type(other) and one is not None and one.model_dump(exclude={"by"}) == other.model_dump(exclude={"by"})

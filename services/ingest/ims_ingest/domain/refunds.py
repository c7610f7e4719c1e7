"""What was refunded of a payment: from running totals that may come late, twice and in any order, and from refunds that are named."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID


class RefundedInAll(NamedTuple):
    """What had been refunded of a payment in all, when its provider told us."""

    payment_id: UUID
    in_all_pence: int
    sent_on: date
    council: str
    source: str
    source_payment_id: str
    method_of_payment: str


class NamedRefund(NamedTuple):
    """One refund that its provider names, at its end: sent, or failed."""

    payment_id: UUID
    provider_refund_id: str
    amount_pence: int
    made_on: date
    council: str
    source: str
    source_payment_id: str
    method_of_payment: str
    state: str


class Increment(NamedTuple):
    """One refund: what it was, and what had been refunded in all when it was made."""

    amount_pence: int
    in_all_pence: int


def increments(held_pence: int, totals_pence: Iterable[int]) -> list[Increment]:
    """The refunds not told yet. A total below what is held tells nothing new: a later one already included it."""
    told = []
    for total in sorted(set(totals_pence)):
        if total > held_pence:
            told.append(Increment(total - held_pence, total))
            held_pence = total
    assert all(each.amount_pence > 0 for each in told)
    return told


def not_told_yet(amount_pence: int, unnamed_pence: int) -> int:
    """How much of a refund that is named now was not told yet: totals may have told of it before it had a name."""
    assert unnamed_pence >= 0
    return max(0, amount_pence - unnamed_pence)

"""What of a payment can still go back to its payer or be moved, and what a refund asks of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple


class PaidLine(NamedTuple):
    """One line of a payment."""

    line_id: str
    payment: str
    fund: str
    account_reference: str
    amount_pence: int
    is_refundable: bool = True
    """Its method of payment has a way back."""


class Gone(NamedTuple):
    """What went back, or was moved away: of a line that is named, or else of an account. Pence above nothing."""

    amount_pence: int
    line_id: str | None = None
    account: tuple[str, str] | None = None
    """Fund and account reference."""


@dataclass(frozen=True, slots=True)
class Available:
    """What is left of a payment as a whole, and of each line, in pence."""

    lines: dict[str, int]
    total_pence: int
    is_pending: bool
    """A refund was asked for, and nobody knows yet whether it was made: its amount is kept back from every line."""
    has_refundable: bool

    @property
    def can_be_refunded(self) -> bool:
        return not self.is_pending and self.total_pence > 0 and self.has_refundable


def available(lines: list[PaidLine], gone: Iterable[Gone], pending_pence: int = 0) -> Available:
    """What is left. What names only an account is taken off its lines first to last, from each no more than is there, so that the
    lines always add up to the whole. (In the predecessor two lines of one account both lost the whole of it.)"""
    left = {line.line_id: line.amount_pence for line in lines}
    for each in gone:
        ids = [line.line_id for line in lines if each.line_id == line.line_id or each.account == (line.fund, line.account_reference)]
        rest = each.amount_pence
        for at, line_id in enumerate(ids, 1):
            share = rest if at == len(ids) else min(rest, max(0, left[line_id]))
            left[line_id] -= share
            rest -= share
    total = sum(left.values()) - pending_pence
    kept_back = {line_id: pence - pending_pence for line_id, pence in left.items()}
    return Available(kept_back, total, pending_pence > 0, any(line.is_refundable for line in lines))


class Refund(NamedTuple):
    """What is asked of the provider, and the share of each line in it; pence."""

    amount_pence: int
    parts: list[tuple[str, int]]


def refund(lines: list[PaidLine], left: dict[str, int], asked: list[tuple[str, int]], reason: str, may_be_part: bool) -> Refund | str:
    """A refund of these lines, or why not. What is asked of a line is added up before it is compared with what is left of it.
    (The predecessor compared each by itself, and sent 60 and 60 of 100.)"""
    if sum(pence for _, pence in asked) <= 0:
        return "amount-not-positive"
    if not reason.strip():
        return "reason-missing"
    parts = [(line_id, pence) for line_id, pence in asked if pence > 0]
    by_id = {line.line_id: line for line in lines}
    wanted: dict[str, int] = {}
    for line_id, pence in parts:
        wanted[line_id] = wanted.get(line_id, 0) + pence
    if any(line_id not in by_id or pence > left.get(line_id, 0) for line_id, pence in wanted.items()):
        return "refund-exceeds-remaining"
    if len({by_id[line_id].payment for line_id in wanted}) > 1:
        return "several-payments"
    if not all(by_id[line_id].is_refundable for line_id in wanted):
        return "method-not-refundable"
    if not may_be_part and any(pence < by_id[line_id].amount_pence for line_id, pence in wanted.items()):
        return "partial-refund-not-allowed"
    return Refund(sum(wanted.values()), parts)

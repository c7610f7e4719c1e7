"""What reconciliation looks at while it is open: bank lines, and what should be seen at the bank as one line."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal, NamedTuple
from uuid import NAMESPACE_DNS, UUID, uuid5

NAMESPACE = uuid5(NAMESPACE_DNS, "reconcile.ims.example")


def derived_id(*parts: object) -> UUID:
    """An id made of what makes the thing one, so that finding it again yields the same."""
    return uuid5(NAMESPACE, "|".join(map(str, parts)))


@dataclass(frozen=True)
class Line:
    """An entry of the bank that no file explains yet. Credits above nothing, debits below."""

    line_id: UUID
    council: str
    amount_pence: int
    booked_on: date
    text: str
    """All that the bank says of it."""
    is_from_bank: bool = False
    """Nobody but the bank knew of it, so it was submitted as a payment."""
    is_fresh: bool = False
    """Heard a moment ago: what explains it may be on its way, so it is no break yet."""

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(re.split(r"[^A-Z0-9_/-]+", self.text.upper()))


class Item(NamedTuple):
    """What a source says it paid in or took out, as one bank line."""

    item_id: UUID
    kind: Literal["settlement", "remittance", "reversal", "refund"]
    council: str
    source: str
    reference: str
    amount_pence: int
    due_on: date


class Pairing(NamedTuple):
    """A bank line and what it is."""

    line: Line
    item: Item
    why: str

    @property
    def match_id(self) -> UUID:
        return derived_id(self.line.council, self.line.line_id, self.item.item_id)


class FromBank(NamedTuple):
    """A credit that no source explains: a payment that only the bank knows of."""

    line: Line


class Awaiting(NamedTuple):
    """A line that looks like a known source's, whose file is not here yet."""

    line: Line
    source: str


class Statement(NamedTuple):
    """A statement, and what has been heard of its lines."""

    statement_id: UUID
    council: str
    bank_account: str
    opened_on: date
    closed_on: date
    opening_pence: int | None
    closing_pence: int | None
    line_count: int
    net_pence: int
    """Credits less debits, as the statement counts them."""
    heard_count: int
    heard_net_pence: int
    prior_closings: tuple[int, ...]
    """How the bank day before, or another statement of the same day, closed; none: nothing earlier is held."""
    is_proved: bool | None
    is_fresh: bool = False


class Settlement(NamedTuple):
    """A provider's settlement, and what has been heard of its members."""

    settlement_id: UUID
    council: str
    source: str
    reference: str
    paid_on: date
    gross_pence: int
    fee_pence: int
    net_pence: int
    member_count: int
    page_count: int
    heard_pages: int
    heard_count: int
    heard_gross_pence: int
    heard_fee_pence: int
    heard_net_pence: int
    is_matched: bool
    is_fresh: bool = False


class Member(NamedTuple):
    """A row of a settlement that does not agree with what was told of its payment."""

    subject_id: UUID
    settlement_id: UUID
    council: str
    source: str
    fault: Literal["settlement-without-payment", "settlement-amount", "settlement-without-refund", "settled-twice"]
    amount_pence: int
    paid_on: date
    is_fresh: bool = False


class Remittance(NamedTuple):
    """A file or feed page, and what has been heard of its payments."""

    remittance_id: UUID
    council: str
    source: str
    reference: str
    business_on: date
    payment_count: int
    reversal_count: int
    net_pence: int
    """Payments less reversals, as the file counts them."""
    heard_payments: int
    heard_reversals: int
    heard_net_pence: int
    is_matched: bool
    is_settled_elsewhere: bool
    """A payment of it is already proved by another match."""
    is_refused: bool = False
    is_fresh: bool = False

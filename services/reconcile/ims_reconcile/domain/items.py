"""What reconciliation looks at while it is open: bank lines, and what should be seen at the bank as one line."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache
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
    bank_account: str = ""
    is_repeated: bool = False
    """A line alike in account, pence and every word is matched already, a few days before at most."""

    @cached_property
    def words(self) -> tuple[str, ...]:
        return words_of(self.text)

    @cached_property
    def phrase(self) -> str:
        """Its words with a space on either side, to look for several in a row."""
        return f" {' '.join(self.words)} "


class Item(NamedTuple):
    """What a source says it paid in or took out, as one bank line."""

    item_id: UUID
    kind: Literal["settlement", "remittance", "reversal", "refund", "payment", "failed-payout", "write-off"]
    council: str
    source: str
    reference: str
    amount_pence: int
    due_on: date


class Share(NamedTuple):
    """So much of a line is so much of an item."""

    line: Line
    item: Item
    amount_pence: int


class Pairing(NamedTuple):
    """Bank lines and what they are: one and one, several lines of one item, or several items in one line."""

    lines: tuple[Line, ...]
    items: tuple[Item, ...]
    rule: str
    """Which rule of matching found it."""
    evidence: str
    """What it saw: no payer's data."""

    def shares(self) -> Iterator[Share]:
        """Which part of which line is which item: both in their order, one after the other."""
        lines = iter(self.lines)
        line, left = None, 0
        for item in self.items:
            wanted = item.amount_pence
            while wanted:
                if not left:
                    line = next(lines)
                    left = line.amount_pence
                assert line is not None
                part = min(wanted, left, key=abs)
                yield Share(line, item, part)
                wanted, left = wanted - part, left - part


class FromBank(NamedTuple):
    """A credit that no source explains: a payment that only the bank knows of."""

    line: Line


class Awaiting(NamedTuple):
    """A line that looks like a known source's, whose file is not here yet."""

    line: Line
    source: str


class Pages(NamedTuple):
    """Of a statement in several pages, all that are here."""

    missing: int
    difference_pence: int | None
    """By how much the first opening and all their entries miss the last closing; none: the bank does not say both."""
    is_first: bool
    """Whether the page at hand is the first of them, which speaks for all."""


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
    currency: str = "GBP"
    sequence: int | None = None
    """Its number, as the bank counts this account's statements in this format."""
    prior_sequence: int | None = None
    """The number of the one before it; none: nothing earlier is held, or the bank began to count again."""
    pages: Pages | None = None
    """None: it is in one."""


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
    is_failed: bool = False
    """The provider said later that its payout failed."""
    is_fresh: bool = False


class Member(NamedTuple):
    """A row of a settlement that does not agree with what was told of its payment."""

    subject_id: UUID
    settlement_id: UUID
    council: str
    source: str
    fault: str
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
    is_repeated: bool = False
    """Another file of the same source and day has the very count and pence."""
    is_contradicted: bool = False
    """Another file goes by the same name, with other money in it."""
    refused_for: str = ""
    """What was wrong with it: `currency` or `name`, where that is all, or words."""
    is_fresh: bool = False


class Unplaced(NamedTuple):
    """A file of which allocation has not placed all, or not with the pence that were told."""

    remittance_id: UUID
    council: str
    source: str
    received_on: date
    payment_count: int
    unplaced_count: int
    unplaced_pence: int


class Held(NamedTuple):
    """Payments that allocation placed on one day and holds, or sends back, for the same."""

    council: str
    kind: str
    posted_on: date
    payment_count: int
    amount_pence: int


class LateLine(NamedTuple):
    """A bank line of a closed day that no closed day has counted."""

    line_id: UUID
    council: str
    amount_pence: int
    booked_on: date


class Undone(NamedTuple):
    """A reversal or refund of a payment that nobody knows."""

    subject_id: UUID
    council: str
    source: str
    amount_pence: int
    due_on: date


@lru_cache(20_000)
def words_of(text: str) -> tuple[str, ...]:
    """The words of a bank line or a reference, in capitals: letters, digits, `_`, `/` and `-`."""
    return tuple(word for word in re.split(r"[^A-Z0-9_/-]+", text.upper()) if word)

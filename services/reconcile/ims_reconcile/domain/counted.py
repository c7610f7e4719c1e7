"""What a control sheet is made of, as the store counts it."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID


class Stated(NamedTuple):
    """A final statement that no closed day has counted. Late: of a day that was closed without it."""

    is_late: bool
    opened_on: date
    closed_on: date
    opening_pence: int | None
    closing_pence: int
    is_last_page: bool = True


class Lines(NamedTuple):
    """Bank lines of one state and source. `proved_pence`: of them, what matches prove. Late: of a day that was closed without them."""

    is_late: bool
    state: str
    source: str
    item_count: int
    pence: int
    proved_pence: int


class Received(NamedTuple):
    """Payments, reversals or refunds that became due in the sheet's days."""

    source: str
    method_of_payment: str
    kind: str
    item_count: int
    pence: int


class Settled(NamedTuple):
    """What matches prove. Expected: gross of what we were told of; other: gross of what only the provider told."""

    is_counted: bool
    """On a day closed before; shown no more."""
    source: str
    method_of_payment: str
    item_count: int
    expected_pence: int
    other_pence: int
    fee_pence: int
    net_pence: int
    fee_account: str = ""
    """Of what was written off, its ledger account."""


class Placed(NamedTuple):
    """Where all there ever was of a source and method is, up to the sheet's day: received less what went back, and of that what is on
    accounts, due back, in suspense, and what took back a payment that nobody told of."""

    source: str
    method_of_payment: str
    received_pence: int = 0
    allocated_pence: int = 0
    refund_due_pence: int = 0
    suspended_pence: int = 0
    without_payment_pence: int = 0

    @property
    def unplaced_pence(self) -> int:
        """Of payments, what allocation has not told of."""
        return self.received_pence - sum(self[3:])

    def since(self, before: "Placed") -> "Placed":
        """What was moved since."""
        moved = (now - then for now, then in zip(self[2:], before[2:], strict=True))
        return Placed(self.source, self.method_of_payment, *moved)


class Due(NamedTuple):
    """All there ever was of a source's day, up to the sheet's day. Settled: on this account, and on others."""

    source: str
    due_on: date
    earlier_pence: int
    """Of it, what became due by the day closed before."""
    pence: int
    settled_pence: int
    elsewhere_pence: int
    left_count: int
    left_pence: int


class Broken(NamedTuple):
    """Open breaks of a kind. Differences are those of the account's own lines and statements; the rest is on its way, or the council's."""

    kind: str
    code: str | None
    is_difference: bool
    item_count: int
    pence: int


class Late(NamedTuple):
    """A statement, line, match or un-match of a day that was closed without it."""

    kind: str
    id: UUID
    source: str
    booked_on: date
    pence: int


class ToDate(NamedTuple):
    """All that ever was received of a source, and settled, up to and with a day."""

    source: str
    received_pence: int = 0
    settled_pence: int = 0
    elsewhere_pence: int = 0


class Before(NamedTuple):
    """The day closed before. None: this is the first."""

    day: date
    closing_pence: int | None
    to_date: Sequence[ToDate] = ()
    placed: Sequence[Placed] = ()


class Counted(NamedTuple):
    """All that a sheet is made of."""

    council: str
    bank_account: str
    day: date
    before: Before | None
    statements: Sequence[Stated]
    lines: Sequence[Lines]
    received: Sequence[Received]
    placed: Sequence[Placed]
    settled: Sequence[Settled]
    due: Sequence[Due]
    breaks: Sequence[Broken]
    late: Sequence[Late]

    @property
    def fresh(self) -> list[Settled]:
        """What no closed day has counted."""
        return [row for row in self.settled if not row.is_counted]

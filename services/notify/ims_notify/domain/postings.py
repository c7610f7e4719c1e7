"""What of a fact is a line in a back office's file: every line of its journal on one of that office's funds.

A fact's journal is what moved, from where the payment stood to where it stands now. So a placement that replaces another has the old
one's lines with the other sign, and the lines of all facts, in whatever order, come to what the accounts hold."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from ims_contracts.allocations import JournalPosted, PaymentAllocated, PaymentSuspended, PaymentUnallocated
from ims_notify.domain.facts import NAMESPACE, NUMBER_LETTERS, Placement

LONDON = ZoneInfo("Europe/London")
FUND, CLEARING = "fund:", "clearing:"
MOVED = "moved"
"""Why a placement has lines below nothing: the payment went from one account to another."""

Moving = Placement | JournalPosted
"""Every fact that moves money."""


class FileDestination(NamedTuple):
    """A back office's system that takes files, and when."""

    name: str
    council: str
    funds: frozenset[str]
    times: tuple[time, ...]
    """When a run is made, Europe/London."""
    is_test: bool
    """A test run is numbered apart, and leaves what is in it to be sent."""
    first_number: int
    is_made_empty: bool
    """Whether there is a run when there is nothing to tell."""
    file_name: str
    """With `{number}` or `{number:06}`, and perhaps `{date:%Y%m%d}`."""
    ledger_from: date | None = None
    """Of one that takes the whole ledger: its first accounting day. None: it takes the postings on its funds."""

    @property
    def kind(self) -> str:
        """What its runs are of."""
        return "postings" if self.ledger_from is None else "ledger"


class About(NamedTuple):
    """Which fact a line is of, why the money moved, and what is left to pay."""

    payment_id: UUID | None
    journal_id: UUID | None
    revision: int | None
    """None: of a journal that is no revision of a payment."""
    reason: str
    outcome: str
    balance_pence: int | None


class Kept(NamedTuple):
    """A line that is to be in a run of one destination, as it is kept."""

    line_id: UUID
    council: str
    destination: str
    payment_id: UUID | None
    journal_id: UUID | None
    revision: int | None
    fund: str
    account_reference: str
    """Empty where the ledger has the money on the fund alone."""
    amount_pence: int
    """What the account was paid; below nothing, what went back."""
    method_of_payment: str
    reason: str
    outcome: str
    balance_pence: int | None
    posted_on: date


class Line(NamedTuple):
    """A line as a run tells it."""

    line_id: UUID
    fund: str
    account_reference: str
    amount_pence: int
    method_of_payment: str
    reason: str
    outcome: str
    balance_pence: int | None
    posted_on: date
    payment_id: UUID | None
    paid_on: date
    channel: str | None
    undoes: UUID | None
    """The line that this one takes back, or a part of it."""

    @property
    def is_debit(self) -> bool:
        """A back office's account is in credit with what it was paid."""
        return self.amount_pence < 0


def kept(fact: Moving, destinations: Iterable[FileDestination]) -> Iterator[Kept]:
    """The lines of a fact for every file destination of its council."""
    for destination in destinations:
        if destination.council == fact.council:
            yield from lines(fact, destination)


def lines(fact: Moving, destination: FileDestination) -> Iterator[Kept]:
    about, method = about_of(fact), method_of(fact)
    named = f"line|{fact.council}|{destination.name}|{about.payment_id}|{about.journal_id}|{about.revision}"
    for number, line in enumerate(fact.lines):
        fund = line.ledger_account.removeprefix(FUND)
        # What the destination rejected it never had: nothing of that is to be taken back there.
        pence = line.amount_pence - ((line.rejected_pence or 0) if line.rejected_by == destination.name else 0)
        if fund == line.ledger_account or fund not in destination.funds or not pence:
            continue
        yield Kept(
            uuid5(NAMESPACE, f"{named}|{number}"), fact.council, destination.name, about.payment_id, about.journal_id, about.revision,
            fund, line.account_reference or "", -pence, method, about.reason, about.outcome, about.balance_pence,
            fact.posted_on,
        )  # fmt: skip


def about_of(fact: Moving) -> About:
    """What is told of a fact besides its lines."""
    match fact:
        case JournalPosted():
            return About(fact.payment_id, fact.journal_id, None, fact.reason, fact.reason, None)
        case PaymentAllocated():
            return About(fact.payment_id, None, fact.revision, MOVED, fact.outcome, fact.balance_pence)
        case PaymentSuspended():
            return About(fact.payment_id, None, fact.revision, MOVED, "suspended", None)
        case PaymentUnallocated():
            return About(fact.payment_id, None, fact.revision, fact.reason, "unallocated", fact.balance_pence)


def method_of(fact: Moving) -> str:
    """By which method the money moved: the fact's own, or that of the clearing account on the other side."""
    if isinstance(fact, PaymentAllocated | PaymentSuspended):
        return fact.method_of_payment
    accounts = (line.ledger_account for line in fact.lines)
    return next((name.removeprefix(CLEARING) for name in accounts if name.startswith(CLEARING)), "journal")


def line_code(line_id: UUID) -> str:
    """A line's id in fifteen letters: seventy-five of its bits, where a file has no room for more."""
    bits = line_id.int >> 53
    return "".join(NUMBER_LETTERS[bits >> shift & 31] for shift in range(70, -1, -5))


def last_time(times: Iterable[time], now: datetime) -> datetime:
    """The last instant, not after now, at which a run was to be made."""
    today = now.astimezone(LONDON).date()
    instants = [datetime.combine(today - timedelta(days=back), each, LONDON).astimezone(now.tzinfo) for each in times for back in (0, 1)]
    return max(instant for instant in instants if instant <= now)


def file_name(pattern: str, number: int, made_on: date, is_test: bool) -> str:
    """What a run's file is called. Raises ValueError for a pattern that names anything but number and date."""
    try:
        name = pattern.format_map({"number": number, "date": made_on})
    except (KeyError, IndexError, AttributeError, TypeError):
        raise ValueError("names what is neither {number} nor {date}") from None
    return f"TEST-{name}" if is_test else name

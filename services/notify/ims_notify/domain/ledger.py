"""The council's ledger as its finance system gets it: every journal of every fact that moves money, whole, with its accounting day."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple
from uuid import UUID, uuid5

from ims_contracts.allocations import JournalLine
from ims_notify.domain.facts import NAMESPACE
from ims_notify.domain.postings import MOVED, FileDestination, Moving, about_of


class Journal(NamedTuple):
    """A fact's journal, as it is kept for one destination."""

    entry_id: UUID
    council: str
    destination: str
    posted_on: date
    """The accounting day."""
    payment_id: UUID | None
    reason: str


class JournalSide(NamedTuple):
    """One line of it."""

    entry_id: UUID
    line: int
    ledger_account: str
    account_reference: str
    cost_centre: str
    vat_code: str
    vat_pence: int
    amount_pence: int
    """Debits above nothing, credits below."""


class Entry(NamedTuple):
    """A line of the ledger as a run tells it; a sum of several has no journal, payment, account or reason."""

    posted_on: date
    is_late: bool
    """Whether its day had ended when the run before was made: the receiver may have closed it."""
    ledger_account: str
    cost_centre: str
    vat_code: str
    vat_pence: int
    amount_pence: int
    line_count: int = 1
    entry_id: UUID | None = None
    account_reference: str = ""
    payment_id: UUID | None = None
    reason: str = ""

    @property
    def is_debit(self) -> bool:
        return self.amount_pence > 0


def journals(fact: Moving, destinations: Iterable[FileDestination]) -> Iterator[tuple[Journal, list[JournalSide]]]:
    """The journal of a fact, for each destination of its council that takes the ledger from that day or an earlier one."""
    about = about_of(fact)
    reason = about.outcome if about.reason == MOVED else about.reason
    for to in destinations:
        if to.council == fact.council and to.ledger_from is not None and to.ledger_from <= fact.posted_on:
            named = f"journal|{fact.council}|{to.name}|{about.payment_id}|{about.journal_id}|{about.revision}"
            entry_id = uuid5(NAMESPACE, named)
            if sides := [side(entry_id, number, line) for number, line in enumerate(fact.lines) if line.amount_pence or line.vat_pence]:
                yield Journal(entry_id, fact.council, to.name, fact.posted_on, about.payment_id, reason), sides


def side(entry_id: UUID, number: int, line: JournalLine) -> JournalSide:
    return JournalSide(
        entry_id, number, line.ledger_account, line.account_reference or "", line.cost_centre or "", line.vat_code or "",
        line.vat_pence or 0, line.amount_pence,
    )  # fmt: skip


def vat_apart(entry: Entry) -> Iterator[Entry]:
    """A line as two: what is net, and its VAT on an account of its own."""
    if not entry.vat_pence:
        yield entry
        return
    if net := entry.amount_pence - entry.vat_pence:
        yield entry._replace(amount_pence=net, vat_pence=0)
    yield entry._replace(ledger_account=f"vat:{entry.vat_code}", amount_pence=entry.vat_pence, vat_pence=0, account_reference="")


type Summed = tuple[date, bool, str, str, str, bool]


def summed_by(entry: Entry) -> Summed:
    """What the lines of one sum have in common: day, whether it is late, account, cost centre, VAT code and side."""
    return entry.posted_on, entry.is_late, entry.ledger_account, entry.cost_centre, entry.vat_code, entry.is_debit


def nothing(summed: Summed) -> Entry:
    """A sum of no lines."""
    posted_on, is_late, ledger_account, cost_centre, vat_code, _ = summed
    return Entry(posted_on, is_late, ledger_account, cost_centre, vat_code, 0, 0, 0)

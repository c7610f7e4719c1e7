"""What is kept of facts so that alerts know what is open: files that came, breaks, and what moved into suspense and out of it."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple
from uuid import UUID

from ims_contracts.allocations import PaymentAllocated
from ims_contracts.reconciliations import BreakClosed, BreakOpened
from ims_contracts.remittances import RemittanceReceived
from ims_contracts.statements import SettlementReceived, StatementReceived
from ims_notify.domain.alerting import Alarm, Alarming, alarm, is_news
from ims_notify.domain.postings import Moving, about_of

SUSPENSE = "suspense"

Arriving = RemittanceReceived | StatementReceived | SettlementReceived


class Arrival(NamedTuple):
    """The last day on which a file of a source came."""

    council: str
    source: str
    on: date


class Break(NamedTuple):
    """A break as its highest revision has it."""

    council: str
    break_id: UUID
    revision: int
    is_open: bool
    amount_pence: int
    opened_on: date | None


class SuspenseMove(NamedTuple):
    """What one journal moved into suspense, above nothing, or out of it."""

    council: str
    subject_id: UUID
    """The payment, or a journal that has none."""
    cause_id: UUID
    revision: int
    amount_pence: int
    posted_on: date
    is_payment: bool


def alarms(facts: Iterable[Alarming], today: date) -> list[Alarm]:
    """What is raised by facts, each once, in order of its key."""
    raised = {each[:4]: each for fact in facts if (each := alarm(fact)) and is_news(each, today)}
    return [raised[key] for key in sorted(raised)]


def arrivals(facts: Iterable[Arriving]) -> list[Arrival]:
    """When the last file of each source came, in order of its key."""
    last: dict[tuple[str, str], date] = {}
    for fact in facts:
        if fact.source is not None:
            key = fact.council, fact.source
            last[key] = max(fact.received_on, last.get(key, fact.received_on))
    return [Arrival(*key, last[key]) for key in sorted(last)]


def breaks(facts: Iterable[BreakOpened | BreakClosed]) -> list[Break]:
    """Each break by its highest revision, in order of its key."""
    newest: dict[tuple[str, UUID], Break] = {}
    for fact in facts:
        key = fact.council, fact.break_id
        if key not in newest or fact.revision > newest[key].revision:
            newest[key] = opened(fact) if isinstance(fact, BreakOpened) else Break(*key, fact.revision, False, 0, None)
    return [newest[key] for key in sorted(newest)]


def opened(fact: BreakOpened) -> Break:
    return Break(fact.council, fact.break_id, fact.revision, True, fact.amount_pence, fact.opened_on)


def suspense_moves(facts: Iterable[Moving]) -> Iterator[SuspenseMove]:
    """What facts move in suspense: nothing of most."""
    for fact in facts:
        pence = 0
        for line in fact.lines:
            if line.ledger_account == SUSPENSE:
                pence -= line.amount_pence  # what suspense holds is a credit: below nothing
        if pence:
            yield moved(fact, pence)


def moved(fact: Moving, pence: int) -> SuspenseMove:
    about = about_of(fact)
    subject_id = about.payment_id or about.journal_id
    assert subject_id is not None, "what moves is a payment or a journal"
    cause_id, is_payment = about.journal_id or subject_id, about.payment_id is not None
    return SuspenseMove(fact.council, subject_id, cause_id, about.revision or 0, pence, fact.posted_on, is_payment)


def duplicates(facts: Iterable[Moving]) -> list[PaymentAllocated]:
    """The few of a batch that may alarm."""
    return [fact for fact in facts if isinstance(fact, PaymentAllocated) and fact.outcome == "duplicate"]

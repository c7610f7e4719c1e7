"""Money that a person moves: from one line of a payment to other accounts, back again, or from account to account."""

from datetime import date
from typing import NamedTuple

from ims_allocation.domain.books import Books, Movement, Refusal, Share, balanced, less

JOURNAL, TRANSFER, UNDONE = "Journal", "Transfer", " (Undo)"


def move(line: Share, available_pence: int, targets: list[Share], books: Books) -> list[list[Movement]] | Refusal:
    """A journal for each target: it gets its amount, and the payment's line gives it. No more than is left of the line."""
    if refusal := refused(targets, available_pence, books):
        return refusal
    if fault := books.fault([line]):
        return Refusal(fault)
    journals = []
    for target in targets:
        narrative = target.narrative or JOURNAL
        given = less(line._replace(amount_pence=target.amount_pence, narrative=narrative))
        got = books.movement(target, target.method_of_payment or books.journal_in, narrative)
        journals.append(balanced([got, books.movement(given, books.journal_out, narrative)]))
    return journals


def refused(targets: list[Share], available_pence: int, books: Books) -> Refusal | None:
    """Why an amount cannot be shared out so."""
    if not targets:
        return Refusal("no-targets")
    if any(target.amount_pence == 0 for target in targets):
        return Refusal("amount-zero")
    if any(target.amount_pence < 0 for target in targets):
        return Refusal("amount-negative")
    asked = sum(target.amount_pence for target in targets)
    if asked > available_pence:
        return Refusal("total-exceeds-available", asked, available_pence)
    fault = books.fault(targets)
    return Refusal(fault) if fault else None


class Undone(NamedTuple):
    """A journal taken back: today's, and by whoever takes it back. The days before stay as they were closed."""

    movements: list[Movement]
    posted_on: date
    by: str


def undo(journal: list[Movement], is_undone: bool, today: date, by: str) -> Undone | Refusal:
    """The same journal the other way round, once."""
    if is_undone:
        return Refusal("already-undone")
    back = [
        each._replace(amount_pence=-each.amount_pence, vat_pence=-each.vat_pence, narrative=each.narrative + UNDONE) for each in journal
    ]
    return Undone(balanced(back), today, by)


def transfer(sources: list[Share], targets: list[Share], books: Books) -> list[Movement] | Refusal:
    """One journal of all sources and targets. One source may have several targets; several sources go to as many, each to its own.

    What leaves must arrive to the penny. (The predecessor let 100 leave and 60 arrive.)
    """
    if refusal := unequal(sources, targets) or refused(targets, sum(source.amount_pence for source in sources), books):
        return refusal
    if fault := books.fault(sources):
        return Refusal(fault)
    if sum(each.amount_pence for each in sources) != sum(each.amount_pence for each in targets):
        return Refusal("not-balanced")
    given = [books.movement(less(source), books.transfer_out, TRANSFER) for source in sources]
    got = [books.movement(target, books.transfer_in, TRANSFER) for target in targets]
    if len(sources) == 1:
        return balanced(given + got)
    return balanced([each for pair in zip(given, got, strict=True) for each in pair])


def unequal(sources: list[Share], targets: list[Share]) -> Refusal | None:
    """Why sources and targets do not pair."""
    if not sources:
        return Refusal("no-sources")
    if not targets:
        return Refusal("no-targets")
    if len(sources) == 1:
        return Refusal("amount-negative") if sources[0].amount_pence < 0 else None
    if len(sources) != len(targets):
        return Refusal("count-mismatch")
    pairs = zip(sources, targets, strict=True)
    return None if all(source.amount_pence == target.amount_pence for source, target in pairs) else Refusal("amounts-differ")

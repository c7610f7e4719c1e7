"""Suspense that a person releases: items of it go to the accounts they were meant for, all or nothing."""

from typing import NamedTuple

from ims_allocation.domain.books import Books, Movement, Refusal, Share, balanced, less


class Item(NamedTuple):
    """What is held in suspense, and what of it is still there."""

    account_reference: str
    remaining_pence: int
    narrative: str = ""


class Released(NamedTuple):
    """The journal, and which item each target was paid from, in pence; what credit notes paid is of no item."""

    movements: list[Movement]
    taken: list[tuple[int, int]]


def release(items: list[Item], targets: list[Share], credit_notes: list[Share], books: Books) -> Released | Refusal:
    """Every item leaves suspense whole; credit notes say what the targets get beyond it, taken from an account of a fund that
    allows it. (The predecessor took only the largest of several items out, and so made money.)"""
    if fault := fault_of(items, targets, credit_notes, books):
        return Refusal(fault)
    narrative = items[0].narrative
    out = [Share(books.suspense_fund, item.account_reference, -item.remaining_pence, narrative=item.narrative) for item in items]
    movements = [books.movement(share, books.journal_out, narrative) for share in out]
    movements += [books.movement(target, target.method_of_payment or books.journal_in, narrative) for target in targets]
    movements += [books.movement(less(note), books.journal_in, narrative) for note in credit_notes]
    return Released(balanced(movements), taken_from(items, targets))


def fault_of(items: list[Item], targets: list[Share], credit_notes: list[Share], books: Books) -> str | None:
    """Why suspense cannot be released so."""
    held = sum(item.remaining_pence for item in items)
    if held <= 0:
        return "suspense-value-not-positive"
    notes = sum(note.amount_pence for note in credit_notes)
    if sum(target.amount_pence for target in targets) != held + notes:
        return "suspense-total-mismatch"
    if any(share.amount_pence <= 0 for share in (*targets, *credit_notes)):
        return "amount-not-positive"
    if any(target.fund == books.suspense_fund for target in targets):
        return "target-is-suspense"
    if any(note.fund not in books.credit_note_funds for note in credit_notes):
        return "credit-note-fund-not-enabled"
    if any(not share.vat_code for share in targets):
        return "vat-code-missing"
    return books.fault([*targets, *credit_notes])


def taken_from(items: list[Item], targets: list[Share]) -> list[tuple[int, int]]:
    """Items are used up one after the other: which (counted from nought) each target draws on, and how much."""
    left = [item.remaining_pence for item in items]
    taken = []
    for target in targets:
        wanted = target.amount_pence
        for at, pence in enumerate(left):
            share = min(wanted, pence)
            if share > 0:
                taken.append((at, share))
                left[at] -= share
                wanted -= share
    return taken

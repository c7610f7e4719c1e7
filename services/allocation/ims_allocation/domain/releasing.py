"""Suspense that a person releases: items of it go to the accounts they were meant for, all or nothing."""

from collections.abc import Iterator, Sequence
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
    return fault_of_shares(targets, credit_notes, books)


def fault_of_shares(targets: list[Share], credit_notes: list[Share], books: Books) -> str | None:
    """What is wrong with an account that gets or gives, whatever there is to share out."""
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
    """Which item (counted from nought) each target draws on, and how much; in the order of the targets."""
    drawn = draw([item.remaining_pence for item in items], [target.amount_pence for target in targets])
    return [(item, pence) for _, item, pence in drawn]


def draw(held: Sequence[int], wanted: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Items are used up one after the other: a target, the item it draws on (both counted from nought), and how much; pence."""
    left = list(held)
    for target, asked in enumerate(wanted):
        missing = asked
        for item, pence in enumerate(left):
            share = min(missing, pence)
            if share > 0:
                yield target, item, share
                left[item] -= share
                missing -= share

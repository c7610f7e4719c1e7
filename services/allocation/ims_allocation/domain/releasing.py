"""Suspense that a person releases: which item pays which account, and what is wrong with an account that gets or gives."""

from collections.abc import Iterator, Sequence

from ims_allocation.domain.books import Books, Share

SUSPENSE = "suspense"


def fault_of_shares(targets: list[Share], credit_notes: list[Share], books: Books) -> str | None:
    """What is wrong with an account that gets or gives, whatever there is to share out."""
    if any(share.amount_pence <= 0 for share in (*targets, *credit_notes)):
        return "amount-not-positive"
    if any(target.fund == SUSPENSE for target in targets):
        return "target-is-suspense"
    if any(note.fund not in books.credit_note_funds for note in credit_notes):
        return "credit-note-fund-not-enabled"
    if any(not share.vat_code for share in targets):
        return "vat-code-missing"
    return books.fault([*targets, *credit_notes])


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

"""When a person may take a match apart."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

# What these prove was made of the line itself: to undo it, the payment is taken back where it was made.
OF_THE_LINE = frozenset({"bank-line", "told-by-file"})


class Held(NamedTuple):
    """A match as it is held, and whether its line had been taken for a payment before."""

    match_id: UUID
    council: str
    why: str
    is_undoing: bool
    undone_by: UUID | None
    """The match that undid it."""
    was_from_bank: bool


def refusal(held: Sequence[Held]) -> str | None:
    """Why a match, and those that share its lines, may not be taken apart; none: they may."""
    if any(each.is_undoing for each in held):
        return "This undid a match. Nothing is left of it to undo."
    if any(each.why in OF_THE_LINE for each in held):
        return "The payment was made of the bank line itself. Take the payment back instead."
    if any(each.was_from_bank for each in held):
        return "A payment was made of the bank line, and taken back for this match: it would not come again. Correct it with a journal."
    return None

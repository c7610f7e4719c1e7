"""When a person may match bank lines with files, payouts or returns, and what a line may be."""

from collections.abc import Iterable, Sequence

from ims_reconcile.domain.board import Parted, item_order
from ims_reconcile.domain.items import Item, Line
from ims_reconcile.domain.wording import pounds


def refusal(lines: Sequence[Line], items: Sequence[Item], parted: Parted) -> str | None:
    """Why these may not be matched; none: they may."""
    booked, said = sum(line.amount_pence for line in lines), sum(item.amount_pence for item in items)
    if booked != said:
        return f"The lines come to {pounds(booked)} and these to {pounds(said)}. Write the difference off on its break, or choose others."
    if len({amount > 0 for amount in (*(line.amount_pence for line in lines), *(item.amount_pence for item in items))}) > 1:
        return "What came and what went are not matched with each other."
    if any((line.line_id, item.item_id) in parted for line in lines for item in items):
        return "An officer has taken one of these lines and one of these apart: that stands."
    return None


def nearest_first(line: Line, items: Iterable[Item]) -> list[Item]:
    """What the line may be: of its council and sign, the nearest in pence first, and then in days."""
    alike = [item for item in items if item.council == line.council and (item.amount_pence > 0) == (line.amount_pence > 0)]
    return sorted(alike, key=lambda item: (abs(item.amount_pence - line.amount_pence), abs(item.due_on - line.booked_on), item_order(item)))

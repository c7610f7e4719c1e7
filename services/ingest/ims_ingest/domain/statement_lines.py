"""Which entries of a bank statement are new: the same entry again, or in another format, is the same line."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

type Slot = tuple[date, int]
"""Booked day and amount in pence: entries that differ in either are never one."""


class Held(NamedTuple):
    """A line of the bank account that is known already."""

    booked_on: date
    amount_pence: int
    ordinal: int
    bank_reference: str | None
    is_free: bool = True
    """False: an earlier entry of the same statement is this line already."""


class Seen(NamedTuple):
    """An entry of a statement: which line it shows (the nth of its day and amount), and whether that is new."""

    ordinal: int
    is_new: bool
    bank_reference: str | None
    """The line's reference as it is now known."""


def new_lines(held: Iterable[Held], entries: Sequence[tuple[date, int, str | None]]) -> list[Seen]:
    """For each entry (booked day, pence, bank reference): the line it is. Matched as a multiset: an entry with a held line's
    reference is that line; then an entry without a reference is any line left of its day and amount, and one with a
    reference any line left that has none; what is over is new."""
    lines: dict[Slot, list[Held]] = defaultdict(list)
    for line in held:
        lines[line.booked_on, line.amount_pence].append(line)
    wanted: dict[Slot, list[int]] = defaultdict(list)
    for index, (booked_on, amount_pence, _) in enumerate(entries):
        wanted[booked_on, amount_pence].append(index)
    found: dict[int, Seen] = {}
    for slot, indices in wanted.items():
        references = {index: entries[index][2] for index in indices}
        found |= match(sorted(lines[slot], key=lambda line: line.ordinal), references)
    return [found[index] for index in range(len(entries))]


def match(lines: list[Held], references: dict[int, str | None]) -> dict[int, Seen]:
    """Match the entries of one slot; entries are named by their place in the statement."""
    left, last = [line for line in lines if line.is_free], max((line.ordinal for line in lines), default=0)
    found: dict[int, Seen] = {}
    rounds = (
        lambda reference, line: reference is not None and reference == line.bank_reference,
        lambda reference, line: reference is not None and line.bank_reference is None,
        lambda reference, line: reference is None,
    )
    for may_be in rounds:
        for index, reference in references.items():
            line = None if index in found else next((line for line in left if may_be(reference, line)), None)
            if line is not None:
                left.remove(line)
                found[index] = Seen(line.ordinal, False, line.bank_reference or reference)
    for index, reference in references.items():
        if index not in found:
            last += 1
            found[index] = Seen(last, True, reference)
    return found

"""Lines that are nearly something, and in what they differ: named for a person, never matched by the machine."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from ims_reconcile.domain.board import Board, item_order, on_its_account
from ims_reconcile.domain.days import working_days_after
from ims_reconcile.domain.items import Item, Line
from ims_reconcile.domain.naming import named_by, names_of
from ims_reconcile.domain.nearest import Nearest
from ims_reconcile.domain.sources import Source

# How many working days outside its window a line of the very pence may still be thought to be it.
ASTRAY_WITHIN = 20
EXPLANATIONS = {
    "amount-differs": "the bank's line is of another amount than what it is for",
    "fee-differs": "the bank's line differs from its settlement by no more than fees may",
    "cash-difference": "what the bank counted is not what was said to be in the bag",
    "out-of-window": "the bank's line is what it says, on a day on which it should not be",
    "wrong-account": "the money is on another of the council's accounts",
    "duplicate-line": "the bank has the same line twice",
    "payout-failed": "the bank took back what the provider had paid over",
}


class Difference(NamedTuple):
    """A line, what it nearly is, and by how much it misses that."""

    kind: str
    line: Line
    item: Item | None
    amount_pence: int

    @property
    def source(self) -> str:
        return self.item.source if self.item else "bank"


def differences(board: Board, paid: Iterable[Item] = ()) -> list[Difference]:
    """What is left on the board and nearly fits. A line has one at most, and so has an item, unless it is there twice.
    `paid` are payouts of the very pence of a debit, at the bank or told as failed: as items that would undo them."""
    found = twice(board)
    seen = {each.line.line_id for each in found}
    found += taken_back(board, left(board, seen), paid)
    seen |= {each.line.line_id for each in found}
    by_name = [each for line in left(board, seen) if (each := of_named(board, line))]
    seen |= {each.line.line_id for each in by_name}
    others = astray(board, left(board, seen))
    seen |= {each.line.line_id for each in others}
    return [*found, *by_name, *others, *by_elimination(board, left(board, seen))]


def left(board: Board, seen: set[UUID]) -> list[Line]:
    return [line for line in board.lines.values() if line.line_id not in seen and not line.is_from_bank]


def twice(board: Board) -> list[Difference]:
    """Lines that repeat one that is matched, and lines that name the same item with the same pence."""
    found = [Difference("duplicate-line", line, None, line.amount_pence) for line in left(board, set()) if line.is_repeated]
    seen = {each.line.line_id for each in found}
    same: dict[tuple[UUID, int], list[Line]] = defaultdict(list)
    for line in left(board, seen):
        if len(items := board.names(line)) == 1:
            same[items[0].item_id, line.amount_pence].append(line)
    for (item_id, pence), lines in same.items():
        item = board.items[item_id]
        if len(lines) > 1 and pence == item.amount_pence:
            found += [Difference("duplicate-line", line, item, pence) for line in lines]
    return found


def taken_back(board: Board, lines: list[Line], paid: Iterable[Item]) -> list[Difference]:
    """Debits that undo a payout: the bank names it, or it is the only one of its provider and pence, or the only one of those that
    the provider says failed. A payout is taken back once."""
    payouts: dict[tuple[str, int], list[Item]] = defaultdict(list)
    for item in sorted(paid, key=item_order):
        payouts[item.council, item.amount_pence].append(item)
    found: dict[UUID, Difference] = {}
    for line in lines:
        alike, look = payouts.get((line.council, line.amount_pence), []), board.looks[line.line_id]
        wanted = named_by(line, look, names_of(alike)) or [item for item in alike if look and item.source == look.name]
        wanted = [item for item in wanted if item.kind == "failed-payout"] or wanted
        if line.amount_pence < 0 and len(wanted) == 1 and not board.names(line):
            found.setdefault(wanted[0].item_id, Difference("payout-failed", line, wanted[0], line.amount_pence))
    return list(found.values())


def of_named(board: Board, line: Line) -> Difference | None:
    """A line that names one item, and differs from it."""
    items = [item for item in board.names(line) if (line.line_id, item.item_id) not in board.parted]
    if len(items) != 1 or (items[0].amount_pence > 0) != (line.amount_pence > 0):
        return None
    return of_pair(board, line, items[0])


def of_pair(board: Board, line: Line, item: Item) -> Difference | None:
    source = board.pack.by_name.get(item.source)
    if source is None:
        return None
    if difference := line.amount_pence - item.amount_pence:
        return Difference(kind_of(source, item, difference), line, item, difference)
    if not on_its_account(line, source):
        return Difference("wrong-account", line, item, line.amount_pence)
    if not source.expects(item.due_on, line.booked_on):
        return Difference("out-of-window", line, item, line.amount_pence)
    return None


def kind_of(source: Source, item: Item, difference_pence: int) -> str:
    """What a difference in pence is one of."""
    if source.counts == "cash":
        return "cash-difference"
    if item.kind == "settlement" and abs(difference_pence) <= source.tolerance_pence:
        return "fee-differs"
    return "amount-differs"


def astray(board: Board, lines: list[Line]) -> list[Difference]:
    """Lines that name nothing and have the very pence of one item of their source, which has no other such line."""
    edges = {
        line: [item for item in board.alike(line, ASTRAY_WITHIN) if is_near(board, line, item)]
        for line in lines
        if line.line_id not in board.named
    }
    return [each for line, item in single(edges) if (each := of_pair(board, line, item))]


def single(edges: dict[Line, list[Item]]) -> list[tuple[Line, Item]]:
    """Lines and items that have nobody but each other."""
    wanted = Counter(item.item_id for items in edges.values() for item in items)
    return [(line, items[0]) for line, items in edges.items() if len(items) == 1 and wanted[items[0].item_id] == 1]


def is_near(board: Board, line: Line, item: Item) -> bool:
    source = board.pack.by_name[item.source]
    return (line.line_id, item.item_id) not in board.parted and working_days_after(
        item.due_on, source.window[0] - ASTRAY_WITHIN
    ) <= line.booked_on <= working_days_after(item.due_on, source.window[1] + ASTRAY_WITHIN)


def by_elimination(board: Board, lines: list[Line]) -> list[Difference]:
    """Lines that name nothing, and the item of their source that is nearest in pence, where they are the nearest to it as well."""
    nearest, found = Nearest(board, lines), []
    for line in nearest.all_lines:
        item = nearest.item_of(line)
        if item and nearest.line_of(item) is line:
            found.append(of_pair(board, line, item))
    return [each for each in found if each]

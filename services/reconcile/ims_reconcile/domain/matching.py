"""Which bank line is which file, payout or return: only where no other pairing is possible."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ims_reconcile.domain.board import Board, Parted
from ims_reconcile.domain.differences import Difference, differences
from ims_reconcile.domain.items import Awaiting, FromBank, Item, Line, Pairing
from ims_reconcile.domain.naming import says_another
from ims_reconcile.domain.sources import Pack
from ims_reconcile.domain.stages import OF_A_KIND, STAGES

WHY = {
    "settlement": "settlement-net",
    "remittance": "remittance-total",
    "reversal": "reversal",
    "refund": "refund",
    "payment": "payment",
    "write-off": "written-off",
}


class Decisions(NamedTuple):
    """What became of each open line."""

    pairings: list[Pairing]
    from_bank: list[FromBank]
    awaiting: list[Awaiting]
    ambiguous: list[Line]
    """Lines that could be more than one thing, or share what they could be with another line."""
    unexplained: list[Line]
    """Debits that nobody explains."""
    differences: list[Difference]
    """Lines that are nearly something: of the same name with other pence, on the wrong day or account, or there twice."""


def match(lines: Iterable[Line], items: Iterable[Item], pack: Pack, parted: Parted = frozenset(), paid: Sequence[Item] = ()) -> Decisions:
    """Pair the open lines with what is expected at the bank; the order in which either is given does not matter.

    A line that looks like a known source's, or names something that is open, waits; a credit of nobody's is a payment that only
    the bank knows of. Lines that were such payments already are only paired, never submitted again. What a person has parted is
    not paired again.
    """
    board = Board.of(lines, items, pack, parted)
    pairings = [pairing for stage in STAGES for pairing in board.take(stage(board))]
    return sorted_out(board, pairings, differences(board, [*paid, *just_paid(pairings, paid)]))


def match_alike(lines: Iterable[Line], items: Iterable[Item], pack: Pack, parted: Parted = frozenset()) -> Decisions:
    """The same among some of what is open, by the rules that this suffices for: whatever shares a name with one of these is among
    them, and so is whatever is of the same source and pence as one that shares none. In what such lines differ from what they
    nearly are is not asked."""
    board = Board.of(lines, items, pack, parted)
    return sorted_out(board, [pairing for stage in OF_A_KIND for pairing in board.take(stage(board))], [])


def sorted_out(board: Board, pairings: list[Pairing], found: list[Difference]) -> Decisions:
    """What becomes of each line that is left on the board."""
    decided = Decisions(pairings, [], [], [], [], found)
    for line in board.lines.values():
        could_be = could_be_something(board, line)
        if could_be:
            decided.ambiguous.append(line)
        if line.is_from_bank:
            continue
        if source := source_of(board, line):
            decided.awaiting.append(Awaiting(line, source))
        elif line.amount_pence < 0:
            decided.unexplained.append(line)
        elif not could_be:
            decided.from_bank.append(FromBank(line))
    return decided


def just_paid(pairings: Iterable[Pairing], known: Sequence[Item]) -> list[Item]:
    """Payouts that are at the bank since this look, as what would undo them."""
    seen = {item.item_id for item in known}
    items = (item for pairing in pairings for item in pairing.items if item.kind == "settlement" and item.item_id not in seen)
    return [item._replace(amount_pence=-item.amount_pence) for item in items]


def could_be_something(board: Board, line: Line) -> bool:
    """Whether something of its very pence is left that the line may be, though it does not say so; none, if it says another thing."""
    look = board.looks[line.line_id]
    found = board.names(line) or (board.of_its_pence(line, look) if look else [])
    open_items = (item for item in found if item.item_id in board.items and item.amount_pence == line.amount_pence)
    return any(board.fits(line, item) and not says_another(line, item, are_numbers_names=True) for item in open_items)


def source_of(board: Board, line: Line) -> str | None:
    """Whose line it is: by its look, or by what it names."""
    look = board.looks[line.line_id]
    return look.name if look else next((item.source for item in board.names(line)), None)

"""The rules of matching, one after the other: each pairs only what has no alternative, and leaves the rest to the next."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from uuid import UUID

from ims_reconcile.domain.board import Board, item_order, line_order
from ims_reconcile.domain.days import working_days_after, working_days_between
from ims_reconcile.domain.items import Item, Line, Pairing
from ims_reconcile.domain.naming import may_mean
from ims_reconcile.domain.pairs import forced, groups
from ims_reconcile.domain.subsets import CANDIDATES_MAX, sole_subset
from ims_reconcile.domain.wording import pounds


def named(board: Board) -> list[Pairing]:
    """A line names an item, of its very pence."""
    edges = {
        line: [item for item in board.names(line) if item.amount_pence == line.amount_pence and board.fits(line, item)]
        for line in board.lines.values()
        if line.line_id in board.named
    }
    return paired(edges, "named", "the line names it")


def named_together(board: Board) -> list[Pairing]:
    """Lines and items that name each other make the same sum, all of them: a batch split or merged at the bank."""
    edges = {line: found for line in board.lines.values() if (found := board.names(line))}
    pairings = []
    for group in groups(edges):
        items = list({item.item_id: item for line in group for item in edges[line]}.values())
        are_fitting = all(board.fits(line, item) for line in group for item in edges[line])
        if are_fitting and pence(group) == pence(items) and len(group) + len(items) > 2:
            pairings.append(pairing(group, items, "named-together", "the names on them tie them together"))
    return pairings


def same_amount(board: Board) -> list[Pairing]:
    """A line looks like a source's and has the pence of one item of it, and neither has another that it could be."""
    edges = {line: [item for item in board.alike(line) if board.fits(line, item)] for line, _ in board.unnamed()}
    return paired({line: items for line, items in edges.items() if items}, "amount-in-window", "nothing else of its source is alike")


def whole_group(board: Board) -> list[Pairing]:
    """All that a source collected up to one banking day is in one line, or all its lines of a day are one item."""
    days, lines = whole_days(board), lines_by_day(board)
    wanted: list[tuple[list[Line], list[Item]]] = []
    for (council, source, _, _), group in lines.items():
        wanted += [([line], items) for line in group for items in days[council, source, line.amount_pence]]
        alike = board.by_amount.get((council, source, pence(group)), []) if len(group) > 1 else []
        wanted += [(group, [item]) for item in alike if board.is_unnamed(item)]
    fitting = [each for each in wanted if all(may_be(board, line, item) for line in each[0] for item in each[1])]
    return [pairing(*each, "whole-group", "together they are the whole of a day") for each in apart(fitting)]


def may_be(board: Board, line: Line, item: Item) -> bool:
    """Whether a line that names nothing may be part of the item, or the item of it."""
    source = board.pack.by_name[item.source]
    return board.fits(line, item) and source.names is None and may_mean(line, item, source)


def lines_by_day(board: Board) -> dict[tuple[str, str, str, date], list[Line]]:
    """Lines that name nothing, by council, source, account and day."""
    lines: dict[tuple[str, str, str, date], list[Line]] = defaultdict(list)
    for line, look in board.summed_up():
        lines[line.council, look.name, line.bank_account, line.booked_on].append(line)
    return lines


def whole_days(board: Board) -> dict[tuple[str, str, int], list[list[Item]]]:
    """By council, source and sum: two items or more that fall to the same day of the banks, as a weekend's and its Monday's do."""
    days: dict[tuple[str, str, date], list[Item]] = defaultdict(list)
    for item in board.items.values():
        if board.is_unnamed(item) and item.kind in ("settlement", "remittance"):
            days[item.council, item.source, working_days_after(item.due_on, 0)].append(item)
    sums: dict[tuple[str, str, int], list[list[Item]]] = defaultdict(list)
    for (council, source, _), items in days.items():
        if len(items) > 1:
            sums[council, source, pence(items)].append(items)
    return sums


def subset(board: Board) -> list[Pairing]:
    """Two or three of the few items that share a number with the line make its sum, in one way only."""
    wanted: list[tuple[list[Line], list[Item]]] = []
    for line, look in board.summed_up():
        if line.amount_pence > 0 and (found := chosen(line, board.sharing(line, look, CANDIDATES_MAX + 1))):
            wanted.append(([line], found))
    return [pairing(*each, "subset", "no other few of its run make the sum") for each in apart(wanted)]


type Stage = Callable[[Board], list[Pairing]]
OF_A_KIND: tuple[Stage, ...] = (named, named_together, same_amount)
"""Those that ask only what shares a name or its pence with a line."""
STAGES: tuple[Stage, ...] = (*OF_A_KIND, whole_group, subset)


def paired(edges: dict[Line, list[Item]], rule: str, why: str) -> list[Pairing]:
    """One and one, where no other pairing is possible."""
    return [Pairing((line,), (item,), rule, evidence((line,), (item,), why)) for line, item in forced(edges)]


def pairing(lines: Sequence[Line], items: Sequence[Item], rule: str, why: str) -> Pairing:
    """Several, in the order of every look."""
    ordered = tuple(sorted(lines, key=line_order)), tuple(sorted(items, key=item_order))
    return Pairing(*ordered, rule, evidence(*ordered, why))


def evidence(lines: Sequence[Line], items: Sequence[Item], why: str) -> str:
    """What was seen, for whoever checks the match: sums, days, names of files and payouts; nothing of a payer."""
    waited = working_days_between(min(item.due_on for item in items), max(line.booked_on for line in lines))
    names = ", ".join(f"{item.source} {item.reference}" for item in items[:5]) + (" …" if len(items) > 5 else "")
    return f"{len(lines)} line(s), {len(items)} of {names}; {pounds(pence(items))} on both sides; booked {waited} working days after; {why}"


def pence(things: Iterable[Line | Item]) -> int:
    return sum(each.amount_pence for each in things)


def apart(wanted: list[tuple[list[Line], list[Item]]]) -> list[tuple[list[Line], list[Item]]]:
    """Those that share no line and no item with another."""
    uses: dict[UUID, int] = defaultdict(int)
    for lines, items in wanted:
        for each in (*(line.line_id for line in lines), *(item.item_id for item in items)):
            uses[each] += 1
    return [
        (lines, items)
        for lines, items in wanted
        if all(uses[line.line_id] == 1 for line in lines) and all(uses[item.item_id] == 1 for item in items)
    ]


def chosen(line: Line, items: list[Item]) -> list[Item] | None:
    """The few items that make the line, if there is one choice only."""
    places = sole_subset(line.amount_pence, [(item.amount_pence, item.due_on) for item in items])
    return [items[place] for place in places] if places else None

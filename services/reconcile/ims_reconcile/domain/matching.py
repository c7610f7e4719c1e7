"""Which bank line is which file, payout or return: only where no other pairing is possible."""

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from ims_reconcile.domain.items import Awaiting, FromBank, Item, Line, Pairing
from ims_reconcile.domain.sources import Pack, quotes

WHY = {"settlement": "settlement-net", "remittance": "remittance-total", "reversal": "reversal", "refund": "refund"}


class Decisions(NamedTuple):
    """What became of each open line."""

    pairings: list[Pairing]
    from_bank: list[FromBank]
    awaiting: list[Awaiting]
    ambiguous: list[Line]
    """Lines that could be more than one thing, or share what they could be with another line."""
    unexplained: list[Line]
    """Debits that nobody explains."""


def match(lines: Iterable[Line], items: Iterable[Item], pack: Pack) -> Decisions:
    """Pair the open lines with what is expected at the bank; the order in which either is given does not matter.

    A line that looks like a known source's waits for its file; a credit of nobody's is a payment that only the bank
    knows of. Lines that were such payments already are only paired, never submitted again.
    """
    lines = sorted(lines, key=lambda line: line.line_id)
    edges = candidates(lines, items, pack)
    paired = {line.line_id: Pairing(line, item, WHY[item.kind]) for line, item in forced(edges)}
    decided = Decisions(list(paired.values()), [], [], [], [])
    for line in lines:
        if line.line_id in paired:
            continue
        if edges.get(line):
            decided.ambiguous.append(line)
        if line.is_from_bank:
            continue
        if source := pack.look(line):
            decided.awaiting.append(Awaiting(line, source.name))
        elif line.amount_pence < 0:
            decided.unexplained.append(line)
        elif not edges.get(line):
            decided.from_bank.append(FromBank(line))
    return decided


def candidates(lines: Iterable[Line], items: Iterable[Item], pack: Pack) -> dict[Line, list[Item]]:
    """What each line could be: the same council, the same pence, in the source's window, and either the source's look or the
    very reference. Where a line names a reference, nothing but what it names."""
    by_amount: dict[tuple[str, int], list[Item]] = defaultdict(list)
    for item in sorted(items, key=lambda item: item.item_id):
        by_amount[item.council, item.amount_pence].append(item)
    edges: dict[Line, list[Item]] = {}
    for line in lines:
        alike = by_amount.get((line.council, line.amount_pence))
        if not alike:
            continue
        look = pack.look(line)
        named = [item for item in alike if quotes(line, item)]
        wanted = named or [item for item in alike if look and look.name == item.source]
        if found := [item for item in wanted if is_in_window(line, item, pack)]:
            edges[line] = found
    return edges


def is_in_window(line: Line, item: Item, pack: Pack) -> bool:
    """Whether the line is booked when its source's lines are; a source without a window of its own is never matched."""
    source = pack.by_name.get(item.source)
    return source is not None and source.expects(item.due_on, line.booked_on)


def forced(edges: dict[Line, list[Item]]) -> list[tuple[Line, Item]]:
    """The pairings without an alternative: of each group of lines and items that hang together, all or none.

    A group counts if it has as many lines as items and there is one way only to pair them all. Such a way is found
    by taking, again and again, a line with a single item left; where none has, there are two ways or no way.
    """
    pairs: list[tuple[Line, Item]] = []
    for group in groups(edges):
        left = {line: set(edges[line]) for line in group}
        if len(left) != len(set().union(*left.values())):
            continue
        found: list[tuple[Line, Item]] = []
        while single := next((line for line, items in left.items() if len(items) == 1), None):
            (item,) = left.pop(single)
            found.append((single, item))
            for items in left.values():
                items.discard(item)
        if not left:
            pairs.extend(found)
    return pairs


def groups(edges: dict[Line, list[Item]]) -> list[list[Line]]:
    """Lines that share, one with the next, something they could be."""
    lines_of: dict[UUID, list[Line]] = defaultdict(list)
    for line, items in edges.items():
        for item in items:
            lines_of[item.item_id].append(line)
    found: list[list[Line]] = []
    seen: set[Line] = set()
    for start in edges:
        if start in seen:
            continue
        group, border = [], [start]
        seen.add(start)
        while border:
            line = border.pop()
            group.append(line)
            reached = {other for item in edges[line] for other in lines_of[item.item_id]} - seen
            seen |= reached
            border.extend(reached)
        found.append(group)
    return found

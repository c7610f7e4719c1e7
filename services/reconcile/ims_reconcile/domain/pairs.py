"""Pairings without an alternative, among lines and what each of them could be."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from uuid import UUID

from ims_reconcile.domain.items import Item, Line

type Edges = Mapping[Line, Iterable[Item]]


def forced(edges: Edges) -> list[tuple[Line, Item]]:
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


def groups(edges: Edges) -> list[list[Line]]:
    """Lines that share, one with the next, something they could be."""
    lines_of: dict[UUID, list[Line]] = defaultdict(list)
    for line, items in edges.items():
        for item in items:
            lines_of[item.item_id].append(line)
    found: list[list[Line]] = []
    seen: set[UUID] = set()
    for start in edges:
        if start.line_id in seen:
            continue
        group, border = [], [start]
        seen.add(start.line_id)
        while border:
            line = border.pop()
            group.append(line)
            for item in edges[line]:
                reached = [other for other in lines_of[item.item_id] if other.line_id not in seen]
                seen.update(other.line_id for other in reached)
                border.extend(reached)
        found.append(group)
    return found

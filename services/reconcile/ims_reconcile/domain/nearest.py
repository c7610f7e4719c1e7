"""Which open item of its source is nearest to a line in pence, and which line to an item. From the amount outwards, so that it costs
the same however much is open."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from heapq import merge
from itertools import takewhile
from uuid import UUID

from ims_reconcile.domain.board import Board, calendar_days, item_order, line_order
from ims_reconcile.domain.items import Item, Line
from ims_reconcile.domain.naming import may_mean, shape, shapes_on
from ims_reconcile.domain.sources import Source

type Order = tuple[date, int, UUID]
type Step[Thing: (Line, Item)] = tuple[int, Order, Thing]
"""How many pence away, and what."""


class Ranked[Thing: (Line, Item)]:
    """Things by their pence."""

    def __init__(self, things: Iterable[tuple[Order, Thing]]) -> None:
        self.rising: list[tuple[Order, Thing]] = sorted(things, key=lambda each: (each[1].amount_pence, each[0]))
        self.falling: list[tuple[Order, Thing]] = sorted(self.rising, key=lambda each: -each[1].amount_pence)

    def outward(self, pence: int) -> Iterator[Step[Thing]]:
        """Those of other pence, the nearest first; of those as near, the first in order."""
        up = range(bisect_right(self.rising, pence, key=lambda each: each[1].amount_pence), len(self.rising))
        down = range(bisect_right(self.falling, -pence, key=lambda each: -each[1].amount_pence), len(self.falling))
        ways = (self.rising[at] for at in up), (self.falling[at] for at in down)
        yield from merge(*(((abs(thing.amount_pence - pence), order, thing) for order, thing in way) for way in ways))


class Days[Thing: (Line, Item)]:
    """Things of one council and source: by day, then by whatever makes them alike to those they are held against, then by their pence."""

    def __init__(self, things: Iterable[tuple[date, object, Order, Thing]]) -> None:
        held: dict[date, dict[object, list[tuple[Order, Thing]]]] = defaultdict(lambda: defaultdict(list))
        for day, kind, order, thing in things:
            held[day][kind].append((order, thing))
        self.ranked: dict[date, dict[object, Ranked[Thing]]] = {
            day: {kind: Ranked(each) for kind, each in kinds.items()} for day, kinds in sorted(held.items())
        }
        self.days: list[date] = list(self.ranked)

    def between(self, first: date, last: date) -> Iterator[tuple[date, dict[object, Ranked[Thing]]]]:
        for day in self.days[bisect_left(self.days, first) : bisect_right(self.days, last)]:
            yield day, self.ranked[day]


class Nearest:
    """What is nearest to what, among lines that name nothing and items that no line names."""

    def __init__(self, board: Board, lines: Iterable[Line]) -> None:
        self.board = board
        of_source: dict[tuple[str, str], list[Line]] = defaultdict(list)
        for line in lines:
            look = board.looks[line.line_id]
            if look and look.names != "file" and line.line_id not in board.named:
                of_source[line.council, look.name].append(line)
        self.lines = {
            key: Days((line.booked_on, shapes_on(line.words), line_order(line), line) for line in held) for key, held in of_source.items()
        }
        self.items = {
            key: Days((i.due_on, shape(i.reference.upper()), item_order(i), i) for i in board.by_source.get(key, ()) if board.is_unnamed(i))
            for key in of_source
        }
        self.all_lines = [line for held in of_source.values() for line in held]

    def item_of(self, line: Line) -> Item | None:
        """The item that the line may be and is nearest to it in pence, less than a fifth apart and not the same."""
        look = self.board.looks[line.line_id]
        assert look is not None
        window = calendar_days(max(look.window[1], 0)), calendar_days(max(-look.window[0], 0))
        shapes, found = shapes_on(line.words), list[Step[Item]]()
        for due_on, kinds in self.items[line.council, look.name].between(line.booked_on - window[0], line.booked_on + window[1]):
            if look.expects(due_on, line.booked_on):
                ways = [ranked.outward(line.amount_pence) for kind, ranked in kinds.items() if look.names or kind not in shapes]
                found += [step for way in ways if (step := self.first(look, ((line, each[2], each) for each in way)))]
        return min(found)[2] if found else None

    def line_of(self, item: Item) -> Line | None:
        """The line that may be the item and is nearest to it, as above."""
        look = self.board.pack.by_name[item.source]
        window = calendar_days(max(-look.window[0], 0)), calendar_days(max(look.window[1], 0))
        kind, found = shape(item.reference.upper()), list[Step[Line]]()
        for booked_on, kinds in self.lines[item.council, look.name].between(item.due_on - window[0], item.due_on + window[1]):
            if look.expects(item.due_on, booked_on):
                ways = [ranked.outward(item.amount_pence) for shapes, ranked in kinds.items() if look.names or kind not in shapes]  # type: ignore[operator]
                found += [step for way in ways if (step := self.first(look, ((each[2], item, each) for each in way)))]
        return min(found)[2] if found else None

    def first[Thing: (Line, Item)](self, look: Source, way: Iterable[tuple[Line, Item, Step[Thing]]]) -> Step[Thing] | None:
        """The first on the way that fits, while what is met is akin. What says another thing is not on the way, but for days."""
        akin = takewhile(lambda each: is_akin(each[0], each[1]), way)
        fitting = (each for each in akin if self.board.fits(each[0], each[1]))
        return next((step for line, item, step in fitting if look.names is None or may_mean(line, item, look)), None)


def is_akin(line: Line, item: Item) -> bool:
    """Less than a fifth apart: with more between them, one has nothing to do with the other."""
    return 0 < abs(line.amount_pence - item.amount_pence) * 5 < abs(item.amount_pence)

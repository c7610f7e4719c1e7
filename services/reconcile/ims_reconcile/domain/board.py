"""All that is open at one look: lines, items, and which line could be which item."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from ims_reconcile.domain.items import Item, Line, Pairing, words_of
from ims_reconcile.domain.naming import keys_of, may_mean, named_by, names_of
from ims_reconcile.domain.sources import Pack, Source

type Parted = frozenset[tuple[UUID, UUID]]
"""Lines and items that a person has taken apart."""


@dataclass
class Board:
    """What is still on it is not matched. Everything is in one order, whatever order it came in."""

    pack: Pack
    parted: Parted = frozenset()
    lines: dict[UUID, Line] = field(default_factory=dict)
    items: dict[UUID, Item] = field(default_factory=dict)
    looks: dict[UUID, Source | None] = field(default_factory=dict)
    """Whose line each line looks like."""
    named: dict[UUID, list[Item]] = field(default_factory=dict)
    """The items that a line names; lines that name none are not in it."""
    named_items: set[UUID] = field(default_factory=set)
    by_amount: dict[tuple[str, str, int], list[Item]] = field(default_factory=dict)
    by_source: dict[tuple[str, str], list[Item]] = field(default_factory=dict)
    by_key: dict[tuple[str, str, str], list[Item]] = field(default_factory=dict)
    """By council, source and a part of the reference, in the order of their days."""

    @classmethod
    def of(cls, lines: Iterable[Line], items: Iterable[Item], pack: Pack, parted: Parted = frozenset()) -> "Board":
        board = cls(pack, parted)
        board.lines = {each.line_id: each for each in sorted(lines, key=line_order)}
        board.items = {each.item_id: each for each in sorted(items, key=item_order)}
        names, by_amount, by_source, by_key = names_of(board.items.values()), defaultdict(list), defaultdict(list), defaultdict(list)
        for item in board.items.values():
            by_amount[item.council, item.source, item.amount_pence].append(item)
            by_source[item.council, item.source].append(item)
            for key in keys_of(words_of(item.reference)):
                by_key[item.council, item.source, key].append(item)
        board.by_amount, board.by_source, board.by_key = by_amount, by_source, by_key
        for line in board.lines.values():
            look = board.looks[line.line_id] = pack.look(line)
            if named := named_by(line, look, names):
                board.named[line.line_id] = named
                board.named_items |= {item.item_id for item in named}
        return board

    def take(self, pairings: list[Pairing]) -> list[Pairing]:
        """Take what is paired off the board."""
        for pairing in pairings:
            for line in pairing.lines:
                del self.lines[line.line_id]
            for item in pairing.items:
                del self.items[item.item_id]
        return pairings

    def names(self, line: Line) -> list[Item]:
        """What the line names and is still there. Empty: it names nothing, or all that it names is matched."""
        return [item for item in self.named.get(line.line_id, ()) if item.item_id in self.items]

    def alike(self, line: Line, beyond: int = 0) -> list[Item]:
        """Items of the line's look, and of its very pence, that no line names and that this one may mean; of days not much further from
        its own than so many working days beyond the source's window."""
        look = self.looks[line.line_id]
        if look is None:
            return []
        return [item for item in self.of_its_pence(line, look, beyond) if self.is_unnamed(item) and may_mean(line, item, look)]

    def of_its_pence(self, line: Line, source: Source, beyond: int = 0) -> list[Item]:
        """Items of the source and of the line's very pence, of days near its own."""
        return days_near(line, source, self.by_amount.get((line.council, source.name, line.amount_pence), []), beyond)

    def sharing(self, line: Line, source: Source, count_max: int) -> list[Item]:
        """Items of the source that share a part of their reference with the line, that it may be part of, and that no line names; at most
        so many."""
        found: dict[UUID, Item] = {}
        for key in set(keys_of(line.words)):
            for item in days_near(line, source, self.by_key.get((line.council, source.name, key), [])):
                if len(found) < count_max and self.is_unnamed(item) and self.fits(line, item) and may_mean(line, item, source):
                    found[item.item_id] = item
        return sorted(found.values(), key=item_order)

    def is_unnamed(self, item: Item) -> bool:
        """Whether it is still there, and no line names it."""
        return item.item_id in self.items and item.item_id not in self.named_items

    def unnamed(self) -> Iterator[tuple[Line, Source]]:
        """Lines with a source's look that name nothing."""
        for line in self.lines.values():
            look = self.looks[line.line_id]
            if look and line.line_id not in self.named:
                yield line, look

    def summed_up(self) -> Iterator[tuple[Line, Source]]:
        """Those of them that may be several files or payouts, or part of one."""
        return ((line, look) for line, look in self.unnamed() if not look.is_single)

    def fits(self, line: Line, item: Item) -> bool:
        """Whether the line may be the item, or part of it, whatever its pence: same sign, right account, in the window, and no
        person has taken the two apart."""
        source = self.pack.by_name.get(item.source)
        return (
            source is not None
            and (line.amount_pence > 0) == (item.amount_pence > 0)
            and on_its_account(line, source)
            and source.expects(item.due_on, line.booked_on)
            and (line.line_id, item.item_id) not in self.parted
        )


def on_its_account(line: Line, source: Source) -> bool:
    """Whether the line is on the account that its source pays into; a source without one pays into any."""
    return source.bank_account in (None, line.bank_account)


def line_order(line: Line) -> tuple[date, int, UUID]:
    """The day, the larger amount first, and then anything that is always the same."""
    return line.booked_on, -line.amount_pence, line.line_id


def item_order(item: Item) -> tuple[date, int, UUID]:
    return item.due_on, -item.amount_pence, item.item_id


def days_near(line: Line, source: Source, items: list[Item], beyond: int = 0) -> list[Item]:
    """Those of the items, which are in the order of their days, that may be in the line's window, without a look at the others."""
    first = line.booked_on - calendar_days(max(source.window[1] + beyond, 0))
    last = line.booked_on + calendar_days(max(beyond - source.window[0], 0))
    return items[bisect_left(items, first, key=due_day) : bisect_right(items, last, key=due_day)]


def due_day(item: Item) -> date:
    return item.due_on


def calendar_days(working_days: int) -> timedelta:
    """More days than so many working days can take, Christmas and Easter included."""
    return timedelta(days=working_days * 7 // 5 + 12)

"""What new lines and files can touch: what shares a name with one of them, and what is of its source and pence."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from ims_reconcile.domain.board import Board
from ims_reconcile.domain.items import Item, Line, words_of
from ims_reconcile.domain.naming import named_by, names_of
from ims_reconcile.domain.sources import Pack

type Kind = tuple[str, str, int]
"""Council, source and pence."""
type Words = set[tuple[str, str]]
"""By council, in capitals."""


@dataclass
class Touched:
    """What is new, and all that it touches as far as that was found. What touches nothing that is here is not taken in."""

    pack: Pack
    lines: dict[UUID, Line] = field(default_factory=dict)
    items: dict[UUID, Item] = field(default_factory=dict)
    new: list[Item] = field(default_factory=list)
    kinds: set[Kind] = field(default_factory=set)
    """Those of which all that is open is here."""

    def begin(self, lines: Iterable[Line], items: Iterable[Item]) -> None:
        """Take in what is new."""
        self.lines = {line.line_id: line for line in lines}
        self.items = {item.item_id: item for item in items}
        self.new = list(self.items.values())

    def missing_kinds(self) -> set[Kind]:
        """Of which all that is open should be here and is not: those of lines, and of new items, that share no name with anything."""
        board = Board.of(self.lines.values(), self.items.values(), self.pack)
        of_lines = {(line.council, look.name, line.amount_pence) for line, look in board.unnamed()}
        return (of_lines | {kind_of(item) for item in self.new if board.is_unnamed(item)}) - self.kinds

    def of_kinds(self, kinds: set[Kind]) -> tuple[list[Line], list[Item]]:
        """What is here of these. From now on all of them is taken in."""
        self.kinds |= kinds
        return [line for line in self.lines.values() if self.is_of(line, kinds)], [i for i in self.items.values() if kind_of(i) in kinds]

    def is_of(self, line: Line, kinds: set[Kind]) -> bool:
        look = self.pack.look(line)
        return look is not None and (line.council, look.name, line.amount_pence) in kinds

    def take_lines(self, found: Iterable[Line]) -> list[Line]:
        """Take in what of these names something that is here, or is of a kind that is; returns what was not here before."""
        names = names_of(self.items.values())
        fresh = {line.line_id: line for line in found if line.line_id not in self.lines}
        taken = [line for line in fresh.values() if self.is_of(line, self.kinds) or named_by(line, self.pack.look(line), names)]
        self.lines |= {line.line_id: line for line in taken}
        return taken

    def take_items(self, found: Iterable[Item]) -> list[Item]:
        """The same of items, that a line here names or that are of a kind."""
        fresh = {item.item_id: item for item in found if item.item_id not in self.items}
        names = names_of(fresh.values())
        named = {item.item_id for line in self.lines.values() for item in named_by(line, self.pack.look(line), names)} if fresh else set()
        taken = [item for item in fresh.values() if item.item_id in named or kind_of(item) in self.kinds]
        self.items |= {item.item_id: item for item in taken}
        return taken


def kind_of(item: Item) -> Kind:
    return item.council, item.source, item.amount_pence


def words_on(lines: Iterable[Line]) -> Words:
    """All that may be the last word of something these lines name."""
    return {(line.council, word) for line in lines for word in line.words}


def last_words(items: Iterable[Item]) -> Words:
    """A word of each that is on every line that names it."""
    return {(item.council, words[-1]) for item in items if (words := words_of(item.reference))}

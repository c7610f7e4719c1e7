"""What new lines and files can touch: what shares a name with one of them, and what is of its source and pence."""

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from ims_reconcile.domain.items import Item, Line, words_of
from ims_reconcile.domain.naming import Names, named_by, names_of
from ims_reconcile.domain.sources import Pack

type Kind = tuple[str, str, int]
"""Council, source and pence."""
type Words = set[tuple[str, str]]
"""By council, in capitals."""


class Touched:
    """What is new, and all that it touches as far as that was found. What touches nothing that is here is not taken in."""

    def __init__(self, pack: Pack, lines: Iterable[Line], items: Iterable[Item]) -> None:
        self.pack = pack
        self.lines: dict[UUID, Line] = {}
        self.items: dict[UUID, Item] = {}
        self.named: set[UUID] = set()
        """Lines and items here that share a name with one another."""
        self.kinds: set[Kind] = set()
        """Those of which all that is open is here."""
        self.names: Names = defaultdict(list)
        self.saying: dict[tuple[str, str], list[Line]] = defaultdict(list)
        self.new = list(items)
        self.put(lines, self.new)

    def put(self, lines: Iterable[Line], items: Iterable[Item]) -> None:
        """Put in whatever it is."""
        for item in items:
            self.items[item.item_id] = item
            self.tie(self.naming(item), [item])
            for key, named in names_of([item]).items():
                self.names[key] += named
        for line in lines:
            self.lines[line.line_id] = line
            self.tie([line], named_by(line, self.pack.look(line), self.names))
            for word in set(line.words):
                self.saying[line.council, word].append(line)

    def tie(self, lines: list[Line], items: list[Item]) -> None:
        if lines and items:
            self.named |= {line.line_id for line in lines} | {item.item_id for item in items}

    def naming(self, item: Item) -> list[Line]:
        """The lines here that name an item."""
        names = names_of([item])
        said = [line for key in names for line in self.saying.get(key, ())]
        return [line for line in said if named_by(line, self.pack.look(line), names)]

    def missing_kinds(self) -> set[Kind]:
        """Of which all that is open should be here and is not: those of lines, and of new items, that share no name with anything."""
        of_lines = {kind for line in self.lines.values() if line.line_id not in self.named and (kind := self.kind_of_line(line))}
        return (of_lines | {kind_of(item) for item in self.new if item.item_id not in self.named}) - self.kinds

    def of_kinds(self, kinds: set[Kind]) -> tuple[list[Line], list[Item]]:
        """What is here of these. From now on all of them is taken in."""
        self.kinds |= kinds
        lines = [line for line in self.lines.values() if self.kind_of_line(line) in kinds]
        return lines, [item for item in self.items.values() if kind_of(item) in kinds]

    def kind_of_line(self, line: Line) -> Kind | None:
        """None: it looks like no source's."""
        look = self.pack.look(line)
        return (line.council, look.name, line.amount_pence) if look else None

    def take(self, lines: Iterable[Line], items: Iterable[Item]) -> tuple[list[Line], list[Item]]:
        """Take in what of these shares a name with something that is here, or is of a kind that is; returns what was not here before."""
        fresh_lines = {line.line_id: line for line in lines if line.line_id not in self.lines}.values()
        fresh_items = {item.item_id: item for item in items if item.item_id not in self.items}.values()
        taken_lines = [
            line for line in fresh_lines if self.kind_of_line(line) in self.kinds or named_by(line, self.pack.look(line), self.names)
        ]
        taken_items = [item for item in fresh_items if kind_of(item) in self.kinds or self.naming(item)]
        self.put(taken_lines, taken_items)
        return taken_lines, taken_items


def kind_of(item: Item) -> Kind:
    return item.council, item.source, item.amount_pence


def words_on(lines: Iterable[Line]) -> Words:
    """All that may be the last word of something these lines name."""
    return {(line.council, word) for line in lines for word in line.words}


def last_words(items: Iterable[Item]) -> Words:
    """A word of each that is on every line that names it."""
    return {(item.council, words[-1]) for item in items if (words := words_of(item.reference))}

"""Gathers what is new and all that it touches, without a look at what else is open."""

from datetime import datetime
from typing import Any

from ims_reconcile.domain import Item, Line, Pack, items_of
from ims_reconcile.domain.touching import Kind, Touched, last_words, words_on
from ims_reconcile.store import open_items, touching


async def touched(connection: Any, pack: Pack, fresh_since: datetime) -> Touched:
    """From what is new on to what it touches, and what that touches, until nothing more is found."""
    return await Gathering(connection, pack, fresh_since).gather()


class Gathering:
    """What was found so far, and where more is."""

    def __init__(self, connection: Any, pack: Pack, fresh_since: datetime) -> None:
        self.connection, self.pack, self.fresh_since = connection, pack, fresh_since

    async def gather(self) -> Touched:
        lines = await touching.new_lines(self.connection, self.fresh_since)
        items = items_of(*await touching.new_files(self.connection, self.fresh_since), self.pack)
        self.found = Touched(self.pack, lines, items)
        await self.by_name(lines, items)
        while kinds := self.found.missing_kinds():
            await self.by_name(*await self.by_kind(kinds))
        return self.found

    async def by_name(self, lines: list[Line], items: list[Item]) -> None:
        """What these name and are named by, and so on."""
        while lines or items:
            more = await touching.lines_like(self.connection, self.fresh_since, last_words(items), set())
            files = await touching.files_like(self.connection, self.fresh_since, words_on(lines), set())
            lines, items = await self.take(more, items_of(*files, self.pack), (lines, items))

    async def by_kind(self, kinds: set[Kind]) -> tuple[list[Line], list[Item]]:
        """All that is open of these kinds and was not found yet."""
        pence, here = {(council, pence) for council, _, pence in kinds}, self.found.of_kinds(kinds)
        more = await touching.lines_like(self.connection, self.fresh_since, set(), pence)
        files = await touching.files_like(self.connection, self.fresh_since, set(), pence)
        return await self.take(more, items_of(*files, self.pack), here)

    async def take(self, lines: list[Line], items: list[Item], of: tuple[list[Line], list[Item]]) -> tuple[list[Line], list[Item]]:
        """Take in what was found of others, and what came singly or was a payment already, of their pence; returns what is new of it."""
        lines += await open_items.lines_from_bank(self.connection, self.fresh_since, of[1])
        items += await open_items.open_singles(self.connection, of[0], self.pack)
        return self.found.take(lines, items)

"""The versions of every council's pack, as they are approved: each process follows them, and decides by the one in force that day."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

import structlog

from ims_allocation.domain import Pack
from ims_allocation.domain.editions.edition import Edition, of_content
from ims_allocation.domain.editions.reading import PackFault
from ims_allocation.settings import Packs
from ims_allocation.store import packs
from ims_allocation.store.packs import Due
from ims_kit import Service, Stop, Work
from ims_kit.work import LONDON

LOOK_SECONDS = 1.0
log = structlog.get_logger()

type ByPacks = Callable[..., Awaitable[None]]


class Shelf(Mapping[str, Pack]):
    """The packs in force today, council by council; `on` says those of another day."""

    def __init__(self, first: Collection[Edition]) -> None:
        self.first = {edition.council: edition for edition in first}
        self.due: list[Due] = []
        self.editions: dict[tuple[str, str], Edition] = {(each.council, each.version): each for each in first}
        self.is_read = False

    def by(self, handler: ByPacks) -> Callable[[list[Any], Work], Awaitable[None]]:
        """A handler that decides by the packs of the day on which its transaction posts."""

        async def hear(heard: list[Any], work: Work) -> None:
            # A process that has just begun must not decide by the operator's first version where finance has approved others.
            if not self.is_read:
                await self.begin(work)
            await handler(heard, work, packs=self.on(work.today))

        return hear

    async def begin(self, work: Work) -> None:
        """The first look. Raises Stop for an approved version that this release cannot read: no payment is to blame, and none may be
        decided by another."""
        try:
            await self.read(work)
        except PackFault as fault:
            raise Stop(f"an approved version of a pack cannot be read by this release: {fault.faults[0]}") from None

    def on(self, day: date) -> Packs:
        """The pack of each council on a posting day."""
        return Packs([edition.on(day) for edition in self.in_force(day).values()])

    def in_force(self, day: date) -> dict[str, Edition]:
        """The version of each council in force on a day: the last that came into force."""
        return self.first | {each.council: self.editions[each[:2]] for each in self.due if each.effective_on <= day}

    async def read(self, work: Work) -> None:
        """Learn what has been approved; at the first time, keep the operator's pack of a council that has none."""
        if not self.is_read:
            await packs.keep_first(self.first.values(), work)
        due = needed(await packs.due(work.connection), work.today)
        missing = [each[:2] for each in due if not self.is_read or each[:2] not in self.editions]
        found = await packs.contents(missing, work.connection)
        fresh = {key: of_content(content) for key, content in found.items()}
        self.editions |= fresh
        if self.is_read and fresh:
            log.info("packs approved", versions=[version for _, version in fresh])
        self.due, self.is_read = due, True

    async def follow(self, service: Service) -> None:
        """Look again and again. A version that this release cannot read is an error for someone to see; until then the ones that were in
        force are, and every placement names its version."""
        while True:
            async with service.begin() as work:
                await self.read(work)
            await asyncio.sleep(LOOK_SECONDS)

    def today(self) -> Packs:
        return self.on(today())

    def __getitem__(self, council: str) -> Pack:
        return self.today()[council]

    def __iter__(self) -> Iterator[str]:
        return iter(self.today())

    def __len__(self) -> int:
        return len(self.today())


def needed(due: list[Due], today: date) -> list[Due]:
    """Those in force today or later: what was in force before is history."""
    last = {each.council: at for at, each in enumerate(due) if each.effective_on <= today}
    return [each for at, each in enumerate(due) if at >= last.get(each.council, 0)]


def today() -> date:
    """The day it is in Europe/London, for whoever asks outside a transaction."""
    return datetime.now(UTC).astimezone(LONDON).date()

"""Payments whose account has not come for too long are given to a person; if it comes after all, they are still placed by themselves."""

import asyncio
from collections.abc import Mapping

from ims_allocation.domain import Pack
from ims_allocation.domain.days import aged
from ims_allocation.handlers.news import News, bring_up_to_date, lock
from ims_allocation.handlers.shelf import Shelf
from ims_allocation.store import suspense
from ims_kit import Service

LOOK_SECONDS = 60.0
AT_ONCE_MAX = 500


async def watch_waits(service: Service) -> None:
    """Look for them again and again; several processes may. Not before it is known which packs are in force."""
    shelf: Shelf = service.api.state.packs
    while True:
        if shelf.is_read:
            await end_waits(service, shelf)
        await asyncio.sleep(LOOK_SECONDS if shelf.is_read else 1.0)


async def end_waits(service: Service, packs: Mapping[str, Pack]) -> None:
    """End the wait of each payment that has waited longer than its council lets it, some at once."""
    for council, pack in tuple(packs.items()):
        async with service.begin() as work:
            until = aged(max(1, pack.waits.account_days), work.today)
            if waited := await suspense.waited(work.connection, council, until, AT_ONCE_MAX):
                reached = await lock([], waited, work)
                await bring_up_to_date(News(waited=waited), reached, packs, work)

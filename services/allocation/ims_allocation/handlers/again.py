"""Payments that are to be weighed anew, some at once: what is in suspense of a payer that was confirmed, be it thousands."""

import asyncio
from collections.abc import Mapping

from ims_allocation.domain import Pack
from ims_allocation.handlers.news import News, bring_up_to_date, lock
from ims_allocation.handlers.shelf import Shelf
from ims_allocation.store import payers
from ims_kit import Service, Work

LOOK_SECONDS = 5.0
AT_ONCE_MAX = 200


async def watch_again(service: Service) -> None:
    """Weigh what there is to be weighed anew, step by step; several processes may. Not before it is known which packs are in force."""
    shelf: Shelf = service.api.state.packs
    while True:
        is_more = False
        if shelf.is_read:
            async with service.begin() as work:
                is_more = await weigh_some(shelf, work)
        await asyncio.sleep(0 if is_more else LOOK_SECONDS)


async def weigh_some(packs: Mapping[str, Pack], work: Work) -> bool:
    """Weigh some of it, and say whether there may be more. It is off the list when this commits, and not before."""
    taken = await payers.take_again(AT_ONCE_MAX, work)
    if taken:
        reached = await lock([], taken, work)
        await bring_up_to_date(News(again=taken), reached, packs, work)
    return len(taken) == AT_ONCE_MAX

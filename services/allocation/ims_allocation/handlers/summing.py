"""Adds up what each statement came to, so that it stays quick to say what all came to."""

import asyncio

from ims_allocation.store import sums
from ims_kit import Service

LOOK_SECONDS = 60.0


async def keep_sums(service: Service) -> None:
    """Again and again; several processes may."""
    while True:
        async with service.begin() as work:
            await sums.add_up(work.connection)
        await asyncio.sleep(LOOK_SECONDS)

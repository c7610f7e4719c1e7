"""A full file of accounts: what it leaves out is closed, unless that is so much that a person must look."""

import asyncio
from collections.abc import Iterator

from ims_ingest.domain.planning import CHUNK, Chunk
from ims_ingest.domain.rows import FileHead
from ims_ingest.settings import Settings
from ims_ingest.store import full_accounts
from ims_kit import Service


async def too_many_missing(service: Service, head: FileHead, chunks: Iterator[Chunk]) -> list[str]:
    """Why a full file is held for a person: it leaves out more than the set share of the accounts that its source told of."""
    settings: Settings = service.settings
    while chunk := await asyncio.to_thread(next, chunks, None):
        async with service.begin() as work:
            await full_accounts.list_accounts(head, chunk.accounts, work)
    async with service.pool.acquire() as connection:
        missing, held = await full_accounts.missing(head, connection)
    if missing * 100 <= held * settings.accounts_drop_max:
        return []
    return [f"the full file leaves out {missing} of {held} accounts, more than {settings.accounts_drop_max} per cent"]


async def close_missing(service: Service, head: FileHead) -> int:
    """Close what a full file leaves out, a transaction a chunk; returns how many. After a crash it goes on: what is closed is not
    left out any more."""
    while True:
        async with service.begin() as work:
            count, in_all = await full_accounts.close_next(head, CHUNK, work)
            if count < CHUNK:
                await full_accounts.forget(head, work)
                return in_all

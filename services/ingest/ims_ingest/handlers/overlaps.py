"""Files that overlap others: how much of one came before, and what it adds where a person accepts it."""

import asyncio
from collections.abc import Iterator
from itertools import islice
from uuid import UUID

from ims_ingest.domain.observations import contradiction
from ims_ingest.domain.planning import CHUNK, Chunk
from ims_ingest.domain.proving import Proof
from ims_ingest.domain.rows import FileHead
from ims_ingest.store import files, payments
from ims_kit import Service


async def came_before(service: Service, head: FileHead, ids: Iterator[UUID]) -> int:
    """How many of the file's payments came otherwise."""
    came = 0
    while some := await asyncio.to_thread(list, islice(ids, CHUNK)):
        came += len(await files.overlapping(head, some, service.pool))
    return came


async def said_otherwise(service: Service, chunks: Iterator[Chunk]) -> int:
    """How many of a file's payments are known with another reference: what is corrected is for a person to see."""
    found = 0
    while chunk := await asyncio.to_thread(next, chunks, None):
        held = await payments.held(chunk.payments, service.pool)
        found += sum(each.payment_id in held and contradiction(held[each.payment_id], each) is not None for each in chunk.payments)
    return found


async def leave_out_known(service: Service, proof: Proof, chunks: Iterator[Chunk]) -> None:
    """Let the file's totals be those of what it adds."""
    while chunk := await asyncio.to_thread(next, chunks, None):
        new = await only_new(service, proof.head, chunk)
        told = [{id(each) for each in part} for part in (new.payments, new.reversals)]
        proof.leave_out(
            [each for each in chunk.payments if id(each) not in told[0]], [each for each in chunk.reversals if id(each) not in told[1]]
        )


async def only_new(service: Service, head: FileHead, chunk: Chunk) -> Chunk:
    """The chunk without what came otherwise: told again it would be another telling of it."""
    async with service.pool.acquire() as connection:
        known = await files.overlapping(head, [each.payment_id for each in chunk.payments], connection)
        reversals = await files.overlapping_reversals(head, [each.reversal_id for each in chunk.reversals], connection)
    return chunk._replace(
        payments=[each for each in chunk.payments if each.payment_id not in known],
        reversals=[each for each in chunk.reversals if each.reversal_id not in reversals],
    )

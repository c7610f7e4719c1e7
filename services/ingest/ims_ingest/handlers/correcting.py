"""Files that come after an import was taken back, such as the right one after a wrong one."""

import asyncio
from collections.abc import Iterator, Sequence
from itertools import islice
from uuid import UUID

from ims_ingest.domain.corrections import Times, part_again, payment_again
from ims_ingest.domain.planning import CHUNK
from ims_ingest.domain.proving import Proof
from ims_ingest.domain.rows import FileHead
from ims_ingest.store import corrections
from ims_kit import Service


async def is_correcting(service: Service, head: FileHead) -> bool:
    """Whether imports of the file's source were taken back. One that is being taken back is waited for: its end decides."""
    while True:
        async with service.begin() as work:
            found = await corrections.taken_back(head, work)
        if found is not None:
            return found
        await asyncio.sleep(0.2)


async def name_parts(service: Service, proof: Proof) -> None:
    """Give remittances that were taken back, and are told otherwise now, a name of their own. What says the same stays known."""
    asked = {part.part_id: part for part in proof.parts() if part.kind == "remittance"}
    nth = 1
    while asked:
        async with service.begin() as work:
            held = await corrections.parts([part_again(part_id, nth) for part_id in asked], work)
        asked = {id_: part for id_, part in asked.items() if held.get(part_again(id_, nth), part.digest) != part.digest}
        nth += 1
        proof.told_again |= {part_id: part_again(part_id, nth) for part_id in asked}


async def count_tellings(service: Service, payments: Iterator[UUID]) -> Times:
    """Which telling this is, of those of the file's payments that went back whole with an import."""
    times: dict[UUID, int] = {}
    while some := await asyncio.to_thread(list, islice(payments, CHUNK)):
        await count_of(service, some, times)
    return times


async def count_of(service: Service, asked: Sequence[UUID], times: dict[UUID, int]) -> None:
    nth = 1
    while asked:
        async with service.begin() as work:
            back = await corrections.payments([payment_again(payment_id, nth) for payment_id in asked], work)
        asked = [payment_id for payment_id in asked if payment_again(payment_id, nth) in back]
        nth += 1
        times |= dict.fromkeys(asked, nth)

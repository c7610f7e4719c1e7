"""Take files in: read once to prove, then told chunk by chunk; after a crash it goes on where it was."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID

import structlog

from ims_contracts.remittances import Fault
from ims_ingest.domain.corrections import Times, named_now
from ims_ingest.domain.planning import Chunk, Plan, payment_ids
from ims_ingest.domain.proving import Proof
from ims_ingest.domain.refusing import OF_NAME, decided, refusal
from ims_ingest.domain.rows import FileHead, day_in_london
from ims_ingest.domain.submissions import LONDON
from ims_ingest.formats import Format, Formats, detect, packed
from ims_ingest.handlers.correcting import count_tellings, is_correcting, name_parts
from ims_ingest.handlers.full_accounts import close_missing, too_many_missing
from ims_ingest.handlers.overlaps import came_before, leave_out_known, only_new, said_otherwise
from ims_ingest.settings import Settings
from ims_ingest.store import decisions, files
from ims_ingest.store.accounts import change
from ims_ingest.store.advices import keep_advices
from ims_ingest.store.charges import find_charged
from ims_ingest.store.lines import show
from ims_ingest.store.payments import contradict_file, record, record_if_unknown, reverse
from ims_kit import Service, Work

log = structlog.get_logger()

LOOK_SECONDS = 5.0


class Read(NamedTuple):
    """A file after its first reading."""

    head: FileHead
    format: Format | None
    proof: Proof
    accepted_at: datetime | None = None
    """When a person accepted it, though other files told some of it."""
    times: Times | None = None
    """Which telling it is, of payments that went back with an import."""


async def finish_files(service: Service) -> None:
    """Go on with every file that a crash left unfinished; look for more now and then. One that breaks off keeps no other waiting; the
    kit begins again, and health says why."""
    while True:
        failed: list[Exception] = []
        for file_id in await files.unfinished(service.pool):
            ended = await asyncio.gather(take_in(service, file_id), return_exceptions=True)
            failed += [each for each in ended if isinstance(each, Exception)]
        if failed:
            raise failed[0]
        await asyncio.sleep(LOOK_SECONDS)


async def take_in(service: Service, file_id: UUID) -> files.Known:
    """Take a file in to its end, or wait until whoever does so already has; returns what became of it."""
    while True:
        async with files.alone(service.pool, file_id) as is_alone:
            known = await files.find(service.pool, file_id)
            assert known is not None, "a file is kept before it is taken in"
            if known.state in files.FINISHED:
                return known
            if is_alone:
                await read_in(service, known)
                continue
        await asyncio.sleep(0.2)


async def read_in(service: Service, known: files.Known) -> None:
    """Prove the file, claim what is in it, and tell it."""
    settings: Settings = service.settings
    async with service.pool.acquire() as connection:
        stream = await files.content(connection, known.head.file_id)
    with stream:
        read = await asyncio.to_thread(prove, stream, known.head, settings, service.api.state.formats)
        if read.format is None or read.proof.fault_count:
            async with service.begin() as work:
                await refuse(read, work)
            return
        if await is_early(service, read, known):
            return
        if read.proof.remittance.count and await is_correcting(service, read.head):
            await name_parts(service, read.proof)
            read = read._replace(times=await count_tellings(service, ids_of(read, stream)))
        if known.state == "kept" and (await is_overlap(service, read, stream) or await is_drop(service, read, stream)):
            return
        read = read._replace(accepted_at=await decisions.accepted_at(read.head.file_id, service.pool))
        if read.accepted_at:
            await leave_out_known(service, read.proof, chunks_of(read, stream, set()))
        told_before = await claim(service, read)
        if told_before is not None:
            await tell_chunks(service, read, stream, (told_before, known))


def prove(stream: BinaryIO, head: FileHead, settings: Settings, formats: Formats) -> Read:
    """Read the file from end to end, and find every fault."""
    rows_max, is_packed = settings.file_rows_max, packed.is_packed(stream)
    found = (packed.fault_of(stream, settings.file_bytes_max) if is_packed else None) or detect(stream, formats=formats)
    if not isinstance(found, Format):
        proof = Proof(head, rows_max)
        proof.add_fault(found)
        return Read(head, None, proof)
    head = head._replace(format=found.name, source=head.source or found.source, comes_ahead=found.comes_ahead)
    proof = Proof(head, rows_max)
    for each in found.read(stream):
        proof.take(each)
        if proof.is_over:
            break
    return Read(head, found, proof)


def unread(head: FileHead, why: Fault) -> Read:
    """A file of which nothing may be read."""
    proof = Proof(head, rows_max=0)
    proof.add_fault(why)
    return Read(head, None, proof)


async def refuse(read: Read, work: Work) -> None:
    """Nothing of a file is counted that has a fault. All faults are kept, the first hundred told."""
    head, proof = read.head, read.proof
    faults = [each.model_dump() for each in proof.faults]
    await files.move(head, "refused", work, {"fault_count": proof.fault_count, "faults": faults})
    work.tell(refusal(proof, proof.faults, proof.fault_count))
    log.warning("file refused", file_id=str(head.file_id), format=head.format, faults=proof.fault_count)


async def is_early(service: Service, read: Read, known: files.Known) -> bool:
    """Whether the file's money moves on a day to come. It then waits for that day: what has not moved is not told."""
    moves_on = read.proof.whole and read.proof.whole.business_on
    if not read.head.comes_ahead or moves_on is None or "waits_until" in known.summary:
        return False
    async with service.begin() as work:
        if moves_on <= work.now.astimezone(LONDON).date():
            return False
        await files.wait(read.head, moves_on, work, summary(read.proof) | {"waits_until": moves_on.isoformat()})
    return True


async def is_overlap(service: Service, read: Read, stream: BinaryIO) -> bool:
    """Whether payments of the file came in other files already: a day sent again under another name, or in a longer file. All
    of them: the file is known. Some, or with another reference than before: it is for a person. In no case is anything of it told."""
    if not (total := read.proof.remittance.added_count) or await is_known_by_name(service, read):
        return False
    came = await came_before(service, read.head, named_now(ids_of(read, stream), read.times))
    if came == total and (corrected := await said_otherwise(service, chunks_of(read, stream, set()))):
        await contradict(service, read, [f"{corrected} of its {total} payments came before, with another reference"], "overlap")
    elif came == total:
        async with service.begin() as work:
            await files.move(read.head, "known", work, summary(read.proof))
    elif came:
        await contradict(service, read, [f"{came} of its {total} payments came before, in other files"], "overlap")
    return came > 0


async def is_drop(service: Service, read: Read, stream: BinaryIO) -> bool:
    """Whether a full file of accounts leaves out so many that it is for a person."""
    reasons = await too_many_missing(service, read.head, chunks_of(read, stream, set())) if read.head.is_full else []
    if reasons:
        await contradict(service, read, reasons, "drop")
    return bool(reasons)


async def is_known_by_name(service: Service, read: Read) -> bool:
    """Whether a file with this one's name came; the claim then says whether it is the same."""
    async with service.pool.acquire() as connection:
        return await files.is_claimed(read.head, read.proof.parts(), connection)


async def contradict(service: Service, read: Read, reasons: list[str], held_for: str) -> None:
    """The file is for a person; its bytes are kept, nothing of it is counted. What it is held for says whether it can be accepted. Of one
    of money that is told, as nobody may be there who reads the answer."""
    async with service.begin() as work:
        await contradict_file(read.head, reasons, work)
        await files.move(read.head, "conflict", work, summary(read.proof) | {"contradicted": reasons, "held_for": held_for})
        if held_for != "drop":
            why = Fault(position=OF_NAME, what="; ".join(reasons)[:500], what_to_do="look at both, then accept or reject this one")
            work.tell(refusal(read.proof, [why], 1))


async def claim(service: Service, read: Read) -> set[UUID] | None:
    """Take what is in the file for it: all, or none where another file told some of it otherwise. Returns the parts that came
    before with the same content; none: there is nothing to tell."""
    parts = read.proof.parts()
    async with service.begin() as work:
        known, contradicted = await files.claim(read.head, parts, work)
        is_all_known = bool(parts) and len(known) == len({part.part_id for part in parts})
        if not contradicted:
            await files.move(read.head, "known" if is_all_known else "reading", work, summary(read.proof))
            if read.accepted_at and not read.head.is_full:
                work.tell(decided(read.head, "accepted", day_in_london(read.accepted_at)))
    if contradicted:
        reasons = [f"{part.kind} {part.reference} came before, with other content" for part in contradicted]
        await contradict(service, read, reasons, "content")
    return None if contradicted or is_all_known else known


def ids_of(read: Read, stream: BinaryIO) -> Iterator[UUID]:
    """The payments that the file's rows become, by their first names."""
    assert read.format is not None
    stream.seek(0)
    return payment_ids(read.format.read(stream), read.head)


def chunks_of(read: Read, stream: BinaryIO, told_before: set[UUID]) -> Iterator[Chunk]:
    """The file read once more, from its start."""
    assert read.format is not None
    stream.seek(0)
    return Plan(read.proof, told_before, read.times).chunks(read.format.read(stream))


async def tell_chunks(service: Service, read: Read, stream: BinaryIO, done: tuple[set[UUID], files.Known]) -> None:
    """A transaction a chunk; those that were told before a crash are passed over. While the database works the next is read, in a
    thread: reading must not keep webhooks waiting."""
    told_before, known = done
    head, states, number, is_received = read.head, Counter(known.summary.get("states", {})), 0, False
    chunks = chunks_of(read, stream, told_before)
    chunk: Chunk | None = await asyncio.to_thread(next, chunks)
    while chunk:
        following = asyncio.ensure_future(asyncio.to_thread(next, chunks, None))
        try:
            if number >= known.chunks_told:
                chunk = await only_new(service, head, chunk) if read.accepted_at else chunk
                async with service.begin() as work:
                    states += await take_chunk(chunk, head, work)
                    await files.advance(head, number, work)
                    is_received = await following is None and not head.is_full
                    await files.move(head, "received" if is_received else "reading", work, summary(read.proof) | {"states": dict(states)})
        finally:
            chunk = await following  # whatever happens, nobody reads on from a file that is closed
        number += 1
    if not is_received:
        closed = {"closed": await close_missing(service, head)} if head.is_full else {}
        async with service.begin() as work:
            await files.move(head, "received", work, summary(read.proof) | {"states": dict(states)} | closed)


async def take_chunk(chunk: Chunk, head: FileHead, work: Work) -> Counter[str]:
    """Everything of one chunk; says how many payments were new, known or contradicted."""
    states = Counter(outcome.state for outcome in await record(chunk.payments, work))
    await record_if_unknown(chunk.known_from_settlement, work)
    await reverse(await find_charged(chunk.reversals, work), work)
    counted = [each for each in chunk.accounts if each.revision != head.revision]
    await change(counted, work, "revisions", source=head.source)
    await change([each for each in chunk.accounts if each.revision == head.revision], work, "times", source=head.source)
    await keep_advices(chunk.advices, head, work)
    if chunk.entries:
        await show(chunk.entries, head.council, work)
    for fact in chunk.facts:
        work.tell(fact)
    return states


def summary(proof: Proof) -> dict[str, Any]:
    """What a file holds, for whoever handed it in."""
    rows, statements, settlements = proof.remittance, proof.statements, proof.settlements.values()
    found: dict[str, Any] = {
        "rows": proof.row_count,
        "payments": rows.added_count,
        "payments_pence": rows.added_pence,
        "reversals": rows.count - rows.added_count,
        "reversals_pence": rows.taken_pence,
        "statements": len(statements),
        "credits_pence": sum(each.added_pence for each in statements),
        "debits_pence": sum(each.taken_pence for each in statements),
        "settlements": len(settlements),
        "settled_net_pence": sum(each.net_pence for each in settlements),
        "failed_payouts": len(proof.failures),
    }
    if len(proof.remittances) > 1:
        pence = {str(part.part_id): proof.remittances[part.reference].added_pence for part in proof.parts() if part.kind == "remittance"}
        found["remittances_pence"] = pence
    return {name: value for name, value in found.items() if value}

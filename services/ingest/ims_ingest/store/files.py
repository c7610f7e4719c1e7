"""Files: their bytes, how far they have been taken in, and what was found in them."""

import asyncio
import contextlib
import json
import tempfile
import zlib
from collections.abc import AsyncIterator, Sequence
from datetime import date
from typing import Any, BinaryIO, NamedTuple
from uuid import UUID

from ims_ingest.domain.proving import Part
from ims_ingest.domain.rows import FileHead
from ims_ingest.store.tables import Part as PartRow
from ims_kit import Insert, Work

CLAIM = Insert(PartRow, "part_id council kind reference digest file_id")
FINISHED = ("received", "waiting", "known", "refused", "conflict", "rejected")
COLUMNS = "file_id, council, source, coalesce(format, ''), content_sha256, received_at, business_on, is_full, state, chunks_told, summary"
PIECE_BYTES = 1 << 20
# The classes of advisory locks; the kit has those below.
A_FILE, A_PLACE, AN_ACCOUNT, ALL_REFUNDS = 5, 6, 7, 8
# Up to here a file is read from memory; a larger one from a temporary file.
MEMORY_MAX = 8 << 20


class Known(NamedTuple):
    """A file as it is remembered."""

    head: FileHead
    state: str
    chunks_told: int
    summary: dict[str, Any]


async def keep(head: FileHead, content: BinaryIO | None, size: int, work: Work) -> bool:
    """Remember a file and its bytes (none: they may not be kept), before anything reads them. False if the same bytes are known
    already."""
    new = await work.connection.fetchval(
        """INSERT INTO file (file_id, council, source, content_sha256, size, state, received_at, business_on, is_full)
           VALUES ($1, $2, $3, $4, $5, 'kept', $6, $7, $8) ON CONFLICT DO NOTHING RETURNING true""",
        head.file_id, head.council, head.source, head.content_sha256, size, head.received_at, head.business_on, head.is_full,
    )  # fmt: skip
    if not new:
        return False
    if content is None:
        return True
    for number, piece in enumerate(iter(lambda: content.read(PIECE_BYTES), b"")):
        packed = await asyncio.to_thread(zlib.compress, piece)
        await work.connection.execute("INSERT INTO file_piece VALUES ($1, $2, $3)", head.file_id, number, packed)
    return True


async def find(connection: Any, file_id: UUID) -> Known | None:
    found = await connection.fetchrow(f"SELECT {COLUMNS} FROM file WHERE file_id = $1", file_id)  # noqa: S608 - our own columns
    return None if found is None else Known(FileHead(*found[:8]), found[8], found[9], json.loads(found[10]))


async def unfinished(connection: Any) -> list[UUID]:
    """Files that were kept but not taken in to their end, and those whose day has come."""
    await connection.execute(
        "UPDATE file SET state = 'kept' WHERE state = 'waiting' AND due_on <= (now() AT TIME ZONE 'Europe/London')::date"
    )
    found = await connection.fetch("SELECT file_id FROM file WHERE state IN ('kept', 'reading') ORDER BY received_at")
    return [each[0] for each in found]


@contextlib.asynccontextmanager
async def alone(pool: Any, what: object, kind: int = A_FILE) -> AsyncIterator[bool]:
    """Whether nobody else takes this file in (or looks at this place), in any process; until the end of the block, or of this
    process."""
    async with pool.acquire() as connection:
        is_alone = await connection.fetchval("SELECT pg_try_advisory_lock($1, hashtext($2))", kind, str(what))
        try:
            yield is_alone
        finally:
            if is_alone:
                await connection.execute("SELECT pg_advisory_unlock($1, hashtext($2))", kind, str(what))


async def content(connection: Any, file_id: UUID) -> BinaryIO:
    """The file's bytes as they were kept, to be read from the start."""
    stream = tempfile.SpooledTemporaryFile(MEMORY_MAX)  # noqa: SIM115 - closed by who reads it
    async with connection.transaction():
        pieces = connection.cursor("SELECT content FROM file_piece WHERE file_id = $1 ORDER BY piece", file_id, prefetch=4)
        async for piece in pieces:
            stream.write(zlib.decompress(piece[0]))
    stream.seek(0)
    return stream  # type: ignore[return-value]


async def claim(head: FileHead, parts: Sequence[Part], work: Work) -> tuple[set[UUID], list[Part]]:
    """Take the file's parts for it. Returns those that another file told with the same content, and those it told otherwise;
    with any of the latter nothing is taken."""
    ids = [part.part_id for part in parts]
    await work.lock(f"part/{part_id}" for part_id in ids)
    held = await work.connection.fetch("SELECT part_id, digest, file_id FROM part WHERE part_id = ANY($1)", ids)
    others = {found[0]: found[1] for found in held if found[2] != head.file_id}
    contradicted = [part for part in parts if others.get(part.part_id, part.digest) != part.digest]
    if not contradicted:
        await CLAIM(work.connection, [
            (part.part_id, head.council, part.kind, part.reference, part.digest, head.file_id)
            for part in {part.part_id: part for part in parts}.values() if part.part_id not in others
        ])  # fmt: skip
    return set(others), contradicted


async def remittances(file_id: UUID, connection: Any) -> list[UUID]:
    """The remittances that were taken from this file."""
    found = await connection.fetch("SELECT part_id FROM part WHERE file_id = $1 AND kind = 'remittance'", file_id)
    return [each[0] for each in found]


async def is_claimed(head: FileHead, parts: Sequence[Part], connection: Any) -> bool:
    """Whether another file has told any of these parts."""
    ids = [part.part_id for part in parts]
    found = await connection.fetchval("SELECT EXISTS (SELECT 1 FROM part WHERE part_id = ANY($1) AND file_id <> $2)", ids, head.file_id)
    return bool(found)


async def overlapping(head: FileHead, payments: Sequence[UUID], connection: Any) -> set[UUID]:
    """Which of these payments came otherwise than by this file."""
    found = await connection.fetch(
        """SELECT payment_id FROM payment LEFT JOIN part ON part_id = remittance_id
           WHERE payment_id = ANY($1) AND part.file_id IS DISTINCT FROM $2""",
        payments, head.file_id,
    )  # fmt: skip
    return {each[0] for each in found}


async def overlapping_reversals(head: FileHead, reversals: Sequence[UUID], connection: Any) -> set[UUID]:
    """Which of these reversals came otherwise than by this file."""
    found = await connection.fetch(
        """SELECT reversal_id FROM reversal LEFT JOIN part ON part_id = (body::jsonb ->> 'remittance_id')::uuid
           WHERE reversal_id = ANY($1) AND part.file_id IS DISTINCT FROM $2""",
        reversals, head.file_id,
    )  # fmt: skip
    return {each[0] for each in found}


async def move(head: FileHead, state: str, work: Work, summary: dict[str, Any]) -> None:
    """The file's state, and what was found in it."""
    await work.connection.execute(
        "UPDATE file SET state = $2, format = nullif($3, ''), summary = $4 WHERE file_id = $1",
        head.file_id, state, head.format, json.dumps(summary, default=str),
    )  # fmt: skip


async def wait(head: FileHead, due_on: date, work: Work, summary: dict[str, Any]) -> None:
    """Nothing more becomes of the file before this day."""
    await move(head, "waiting", work, summary)
    await work.connection.execute("UPDATE file SET due_on = $2 WHERE file_id = $1", head.file_id, due_on)


async def advance(head: FileHead, chunk: int, work: Work) -> None:
    """One chunk more is told. Nobody may tell it a second time: the count must be what it was."""
    moved = await work.connection.execute(
        "UPDATE file SET chunks_told = $2 + 1 WHERE file_id = $1 AND chunks_told = $2", head.file_id, chunk
    )
    assert moved == "UPDATE 1", "two take in one file, though only one may"

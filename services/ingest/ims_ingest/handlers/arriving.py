"""What every door for files does with what comes: unpack it, keep its bytes without card numbers, and take it in."""

import asyncio
import tempfile
from collections.abc import Callable
from datetime import date
from typing import BinaryIO, NamedTuple

from ims_contracts.remittances import Fault
from ims_ingest.domain.identity import derive
from ims_ingest.domain.rows import FileHead
from ims_ingest.formats import Format, Formats, detect, packed
from ims_ingest.handlers.importing import refuse, take_in, unread
from ims_ingest.handlers.intake import Intake, Kept, copy
from ims_ingest.settings import Settings
from ims_ingest.store import files
from ims_ingest.store.files import MEMORY_MAX, Known
from ims_kit import Service


class Sender(NamedTuple):
    """Who hands a file in: for which council, and in whose name."""

    council: str
    source_of: Callable[[str | None], str]
    """The source it speaks for, given the one that sends such files. Raises Unwelcome if it may not."""
    business_on: date | None = None
    is_full: bool = False
    """Of files of accounts: what is not in one is closed."""


class Arrived(NamedTuple):
    """What became of a file, whether its bytes were new, and how they are kept."""

    known: Known
    is_new: bool
    kept: Kept


class Arrival(NamedTuple):
    """All that came at once: a file, or each file of an archive."""

    files: list[Arrived]
    is_archive: bool

    @property
    def kept(self) -> Kept:
        """How what came may be kept. An archive is not packed anew: with a card number in any of its files it is not kept."""
        found = {each.kept for each in self.files}
        if self.is_archive and found & {Kept.REDACTED, Kept.NOT}:
            return Kept.NOT
        return found.pop() if len(found) == 1 else Kept.UNSEARCHED


async def arrive(service: Service, intake: Intake, sender: Sender) -> Arrival:
    """Take in a file, or each file of an archive, by itself: the same file is one, however it is packed. An archive that cannot be
    unpacked whole is refused as a file, and nothing of it is counted."""
    settings: Settings = service.settings
    spool = intake.spool
    if not await asyncio.to_thread(packed.is_packed, spool):
        return Arrival([await arrive_one(service, intake, sender)], False)
    try:
        sources = await asyncio.to_thread(sources_in, spool, settings.file_bytes_max, service.api.state.formats)
    except packed.Unpackable:
        return Arrival([await arrive_again(service, spool, sender)], False)
    for source in sources:
        sender.source_of(source)
    arrived, members = [], packed.members(spool, settings.file_bytes_max)
    while member := await asyncio.to_thread(next, members, None):
        arrived.append(await arrive_again(service, member, sender))
    return Arrival(arrived, True)


def sources_in(spool: BinaryIO, bytes_max: int, formats: Formats) -> set[str | None]:
    """Who sends what is in an archive. Raises Unpackable, so that an archive is known to be whole before any of it is taken in."""
    return {source_in(member, formats) for member in packed.members(spool, bytes_max)}


def source_in(stream: BinaryIO, formats: Formats) -> str | None:
    """Who sends files of this format; none for a file in no known one."""
    found: Format | Fault = detect(stream, formats=formats)
    return found.source if isinstance(found, Format) else None


async def arrive_again(service: Service, stream: BinaryIO, sender: Sender) -> Arrived:
    """Take in what lies in a file of ours already: a member of an archive, or an archive that cannot be unpacked."""
    with tempfile.SpooledTemporaryFile(MEMORY_MAX) as spool:
        intake = Intake(spool, (1 << 63) - 1)  # type: ignore[arg-type]
        await asyncio.to_thread(copy, stream, intake)
        return await arrive_one(service, intake, sender)


async def arrive_one(service: Service, intake: Intake, sender: Sender) -> Arrived:
    """Take in a file. Of one that may not be kept nothing is written but its digest and the reason."""
    found, why_not_kept = await asyncio.to_thread(intake.search, service.api.state.formats)
    source = sender.source_of(found and found.source)
    content_sha256 = intake.digest.hexdigest()
    # Sent again as a full file, the same bytes say more.
    file_id = derive("file", sender.council, content_sha256, *(["full"] if sender.is_full else []))
    async with service.begin() as work:
        head = FileHead(file_id, sender.council, source, "", content_sha256, work.now, sender.business_on, sender.is_full)
        is_new = await files.keep(head, None if why_not_kept else intake.spool, intake.size, work)
        if is_new and why_not_kept:
            await refuse(unread(head, why_not_kept), work)
    return Arrived(await take_in(service, file_id), is_new, intake.kept)

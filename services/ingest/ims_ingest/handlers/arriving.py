"""What every door for files does with what comes: unpack it, keep its bytes without card numbers, and take it in."""

import asyncio
import hashlib
import tempfile
from collections.abc import Callable
from datetime import date
from typing import BinaryIO, NamedTuple

from ims_contracts.remittances import Fault
from ims_ingest.domain.cards import Redactor
from ims_ingest.domain.identity import derive
from ims_ingest.domain.rows import FileHead
from ims_ingest.formats import Format, Formats, detect, packed
from ims_ingest.handlers.importing import take_in
from ims_ingest.handlers.publishers import Unwelcome
from ims_ingest.settings import Settings
from ims_ingest.store import files
from ims_ingest.store.files import MEMORY_MAX, Known
from ims_kit import Service

HEAD_BYTES = 4
PIECE_BYTES = 256 << 10


class Sender(NamedTuple):
    """Who hands a file in: for which council, and in whose name."""

    council: str
    source_of: Callable[[str | None], str]
    """The source it speaks for, given the one that sends such files. Raises Unwelcome if it may not."""
    business_on: date | None = None
    is_full: bool = False
    """Of files of accounts: what is not in one is closed."""


class Arrived(NamedTuple):
    """What became of a file, and whether its bytes were new."""

    known: Known
    is_new: bool


class Arrival(NamedTuple):
    """All that came at once: a file, or each file of an archive."""

    files: list[Arrived]
    is_archive: bool


class Intake:
    """Bytes as they come, written without card numbers. An archive stays as it is: what is in it is gone through when unpacked."""

    def __init__(self, spool: BinaryIO, bytes_max: int, spares_archives: bool = True) -> None:
        self.spool, self.bytes_max, self.spares_archives = spool, bytes_max, spares_archives
        self.digest, self.size, self.head = hashlib.sha256(), 0, b""
        self.redactor: Redactor | None = Redactor()

    def take(self, piece: bytes) -> None:
        """Raises Unwelcome as soon as it is too large."""
        self.size += len(piece)
        if self.size > self.bytes_max:
            raise Unwelcome(413, "The file is too large", f"Send at most {self.bytes_max} bytes; have the file sent in parts.")
        self.digest.update(piece)
        if self.size - len(piece) < HEAD_BYTES:
            self.head += piece
            if len(self.head) >= HEAD_BYTES:
                self.begin()
        else:
            self.write(piece)

    def begin(self) -> None:
        if self.spares_archives and packed.begins_packed(self.head):
            self.redactor = None
        self.write(self.head)

    def write(self, piece: bytes) -> None:
        self.spool.write(self.redactor.take(piece) if self.redactor else piece)

    def end(self) -> None:
        """All is there: it can be read from the start. Raises Unwelcome if that is nothing."""
        if not self.size:
            raise Unwelcome(422, "The file is empty", "Send the file's bytes as the body of the request.")
        if self.size < HEAD_BYTES:
            self.begin()
        if self.redactor:
            self.spool.write(self.redactor.end())
        self.spool.seek(0)


async def arrive(service: Service, intake: Intake, sender: Sender) -> Arrival:
    """Take in a file, or each file of an archive, by itself: the same file is one, however it is packed. An archive that cannot be
    unpacked whole is kept and refused as a file, and nothing of it is counted."""
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
    """Take in what lies in a file of ours already: a member of an archive, or an archive that is kept as a file."""
    with tempfile.SpooledTemporaryFile(MEMORY_MAX) as spool:
        is_archive = await asyncio.to_thread(packed.is_packed, stream)
        intake = Intake(spool, (1 << 63) - 1, spares_archives=not is_archive)  # type: ignore[arg-type]
        await asyncio.to_thread(copy, stream, intake)
        return await arrive_one(service, intake, sender)


def copy(stream: BinaryIO, intake: Intake) -> None:
    stream.seek(0)
    while piece := stream.read(PIECE_BYTES):
        intake.take(piece)
    intake.end()


async def arrive_one(service: Service, intake: Intake, sender: Sender) -> Arrived:
    source = sender.source_of(await asyncio.to_thread(source_in, intake.spool, service.api.state.formats))
    content_sha256 = intake.digest.hexdigest()
    # Sent again as a full file, the same bytes say more.
    file_id = derive("file", sender.council, content_sha256, *(["full"] if sender.is_full else []))
    async with service.begin() as work:
        head = FileHead(file_id, sender.council, source, "", content_sha256, work.now, sender.business_on, sender.is_full)
        is_new = await files.keep(head, intake.spool, intake.size, work)
    return Arrived(await take_in(service, file_id), is_new)

"""Files that come packed: gzip and zip, unpacked within limits before anyone asks what format they are in."""

import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from ims_contracts.remittances import Fault
from ims_ingest.formats.records import fault

GZIP, ZIP, EMPTY_ZIP = b"\x1f\x8b\x08", b"PK\x03\x04", b"PK\x05\x06"
# A spreadsheet is a zip as well, and a file of its own; this member makes it one.
SPREADSHEET = "[Content_Types].xml"
# A bank's year of daily statements, a file each, with room to spare.
MEMBERS_MAX = 1_000
# A zip's list of members is read in one piece: a thousand names of a kilobyte.
DIRECTORY_BYTES_MAX = 1 << 20
# Statements pack to a fiftieth at most. A bomb packs a thousandfold; below a few megabytes it does no harm.
RATIO_MAX, RATIO_FREE_BYTES = 200, 16 << 20
# An archive may hold archives (a zip of `.gz`); those may not.
DEPTH_MAX = 2
PIECE_BYTES = 64 << 10
MEMORY_MAX = 8 << 20
# What the libraries say of bytes that are no archive.
DAMAGES = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, struct.error)
UNPACKED_BYTES_MAX = 256 << 20


class Unpackable(Exception):
    """An archive that is not unpacked, and why."""

    def __init__(self, what: str, what_to_do: str) -> None:
        super().__init__(what)
        self.fault: Fault = fault(None, what, what_to_do)


class Limits:
    """What may still come out of an archive, with all that is in it."""

    def __init__(self, packed_bytes: int, unpacked_bytes_max: int) -> None:
        self.bytes_max, self.bytes, self.members = unpacked_bytes_max, 0, 0
        self.bytes_of_ratio = max(packed_bytes * RATIO_MAX, RATIO_FREE_BYTES)

    def take(self, size: int) -> None:
        self.bytes += size
        if self.bytes > self.bytes_max:
            raise Unpackable(f"the archive holds more than {self.bytes_max} bytes", "send its files in several archives")
        if self.bytes > self.bytes_of_ratio:
            raise Unpackable(f"the archive unpacks to more than {RATIO_MAX} times its size", "send its files unpacked")

    def take_member(self) -> None:
        self.members += 1
        if self.members > MEMBERS_MAX:
            raise Unpackable(f"the archive holds more than {MEMBERS_MAX} files", "send its files in several archives")


class Bounded:
    """A stream that refuses to give much in one piece: a zip that names a million members is refused before it is read."""

    def __init__(self, stream: BinaryIO) -> None:
        self.stream, self.tell = stream, stream.tell

    def seek(self, offset: int, whence: int = 0) -> int:
        if whence == 0 and offset < 0:  # a damaged archive's; to the system this would look like an accident
            raise zipfile.BadZipFile
        return self.stream.seek(offset, whence)

    def seekable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        given = self.stream.read(DIRECTORY_BYTES_MAX + 1 if size < 0 else min(size, DIRECTORY_BYTES_MAX + 1))
        if len(given) > DIRECTORY_BYTES_MAX:
            raise Unpackable("the archive's list of files is too long", f"send at most {MEMBERS_MAX} files in one archive")
        return given


def begins_packed(head: bytes) -> bool:
    """Whether a file that begins like this is an archive, or a spreadsheet."""
    return head.startswith((GZIP, ZIP, EMPTY_ZIP))


def is_packed(stream: BinaryIO) -> bool:
    """Whether this is an archive, and not a spreadsheet; it is read from the start again."""
    stream.seek(0)
    head = stream.read(4)
    stream.seek(0)
    return begins_packed(head) and not is_spreadsheet(stream)


def is_spreadsheet(stream: BinaryIO) -> bool:
    try:
        with open_zip(stream) as archive:
            return SPREADSHEET in archive.NameToInfo
    except (Unpackable, *DAMAGES):
        return False
    finally:
        stream.seek(0)


def open_zip(stream: BinaryIO) -> zipfile.ZipFile:
    bounded: Any = Bounded(stream)
    return zipfile.ZipFile(bounded)


def members(stream: BinaryIO, unpacked_bytes_max: int = UNPACKED_BYTES_MAX) -> Iterator[BinaryIO]:
    """Each file in an archive, one at a time, to be read before the next; those of an archive in it in its place. Raises
    Unpackable as soon as a limit is passed, or where the archive is damaged."""
    size = stream.seek(0, 2)
    stream.seek(0)
    limits = Limits(size, unpacked_bytes_max)
    try:
        yield from unpacked(stream, limits, 1)
    except DAMAGES:
        raise Unpackable("the archive is damaged or cut short", "send it again") from None
    if not limits.members:
        raise Unpackable("the archive holds no file", "send it again with the files in it")


def unpacked(stream: BinaryIO, limits: Limits, depth: int) -> Iterator[BinaryIO]:
    if depth > DEPTH_MAX:
        raise Unpackable("the archive holds archives that hold archives", "send its files in one archive")
    for member in gunzipped(stream, limits) if stream.read(3) == GZIP else unzipped(stream, limits):
        if is_packed(member):
            yield from unpacked(member, limits, depth + 1)
        else:
            limits.take_member()
            yield member


def gunzipped(stream: BinaryIO, limits: Limits) -> Iterator[BinaryIO]:
    """The one file in a gzip, which may be written in several runs."""
    stream.seek(0)
    with tempfile.SpooledTemporaryFile(MEMORY_MAX) as spool:
        run, piece = zlib.decompressobj(31), stream.read(PIECE_BYTES)
        while piece:
            given = run.decompress(piece, PIECE_BYTES)
            limits.take(len(given))
            spool.write(given)
            piece = run.unconsumed_tail or run.unused_data
            if run.eof:
                piece = (piece or stream.read(PIECE_BYTES)).lstrip(b"\x00")  # a gzip from a tape is filled up with nothing
                run = zlib.decompressobj(31) if piece else run
            elif not piece:
                piece = stream.read(PIECE_BYTES)
        if not run.eof or not spool.tell():
            raise EOFError
        spool.seek(0)
        yield spool  # type: ignore[misc]


def unzipped(stream: BinaryIO, limits: Limits) -> Iterator[BinaryIO]:
    """The files in a zip, in its order. Their names are not used, but to pass over what a Mac adds."""
    with open_zip(stream) as archive:
        infos = [info for info in archive.infolist() if not info.is_dir() and not is_litter(info.filename)]
        if len(infos) > MEMBERS_MAX:
            raise Unpackable(f"the archive holds more than {MEMBERS_MAX} files", "send its files in several archives")
        if limits.bytes + sum(info.file_size for info in infos) > limits.bytes_max:
            raise Unpackable(f"the archive holds more than {limits.bytes_max} bytes", "send its files in several archives")
        for number, info in enumerate(infos, 1):
            if not info.file_size:
                raise Unpackable(f"file {number} of the archive is empty", "send it with what belongs in it")
            if info.flag_bits & 1:
                raise Unpackable(f"file {number} of the archive is encrypted", "send it without a password")
            if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                raise Unpackable(f"file {number} of the archive is packed in a way that is not read here", "send it as a plain zip")
            with archive.open(info) as packed, tempfile.SpooledTemporaryFile(MEMORY_MAX) as spool:
                while piece := packed.read(PIECE_BYTES):
                    limits.take(len(piece))
                    spool.write(piece)
                spool.seek(0)
                yield spool  # type: ignore[misc]


def is_litter(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith(".")


def fault_of(stream: BinaryIO, unpacked_bytes_max: int = UNPACKED_BYTES_MAX) -> Fault | None:
    """Why an archive is not taken; none if it can be unpacked from end to end. Nothing of it is kept meanwhile."""
    try:
        for _ in members(stream, unpacked_bytes_max):
            pass
    except Unpackable as error:
        return error.fault
    finally:
        stream.seek(0)
    return None

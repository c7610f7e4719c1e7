"""Files that are not kept as they came: those in which nobody can search for card numbers, and spreadsheets that hold one."""

import re
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO, NamedTuple

from ims_contracts.remittances import Fault
from ims_ingest.domain.cards import Redactor, redacted
from ims_ingest.formats import packed
from ims_ingest.formats.dwp_workbook import DAMAGE, check_size
from ims_ingest.formats.records import fault
from ims_ingest.formats.text import Unreadable

PIECE_BYTES, CELL_MAX = 256 << 10, 1 << 20
# A cell's text may be in runs of several fonts, a number in each: of its tags only those around the whole cell divide it.
WITHIN_CELL = re.compile(rb"<(?!/?(?:\w+:)?(?:c|v|si|is|row)[\s/>])[^<>]*>")
ONLY_DIGEST = "of this one only its digest was kept"


class Unkept(NamedTuple):
    """Why only a file's digest is kept, and whether that is for a card number in it."""

    fault: Fault
    has_card: bool


def why_not_kept(stream: BinaryIO, is_text: bool) -> Unkept | None:
    """None for a text, which came without its card numbers, and for a spreadsheet that holds none. It is read from the start again."""
    if not packed.begins_packed(head_of(stream)):
        return None if is_text else Unkept(NO_TEXT, False)
    if packed.is_packed(stream):  # what is in an archive is kept by itself: here is one that could not be unpacked to its end
        return Unkept(packed.fault_of(stream) or DAMAGED, archive_has_card(stream))
    try:
        has_card = any(redacted(text) != text for text in texts_of_cells(stream))
    except Unreadable as error:
        return Unkept(fault(None, f"the file cannot be read: {error}", f"send it again; {ONLY_DIGEST}"), False)
    finally:
        stream.seek(0)
    return Unkept(CARD, True) if has_card else None


CARD = fault(
    None,
    "the spreadsheet has what looks like a payment card number, which may not be kept",
    f"take the number out, and send the spreadsheet again; {ONLY_DIGEST}",
)
NO_TEXT = fault(None, "the file is neither text nor a spreadsheet", f"send it as text; {ONLY_DIGEST}")
DAMAGED = fault(None, "the archive is damaged", f"send it again; {ONLY_DIGEST}")


def archive_has_card(stream: BinaryIO) -> bool:
    """Whether there is a card number in what can be unpacked of an archive."""
    with suppress(packed.Unpackable):
        for member in packed.members(stream):
            redactor = Redactor()
            while piece := member.read(PIECE_BYTES):
                redactor.take(piece)
            redactor.end()
            if redactor.found_card:
                return True
    return False


def head_of(stream: BinaryIO) -> bytes:
    stream.seek(0)
    head = stream.read(4)
    stream.seek(0)
    return head


def texts_of_cells(stream: BinaryIO) -> Iterator[bytes]:
    """What is written in a workbook, part by part, each cell's text in one piece. Raises Unreadable for what is no workbook, or
    unpacks to more than one has."""
    try:
        check_size(stream)
        with zipfile.ZipFile(stream) as archive:
            for part in archive.infolist():
                with archive.open(part) as unpacked:
                    held = b""
                    while piece := unpacked.read(PIECE_BYTES):
                        held += piece
                        cut = max(held.rfind(b"</c>"), held.rfind(b"</si>"))
                        cut = len(held) if cut < 0 and len(held) > CELL_MAX else max(cut, 0)
                        yield WITHIN_CELL.sub(b"", held[:cut])
                        held = held[cut:]
                    yield WITHIN_CELL.sub(b"", held)
    except Unreadable:
        raise
    except DAMAGE:
        raise Unreadable("the spreadsheet is damaged, locked by a password, or none") from None

"""A DWP schedule as a spreadsheet (xlsx): the first sheet's rows as text, whatever else is in the workbook, and no more than fits."""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime
from typing import BinaryIO
from xml.etree.ElementTree import ParseError

from openpyxl import load_workbook

from ims_ingest.formats.text import Unreadable

MAGIC = b"PK\x03\x04"
# A large council's schedule of 100,000 rows has some 60 MiB of XML in 6 MiB; its texts, which are held in memory, some 10 MiB.
WORKBOOK_MAX, UNPACKED_MAX, PART_MAX, DIRECTORY_MAX = 32 << 20, 256 << 20, 16 << 20, 1 << 20
# Rows of a sheet pack ten to thirty times; only what was made to burst packs a hundred times.
PACKED_MAX, PACKED_FROM = 100, 1 << 20
# A sheet's own limit, and twice the columns of a schedule: a cell far out must not make every row that wide.
ROWS_MAX, COLUMNS_MAX = 1_048_576, 32
END, END_SIZE, END_64 = b"PK\x05\x06", 22, b"PK\x06\x07"
# What a damaged workbook makes its reader raise: it checks little itself, and says so in no way of its own.
DAMAGE = (zipfile.BadZipFile, zlib.error, struct.error, OSError, EOFError, ParseError, SyntaxError, LookupError, ValueError, TypeError,
          AttributeError, ArithmeticError, RuntimeError)  # fmt: skip


def is_workbook(head: bytes) -> bool:
    return head.startswith(MAGIC) and (b"[Content_Types].xml" in head or b"xl/" in head)


def sheet_rows(stream: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """The first sheet's rows that are not empty, by their numbers; cells as text. Raises Unreadable for what is no such file, or
    would unpack to more than a schedule has."""
    try:
        check_size(stream)
        workbook = load_workbook(stream, read_only=True, data_only=True, keep_links=False)
        try:
            sheet = workbook.worksheets[0]
            width = min(sheet.max_column or COLUMNS_MAX, COLUMNS_MAX)
            rows = sheet.iter_rows(max_row=ROWS_MAX, max_col=width, values_only=True)
            for number, cells in enumerate(rows, 1):
                if any(cell is not None for cell in cells):
                    yield number, [text_of(cell) for cell in cells]
        finally:
            workbook.close()
    except Unreadable:
        raise
    except DAMAGE:
        raise Unreadable("the spreadsheet is damaged, locked by a password, or none") from None


def check_size(stream: BinaryIO) -> None:
    """Look at the directory of the zip, before anything is unpacked. No part gives more than its directory says."""
    size = stream.seek(0, 2)
    if size > WORKBOOK_MAX or directory_size(stream, size) > DIRECTORY_MAX:
        raise Unreadable("the spreadsheet is larger than any schedule")
    stream.seek(0)
    with zipfile.ZipFile(stream) as archive:
        parts = archive.infolist()
    stream.seek(0)
    is_sheet = {part.filename: part.filename.startswith("xl/worksheets/") for part in parts}
    if (
        sum(part.file_size for part in parts) > UNPACKED_MAX
        or any(part.file_size > PART_MAX and not is_sheet[part.filename] for part in parts)
        or any(part.file_size > max(PACKED_FROM, part.compress_size * PACKED_MAX) for part in parts)
    ):
        raise Unreadable("the spreadsheet unpacks to more than any schedule: it may be an attack")


def directory_size(stream: BinaryIO, size: int) -> int:
    """How many bytes the zip's directory has; more than any may have where it is of a kind that is only for larger files."""
    stream.seek(max(0, size - END_SIZE - 0xFFFF))
    tail = stream.read()
    at = tail.rfind(END)
    if at < 0:
        raise Unreadable("the spreadsheet has been cut short")
    is_larger = tail[max(0, at - 20) : at].startswith(END_64)
    return DIRECTORY_MAX + 1 if is_larger else int.from_bytes(tail[at + 12 : at + 16], "little")


def text_of(cell: object) -> str:
    """A cell as it would be typed: dates as 2026-03-18, whole numbers without a point."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    text = str(cell).strip()
    return text.removesuffix(".0") if not isinstance(cell, str) else text

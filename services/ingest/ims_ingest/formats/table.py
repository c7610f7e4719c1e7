"""Comma-separated files with a header line: read by column name, a fault for each row that cannot be."""

import csv
from collections.abc import Callable, Iterator
from typing import BinaryIO

from ims_contracts.remittances import Fault
from ims_ingest.formats.records import Record, Whole, fault
from ims_ingest.formats.text import Unreadable, decode, lines

# Two thousand columns are more than any provider sends; a million would be an attack.
COLUMNS_MAX = 2_000
type Values = dict[str, str]


def header_has(head: bytes, *names: str) -> bool:
    """Whether the first line of the file names these columns."""
    try:
        first = decode(head.split(b"\n", 1)[0].rstrip(b"\r"))
    except Unreadable:
        return False
    return set(names) <= {name.strip() for name in next(csv.reader([first]), [])}


def rows(stream: BinaryIO) -> Iterator[tuple[int, Values] | Fault]:
    """Each row by its columns' names, with the line it begins on; a fault for a row of another length than the header."""
    texts = (text + "\n" for _, text in lines(stream))
    reader = csv.reader(texts)
    try:
        header = [name.strip() for name in next(reader, [])]
        if len(header) > COLUMNS_MAX:
            yield fault(1, f"the header has more than {COLUMNS_MAX} columns", "send the file with the columns it needs")
            return
        line = reader.line_num + 1
        for values in reader:
            if values and len(values) != len(header):
                yield fault(line, f"the row has {len(values)} columns, the header {len(header)}", "correct the row or the header")
            elif any(value.strip() for value in values):
                yield line, {name: value.strip() for name, value in zip(header, values, strict=True)}
            line = reader.line_num + 1
    except (csv.Error, Unreadable) as error:
        yield fault(reader.line_num or 1, f"the file cannot be read on: {error}", "send it again as comma-separated text")


def read_rows(stream: BinaryIO, read_row: Callable[[int, Values], Record], whole: Whole) -> Iterator[Record]:
    """Every row of a file that has no totals of its own, then its end."""
    for each in rows(stream):
        yield each if isinstance(each, Fault) else read_row(*each)
    yield whole

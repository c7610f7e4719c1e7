"""Comma-separated files with a header line: read by column name, a fault for each row that cannot be."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import BinaryIO

from ims_contracts.remittances import Fault
from ims_ingest.formats.records import Record, Whole, fault
from ims_ingest.formats.text import Unreadable, lines, lines_for_csv

# Two thousand columns are more than any provider sends; a million would be an attack.
COLUMNS_MAX = 2_000
type Values = dict[str, str]


def header_has(head: bytes, names: Sequence[str], name_of: Callable[[str], str] = str.strip) -> bool:
    """Whether the first line of the file names these columns."""
    try:
        first = next(lines(io.BytesIO(head)), (1, ""))[1]
        return set(names) <= {name_of(name) for name in next(csv.reader([first]), [])}
    except (Unreadable, csv.Error):
        return False


def cells(stream: BinaryIO, delimiter: str = ",") -> Iterator[tuple[int, list[str]] | Fault]:
    """Every row that is not blank, as written, with the line it begins on; a fault where the file cannot be read on."""
    reader = csv.reader(lines_for_csv(stream), delimiter=delimiter)
    try:
        line = 1
        for values in reader:
            if any(values):
                yield line, values
            line = reader.line_num + 1
    except (csv.Error, Unreadable) as error:
        yield fault(reader.line_num or 1, f"the file cannot be read on: {error}", "send it again as delimited text")


def rows(
    stream: BinaryIO, names: Sequence[str], name_of: Callable[[str], str] = str.strip, is_whole: bool = True
) -> Iterator[tuple[int, Values] | Fault]:
    """Each row by its columns' names, with the line it begins on; a fault for a row of another length than the header, and
    only one for a header without all these names. Where a sender writes one name in several ways, `name_of` makes them one;
    where these are all that is wanted, the row need not be whole."""
    read = cells(stream)
    first = next(read, (1, []))
    if isinstance(first, Fault):
        yield first
        return
    header = [name_of(name) for name in first[1]]
    if len(header) > COLUMNS_MAX:
        yield fault(1, f"the header has more than {COLUMNS_MAX} columns", "send the file with the columns it needs")
        return
    if missing := [name for name in names if name not in header]:
        yield fault(1, f"the header lacks {', '.join(missing)}", "send the file with all its columns")
        return
    kept = [column for column, name in enumerate(header) if is_whole or name in names]
    wanted, width, take = [header[column] for column in kept], len(header), taker(kept)
    for each in read:
        if not isinstance(each, tuple):  # a fault: asked so because the question whether it is one is slow
            yield each
            continue
        line, values = each
        if len(values) != width:
            yield fault(line, f"the row has {len(values)} columns, the header {width}", "correct the row or the header")
        elif any(found := [*map(str.strip, take(values))]) or any(map(str.strip, values)):
            yield line, dict(zip(wanted, found, strict=True))


def taker(columns: list[int]) -> Callable[[list[str]], Iterable[str]]:
    """Takes these columns of a row."""
    return itemgetter(*columns) if len(columns) > 1 else lambda values: [values[column] for column in columns]


def read_rows(stream: BinaryIO, names: Sequence[str], read_row: Callable[[int, Values], Record]) -> Iterator[Record]:
    """Every row of a file that has no name and no totals of its own, then its end."""
    for each in rows(stream, names):
        yield each if isinstance(each, Fault) else read_row(*each)
    yield Whole("", None, None)

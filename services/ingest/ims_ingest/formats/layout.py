"""Files of collections as a layout describes them: how one is known, and read."""

import csv
import io
from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import BinaryIO

from ims_ingest.formats.layout_fields import Line
from ims_ingest.formats.layout_model import Layout
from ims_ingest.formats.layout_reading import Reading
from ims_ingest.formats.records import Format, Record, Row, fault
from ims_ingest.formats.text import Unreadable, lines, lines_for_csv

# A file whose first lines are all damaged is not known by its rows any more.
LINES_LOOKED_AT = 100


def format_of(layout: Layout) -> Format:
    """The format that a layout describes."""
    return Format(layout.name, layout.source, partial(looks_like, layout), partial(read, layout), texts=tuple(texts(layout)))


def texts(layout: Layout) -> Iterator[slice]:
    """Where a fixed layout's rows have texts; the card number of a bill has its own check, and is no payment card's."""
    for field in layout.detail.fields.values() if layout.kind == "fixed" else ():
        if field.type == "text" and not field.luhn and field.start is not None and field.length is not None:
            yield slice(field.start - 1, field.start - 1 + field.length)


def looks_like(layout: Layout, head: bytes) -> bool:
    """Whether the first line names the layout's columns, or is its header; where it has neither, whether any of the first lines
    is a row or a trailer without a fault."""
    reading = Reading(layout)
    try:
        for number, line in islice(numbered(layout, io.BytesIO(head)), LINES_LOOKED_AT):
            if layout.named_columns:
                return not reading.name_columns(line)
            found = reading.take(number, line)
            if isinstance(found, Row) or (reading.said and not found):
                return True
            if layout.header is not None:
                return False
    except (Unreadable, csv.Error):
        return False
    return False


def read(layout: Layout, stream: BinaryIO) -> Iterator[Record]:
    """The rows, then what the file's own totals prove."""
    reading, number, ask = Reading(layout), 1, f"ask {layout.sender} for the whole file again"
    try:
        for number, line in numbered(layout, stream):
            if layout.named_columns and reading.columns is None:
                if missing := reading.name_columns(line):
                    yield fault(number, f"the first line does not name the columns {', '.join(missing)}", ask)
                    return
                continue
            found = reading.take(number, line)
            if isinstance(found, Row):
                yield found
            elif found:
                yield from found
    except (Unreadable, csv.Error) as error:
        yield fault(number, f"the file cannot be read on: {error}", ask)
        return
    yield from reading.end(number)


def numbered(layout: Layout, stream: BinaryIO) -> Iterator[tuple[int, Line]]:
    """The lines that are not blank (or what is in their columns), each with its number."""
    if layout.kind == "fixed":
        yield from ((number, text) for number, text in lines(stream) if text and not text.isspace())
        return
    quote = '"' if layout.quoted else None
    reader, number = csv.reader(lines_for_csv(stream), delimiter=layout.separator, quotechar=quote, strict=True), 1
    for values in reader:
        if any(values):
            yield number, values
        number = reader.line_num + 1

"""British banks' exports, a table for each: known by the header's exact names or, without a header, by the shape of a row."""

import io
import re
from collections.abc import Callable, Sequence
from itertools import islice
from typing import BinaryIO, NamedTuple

from ims_contracts.remittances import Fault
from ims_ingest.formats.bank_csv_rows import EXPORT_AGAIN, Columns, Layout, Texts
from ims_ingest.formats.bank_csv_values import written_day
from ims_ingest.formats.records import fault
from ims_ingest.formats.table import cells

# Two lines may stand above the first entry: a header, or Barclays.net's line with the day and then its columns' names.
ABOVE_MAX = 2
HEAD_BYTES = 65_536
# Shapes hold for damaged rows as well: that a leading zero is gone is then said, and not that the file is of no kind.
SORT_CODE, NUMBER = re.compile(r"'?(\d{5,6}|\d\d-\d\d-\d\d)"), re.compile(r"'?\d{6,8}")
BOTH_HYPHENED, BOTH_JOINED = re.compile(r"\d{5,6}-\d{6,8}"), re.compile(r"\d{12,14}|\d(\.\d+)?E\+\d+")
DAY, YEAR_FIRST, COMPACT_DAY = re.compile(r"\d\d/\d\d/\d\d(\d\d)?"), re.compile(r"\d{4}/\d\d/\d\d"), re.compile(r"20\d{6}")
AMOUNT, MAYBE_AMOUNT = re.compile(r"[-+]?[\d,]+(\.\d\d?)?"), re.compile(r"([-+]?[\d,]+(\.\d\d?)?)?")
NOTHING, SIGN, CURRENCY = re.compile(r""), re.compile(r"[-+]|CR?|DR?", re.IGNORECASE), re.compile(r"[A-Z]{3}")
MEMO_CODE = re.compile(r" (?:BGC|BBP|BCC|FT|STO|DDR|TFR|CHQ|FPI|FPO)$")


class Export(NamedTuple):
    """One kind of export of one bank, as its customers know it; columns are counted from nought."""

    name: str
    columns: Columns
    header: tuple[str, ...] = ()
    width: int = 0
    shape: tuple[tuple[int, re.Pattern[str]], ...] = ()
    """What these columns of an entry look like, where no header says what they are."""
    day_above: int | None = None
    """The column of the file's first line that has the day of all entries."""
    texts: Callable[[str], Texts] | None = None


def barclays_memo(text: str) -> Texts:
    """The payer, a tab, and what the payer typed with the bank's code after it."""
    name, _, typed = text.partition("\t") if "\t" in text else ("", "", text)
    return " ".join(name.split()) or None, MEMO_CODE.sub("", " ".join(typed.split())) or None


EXPORTS = (
    Export(
        "barclays_csv",
        Columns(day=1, account=(2,), amount=3, code=4, narrative=(5,)),
        header=("number", "date", "account", "amount", "subcategory", "memo"),
        texts=barclays_memo,
    ),
    Export(
        "barclays_net_csv",
        Columns(account=(1, 2), amount=4, direction=5, narrative=(6, 7, 8)),
        width=9,
        shape=((1, SORT_CODE), (2, NUMBER), (4, AMOUNT), (5, SIGN)),
        day_above=3,
    ),
    Export(
        "natwest_csv",
        Columns(day=0, code=1, narrative=(2,), amount=3, balance=4, account=(6,)),
        header=("date", "type", "description", "value", "balance", "account name", "account number"),
    ),
    Export(
        "bankline_csv",
        Columns(account=(0, 1), currency=4, day=9, narrative=(10, 11, 12, 13, 14), code=15, debit=16, credit=17),
        width=18,
        shape=((0, SORT_CODE), (1, NUMBER), (4, CURRENCY), (9, DAY), (16, MAYBE_AMOUNT), (17, MAYBE_AMOUNT)),
    ),
    Export(
        "rbs_csv",
        Columns(account=(1, 2), day=3, code=4, amount=5, direction=6, narrative=(7, 8)),
        width=10,
        shape=((1, SORT_CODE), (2, NUMBER), (3, DAY), (5, AMOUNT), (6, SIGN)),
    ),
    Export(
        "lloyds_csv",
        Columns(day=0, code=1, account=(2, 3), narrative=(4,), debit=5, credit=6, balance=7),
        header=(
            "transaction date", "transaction type", "sort code", "account number", "transaction description",
            "debit amount", "credit amount", "balance",
        ),
    ),
    Export(
        "lloyds_commercial_csv",
        Columns(day=0, account=(1,), code=3, amount=4, reference=5, narrative=(6,)),
        width=7,
        shape=((0, DAY), (1, BOTH_HYPHENED), (2, NOTHING), (4, AMOUNT)),
    ),
    Export(
        "clydesdale_csv",
        Columns(day=0, account=(2,), narrative=(6, 8), amount=7),
        width=9,
        shape=((0, YEAR_FIRST), (2, BOTH_JOINED), (7, AMOUNT)),
    ),
)  # fmt: skip


def rows_of(head: bytes, count: int) -> list[tuple[int, list[str]]]:
    """The first rows that are not blank, with the line that each begins on; fewer where the beginning cannot be read."""
    read = (each for each in cells(io.BytesIO(head)) if isinstance(each, tuple))
    return list(islice((each for each in read if any(map(str.strip, each[1]))), count))


def first_entry(export: Export, head: bytes) -> int | None:
    """The line that the first entry is on or after; none if the file does not begin like this export."""
    first = rows_of(head, ABOVE_MAX + 1)
    if export.header:
        return first[0][0] + 1 if first and names(first[0][1], export.header) else None
    if export.day_above is not None:
        is_dated = len(first) == ABOVE_MAX + 1 and COMPACT_DAY.fullmatch(cell(first[0][1], export.day_above))
        return first[-1][0] if is_dated and has_shape(first[-1][1], export) else None
    if not any(has_shape(values, export) for _, values in first):
        return None
    # The first line names columns if it has no day; with a day it is an entry, though something may be wrong with it.
    is_entry = any(map(str.isdigit, cell(first[0][1], export.columns.day or 0)))
    return first[0][0] if is_entry else first[1][0]


def names(values: Sequence[str], header: Sequence[str]) -> bool:
    written = [" ".join(value.lower().split()) for value in values]
    return written[: len(header)] == list(header) and not any(written[len(header) :])


def has_shape(values: Sequence[str], export: Export) -> bool:
    is_wide = len(values) >= export.width and not any(values[export.width :])
    return is_wide and all(pattern.fullmatch(values[column].strip()) for column, pattern in export.shape)


def cell(values: Sequence[str], column: int) -> str:
    return values[column].strip() if column < len(values) else ""


def layout_of(export: Export, stream: BinaryIO) -> Layout | Fault:
    """How this file is to be read."""
    head = stream.read(HEAD_BYTES)
    first_line = first_entry(export, head)
    if first_line is None:
        return fault(1, f"the file does not begin as {export.name} does", EXPORT_AGAIN)
    labels = export.header or tuple(f"column {number}" for number in range(1, export.width + 1))
    layout = Layout(export.columns, labels, first_line=first_line, texts=export.texts)
    if export.day_above is None:
        return layout
    try:
        return layout._replace(day=written_day(cell(rows_of(head, 1)[0][1], export.day_above)))
    except ValueError:
        return fault(1, "there is no such day", EXPORT_AGAIN, f"column {export.day_above + 1}")

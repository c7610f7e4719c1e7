"""The DWP's schedule of deductions from benefit, for council tax and other debts: CSV, or a spreadsheet; amounts in pence."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import BinaryIO, NamedTuple

from ims_contracts.remittances import Fault
from ims_ingest.formats.account_rows import SPREADSHEET
from ims_ingest.formats.dwp_workbook import MAGIC, is_workbook, sheet_rows
from ims_ingest.formats.records import Format, Record, Row, Whole, fault, fitting
from ims_ingest.formats.text import Unreadable, lines_for_csv

WORDS = re.compile(r"[a-z]+")
# Each field by what its column may be called, and where it stands (from 0) in a schedule whose columns are called otherwise.
COLUMNS = {
    "creditor": (("creditorref", "creditorreference", "creditornumber", "creditor"), 0),
    "benefit": (("benefit", "benefittype"), 2),
    "reference": (("customerreference", "customerref", "reference", "accountreference"), 5),
    "paid_on": (("paymentdate", "datepaid", "paidon", "dateofpayment"), 10),
    "amount": (("amount", "amountpence", "amountinpence", "deductionamount"), 11),
    "sign": (("sign", "amountsign"), 12),
}
NEEDED = ("reference", "paid_on", "amount", "sign")
WHOLE_PENCE = re.compile(r"(\d{1,13})(?:\.0*)?")
BRITISH_DAY, ISO_DAY = re.compile(r"(\d\d)([/.-])(\d\d)\2(\d{4})(?: .*)?"), re.compile(r"\d{4}-\d\d-\d\d(?:[ T].*)?")
SIGNS = {"+": 1, "": 1, "-": -1}
ASK = "ask the DWP to correct the row, or send its schedule as it came"
# A name holds a dozen codes at most; no more are remembered, however many rows there are.
CODES_MAX = 100
# A schedule has one day, or the few of a month; what has more is none, and would fill memory.
DAYS_MAX, SEEN_MAX = 1_000, 10_000


class Cells(NamedTuple):
    """The row's fields, as text."""

    creditor: str
    benefit: str
    reference: str
    paid_on: str
    amount: str
    sign: str


def looks_like(head: bytes) -> bool:
    """Whether it is a spreadsheet (no other format is), or names the columns, or has what belongs there in its first row."""
    if is_workbook(head):
        return True
    try:
        rows = csv_rows(io.BytesIO(head))
        header, first = next(rows, (1, []))[1], next(rows, (2, []))[1]
    except (Unreadable, csv.Error):
        return False
    named = places(header)
    if all(named[name] is not None and normal(header[named[name] or 0]) in COLUMNS[name][0] for name in NEEDED):
        return True
    if None in named.values() or len(first) < len(header):
        return False
    cells = Cells(*(first[place or 0].strip() for place in named.values()))
    return cells.sign in ("+", "-") and WHOLE_PENCE.fullmatch(cells.amount) is not None and BRITISH_DAY.fullmatch(cells.paid_on) is not None


def normal(name: str) -> str:
    return "".join(WORDS.findall(name.lower()))


def places(header: list[str]) -> dict[str, int | None]:
    """The column of each field: the one that is called so, else the one where it stands in every schedule; none: there is none."""
    called = {normal(name): number for number, name in reversed(list(enumerate(header)))}
    named = {field: next((called[name] for name in names if name in called), None) for field, (names, _) in COLUMNS.items()}
    return {
        field: place if place is not None else usual if usual < len(header) and usual not in named.values() else None
        for (field, place), (_, usual) in zip(named.items(), COLUMNS.values(), strict=True)
    }


def csv_rows(stream: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """The rows that are not empty, each with the line it begins on."""
    reader, number = csv.reader(lines_for_csv(stream), strict=True), 1
    for values in reader:
        if any(value.strip() for value in values):
            yield number, values
        number = reader.line_num + 1


def read(stream: BinaryIO) -> Iterator[Record]:
    """The deductions, below nothing where one was taken back, each of its payment day: the bank credits a day by itself. A day is
    named by all its rows, wherever they stand, so the file is read once for that, then for the rows."""
    names = names_of_days(stream)
    number = 1
    try:
        rows = table(stream)
        number, header = next(rows, (1, []))
        found = places(header)
        if missing := [name.replace("_", " ") for name in NEEDED if found[name] is None]:
            yield fault(number, f"the header has no column for {', '.join(missing)}", "send the schedule with all its columns")
            return
        schedule = Schedule(len(header), list(found.values()), names)
        for number, values in rows:
            if (record := schedule.read_row(number, values)) is not None:
                yield record
    except (Unreadable, csv.Error) as error:
        yield fault(number, f"the file cannot be read on: {error}", "send the schedule again, as CSV or xlsx")
        return
    yield schedule.whole()


def table(stream: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """The rows from the start, of a spreadsheet or of CSV."""
    stream.seek(0)
    is_spreadsheet = stream.read(len(MAGIC)) == MAGIC
    stream.seek(0)
    return sheet_rows(stream) if is_spreadsheet else csv_rows(stream)


def names_of_days(stream: BinaryIO) -> dict[date, str]:
    """What names each payment day: its creditor numbers and benefits. Universal Credit and the older benefits come in schedules of
    their own, of one creditor number and day. What cannot be read is left to the second reading."""
    days: dict[date, Codes] = {}
    with suppress(Unreadable, csv.Error):
        rows = table(stream)
        found = places(next(rows, (1, []))[1])
        creditor, benefit, paid_on = (found[name] for name in ("creditor", "benefit", "paid_on"))
        for said in different(rows, (creditor, benefit, paid_on)):
            with suppress(ValueError):
                of_day = day(said[2])
                if of_day in days or len(days) < DAYS_MAX:
                    days.setdefault(of_day, Codes()).add(said[0], said[1])
    return {of_day: codes.name(of_day.isoformat()) for of_day, codes in days.items()}


def different(rows: Iterator[tuple[int, list[str]]], wanted: Sequence[int | None]) -> Iterator[list[str]]:
    """What rows have in these columns, as a rule each once: most rows of a schedule have the same."""
    last = max(place or 0 for place in wanted)
    get, seen = itemgetter(*(place or 0 for place in wanted)), set[tuple[str, ...]]()
    for _, values in rows:
        if len(values) > last and (said := get(values)) not in seen:
            if len(seen) < SEEN_MAX:
                seen.add(said)
            yield ["" if place is None else text.strip() for place, text in zip(wanted, said, strict=True)]


class Codes:
    """The creditor numbers and benefits that name a schedule, or a day of it."""

    def __init__(self) -> None:
        self.creditors, self.benefits = set[str](), set[str]()

    def add(self, creditor: str, benefit: str) -> None:
        """A spreadsheet loses the noughts before a creditor number, and the same schedule as CSV has them."""
        for codes, code in ((self.creditors, creditor.lstrip("0")), (self.benefits, benefit)):
            if len(codes) < CODES_MAX:
                codes.add(code)

    def name(self, days: str) -> str:
        return ":".join(("+".join(sorted(self.creditors)), "+".join(sorted(self.benefits)), days))[:140]


class Schedule:
    """A schedule being read: its columns, and what its rows have in common."""

    def __init__(self, width: int, wanted: list[int | None], names: dict[date, str]) -> None:
        self.width, self.wanted, self.names, self.size = width, wanted, names, max(place or 0 for place in wanted)
        self.codes = Codes()
        self.first: date | None = None
        self.last: date | None = None

    def read_row(self, number: int, values: list[str]) -> Row | Fault | None:
        """A deduction; none where it is of nothing."""
        if len(values) <= self.size:
            return fault(number, f"the row has {len(values)} columns, the header {self.width}", ASK)
        cells = Cells(*("" if place is None else values[place].strip() for place in self.wanted))
        reference, amount, sign = "".join(cells.reference.split()), WHOLE_PENCE.fullmatch(cells.amount), SIGNS.get(cells.sign)
        if SPREADSHEET.fullmatch(reference):
            return fault(number, "a spreadsheet has turned the reference into a power of ten", ASK, "reference")
        if amount is None:
            return fault(number, "the amount is not in whole pence", ASK, "amount")
        if sign is None:
            return fault(number, "the sign is neither + nor -", ASK, "sign")
        try:
            paid_on = day(cells.paid_on)
        except ValueError:
            return fault(number, "there is no such payment date", ASK, "payment date")
        creditor, amount_pence = cells.creditor.lstrip("0"), int(amount[1])
        self.codes.add(creditor, cells.benefit)
        self.first, self.last = min(self.first or paid_on, paid_on), max(self.last or paid_on, paid_on)
        if amount_pence == 0:
            return None
        key = ":".join((creditor, paid_on.isoformat(), cells.benefit, reference, str(amount_pence), "+-"[sign < 0]))
        reason = "deduction-recovered" if sign < 0 else None
        name = self.names.get(paid_on) or paid_on.isoformat()
        return fitting(
            Row(number, key, sign * amount_pence, paid_on, reference, creditor, "benefit-deduction", "dwp", reason, remittance=name)
        )

    def whole(self) -> Whole:
        """The file, by all its creditor numbers, benefits and days."""
        days = f"{self.first or ''}" if self.first == self.last else f"{self.first}..{self.last}"
        return Whole(self.codes.name(days), self.last, None)


@lru_cache(maxsize=4096)
def day(text: str) -> date:
    """A payment date as people type it; ValueError where there is no such day."""
    if british := BRITISH_DAY.fullmatch(text):
        return date(int(british[4]), int(british[3]), int(british[1]))
    if ISO_DAY.fullmatch(text):
        return date.fromisoformat(text[:10])
    raise ValueError("not a date")


DWP = Format("dwp", "dwp", looks_like, read)

"""A file of collections being read by its layout: lines are told apart, fields read, rows made, totals kept."""

from collections.abc import Callable, Iterator
from functools import partial

from ims_contracts.remittances import Fault
from ims_ingest.formats.layout_fields import Line, Reader, Unfit, Value, readers, whether
from ims_ingest.formats.layout_model import Layout, RecordOf
from ims_ingest.formats.layout_rows import maker
from ims_ingest.formats.layout_totals import Identity, Tally
from ims_ingest.formats.records import Record, Row, Whole, fault

type Found = Row | list[Fault] | None
type Taker = Callable[[int, Line], list[Fault]]


class Reading:
    """A file being read by its layout."""

    def __init__(self, layout: Layout) -> None:
        self.layout, self.is_fixed = layout, layout.kind == "fixed"
        self.ask = f"ask {layout.sender} to correct the line"
        self.columns: dict[str, int] | None = None
        self.width = 0
        self.said: dict[str, Value] = {}
        """What header and trailers say."""
        self.given: dict[str, Value] = {str(name): value for name, value in layout.constants.items()}
        """What every row has: the constants, and what the header says."""
        self.tally, self.identity = Tally(layout), Identity(layout)
        self.is_sound, self.has_begun = True, layout.header is None
        if not layout.named_columns:
            self.prepare()

    def name_columns(self, line: list[str]) -> list[str]:
        """Take the columns' names from the first line. Returns those that are wanted and not there."""
        self.columns, self.width = {name.strip(): number for number, name in enumerate(line)}, len(line)
        fields = [field for _, record in self.layout.records() for field in record.fields.values()]
        columns = [*(field.column for field in fields), *(where.column for where in self.layout.wheres())]
        missing = [name for name in dict.fromkeys(columns) if isinstance(name, str) and name not in self.columns]
        if not missing:
            self.prepare()
        return missing

    def prepare(self) -> None:
        """Make every choice that does not depend on a row."""
        layout = self.layout
        self.readers = readers(layout.detail, self.columns)
        self.reads = [(each.name, each.read) for each in self.readers]
        self.make = maker(layout)
        self.size = self.width or shortest(layout.detail, self.is_fixed)
        wheres = [(record.where, self.sayer(place, record)) for place, record in layout.records() if place != "detail" and record.where]
        wheres += [(where, passed_over) for where in layout.ignore]
        self.others = [(whether(where, self.is_fixed, self.columns), do) for where, do in wheres]
        where = layout.detail.where
        self.is_row = None if where is None else whether(where, self.is_fixed, self.columns)
        if layout.header is not None:
            self.given |= dict.fromkeys(layout.header.fields)

    def sayer(self, place: str, record: RecordOf) -> Taker:
        """What takes a line of this kind."""
        return partial(self.begin if place == "header" else self.say, readers(record, self.columns), place)

    def take(self, number: int, line: Line) -> Found:
        """One line: a row, faults, or nothing to tell."""
        if self.is_row is not None and self.is_row(line):
            return self.row(number, line)
        for is_it, do in self.others:
            if is_it(line):
                return do(number, line)
        if self.is_row is None:
            return self.row(number, line)
        return self.wrong(number, "the line is of no kind that is known")

    def wrong(self, number: int, what: str, position: str | None = None) -> list[Fault]:
        self.is_sound = False
        return [fault(number, what, self.ask, position)]

    def begin(self, fields: list[Reader], place: str, number: int, line: Line) -> list[Fault]:
        """The header, which comes once and first."""
        if self.has_begun:
            return self.wrong(number, "the header is not the file's first line, or comes twice")
        self.has_begun = True
        faults = self.say(fields, place, number, line)
        self.given |= {name: value for name, value in self.said.items() if name in self.given}
        return faults

    def say(self, fields: list[Reader], place: str, number: int, line: Line) -> list[Fault]:
        """What a header or a trailer says."""
        record, faults = place.partition(".")[0].removesuffix("s"), []
        for each in fields:
            if each.name in self.said:
                return self.wrong(number, f"the {record} comes twice: it may be two files in one")
            try:
                self.said[each.name] = each.read(line)
            except (Unfit, IndexError) as error:
                why = error if isinstance(error, Unfit) else "is not there"
                faults += self.wrong(number, f"the {record}'s {each.called} {why}", each.position)
        return faults

    def row(self, number: int, line: Line) -> Found:
        if not self.has_begun:
            self.has_begun = True
            return self.wrong(number, "the file does not begin with its header")
        if len(line) < self.size or len(line) > self.width > 0:
            return self.wrong(number, self.wrong_size(len(line)))
        values = self.given.copy()
        try:
            for name, read in self.reads:
                values[name] = read(line)
        except Unfit:
            return self.faults_of(number, line)
        amount_pence = values["amount"]
        assert isinstance(amount_pence, int)
        self.tally.add(amount_pence, values)
        self.identity.add(values)
        made = self.make(number, values)
        if isinstance(made, Row) or made is None:
            return made
        if isinstance(made, str):
            return self.wrong(number, made, self.position("amount"))
        self.is_sound = False
        return [made]

    def faults_of(self, number: int, line: Line) -> list[Fault]:
        """Everything that is wrong with a row."""
        faults = []
        for each in self.readers:
            try:
                each.read(line)
            except Unfit as error:
                faults += self.wrong(number, f"the {each.called} {error}", each.position)
        return faults

    def position(self, name: str) -> str:
        return next(each.position for each in self.readers if each.name == name)

    def wrong_size(self, size: int) -> str:
        if self.is_fixed:
            return f"the line has {size} characters, fewer than {self.size}"
        return f"the row has {size} columns, " + (f"the header {self.width}" if self.width else f"fewer than {self.size}")

    def end(self, number: int) -> Iterator[Record]:
        """What the totals prove, where every row could be read."""
        wrong = list(self.tally.faults(number, self.said)) if self.is_sound else []
        yield from wrong
        if not self.has_begun:
            yield from self.wrong(number, "the file has no header")
        proved = (True if self.layout.totals else None) if self.is_sound and not wrong else False
        yield Whole(self.identity.name(self.given), self.identity.business_on(self.given), proved)


def passed_over(number: int, line: Line) -> list[Fault]:
    return []


def shortest(record: RecordOf, is_fixed: bool) -> int:
    """The least that a row has. A text at the end of a fixed line may be cut: senders leave blanks out there."""
    if not is_fixed:
        return max(field.column for field in record.fields.values() if isinstance(field.column, int))
    return max((field.start or 0) + (field.length or 0) - 1 for field in record.fields.values() if field.type != "text" or field.luhn)

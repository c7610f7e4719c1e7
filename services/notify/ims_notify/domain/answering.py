"""What a back office says of a run's lines: accepted, or rejected and why. Its files are described by layouts, as ours are."""

import csv
import io
from collections.abc import Iterator
from typing import Literal, NamedTuple, Self

from pydantic import Field, model_validator

from ims_notify.domain.outgoing import Name, Said

FAULTS_MAX = 20
REASON_LENGTH_MAX = 140
ACCEPTED, REJECTED = "accepted", "rejected"


class AnswerField(Said):
    """Where a field stands: its column from 1, or its first position and its length."""

    column: int | None = Field(default=None, ge=1)
    start: int | None = Field(default=None, ge=1)
    length: int | None = Field(default=None, ge=1)
    codes: dict[str, str] | None = None
    """What each text stands for; of a verdict, `accepted` or `rejected`."""


class AnswerRecord(Said):
    """A kind of line: what it begins with (in a delimited layout, its first column), and its fields."""

    starts: str | None = Field(default=None, min_length=1)
    fields: dict[Literal["run", "sequence", "verdict", "reason", "count"], AnswerField]


class AnswerLayout(Said):
    """How one customer's system answers."""

    name: Name
    kind: Literal["fixed", "delimited"]
    separator: str = Field(default=",", min_length=1, max_length=1)
    named_columns: bool = False
    """The first line names the columns, and says nothing else."""
    header: AnswerRecord | None = None
    detail: AnswerRecord
    trailer: AnswerRecord | None = None
    unmentioned: Literal["accepted", "open"] = "open"
    """What a line is of which the file says nothing."""

    @model_validator(mode="after")
    def holds_together(self) -> Self:
        records = [each for each in (self.header, self.detail, self.trailer) if each is not None]
        for field in (field for record in records for field in record.fields.values()):
            is_placed = field.start is not None and field.length is not None and field.column is None
            if self.kind == "fixed" and not is_placed:
                raise ValueError("a field of a fixed layout has start and length, and no column")
            if self.kind == "delimited" and (field.column is None or field.start is not None or field.length is not None):
                raise ValueError("a field of a delimited layout has column, and neither start nor length")
        if not {"sequence", "verdict"} <= self.detail.fields.keys():
            raise ValueError("the detail has sequence and verdict")
        if not any("run" in record.fields for record in records):
            raise ValueError("some record has the number of the run")
        if not set((self.detail.fields["verdict"].codes or {ACCEPTED: ACCEPTED}).values()) <= {ACCEPTED, REJECTED}:
            raise ValueError("the codes of a verdict stand for accepted or rejected")
        if any(record is not self.detail and record.starts is None for record in records):
            raise ValueError("header and trailer say what they begin with")
        return self


class Verdict(NamedTuple):
    """What is said of one line; a rejected one has a reason."""

    sequence: int
    is_accepted: bool
    reason: str


class Unreadable(ValueError):
    """An answer that cannot be taken: every reason, each with its line; never what stands there."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


def read(layout: AnswerLayout, content: bytes, number: int) -> list[Verdict]:
    """What an answer says of run `number`. Raises Unreadable: of a file with a fault in it nothing is taken."""
    return read_any(layout, content, number)[1]


def read_any(layout: AnswerLayout, content: bytes, number: int | None = None) -> tuple[int, list[Verdict]]:
    """What an answer says, and of which run. Raises Unreadable."""
    reading = Reading(layout, number)
    try:
        for at, line in lines(layout, content):
            reading.take(at, line)
    except (UnicodeDecodeError, csv.Error):
        raise Unreadable(["the file is no text in UTF-8, or its quotes do not close"]) from None
    reading.end()
    if reading.faults or reading.number is None:
        raise Unreadable(reading.faults[:FAULTS_MAX])
    return reading.number, list(reading.verdicts.values())


def lines(layout: AnswerLayout, content: bytes) -> Iterator[tuple[int, str | list[str]]]:
    """The lines that are not blank, each with its number."""
    text = content.decode("utf-8-sig")
    if layout.kind == "fixed":
        found: Iterator[tuple[int, str | list[str]]] = ((at, line) for at, line in enumerate(text.splitlines(), 1) if line.strip())
    else:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=layout.separator, strict=True)
        found = ((rows.line_num, row) for row in rows if any(row))
    if layout.named_columns:
        next(found, None)
    return found


class Reading:
    """What was read so far."""

    def __init__(self, layout: AnswerLayout, number: int | None) -> None:
        self.layout, self.number = layout, number
        self.verdicts: dict[int, Verdict] = {}
        self.faults: list[str] = []
        self.count: int | None = None
        self.said_count = 0
        self.is_named = False

    def take(self, at: int, line: str | list[str]) -> None:
        """One line of whichever kind it is."""
        try:
            for record in (self.layout.header, self.layout.trailer, self.layout.detail):
                if record is not None and is_such(record, line):
                    self.say(at, line, record)
                    return
            raise ValueError("is no kind of line that the layout knows")
        except ValueError as fault:
            self.faults.append(f"line {at}: {fault}")

    def say(self, at: int, line: str | list[str], record: AnswerRecord) -> None:
        said = {name: text_of(field, line) for name, field in record.fields.items()}
        if "run" in said:
            self.is_named = True
            named = whole("run", said["run"])
            if self.number is None:
                self.number = named
            if named != self.number:
                raise ValueError(f"is not of run {self.number}")
        if "count" in said:
            self.count = whole("count", said["count"])
        if record is self.layout.detail:
            self.judge(said)

    def judge(self, said: dict[Literal["run", "sequence", "verdict", "reason", "count"], str]) -> None:
        self.said_count += 1
        sequence, verdict = whole("sequence", said["sequence"]), said["verdict"]
        if verdict not in (ACCEPTED, REJECTED):
            raise ValueError("the verdict is none that the layout knows")
        reason = "" if verdict == ACCEPTED else said.get("reason", "")[:REASON_LENGTH_MAX] or REJECTED
        found = Verdict(sequence, verdict == ACCEPTED, reason)
        if self.verdicts.setdefault(sequence, found) != found:
            raise ValueError("says another thing of a line than a line before")

    def end(self) -> None:
        if not self.is_named and not self.faults:
            self.faults.append("the file does not say which run it answers")
        has_count = self.layout.trailer is not None and "count" in self.layout.trailer.fields
        if has_count and self.count is None:
            self.faults.append("the file has no trailer: it was cut short")
        elif self.count is not None and self.count != self.said_count:
            self.faults.append(f"the file says it has {self.count} lines, but has {self.said_count}")


def is_such(record: AnswerRecord, line: str | list[str]) -> bool:
    return record.starts is None or (line if isinstance(line, str) else line[0]).startswith(record.starts)


def text_of(field: AnswerField, line: str | list[str]) -> str:
    if isinstance(line, str):
        start = (field.start or 1) - 1
        text = line[start : start + (field.length or 0)].strip()
    else:
        column = (field.column or 1) - 1
        text = line[column].strip() if column < len(line) else ""
    return field.codes.get(text, text) if field.codes is not None else text


def whole(name: str, text: str) -> int:
    """A whole number. Raises ValueError."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise ValueError(f"the {name} is no number")
    return int(text)

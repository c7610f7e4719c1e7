"""A run's lines made a file, as a layout says: all choices are made once, before the first line."""

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from ims_notify.domain.ledger import Entry
from ims_notify.domain.outgoing import DATE_PARTS, FieldOf, Layout, RecordOf
from ims_notify.domain.postings import Line
from ims_notify.domain.saying import SAID, Numbered, Value

STRFTIME = {"YYYY": "%Y", "YY": "%y", "MM": "%m", "DD": "%d"}
PLUS_DIGITS, MINUS_DIGITS = "{ABCDEFGHI", "}JKLMNOPQR"
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
NO_DIGIT = re.compile("[^0-9]")
LINE_ENDS = {"lf": "\n", "crlf": "\r\n"}


class Unfit(ValueError):
    """What cannot be written as the layout says: which field and why, never what it holds."""


class Head(NamedTuple):
    """The run that is written."""

    run: int
    made_on: date
    council: str
    destination: str
    is_test: bool


class Totals(NamedTuple):
    """What lines come to, in pence; debits as what they are above nothing."""

    credit_count: int = 0
    debit_count: int = 0
    credit_pence: int = 0
    debit_pence: int = 0

    @property
    def line_count(self) -> int:
        return self.credit_count + self.debit_count

    @property
    def net_pence(self) -> int:
        return self.credit_pence - self.debit_pence


class Written(NamedTuple):
    """A file, and what proves it."""

    content: bytes
    sha256: str
    totals: Totals


class Writer:
    """Writes one run. Take its lines, then its content."""

    def __init__(self, layout: Layout, head: Head) -> None:
        self.layout, self.head = layout, head
        self.end = LINE_ENDS[layout.line_end]
        of_a_line = SAID[layout.tells]
        self.fields = [writer(name, field, said_of_line(field, head, of_a_line)) for name, field in layout.detail.fields.items()]
        self.texts: list[str] = []
        self.count = [0, 0]
        self.pence = [0, 0]
        self.join = joiner(layout)
        columns = list(layout.detail.fields)
        whole = [field for record in (layout.header, layout.trailer) if record for field in record.fields.values()]
        self.hashes = dict.fromkeys([field.hash_of for field in whole if field.hash_of], 0)
        self.hashed = [(name, columns.index(name)) for name in self.hashes]

    def take(self, line: Line | Entry) -> int:
        """Add a line; returns its number in the run. Raises Unfit, and then the line is not in it."""
        number = len(self.texts) + 1
        self.add(line, self.texts_of((number, line)))
        return number

    def take_whole(self, lines: Sequence[Line | Entry]) -> None:
        """Add lines that belong together. Raises Unfit, and then none of them is in it."""
        found = [self.texts_of(numbered) for numbered in enumerate(lines, len(self.texts) + 1)]
        for line, texts in zip(lines, found, strict=True):
            self.add(line, texts)

    def texts_of(self, numbered: Numbered) -> tuple[str, list[str]]:
        """A line as it is written, and its fields. Raises Unfit."""
        texts = [write(numbered) for write in self.fields]
        text = self.join(texts)
        encodes(text, self.layout.encoding)
        return text, texts

    def add(self, line: Line | Entry, written: tuple[str, list[str]]) -> None:
        text, texts = written
        is_debit = line.is_debit
        self.count[is_debit] += 1
        self.pence[is_debit] += abs(line.amount_pence)
        for name, column in self.hashed:
            self.hashes[name] += digits(texts[column])
        self.texts.append(text)

    @property
    def totals(self) -> Totals:
        return Totals(self.count[0], self.count[1], self.pence[0], self.pence[1])

    def written(self) -> Written:
        """The file. Raises Unfit where a total does not fit."""
        texts = [self.record(self.layout.header)] if self.layout.header else []
        if self.layout.named_columns:
            texts.append(self.join(list(self.layout.detail.fields)))
        texts += self.texts
        if self.layout.trailer:
            texts.append(self.record(self.layout.trailer))
        content = "".join([f"{text}{self.end}" for text in texts]).encode(self.layout.encoding)
        return Written(content, hashlib.sha256(content).hexdigest(), self.totals)

    def record(self, record: RecordOf) -> str:
        """The header or the trailer."""
        texts = [writer(name, field, self.said_of_whole(field))(None) for name, field in record.fields.items()]
        text = self.join(texts)
        encodes(text, self.layout.encoding)
        return text

    def said_of_whole(self, field: FieldOf) -> Callable[[object], Value]:
        totals = self.totals
        said: dict[str, Value] = said_of_run(self.head) | {
            "count": totals.line_count, "credit_count": totals.credit_count, "debit_count": totals.debit_count, "net": totals.net_pence,
            "gross": totals.credit_pence + totals.debit_pence, "credits": totals.credit_pence, "debits": totals.debit_pence,
        }  # fmt: skip
        if field.hash_of is not None:
            kept = 10**field.length if field.length else None
            said["hash"] = self.hashes[field.hash_of] % kept if kept else self.hashes[field.hash_of]
        value = said[field.of] if field.of else field.constant
        return lambda _: value


def said_of_run(head: Head) -> dict[str, Value]:
    mode = "test" if head.is_test else "live"
    return {"run": head.run, "made_on": head.made_on, "council": head.council, "destination": head.destination, "mode": mode}


def said_of_line(field: FieldOf, head: Head, of_a_line: Mapping[str, Callable[[Numbered], Value]]) -> Callable[[Numbered], Value]:
    if field.of and field.of in of_a_line:
        return of_a_line[field.of]
    value = said_of_run(head)[field.of] if field.of else field.constant
    return lambda _: value


def writer[Said](name: str, field: FieldOf, said: Callable[[Said], Value]) -> Callable[[Said], str]:
    """What a field writes of what is said; raises Unfit."""
    write, called = text_writer(field), name.replace("_", " ")
    nothing, is_needed = " " * (field.length or 0), field.needed

    def written(each: Said) -> str:
        value = said(each)
        if value is None or value == "":
            if is_needed:
                raise Unfit(f"{called}: there is nothing to write")
            return nothing
        try:
            return write(value)
        except Unfit as unfit:
            raise Unfit(f"{called}: {unfit}") from None

    return written


def text_writer(field: FieldOf) -> Callable[..., str]:
    """A value as text of the field's width."""
    fill = filler(field)
    match field.type:
        case "date":
            pattern = DATE_PARTS.sub(lambda part: STRFTIME[part[0]], (field.format or "").replace("%", "%%"))
            return lru_cache(lambda day: fill(day.strftime(pattern)))
        case "integer":
            return lambda value: fill(str(value))
        case "text":
            return coded(field) if field.codes is not None else lambda text: fill(plain(text))
    return amount(field)


def coded(field: FieldOf) -> Callable[[str], str]:
    fill = filler(field)
    codes = {text: fill(code) for text, code in (field.codes or {}).items()}
    other = None if field.otherwise is None else fill(field.otherwise)

    def write(text: str) -> str:
        if (code := codes.get(text, other)) is None:
            raise Unfit("has no code; name it under codes, or say otherwise")
        return code

    return write


def amount(field: FieldOf) -> Callable[[int], str]:
    """An amount in pence, with its sign."""
    is_pence, plus = field.type == "pence", field.plus
    signed, unsigned = filler(field, 1), filler(field, len(plus))
    whole, is_before_blanks = filler(field), field.fill == " "

    def write(pence: int) -> str:
        size = abs(pence)
        text = str(size) if is_pence else f"{size // 100}.{size % 100:02}"
        match field.sign:
            case "none":
                if pence < 0:
                    raise Unfit("is below nothing, and has no sign")
                return whole(text)
            case "overpunch":
                return whole(text[:-1] + (MINUS_DIGITS if pence < 0 else PLUS_DIGITS)[int(text[-1])])
            case "trailing":
                return signed(text) + "-" if pence < 0 else unsigned(text) + plus
        sign = "-" if pence < 0 else plus
        if is_before_blanks:
            return whole(sign + text)
        return sign + (signed(text) if pence < 0 else unsigned(text))

    return write


def filler(field: FieldOf, sign_length: int = 0) -> Callable[[str], str]:
    """What brings a text to the field's width, less that of a sign beside it. Raises Unfit for one that is too long."""
    if field.length is None:
        return str
    is_number = field.type in ("integer", "pence", "pounds")
    fill, room = field.fill or ("0" if is_number else " "), field.length - sign_length
    fit = str.rjust if field.align == "right" or (field.align is None and is_number) else str.ljust

    def filled(text: str) -> str:
        if len(text) > room:
            raise Unfit(f"is longer than {field.length}")
        return fit(text, room, fill)

    return filled


def plain(text: str) -> str:
    """A text that stays on its line."""
    if not text.isprintable() and CONTROL.search(text):
        raise Unfit("has a control character in it")
    return text


def joiner(layout: Layout) -> Callable[[list[str]], str]:
    """How a line is made of its fields."""
    if layout.kind == "fixed":
        return "".join
    separator = layout.separator

    def quoted(text: str) -> str:
        if separator not in text and '"' not in text:
            return text
        if not layout.quoted:
            raise Unfit("a text has the separator or a quote in it, and the layout has no quotes")
        return '"' + text.replace('"', '""') + '"'

    return lambda texts: separator.join([quoted(text) for text in texts])


def encodes(text: str, encoding: str) -> None:
    """Raises Unfit for letters that the file cannot have."""
    if text.isascii():
        return
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        raise Unfit(f"has a letter that cannot be written in {encoding}") from None


def digits(text: str) -> int:
    """The digits of a field as one number."""
    return int(NO_DIGIT.sub("", text) or "0")

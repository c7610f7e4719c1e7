"""A layout's fields made functions that read them: all choices are made once, before the first row."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from ims_contracts.message import PENCE_MAX
from ims_ingest.domain.cards import passes_luhn
from ims_ingest.formats.layout_model import DATE_PARTS, FieldOf, RecordOf, SignOf, Where
from ims_ingest.formats.text import pence

type Line = Any
"""A line of a fixed layout, as text; a row of a delimited one, as the list of its columns."""
type Take = Callable[[Line], str]
type Value = str | int | date | None

THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d*)?")
OVERPUNCHED = {each: (sign, digit) for sign, marks in ((1, "{ABCDEFGHI"), (-1, "}JKLMNOPQR")) for digit, each in enumerate(marks)}
INTEGER_DIGITS = 18


class Unfit(ValueError):
    """A field that is not what the layout says; says what is wrong, never what it holds."""


class Reader(NamedTuple):
    """A field, ready to be read."""

    name: str
    read: Callable[[Line], Value]
    called: str
    position: str


def readers(record: RecordOf, columns: Mapping[str, int] | None) -> list[Reader]:
    """The fields of a kind of line, in their order. `columns` are the numbers (from 0) of a file's named columns."""
    takes = {name: take(field, columns) for name, field in record.fields.items()}
    return [
        Reader(name, reader(field, takes, name), field.called or name.replace("_", " "), position(field))
        for name, field in record.fields.items()
    ]


def position(field: FieldOf) -> str:
    """Where a field stands, as a fault says it."""
    if field.start is not None and field.length is not None:
        last = field.start + field.length - 1
        return f"{field.start}-{last}" if field.length > 1 else f"{field.start}"
    return field.column if isinstance(field.column, str) else f"column {field.column}"


def take(field: FieldOf, columns: Mapping[str, int] | None) -> Take:
    """The field's text."""
    if field.start is not None and field.length is not None:
        return itemgetter(slice(field.start - 1, field.start - 1 + field.length))
    assert field.column is not None
    return itemgetter(column_of(field.column, columns))


def column_of(column: int | str, columns: Mapping[str, int] | None) -> int:
    """A column's number, from 0."""
    if isinstance(column, int):
        return column - 1
    assert columns is not None
    return columns[column]


def whether(where: Where, is_fixed: bool, columns: Mapping[str, int] | None) -> Callable[[Line], bool]:
    """Whether a line is of a kind."""
    pattern = re.compile(where.matches) if where.matches is not None else None
    start, text = where.at - 1, where.starts or ""
    if is_fixed and pattern:
        return lambda line: pattern.match(line, start) is not None
    if is_fixed:
        return lambda line: line.startswith(text, start)
    number = column_of(where.column, columns)
    if pattern:
        return lambda line: number < len(line) and pattern.match(line[number]) is not None
    return lambda line: number < len(line) and line[number].startswith(text)


def reader(field: FieldOf, takes: Mapping[str, Take], name: str) -> Callable[[Line], Value]:
    """What the field says, or Unfit."""
    text = takes[name]
    if isinstance(field.sign, SignOf):
        return signed_by(field, text, takes[field.sign.field], field.sign)
    convert = converter(field)
    return lambda line: convert(text(line).strip())


def converter(field: FieldOf) -> Callable[[str], Value]:
    match field.type:
        case "date":
            return date_of(field.format or "")
        case "integer":
            return whole
        case "text":
            return text_of(field)
    return amount(field)


def signed_by(field: FieldOf, text: Take, mark: Take, sign: SignOf) -> Callable[[Line], Value]:
    """An amount whose sign stands elsewhere."""
    magnitude, signs = unsigned(field), dict.fromkeys(sign.minus, -1) | dict.fromkeys(sign.plus or (), 1)
    other = 1 if sign.plus is None else 0

    def read(line: Line) -> Value:
        if not (by := signs.get(mark(line).strip(), other)):
            raise Unfit(f"has a sign that is none that is known: {sign.field.replace('_', ' ')}")
        return by * magnitude(text(line).strip())

    return read


def amount(field: FieldOf) -> Callable[[str], Value]:
    """An amount in pence, with the sign that is part of it."""
    magnitude = unsigned(field)

    def leading(text: str) -> int:
        if text[:1] in ("-", "+"):
            return magnitude(text[1:].lstrip()) * (-1 if text[0] == "-" else 1)
        return magnitude(text)

    def trailing(text: str) -> int:
        if text[-1:] in ("-", "+"):
            return magnitude(text[:-1].rstrip()) * (-1 if text[-1] == "-" else 1)
        return magnitude(text)

    def overpunch(text: str) -> int:
        if (found := OVERPUNCHED.get(text[-1:])) is None:
            raise Unfit("has no sign in its last digit")
        return found[0] * magnitude(f"{text[:-1]}{found[1]}")

    return {"none": magnitude, "leading": leading, "trailing": trailing, "overpunch": overpunch}[str(field.sign)]


def unsigned(field: FieldOf) -> Callable[[str], int]:
    """The amount in pence of a text without a sign."""
    if field.type == "pence":
        return limited(whole)
    scale = field.scale
    if scale is not None:
        return limited(lambda text: scaled(whole(text), scale))
    return limited(lambda text: pounds(text, field.thousands))


def limited(read: Callable[[str], int]) -> Callable[[str], int]:
    def within(text: str) -> int:
        if (found := read(text)) > PENCE_MAX:
            raise Unfit("is more than any payment comes to")
        return found

    return within


def whole(text: str) -> int:
    """A whole number without a sign."""
    if not (text.isascii() and text.isdigit() and len(text) <= INTEGER_DIGITS):
        raise Unfit("cannot be read")
    return int(text)


def scaled(units: int, scale: int) -> int:
    """Units of which 10 to the power of `scale` make a pound, in pence."""
    if scale <= 2:
        return int(units * 10 ** (2 - scale))
    if units % 10 ** (scale - 2):
        raise Unfit("has a fraction of a penny")
    return int(units // 10 ** (scale - 2))


def pounds(text: str, has_thousands: bool) -> int:
    if has_thousands and THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    if text[:1] in ("-", "+"):
        raise Unfit("has a sign where none is expected")
    try:
        return pence(text)
    except ValueError:
        raise Unfit("cannot be read") from None


def date_of(format: str) -> Callable[[str], Value]:
    """A date as the format writes it; the same text is read once."""
    places = {found.group(): slice(found.start(), found.end()) for found in DATE_PARTS.finditer(format)}
    year, century = (places["YYYY"], 0) if "YYYY" in places else (places["YY"], 2000)
    shape = re.compile(DATE_PARTS.sub(lambda part: r"\d" * len(part.group()), re.escape(format)) + r"(?:[T ].*|\d{4}|\d{6})?", re.ASCII)

    @lru_cache(maxsize=4096)
    def read(text: str) -> date:
        try:
            if shape.fullmatch(text) is None:
                raise Unfit("is no such date")
            return date(century + int(text[year]), int(text[places["MM"]]), int(text[places["DD"]]))
        except ValueError:
            raise Unfit("is no such date") from None

    return read


def text_of(field: FieldOf) -> Callable[[str], Value]:
    """A text, or the part of it that counts."""
    if not (field.codes or field.drop or field.issuers or field.luhn or field.slice or field.strip or field.needed):
        return str
    issuers = tuple(field.issuers or ("",))
    part = slice(field.slice.start - 1, field.slice.start - 1 + field.slice.length) if field.slice else slice(None)

    def read(text: str) -> str:
        if not text and field.needed:
            raise Unfit("is missing")
        if field.luhn and not (text.isascii() and text.isdigit() and passes_luhn(text)):
            raise Unfit("fails its check digit")
        if not text.startswith(issuers):
            raise Unfit("begins as none of this contract does")
        text = text.removeprefix(field.drop or "")[part]
        if field.strip:
            text = text.lstrip(field.strip)
        if field.codes is not None:
            return coded(field.codes, text)
        return text

    return read


def coded(codes: Mapping[str, str], text: str) -> str:
    if text not in codes:
        raise Unfit("is none that is known")
    return codes[text]

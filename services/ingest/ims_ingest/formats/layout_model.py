"""What a layout may say: how one contract's files of collections are written, so that a new contract needs a file, not code."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ims_contracts.message import Code

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
ROW_FIELDS = ("amount", "paid_on", "reference", "narrative", "channel", "method_of_payment", "fund")
# Longest first, so that YYYY is not read as YY twice.
DATE_PARTS = re.compile("YYYY|YY|MM|DD")


class Said(BaseModel):
    """A part of a layout: what it does not know is a mistake, and so is a text where a number is meant."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Where(Said):
    """Which lines are such a record: what stands at a position (`fixed`) or in a column (`delimited`); else at the beginning."""

    at: int = Field(default=1, ge=1)
    column: int | str = 1
    starts: str | None = Field(default=None, min_length=1)
    """What stands there begins so."""
    matches: str | None = None
    """What stands there begins with something of this regular expression."""

    @model_validator(mode="after")
    def says_one_thing(self) -> Self:
        if (self.starts is None) == (self.matches is None):
            raise ValueError("give either starts or matches")
        if self.matches is not None:
            compiles(self.matches)
        return self


class SignOf(Said):
    """An amount written without a sign, whose sign another field's text decides: a mark of its own, or a type of row."""

    field: Name
    minus: list[str] = Field(min_length=1)
    plus: list[str] | None = None
    """Not given: whatever is not minus."""


class Slice(Said):
    """A part of a text, from its first position."""

    start: int = Field(ge=1)
    length: int = Field(ge=1)


class FieldOf(Said):
    """One field of a record: where it stands, and how it is written."""

    start: int | None = Field(default=None, ge=1)
    length: int | None = Field(default=None, ge=1)
    column: int | str | None = None
    """Its number, from 1, or its name where the file's first line names its columns."""
    type: Literal["text", "integer", "pence", "pounds", "date"] = "text"
    called: str | None = Field(default=None, min_length=1)
    """What a fault calls it, where its name does not do."""
    needed: bool = False
    """A text that may not be empty. Numbers and dates never may."""
    scale: int | None = Field(default=None, ge=0, le=6)
    """Pounds without a written point: so many of the last digits stand behind it."""
    thousands: bool = False
    """Pounds may have commas between thousands."""
    sign: Literal["none", "leading", "trailing", "overpunch"] | SignOf = "none"
    """Overpunch: the last digit carries it, `{` and `A` to `I` above nothing, `}` and `J` to `R` below."""
    format: str | None = None
    """A date's, in DD, MM, YYYY and YY (of this century), and what stands between them; a time may follow."""
    codes: dict[str, str] | None = None
    """What each text stands for; any other is a fault."""
    drop: str | None = Field(default=None, min_length=1)
    """What some of the texts begin with that is no part of them."""
    issuers: list[str] | None = Field(default=None, min_length=1)
    """What a card number must begin with."""
    luhn: bool = False
    """A card number whose last digit is the check digit of the others."""
    slice: Slice | None = None
    """Which part of the text counts: of a card number, the council's reference."""
    strip: str | None = Field(default=None, min_length=1, max_length=1)
    """What fills the text up from the left, after the slice is taken."""

    @model_validator(mode="after")
    def fits_its_type(self) -> Self:
        if (self.type == "date") != (self.format is not None):
            raise ValueError("a date has a format, and nothing else has")
        if self.format is not None and sorted(DATE_PARTS.findall(self.format)) not in (["DD", "MM", "YY"], ["DD", "MM", "YYYY"]):
            raise ValueError("a date's format has DD, MM and YYYY or YY once each")
        if self.sign != "none" and self.type not in ("pence", "pounds"):
            raise ValueError("only pence and pounds have a sign")
        if self.type != "pounds" and (self.scale is not None or self.thousands):
            raise ValueError("only pounds have scale or thousands")
        if self.type != "text" and (self.codes or self.drop or self.issuers or self.luhn or self.slice or self.strip or self.needed):
            raise ValueError("only a text has codes, drop, issuers, luhn, slice, strip or needed")
        return self


class RecordOf(Said):
    """A kind of line: which lines it is, and its fields by name. Without `where` it is every line that is no other kind."""

    where: Where | None = None
    fields: dict[Name, FieldOf] = Field(min_length=1)


class Negative(Said):
    """What a row below nothing means. Without it, such a row is a fault."""

    reason: Code | None = None
    field: Name | None = None
    reasons: dict[str, Code] = {}
    """By the text of a field, where it tells why; with any other text a row below nothing is a fault."""
    always: list[str] = []
    """Texts of that field with which a row is never above nothing."""
    undoes: list[Name] | None = Field(default=None, min_length=1)
    """The fields that make the key of the row that is undone, where the file names it."""

    @model_validator(mode="after")
    def says_why(self) -> Self:
        if (self.reason is None) != (self.field is not None and bool(self.reasons)):
            raise ValueError("give either reason, or field and reasons")
        return self


class Total(Said):
    """What the file says of itself, to be held against its rows."""

    said: Name
    """The field of the header or of a trailer that says it."""
    of: Literal["count", "value", "hash"]
    over: Literal["all", "credits", "debits"] = "all"
    """Debits come to what they are above nothing."""
    field: Name | None = None
    """The integer field of each row whose sum is the hash."""
    digits: int | None = Field(default=None, ge=1, le=18)
    """How many of the hash's last digits are kept."""

    @model_validator(mode="after")
    def is_of_a_field(self) -> Self:
        if (self.of == "hash") != (self.field is not None):
            raise ValueError("a hash is of a field, and nothing else is")
        return self


class Layout(Said):
    """How one contract's files are written."""

    name: Name
    source: Code
    sender: str = Field(min_length=1)
    """Who is asked to put a file right."""
    kind: Literal["fixed", "delimited"]
    separator: str = Field(default=",", min_length=1, max_length=1)
    quoted: bool = True
    named_columns: bool = False
    """The first line names the columns."""
    header: RecordOf | None = None
    detail: RecordOf
    trailers: list[RecordOf] = []
    ignore: list[Where] = []
    """Lines that say nothing."""
    constants: dict[Literal["channel", "method_of_payment", "fund", "narrative"], str] = {}
    key: list[Name] = Field(min_length=1)
    """The fields by which a row is known when it comes again."""
    identity: list[Name] = Field(min_length=1)
    """The fields that name the file: the header's own, or all that its rows have (dates as the first and the last)."""
    business_on: Name | None = None
    """The date by which the bank's credit is recognised; of rows, the last."""
    negative: Negative | None = None
    zero: Literal["fault", "ignore"] = "fault"
    totals: list[Total] = []

    def records(self) -> Iterator[tuple[str, RecordOf]]:
        """Every kind of line, with the key it stands under."""
        yield "detail", self.detail
        if self.header is not None:
            yield "header", self.header
        for number, each in enumerate(self.trailers):
            yield f"trailers.{number}", each

    def wheres(self) -> Iterator[Where]:
        """Everything that tells one kind of line from another."""
        yield from (record.where for _, record in self.records() if record.where is not None)
        yield from self.ignore


def compiles(pattern: str) -> None:
    """Raises ValueError for what is no regular expression."""
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None

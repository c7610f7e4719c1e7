"""What a layout of outgoing files may say: how a customer's system wants its postings written, so that a new one needs a file, not code."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Type = Literal["text", "integer", "pence", "pounds", "date"]

# Longest first, so that YYYY is not read as YY twice.
DATE_PARTS = re.compile("YYYY|YY|MM|DD")

OF_THE_RUN: dict[str, tuple[Type, ...]] = {
    "run": ("integer",), "made_on": ("date",), "council": ("text",), "destination": ("text",), "mode": ("text",),
}  # fmt: skip
"""What every record may say, and the types it may be written as. `mode` is `test` or `live`."""
MONEY: tuple[Type, ...] = ("pence", "pounds")
OF_THE_WHOLE: dict[str, tuple[Type, ...]] = OF_THE_RUN | {
    "count": ("integer",), "credit_count": ("integer",), "debit_count": ("integer",), "hash": ("integer",),
    "net": MONEY, "gross": MONEY, "credits": MONEY, "debits": MONEY,
}  # fmt: skip
"""What header and trailer may say. Debits come to what they are above nothing; `gross` is credits and debits together."""
OF_A_LINE: dict[str, tuple[Type, ...]] = OF_THE_RUN | {
    "sequence": ("integer",), "fund": ("text",), "account_reference": ("text",), "way": ("text",), "method_of_payment": ("text",),
    "reason": ("text",), "channel": ("text",), "outcome": ("text",), "sign": ("text",), "paid_on": ("date",), "posted_on": ("date",),
    "payment_id": ("text",), "line_id": ("text",), "line_code": ("text",), "undoes": ("text",), "undoes_code": ("text",),
    "amount": MONEY, "absolute": MONEY, "credit": MONEY, "debit": MONEY, "balance": MONEY,
}  # fmt: skip
"""What the detail may say. `way` is the method of payment of what came, and the reason of what went back. A code is fifteen letters of
the id. `sign` is `+` or `-`; `absolute` goes with it. `credit` and `debit` are nothing where the line is the other."""
OF_A_SUM: dict[str, tuple[Type, ...]] = OF_THE_RUN | {
    "sequence": ("integer",), "posted_on": ("date",), "late": ("text",), "ledger_account": ("text",), "ledger_kind": ("text",),
    "ledger_name": ("text",), "cost_centre": ("text",), "vat_code": ("text",), "side": ("text",), "lines": ("integer",),
    "amount": MONEY, "absolute": MONEY, "debit": MONEY, "credit": MONEY, "vat": MONEY,
}  # fmt: skip
"""What the detail of a ledger may say, where it is summed by day, account, cost centre, VAT code and side. `late` is `late` for a day that
had ended when the run before was made, else `in-time`; `side` is `debit` or `credit`. A ledger account has two halves: of `fund:23`,
`ledger_kind` is `fund`, `ledger_name` is `23`. Amounts are above nothing where they are debits."""
OF_AN_ENTRY: dict[str, tuple[Type, ...]] = OF_A_SUM | {
    "journal": ("text",), "journal_code": ("text",), "account_reference": ("text",), "payment_id": ("text",), "reason": ("text",),
}  # fmt: skip
"""And where it is not."""


class Said(BaseModel):
    """A part of a layout: what it does not know is a mistake, and so is a text where a number is meant."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class FieldOf(Said):
    """One field of a record, and how it is written. Whatever does not fit is a fault: nothing is cut."""

    of: Name | None = None
    """What it says."""
    constant: str | None = None
    """Or what always stands there."""
    type: Type = "text"
    length: int | None = Field(default=None, ge=1, le=1000)
    """In a fixed layout how wide it is; in a delimited one the most it may hold."""
    fill: str | None = Field(default=None, min_length=1, max_length=1)
    """What it is filled up with: else blanks after a text, noughts before a number."""
    align: Literal["left", "right"] | None = None
    sign: Literal["none", "leading", "trailing", "overpunch"] = "none"
    """Overpunch: the last digit carries it, `{` and `A` to `I` above nothing, `}` and `J` to `R` below."""
    plus: Literal["+", " ", ""] = "+"
    """How a leading or trailing sign says that nothing is taken away."""
    format: str | None = None
    """A date's, in DD, MM, YYYY and YY, and what stands between them."""
    codes: dict[str, str] | None = None
    """What the customer's system calls each text."""
    otherwise: str | None = None
    """What it calls all others; none: they are a fault."""
    needed: bool = False
    """Whether to have nothing to say is a fault; else nothing is written, or what fills the field."""
    hash_of: Name | None = None
    """Of a `hash`: the detail's field whose digits are summed; its last digits are kept."""

    @model_validator(mode="after")
    def fits_together(self) -> Self:
        if (self.of is None) == (self.constant is None):
            raise ValueError("give either of or constant")
        if (self.type == "date") != (self.format is not None):
            raise ValueError("a date has a format, and nothing else has")
        if self.format is not None and sorted(DATE_PARTS.findall(self.format)) not in (["DD", "MM", "YY"], ["DD", "MM", "YYYY"]):
            raise ValueError("a date's format has DD, MM and YYYY or YY once each")
        if self.sign != "none" and self.type not in MONEY:
            raise ValueError("only pence and pounds have a sign")
        if (self.codes is not None or self.otherwise is not None) and (self.type != "text" or self.of is None):
            raise ValueError("only a text that is no constant has codes or otherwise")
        if self.otherwise is not None and self.codes is None:
            raise ValueError("otherwise is for what codes does not name")
        if (self.of == "hash") != (self.hash_of is not None):
            raise ValueError("a hash has hash_of, and nothing else has")
        return self


class RecordOf(Said):
    """A kind of line: its fields, in their order."""

    fields: dict[Name, FieldOf] = Field(min_length=1)


class Layout(Said):
    """How one customer's files are written."""

    name: Name
    kind: Literal["fixed", "delimited"]
    tells: Literal["postings", "ledger"] = "postings"
    """Of whom a line is: an account of a back office, or the ledger."""
    summed: bool = False
    """Of a ledger: one line for each day, account, cost centre, VAT code and side, in place of each line of each journal."""
    vat: Literal["within", "apart"] = "within"
    """Of a ledger: whether VAT stays within its line, or is a line of its own on `vat:<code>`, and what is left on the fund is net."""
    separator: str = Field(default=",", min_length=1, max_length=1)
    quoted: bool = True
    """Whether a text that holds the separator is put in quotes; else it is a fault."""
    named_columns: bool = False
    """The first line names the detail's fields."""
    encoding: Literal["ascii", "latin-1", "utf-8"] = "ascii"
    line_end: Literal["lf", "crlf"] = "lf"
    header: RecordOf | None = None
    detail: RecordOf
    trailer: RecordOf | None = None

    @model_validator(mode="after")
    def holds_together(self) -> Self:
        if wrong := list(mistakes(self)):
            raise ValueError("; ".join(wrong))
        return self

    @property
    def of_the_detail(self) -> dict[str, tuple[Type, ...]]:
        """What the detail may say, and the types it may be written as."""
        if self.tells == "postings":
            return OF_A_LINE
        return OF_A_SUM if self.summed else OF_AN_ENTRY

    def records(self) -> Iterator[tuple[str, RecordOf]]:
        """Every kind of line, with the key it stands under."""
        yield "detail", self.detail
        if self.header is not None:
            yield "header", self.header
        if self.trailer is not None:
            yield "trailer", self.trailer


def mistakes(layout: Layout) -> Iterator[str]:
    """What in a layout does not go with the rest, as `key: what is wrong`."""
    is_fixed = layout.kind == "fixed"
    if layout.tells == "postings" and (layout.summed or layout.vat == "apart"):
        yield "tells: only a ledger is summed, and only its VAT is apart"
    if is_fixed and layout.encoding == "utf-8":
        yield "encoding: letters of a fixed layout are of one byte: ascii or latin-1"
    if is_fixed and layout.named_columns:
        yield "named_columns: is for a delimited layout"
    for place, record in layout.records():
        for name, field in record.fields.items():
            key = f"{place}.fields.{name}"
            if is_fixed and field.length is None:
                yield f"{key}.length: is missing"
            texts = [field.constant, field.otherwise, *(field.codes or {}).values()]
            if field.length is not None and any(len(text or "") > field.length for text in texts):
                yield f"{key}: writes a text that is longer than {field.length}"
            if not is_fixed and field.fill is not None and field.length is None:
                yield f"{key}.fill: needs a length"
            yield from mistakes_of_source(layout, place, key, field)


def mistakes_of_source(layout: Layout, place: str, key: str, field: FieldOf) -> Iterator[str]:
    if field.of is None:
        if field.type != "text":
            yield f"{key}.type: a constant is a text"
        return
    types = (layout.of_the_detail if place == "detail" else OF_THE_WHOLE).get(field.of)
    if types is None:
        yield f"{key}.of: there is no {field.of} in a {place}"
    elif field.type not in types:
        yield f"{key}.type: {field.of} is written as {' or '.join(types)}"
    if field.hash_of is not None and field.hash_of not in layout.detail.fields:
        yield f"{key}.hash_of: the detail has no field {field.hash_of}"

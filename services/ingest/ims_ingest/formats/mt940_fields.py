"""The fields of an MT940 or MT942: where each begins, and what the short ones hold. Two-digit years, amounts with a comma."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from functools import lru_cache
from typing import BinaryIO, NamedTuple

from ims_contracts.remittances import Fault
from ims_ingest.formats.records import fault
from ims_ingest.formats.text import bank_account, lines, pence

OPENINGS, CLOSINGS = ("60F", "60M"), ("62F", "62M")
IDENTIFIED_BY, REPORTED_BY = ("20", "21", "25", "25P", "28", "28C"), ("34F", "13", "13C", "13D", "90C", "90D")
FIELDS = frozenset((*IDENTIFIED_BY, *REPORTED_BY, *OPENINGS, *CLOSINGS, "61", "64", "65", "86", "NS"))
# Rabobank says before the message which one it is.
HEADERS = frozenset(("940", "942"))
# No entry holds these: a line of free text that seems to begin with one was wrapped at a time (`T16` / `:25:37`).
NEVER_IN_ENTRIES = frozenset(("21", "25", "25P", "28", "28C", "34F", "13", "13C", "13D"))
TIME_LEFT_OVER = re.compile(r"\d\d(?!\d)")
# `-` and `-}` end a message, `-XXX` at ING; `{` begins the blocks around the next.
END = re.compile(r"-(\}.*|XXX)?\s*|\$|\{\d:.*")
# An entry's text has six lines; more than this is no text.
FIELD_LINES_MAX = 100
CONTROLS = "".join(map(chr, range(32)))
BALANCE = re.compile(r"([CD])(\d{6}) *(?:([A-Z]{3}) *)?(\d+(?:,\d*)?)\s*")
TOTAL = re.compile(r"(\d{1,9})([A-Z]{3})(\d+(?:,\d*)?)\s*")
CURRENCY_AT_END = re.compile(r"(?<=\d)/?([A-Z]{3})$")
# Banks began to send MT940 in the eighties.
FIRST_YEAR = 80


class Field(NamedTuple):
    """A field and the lines that it goes on over. A tag of no characters: a message ended, or the next one's blocks begin."""

    line: int
    tag: str
    lines: list[str]

    @property
    def first(self) -> str:
        return self.lines[0]


class Balance(NamedTuple):
    """What a balance says."""

    amount_pence: int
    on: date
    currency: str | None


def fields(stream: BinaryIO) -> Iterator[Field | Fault]:
    """Each field of each message, in order. Lines before the first, or between messages, belong to none and are passed over."""
    field: Field | None = None
    for number, raw in lines(stream):
        text = after_blocks(raw)
        tag = tag_of(text, field)
        is_end = tag in HEADERS or (text.startswith(("-", "$", "{")) and END.fullmatch(text) is not None)
        if field is not None and (tag is not None or is_end):
            yield field
        if is_end:
            yield Field(number, "", [])
            field = None
        elif tag is not None:
            field = Field(number, tag, [text[len(tag) + 2 :]])
        elif text[:1] in CONTROLS and tag_of(text.lstrip(CONTROLS), None):
            what = "a control character hides the beginning of a field"
            yield fault(number, what, "take the character out, or ask the bank for the file again")
        elif field is not None and len(field.lines) < FIELD_LINES_MAX:
            field.lines.append(text)
    if field is not None:
        yield field


def after_blocks(text: str) -> str:
    """A line without SWIFT's blocks before the message, where the message begins on the same line."""
    _, begin, message = text.rpartition("{4:") if text.startswith("{") else ("", "", "")
    return message if begin and message.startswith(":") else text


def tag_of(text: str, field: Field | None) -> str | None:
    """The tag that a line begins with; none if it goes on with the field before."""
    if not text.startswith(":"):
        return None
    tag, colon, _ = text[1:5].partition(":")
    if not colon or (tag not in FIELDS and tag not in HEADERS):
        return None
    is_in_entries = field is not None and field.tag in ("61", "86")
    if is_in_entries and (tag in NEVER_IN_ENTRIES or (tag == "20" and TIME_LEFT_OVER.match(text, 4))):
        return None
    return tag


def balance(text: str) -> Balance:
    """A balance as `C260317GBP10000,00`. Raises ValueError if it is none."""
    found = BALANCE.fullmatch(text)
    if found is None:
        raise ValueError("not a balance")
    mark, on, currency, amount = found.groups()
    amount_pence = minor(amount)
    return Balance(-amount_pence if mark == "D" else amount_pence, day_of(on), currency)


def total(text: str) -> tuple[int, int]:
    """How many entries and what they come to in pence, as `3GBP4,50`. Raises ValueError if it is none."""
    found = TOTAL.fullmatch(text)
    if found is None:
        raise ValueError("not a total")
    return int(found[1]), minor(found[3])


def minor(amount: str) -> int:
    """An amount with a comma, or none, in pence. Raises ValueError where there is a fraction of a penny."""
    whole, _, fraction = amount.partition(",")
    return pence(f"{whole.lstrip('0') or '0'}.{fraction}")


@lru_cache(4096)
def day_of(text: str) -> date:
    """A day as YYMMDD. A 30 February, which interest is counted by, is the month's last day. Raises ValueError if there is none."""
    short, month, day = int(text[:2]), int(text[2:4]), int(text[4:6])
    return clamped(short + (1900 if short >= FIRST_YEAR else 2000), month, day)


@lru_cache(4096)
def entry_day(text: str, value_on: date) -> date:
    """An entry's day as MMDD, in the year that brings it nearest to the value day. Raises ValueError if there is none."""
    month, day = int(text[:2]), int(text[2:4])
    return min((clamped(value_on.year + years, month, day) for years in (-1, 0, 1)), key=lambda on: abs(on - value_on))


def clamped(year: int, month: int, day: int) -> date:
    if not 1 <= day <= 31 or not 1 <= month <= 12:
        raise ValueError("no such day")
    following = date(year + month // 12, month % 12 + 1, 1)
    return min(date(year, month, 1) + timedelta(day - 1), following - timedelta(1))


def account_of(written: str, currency: str | None) -> str:
    """The account of a statement: banks write their code before it, and the currency after. Nothing if it names none."""
    written = written.strip().lstrip("/")
    found = CURRENCY_AT_END.search("".join(written.split())[-5:])
    if found and found[1] == currency:
        written = written.rstrip()[:-3].rstrip(" /")
    own = bank_account(written.rpartition("/")[2])
    return own if len(own) == 14 and own.isdigit() else bank_account(written)


def number_and_page(text: str) -> tuple[int, int]:
    """A statement's number and page as `00052/001`; 0 for a number that is missing, 1 for a page."""
    number, _, page = text.strip().partition("/")
    return whole_number(number), whole_number(page) or 1


def whole_number(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else 0

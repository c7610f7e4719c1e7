"""Days and amounts as banks' exports and spreadsheets write them. Which way round is the file's, never guessed row by row."""

import re
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from ims_ingest.formats.text import pence

# A file has few days and accounts; what a cache forgets is only read again, and what is hostile in it stays small.
CACHED = 1_024
MONTHS = {"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12}
NUMBERS = re.compile(r"(\d{1,2})([-/. ])(\d{1,2})\2(\d{4}|\d{2})(?:[ T,].*)?")
YEAR_FIRST = re.compile(r"(\d{4})([-/.]?)(\d{2})\2(\d{2})(?:[ T].*)?")
MONTH_NAMED = re.compile(r"(\d{1,2})[-/. ]([A-Za-z]{3,9})\.?[-/. ,]+(\d{4}|\d{2})")
MONTH_NAMED_FIRST = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2}),? (\d{4})")
# Signs of currencies say nothing of the amount; some banks write a space or an apostrophe between thousands.
UNWRITTEN = str.maketrans({"−": "-"} | dict.fromkeys("£€$ '’\u00a0\u202f\t"))
# Three digits after a mark may be thousands: no amount is read from them as a fraction.
POINTED = re.compile(r"[-+]?(?:\d{1,12}|\d{1,3}(?:,\d{3}){1,3})(?:\.(?:\d{0,2}|\d{4,5}))?")
COMMAED = re.compile(r"[-+]?(?:\d{1,12}|\d{1,3}(?:\.\d{3}){1,3})(?:,(?:\d{0,2}|\d{4,5}))?")
FRACTION = re.compile(r"\d([.,])\d{1,2}(?!\d)")
TO_POINT = str.maketrans({",": ".", ".": None})
POWER_OF_TEN = re.compile(r"\d(?:[.,]\d+)?E\+?\d+", re.IGNORECASE)


class Style(NamedTuple):
    """Which way round a file writes days and amounts."""

    is_month_first: bool = False
    mark: str = "."
    """What stands before the pence."""


@lru_cache(CACHED)
def written_day(text: str, is_month_first: bool = False) -> date:
    """A day such as `18/03/2026`, `18-03-26`, `18 Mar 2026`, `2026-03-18`, `20260318`. Raises ValueError if there is none such."""
    text = text.strip()
    if found := YEAR_FIRST.fullmatch(text):
        return date(int(found[1]), int(found[3]), int(found[4]))
    if found := NUMBERS.fullmatch(text):
        first, second = int(found[1]), int(found[3])
        return date(year(found[4]), *((first, second) if is_month_first else (second, first)))
    if found := MONTH_NAMED.fullmatch(text):
        return date(year(found[3]), month(found[2]), int(found[1]))
    if found := MONTH_NAMED_FIRST.fullmatch(text):
        return date(int(found[3]), month(found[1]), int(found[2]))
    raise ValueError("not a day")


def year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


def month(name: str) -> int:
    """Raises ValueError for a word that is no month."""
    if number := MONTHS.get(name[:3].lower()):
        return number
    raise ValueError("not a month")


def is_month_first(text: str) -> bool | None:
    """Whether the month stands before the day, where one of the two cannot be a month; none where this day does not tell."""
    found = NUMBERS.fullmatch(text.strip())
    if found is None or (int(found[1]) > 12) == (int(found[3]) > 12):
        return None
    return int(found[3]) > 12


def mark(text: str) -> str | None:
    """What stands before the pence, where one or two digits after it show it: a point, or a comma as on the continent."""
    found = FRACTION.search(text)
    return found[1] if found else None


def written_pence(text: str, mark: str = ".") -> int | None:
    """An amount such as `1,234.56`, `-12.5`, `£3`, `(12.50)`, `12.50-`, `12.50 DR`, or `1.234,56` where the mark is a comma, in
    pence; none where nothing is written. Raises ValueError for anything else."""
    if not (bare := text.upper().translate(UNWRITTEN)):
        return None
    is_negative = False
    for opening, closing in (("(", ")"), ("", "-"), ("", "DR")):
        if bare.startswith(opening) and bare.endswith(closing) and len(bare) > len(opening + closing):
            bare, is_negative = bare[len(opening) : -len(closing)], True
            break
    bare = bare.removesuffix("CR")
    if (POINTED if mark == "." else COMMAED).fullmatch(bare) is None or (is_negative and bare[0] in "-+"):
        raise ValueError("not an amount")
    amount = pence(bare.replace(",", "") if mark == "." else bare.translate(TO_POINT))
    return -amount if is_negative else amount

"""BAI2's fields: amounts, days, and how many fields an amount's availability takes."""

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from ims_contracts.message import PENCE_MAX

NUMBER = re.compile(r"[-+]?[0-9]{1,18}")
TYPE = re.compile(r"[0-9]{1,3}")
DAY = re.compile(r"(?:[0-9]{2})?[0-9]{6}")
DAYS_MAX = 100
NO_AVAILABILITY = {"", "Z", "0", "1", "2"}
FUNDS = NO_AVAILABILITY | {"S", "V", "D"}
# Beyond the ranges: loans (7xx) and payments in euros and by Bacs (8xx).
OTHER_CREDITS = {706, 708, *range(720, 729), 827, 829}
OTHER_DEBITS = {760, 828}

type Fields = list[str | None]
"""The fields of a record over all its lines; none where a slash ended one."""


class Unusable(ValueError):
    """What is wrong with a record, without a payer's data."""


def number(text: str) -> int | None:
    """A whole number of either sign; none where it is left out. Raises Unusable for anything else."""
    text = text.strip()
    if not text:
        return None
    if NUMBER.fullmatch(text) is None:
        raise Unusable("a number cannot be read")
    return int(text)


def pence(text: str) -> int | None:
    """An amount in pence; none where it is left out."""
    amount = number(text)
    if amount is not None and abs(amount) > PENCE_MAX:
        raise Unusable("an amount is larger than any can be")
    return amount


@lru_cache(1_000)
def day(text: str) -> date | None:
    """A day as `260318` or `20260318`; none where it is left out."""
    if not text.strip("0 "):
        return None
    if DAY.fullmatch(text) is None:
        raise Unusable("a date cannot be read")
    try:
        return date.fromisoformat(text if len(text) == 8 else "20" + text)
    except ValueError:
        raise Unusable("there is no such date") from None


@lru_cache(1_000)
def sign(kind: str) -> int:
    """1 for a credit, -1 for a debit, 0 for what is neither. Banks' own credits are from 930 (the standard's page 45)."""
    code = int(kind)
    if 100 <= code < 400 or 930 <= code < 960 or code in OTHER_CREDITS:
        return 1
    return -1 if 400 <= code < 700 or 960 <= code < 1000 or code in OTHER_DEBITS else 0


def split(part: str) -> list[str]:
    """The fields of one line."""
    return part.removesuffix("/").split(",")


def fields_of(parts: list[str]) -> Fields:
    """The fields of an account's record over all its lines. A line may break behind any comma."""
    found: Fields = []
    for part in parts:
        is_ended, fields = part.endswith("/"), split(part)
        if not is_ended and not fields[-1]:
            fields.pop()
        found += fields
        if is_ended:
            found.append(None)
    return found


def summaries(found: Fields) -> Iterator[tuple[str, int | None]]:
    """The balances and totals behind an account's number and currency: type and pence. Raises Unusable."""
    at = 2
    while at < len(found):
        kind = (found[at] or "").strip()
        at += 1
        if not kind:
            continue
        if TYPE.fullmatch(kind) is None:
            raise Unusable("a type code cannot be read")
        while at < len(found) and found[at] is None:  # the amount is on the next line
            at += 1
        yield kind.zfill(3), pence(found[at] or "" if at < len(found) else "")
        at = behind_funds(found, at + 1)


def behind_funds(found: Fields, at: int) -> int:
    """Past an amount's item count, its funds type and what that takes; a slash leaves out the rest."""
    if at < len(found) and found[at] is not None:
        at += 1
    if at >= len(found) or (funds := found[at]) is None or funds.strip().upper() not in FUNDS:
        return at
    more, may_end = availability(funds, found[at + 1] if at + 1 < len(found) else "")
    at += 1
    while more and at < len(found) and not (may_end and found[at] is None):
        more -= found[at] is not None
        at += 1
    return at


def availability(funds: str, first: str | None) -> tuple[int, bool]:
    """How many fields stand behind a funds type, by the first of them, and whether the last may be left out: three amounts,
    a value date and time, or a count and as many days and amounts."""
    if funds in NO_AVAILABILITY:
        return 0, True
    match funds.strip().upper():
        case "S":
            return 3, False
        case "V":
            return 2, True
        case "D":
            days = number(first or "") or 0
            if not 0 <= days <= DAYS_MAX:
                raise Unusable("an amount is spread over more days than any bank's")
            return 1 + 2 * days, False
    return 0, True

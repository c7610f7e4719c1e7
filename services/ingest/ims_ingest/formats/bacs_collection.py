"""What names a Direct Debit collection, and the days of Bacs' cycle: whoever tells of a collection names it alike."""

import re
from datetime import date
from functools import lru_cache

from ims_ingest.domain.days import DAY, working_days_after

SOURCE = "bacs-dd"
"""Who tells of collections: what returns and claims name when they take one back."""
YEAR_AND_DAY = re.compile(r"(\d\d)(\d{3})", re.ASCII)
NOT_CARRIED = re.compile(r"[^A-Z0-9.&/ -]")


def collection_key(service_user: str, processed_on: date, reference: str, amount_pence: int) -> str:
    """What a collection says of itself, in the submission and in what comes back of it: not its place in the file, which no
    return knows. Bacs carries capitals, digits and `.&/-`, and spaces for the rest."""
    carried = reference if reference.isdecimal() and reference.isascii() else NOT_CARRIED.sub(" ", reference.upper())
    return f"dd:{service_user}:{processed_on.isoformat()}:{' '.join(carried.split())}:{amount_pence}"


@lru_cache(1024)
def bacs_day(text: str) -> date:
    """A day as ` YYDDD`: the year, and the day of the year. Raises ValueError if there is no such day."""
    found = YEAR_AND_DAY.fullmatch(text.strip())
    if found is None:
        raise ValueError("not a day as YYDDD")
    first = date(2000 + int(found[1]), 1, 1)
    day = first + DAY * (int(found[2]) - 1)
    if day.year != first.year:
        raise ValueError("the year has no such day")
    return day


@lru_cache(1024)
def entry_day(processed_on: date) -> date:
    """When the money moves: the working day after Bacs processes it."""
    return working_days_after(processed_on, 1)


@lru_cache(1024)
def processing_day(entered_on: date) -> date:
    """When Bacs processed what moved on this day, or, if banks were closed, on the next that works."""
    return working_days_after(working_days_after(entered_on, 0), -1)

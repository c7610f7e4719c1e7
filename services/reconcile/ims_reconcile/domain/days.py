"""Working days of the banks in England and Wales, by which every window and age is counted."""

from datetime import date, timedelta
from functools import cache

from holidays import country_holidays

DAY = timedelta(days=1)
BANKS = country_holidays("GB", subdiv="ENG")


@cache
def is_working_day(day: date) -> bool:
    """Whether banks settle payments on this day."""
    return BANKS.is_working_day(day)


@cache
def working_days_after(day: date, count: int) -> date:
    """The working day so many after a day (before it, where the count is below nothing); nothing: the day, or the next that works.
    From a day that is none it is counted from the next that is, or the last."""
    begins = day if is_working_day(day) else BANKS.get_nth_working_day(day, 1 if count >= 0 else -1)
    return BANKS.get_nth_working_day(begins, count)


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """The days of a year, Saturdays and Sundays apart, on which banks in England and Wales are closed."""
    return frozenset(day for day in country_holidays("GB", subdiv="ENG", years=year) if day.weekday() < 5)


def working_days_between(first: date, last: date) -> int:
    """How many working days have gone by since `first`, on `last`; nothing if it is not later."""
    weeks, rest = divmod(max((last - first).days, 0), 7)
    counted = weeks * 5 + sum((first + DAY * (weeks * 7 + number)).weekday() < 5 for number in range(1, rest + 1))
    closed = sum(first < day <= last for year in range(first.year, last.year + 1) for day in bank_holidays(year))
    return counted - closed

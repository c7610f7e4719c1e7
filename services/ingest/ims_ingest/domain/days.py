"""Working days of the banks in England and Wales, on which money moves and files come."""

from datetime import date, timedelta
from functools import cache

from holidays import country_holidays

DAY = timedelta(days=1)


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """The days of a year, Saturdays and Sundays apart, on which banks in England and Wales are closed."""
    return frozenset(day for day in country_holidays("GB", subdiv="ENG", years=year) if day.weekday() < 5)


def is_working_day(day: date) -> bool:
    """Whether banks settle payments on this day."""
    return day.weekday() < 5 and day not in bank_holidays(day.year)


def working_days_after(day: date, count: int) -> date:
    """The working day so many after a day (before it, where the count is below nothing); nothing: the day, or the next that works."""
    step = DAY if count >= 0 else -DAY
    while not is_working_day(day):
        day += step
    for _ in range(abs(count)):
        day += step
        while not is_working_day(day):
            day += step
    return day

"""Working days of the banks in England and Wales, by which every window and age is counted."""

from calendar import MONDAY
from datetime import date, timedelta
from functools import cache

DAY = timedelta(days=1)
# What proclamations moved and added; the rest follows from the Banking and Financial Dealings Act 1971.
MOVED_AWAY = {date(2020, 5, 4), date(2022, 5, 30)}
ADDED = {date(2020, 5, 8), date(2022, 6, 2), date(2022, 6, 3), date(2022, 9, 19), date(2023, 5, 8)}


def easter_sunday(year: int) -> date:
    """The Gregorian Easter, after Meeus."""
    golden, century, year_of_century = year % 19, year // 100, year % 100
    leap_shift, leap_rest = divmod(century, 4)
    moon = (19 * golden + century - leap_shift - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * leap_rest + 2 * (year_of_century // 4) - moon - year_of_century % 4) % 7
    late = (golden + 11 * moon + 22 * weekday) // 451
    month, day = divmod(moon + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def first_monday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + DAY * ((MONDAY - first.weekday()) % 7)


@cache
def bank_holidays(year: int) -> frozenset[date]:
    """The days of a year, Saturdays and Sundays apart, on which banks in England and Wales are closed."""
    easter = easter_sunday(year)
    summer = first_monday(year, 9) - 7 * DAY
    spring = first_monday(year, 6) - 7 * DAY
    fixed = {easter - 2 * DAY, easter + DAY, first_monday(year, 5), spring, summer}
    for given in (date(year, 1, 1), date(year, 12, 25), date(year, 12, 26)):
        day = given
        while day.weekday() > 4 or day in fixed:
            day += DAY
        fixed.add(day)
    return frozenset((fixed - MOVED_AWAY) | {day for day in ADDED if day.year == year})


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


def working_days_between(first: date, last: date) -> int:
    """How many working days have gone by since `first`, on `last`; nothing if it is not later."""
    weeks, rest = divmod(max((last - first).days, 0), 7)
    counted = weeks * 5 + sum((first + DAY * (weeks * 7 + number)).weekday() < 5 for number in range(1, rest + 1))
    closed = sum(first < day <= last for year in range(first.year, last.year + 1) for day in bank_holidays(year))
    return counted - closed

"""Working days of the banks in England, by which the age of what is in suspense is counted."""

from datetime import date, timedelta
from functools import cache

from holidays import country_holidays

DAY = timedelta(days=1)
BANKS = country_holidays("GB", subdiv="ENG")


@cache
def closed_on(year: int) -> frozenset[date]:
    """The days of a year, Saturdays and Sundays apart, on which banks are closed."""
    return frozenset(day for day in country_holidays("GB", subdiv="ENG", years=year) if day.weekday() < 5)


def age(since: date, today: date) -> int:
    """How many working days have gone by since a day; nothing on the day itself. Counted by weeks: a page of the queue has hundreds."""
    weeks, rest = divmod(max((today - since).days, 0), 7)
    counted = weeks * 5 + sum((today - DAY * number).weekday() < 5 for number in range(rest))
    return counted - sum(since < day <= today for year in range(since.year, today.year + 1) for day in closed_on(year))


def aged(count: int, today: date) -> date:
    """The last day since which at least so many working days (one or more) have gone by."""
    last = today if BANKS.is_working_day(today) else BANKS.get_nth_working_day(today, -1)
    return (BANKS.get_nth_working_day(last, 1 - count) if count > 1 else last) - DAY

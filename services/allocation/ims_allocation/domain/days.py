"""Working days of the banks in England, by which the age of what is in suspense is counted."""

from datetime import date, timedelta

from holidays import country_holidays

DAY = timedelta(days=1)
BANKS = country_holidays("GB", subdiv="ENG")


def age(since: date, today: date) -> int:
    """How many working days have gone by since a day; nothing on the day itself."""
    return BANKS.get_working_days_count(since + DAY, today) if since < today else 0


def aged(count: int, today: date) -> date:
    """The last day since which at least so many working days (one or more) have gone by."""
    last = today if BANKS.is_working_day(today) else BANKS.get_nth_working_day(today, -1)
    return (BANKS.get_nth_working_day(last, 1 - count) if count > 1 else last) - DAY

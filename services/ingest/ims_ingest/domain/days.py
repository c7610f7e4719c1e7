"""Working days of the banks in England and Wales, on which money moves and files come."""

from datetime import date, timedelta

from holidays import country_holidays

DAY = timedelta(days=1)
BANKS = country_holidays("GB", subdiv="ENG")


def is_working_day(day: date) -> bool:
    """Whether banks settle payments on this day."""
    return BANKS.is_working_day(day)


def working_days_after(day: date, count: int) -> date:
    """The working day so many after a day (before it, where the count is below nothing); nothing: the day, or the next that works.
    From a day that is none it is counted from the next that is, or the last."""
    begins = day if is_working_day(day) else BANKS.get_nth_working_day(day, 1 if count >= 0 else -1)
    return BANKS.get_nth_working_day(begins, count)

"""Working days, against the calendar that the government published."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_reconcile.domain import is_working_day, working_days_after, working_days_between


@pytest.mark.parametrize(
    ("year", "closed"),
    [
        # As the government published them.
        (2020, "01-01 04-10 04-13 05-08 05-25 08-31 12-25 12-28"),
        (2021, "01-01 04-02 04-05 05-03 05-31 08-30 12-27 12-28"),
        (2022, "01-03 04-15 04-18 05-02 06-02 06-03 08-29 09-19 12-26 12-27"),
        (2023, "01-02 04-07 04-10 05-01 05-08 05-29 08-28 12-25 12-26"),
        (2024, "01-01 03-29 04-01 05-06 05-27 08-26 12-25 12-26"),
        (2025, "01-01 04-18 04-21 05-05 05-26 08-25 12-25 12-26"),
        (2026, "01-01 04-03 04-06 05-04 05-25 08-31 12-25 12-28"),
        (2027, "01-01 03-26 03-29 05-03 05-31 08-30 12-27 12-28"),
    ],
)
def test_banks_are_closed_on_the_bank_holidays_of_england_and_wales(year: int, closed: str) -> None:
    days = [date(year, 1, 1) + timedelta(number) for number in range(365)]
    found = [f"{day:%m-%d}" for day in days if day.weekday() < 5 and not is_working_day(day)]
    assert " ".join(found) == closed


@pytest.mark.parametrize(
    ("day", "count", "then"),
    [
        ("2026-03-18", 0, "2026-03-18"),
        ("2026-03-20", 1, "2026-03-23"),
        ("2026-03-21", 0, "2026-03-23"),  # from a Saturday: the Monday
        ("2026-04-02", 1, "2026-04-07"),  # over Easter
        ("2026-04-07", -1, "2026-04-02"),
        ("2026-12-24", 3, "2026-12-31"),
    ],
)
def test_working_days_are_counted_over_weekends_and_holidays(day: str, count: int, then: str) -> None:
    assert working_days_after(date.fromisoformat(day), count) == date.fromisoformat(then)


@given(st.dates(date(2019, 1, 1), date(2031, 1, 1)), st.integers(0, 400))
def test_days_between_are_the_days_counted_one_by_one(first: date, later: int) -> None:
    last = first + timedelta(later)
    counted = sum(is_working_day(first + timedelta(number)) for number in range(1, later + 1))
    assert working_days_between(first, last) == counted

"""When a source's file is expected, and whether it is late. Days and times are Europe/London's."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ims_contracts.message import Council
from ims_ingest.domain.days import DAY, is_working_day, working_days_after
from ims_ingest.domain.submissions import LONDON

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
type Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
type DayOfMonth = Annotated[int, Field(ge=1, le=31, strict=True)]
# A monthly file's last day, and the day before it, however long the month and the holidays.
DAYS_BACK = 75


class Calendar(BaseModel):
    """When one source's file is expected."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    council: Council
    source: Annotated[str, Field(min_length=1, max_length=64)]
    expected: Literal["working-days"] | list[Weekday] | list[DayOfMonth] = Field(min_length=1)
    """Every working day; or these weekdays; or these days of the month (in a shorter one, its last). A day on which the banks are
    closed moves to the next on which they work; a Saturday or Sunday that is named as a weekday stays."""
    by: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", strict=True)]
    """The time of day, such as `"09:30"`; in YAML it needs its quotes."""
    grace_minutes: Annotated[int, Field(ge=0, le=10_000)] = 0
    """How long after that it is not called late yet."""
    early_hours: Annotated[int, Field(ge=0, le=240)] = 0
    """How long before its day a file may come and still be that day's: 2, where it is sent at ten in the evening before."""


def is_named(calendar: Calendar, day: date) -> bool:
    """Whether the calendar names this day, before bank holidays move it."""
    if calendar.expected == "working-days":
        return is_working_day(day)
    is_last = (day + DAY).day == 1
    return any(
        WEEKDAYS[day.weekday()] == each if isinstance(each, str) else day.day == each or (is_last and each > day.day)
        for each in calendar.expected
    )


def due_day(calendar: Calendar, day: date) -> date:
    """The day on which the file of a day that is named comes."""
    is_weekend_meant = day.weekday() > 4 and WEEKDAYS[day.weekday()] in calendar.expected
    return day if is_weekend_meant else working_days_after(day, 0)


def last_due(calendar: Calendar, now: datetime) -> datetime | None:
    """The last time, grace included, by which a file should have come, as the instant without grace; none in the last months."""
    today, at = now.astimezone(LONDON).date(), time.fromisoformat(calendar.by)
    named = (day for back in range(DAYS_BACK) if is_named(calendar, day := today - back * DAY))
    due = (datetime.combine(due_day(calendar, day), at, LONDON).astimezone(UTC) for day in named)
    return max((each for each in due if each + timedelta(minutes=calendar.grace_minutes) <= now), default=None)


def late(calendar: Calendar, last_received: datetime | None, now: datetime) -> datetime | None:
    """By when the file should have come that has not; none where it has, or where none is due. A file that comes on the day it is due
    is that day's, however late; so is one that comes after."""
    if (due := last_due(calendar, now)) is None:
        return None
    begins = datetime.combine(due.astimezone(LONDON).date(), time(), LONDON).astimezone(UTC) - timedelta(hours=calendar.early_hours)
    return due if last_received is None or last_received < begins else None

"""Files that do not come: by working days, weekdays and days of the month, across holidays and clock changes."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from structlog.testing import capture_logs

from ims_contracts.remittances import RemittanceLate, RemittanceReceived
from ims_ingest.domain.calendars import Calendar, late
from ims_ingest.domain.days import is_working_day
from ims_ingest.domain.submissions import LONDON
from ims_ingest.handlers import alarms
from ims_ingest.handlers.alarms import raise_alarms, read_calendars
from ims_ingest.store.late import not_said_yet
from ingest.ingest_world import COUNCIL, OTHER_COUNCIL, Ingest, allpay

DAY = "17/03/2026"


def calendar(**strange: Any) -> Calendar:
    plain = {"council": COUNCIL, "source": "allpay", "expected": "working-days", "by": "10:00", "grace_minutes": 30}
    return Calendar.model_validate(plain | strange)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


DAILY, MONTHLY = {}, {"expected": [1]}
CASES = [
    # calendar, last received, now (UTC), due
    # Good Friday is 3 April 2026, Easter Monday the 6th; summer time since 29 March.
    ("before its time", DAILY, "2026-03-17 09:00", "2026-03-18 09:59", None),
    ("in its grace", DAILY, "2026-03-17 09:00", "2026-03-18 10:29", None),
    ("after its grace", DAILY, "2026-03-17 09:00", "2026-03-18 10:30", "2026-03-18 10:00"),
    ("it came", DAILY, "2026-03-18 09:00", "2026-03-18 10:30", None),
    ("it came late that day", DAILY, "2026-03-18 16:00", "2026-03-19 10:29", None),
    ("yesterday's came late, today's not", DAILY, "2026-03-18 16:00", "2026-03-19 10:30", "2026-03-19 10:00"),
    ("the evening before is not its day", DAILY, "2026-03-17 23:00", "2026-03-18 10:30", "2026-03-18 10:00"),
    ("but may be", {"early_hours": 2}, "2026-03-17 23:00", "2026-03-18 10:30", None),
    ("not on a Sunday", DAILY, "2026-03-20 09:00", "2026-03-22 12:00", None),
    ("still on a Sunday", DAILY, "2026-03-19 09:00", "2026-03-22 12:00", "2026-03-20 10:00"),
    ("not at Easter", DAILY, "2026-04-02 08:00", "2026-04-06 20:00", None),
    ("after Easter, in summer time", DAILY, "2026-04-02 08:00", "2026-04-07 09:30", "2026-04-07 09:00"),
    ("never came", DAILY, None, "2026-03-18 10:30", "2026-03-18 10:00"),
    ("a weekday", {"expected": ["thu"]}, "2026-03-12 09:00", "2026-03-18 23:00", None),
    ("a weekday passed", {"expected": ["thu"]}, "2026-03-12 09:00", "2026-03-19 12:00", "2026-03-19 10:00"),
    ("a weekday that is a holiday moves", {"expected": ["fri"]}, "2026-03-27 09:00", "2026-04-06 20:00", None),
    ("to the next working day", {"expected": ["fri"]}, "2026-03-27 09:00", "2026-04-07 12:00", "2026-04-07 09:00"),
    ("a Saturday that is meant", {"expected": ["sat"]}, "2026-03-14 09:00", "2026-03-21 12:00", "2026-03-21 10:00"),
    ("the first of the month", MONTHLY, "2026-03-02 09:00", "2026-04-01 09:29", None),
    ("the first has passed", MONTHLY, "2026-03-02 09:00", "2026-04-01 09:30", "2026-04-01 09:00"),
    ("the first is a Sunday: the second", MONTHLY, "2026-02-02 09:00", "2026-03-01 23:00", None),
    ("and that has passed", MONTHLY, "2026-02-02 09:00", "2026-03-02 12:00", "2026-03-02 10:00"),
    ("the last of a short month", {"expected": [31]}, "2026-05-29 09:00", "2026-06-30 12:00", "2026-06-30 09:00"),
]


@pytest.mark.parametrize(("strange", "came", "now", "due"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_file_is_late(strange: dict, came: str | None, now: str, due: str | None) -> None:
    assert late(calendar(**strange), came and at(came), at(now)) == (due and at(due))


instants = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - made aware
calendars = st.builds(
    calendar,
    expected=st.one_of(
        st.just("working-days"),
        st.lists(st.sampled_from(["mon", "wed", "sat"]), min_size=1),
        st.lists(st.integers(1, 31), min_size=1),
    ),
    by=st.sampled_from(["00:00", "01:30", "09:30", "23:59"]),
)


@given(calendars, instants, instants)
def test_what_came_just_now_is_never_late_and_what_is_late_was_due(each: Calendar, came: datetime, now: datetime) -> None:
    assert late(each, now, now) is None
    due = late(each, came, now)
    if due is not None:
        assert came < due <= now - timedelta(minutes=30)
        assert late(each, due, now) is None
        assert is_working_day(due.date()) or "sat" in each.expected or due.hour > 22


@pytest.mark.parametrize(
    "strange",
    [{"by": "24:00"}, {"by": 600}, {"expected": []}, {"expected": [0]}, {"expected": ["monday"]}, {"expected": "daily"}, {"on": 1}],
)
def test_a_calendar_that_says_nothing_clear_is_refused_at_the_start(strange: dict, tmp_path: Path) -> None:
    path = tmp_path / "calendars.json"
    path.write_text(json.dumps([calendar().model_dump() | strange]))
    with pytest.raises(ValidationError):
        read_calendars(path)


def test_calendars_are_read_from_yaml(tmp_path: Path) -> None:
    path = tmp_path / "calendars.yaml"
    path.write_text('- {council: E07999999, source: allpay, expected: working-days, by: "10:00", grace_minutes: 30}\n')
    assert read_calendars(path) == [calendar()]
    path.write_text("- {council: E07999999, source: allpay, expected: working-days, by: 10:00}\n")
    with pytest.raises(ValidationError):
        read_calendars(path)
    assert read_calendars(None) == []


async def test_what_is_late_is_listed_and_said_once(ingest: Ingest) -> None:
    state = ingest.service.api.state
    state.calendars = [calendar(by="00:00", grace_minutes=0), calendar(source="bank", by="00:00", grace_minutes=0)]
    await ingest.file(allpay([f"770000547 60.00 T {DAY}"]))
    await ingest.file(b"what is this", source="bank")
    (found,) = (await ingest.http.get("/v1/late", params={"council": COUNCIL})).json()
    assert (found["council"], found["source"], found["last_received_at"]) == (COUNCIL, "bank", None)
    assert (await ingest.http.get("/v1/late", params={"council": OTHER_COUNCIL})).json() == []
    with capture_logs() as said:
        for _ in range(2):
            await raise_alarms(ingest.service, state.calendars)
    day = datetime.fromisoformat(found["due_at"]).astimezone(LONDON).date()
    assert [(each["event"], each["source"], each["expected_on"]) for each in said] == [("file is late", "bank", day.isoformat())]
    (fact,) = await ingest.told(RemittanceLate)
    assert (fact.council, fact.source, fact.expected_on, fact.key) == (COUNCIL, "bank", day, f"{COUNCIL}/bank")
    assert timedelta() <= datetime.now(UTC) - fact.looked_at < timedelta(minutes=5)


async def test_processes_that_look_at_once_and_two_calendars_of_one_day_tell_it_once(ingest: Ingest) -> None:
    calendars = [calendar(by="00:00", grace_minutes=0), calendar(by="00:01", grace_minutes=0)]
    await asyncio.gather(*(raise_alarms(ingest.service, calendars) for _ in range(6)))
    assert len(await ingest.told(RemittanceLate)) == 1


async def test_a_late_file_that_comes_is_told_as_any_other_and_ends_it(ingest: Ingest) -> None:
    calendars = [calendar(by="00:00", grace_minutes=0)]
    await raise_alarms(ingest.service, calendars)
    await ingest.file(allpay([f"770000547 60.00 T {DAY}"]))
    await raise_alarms(ingest.service, calendars)
    (late_fact,), (came,) = await ingest.told(RemittanceLate), await ingest.told(RemittanceReceived)
    assert (came.source, came.received_on >= late_fact.expected_on) == (late_fact.source, True)


async def test_a_look_that_is_cut_off_is_told_by_the_next(ingest: Ingest, monkeypatch: pytest.MonkeyPatch) -> None:
    async def killed(missing: object, work: object) -> list[object]:
        await not_said_yet(missing, work)
        raise ConnectionError("killed")

    monkeypatch.setattr(alarms, "not_said_yet", killed)
    with pytest.raises(ConnectionError):
        await raise_alarms(ingest.service, [calendar(by="00:00", grace_minutes=0)])
    monkeypatch.undo()
    assert await ingest.told() == []
    await raise_alarms(ingest.service, [calendar(by="00:00", grace_minutes=0)])
    assert await ingest.names_told() == {"RemittanceLate": 1}

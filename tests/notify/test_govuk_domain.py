"""What GOV.UK Notify's answers mean, by code and type; and by what else than e-mail a person is written to."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_contracts.accounts import Holder
from ims_notify.domain.addresses import mobile, postal
from ims_notify.domain.attempts import settle
from ims_notify.domain.govuk import Sent, known_already, refusal, unfilled, until_midnight
from notify.test_notify_domain import due

NOW = datetime(2026, 7, 1, 22, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "error", "verdict"),
    [
        (400, "BadRequestError", "refused"),
        (400, "ValidationError", "refused"),
        (401, "AuthError", "unreachable"),
        (403, "AuthError", "unreachable"),
        (404, "NoResultFound", "later"),
        (429, "RateLimitError", "unreachable"),
        (429, "TooManyRequestsError", "held"),
        (429, "", "unreachable"),
        (500, "Exception", "unreachable"),
        (503, "", "unreachable"),
    ],
)
def test_what_a_refusal_means(status: int, error: str, verdict: str) -> None:
    answer = refusal(status, error, NOW, timedelta(seconds=7))

    assert answer.verdict == verdict
    assert answer.reason.startswith(f"GOV.UK Notify: {status}")


def test_a_daily_limit_may_be_waited_for_as_often_as_it_takes() -> None:
    told = due(since=NOW)
    for _ in range(5):
        held = settle(refusal(429, "TooManyRequestsError", told.since), told, told.since, timedelta(seconds=5), 0)
        assert held.state == "due"
        assert held.since is not None
        told = told._replace(since=held.since, attempts=told.attempts + 1)
    assert told.since > NOW + timedelta(days=4)
    assert settle(refusal(500, "", told.since), told, told.since, timedelta(seconds=5), 0).state == "due"


@given(st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1)))  # noqa: DTZ001 - the strategy wants it so
def test_midnight_is_utc_and_less_than_a_day_away(now: datetime) -> None:
    then = now.replace(tzinfo=UTC) + until_midnight(now.replace(tzinfo=UTC))

    assert (then.hour, then.minute, then.second) == (0, 1, 0)
    assert timedelta() < until_midnight(now.replace(tzinfo=UTC)) <= timedelta(days=1, minutes=1)


def test_what_it_had_failed_with_is_not_taken_for_the_next_attempt() -> None:
    sent = Sent(UUID(int=1), "delivered", "t:1")

    assert known_already(None, None) is None
    assert known_already(sent, UUID(int=1)) is None
    assert known_already(sent, None) == known_already(sent, UUID(int=2))


@pytest.mark.parametrize(
    ("fields", "lacking"),
    [
        (["subject", "TEXT"], []),
        (["Account reference", "paid-on"], []),
        (["address line 1", "address_line_7", "postcode"], []),
        (["vehicle", "text", "address"], ["address", "vehicle"]),
    ],
)
def test_which_fields_of_a_template_we_have_nothing_for(fields: list[str], lacking: list[str]) -> None:
    assert unfilled(fields, ["subject", "text", "account_reference", "paid_on"]) == lacking


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("07700 900123", "07700900123"), ("+44 (7700) 900-123", "07700900123"), ("0044 7700 900123", "07700900123"),
        ("01632 960000", None), ("+33 6 12 34 56 78", None), ("0770090012", None), ("07700900123;07700900124", None),
        ("", None), (None, None),
    ],
)  # fmt: skip
def test_only_a_british_mobile_is_texted(text: str | None, number: str | None) -> None:
    assert mobile(text) == number


@pytest.mark.parametrize(
    ("holder", "lines"),
    [
        (Holder(name="Ann Example", address="1 Sample Street, Anytown", postcode="an1 1aa"),
         ["Ann Example", "1 Sample Street", "Anytown", "AN1 1AA"]),
        (Holder(name="Ann Example", address="1 Sample Street\nAnytown, AN1 1AA", postcode="AN1 1AA"),
         ["Ann Example", "1 Sample Street", "Anytown", "AN1 1AA"]),
        (Holder(name="A", address="1,2,3,4,5,6,7,8", postcode="AN1 1AA"), ["A", "1", "2", "3", "4", "5, 6, 7, 8", "AN1 1AA"]),
        (Holder(name="A", address="1 Sample Street", postcode="AN1 1AA"), ["A", "1 Sample Street", "AN1 1AA"]),
        (Holder(name="A", address=None, postcode="AN1 1AA"), None),
        (Holder(name="A", address="1 Sample Street, Anytown", postcode="none"), None),
        (Holder(address="1 Sample Street, Anytown", postcode="AN1 1AA"), None),
    ],
)  # fmt: skip
def test_a_letter_goes_only_where_it_would_arrive(holder: Holder, lines: list[str] | None) -> None:
    assert (postal(holder) or "").split("\n") == (lines or [""])


@given(st.text(max_size=60), st.text(max_size=200), st.text(max_size=10))
def test_an_address_has_three_to_seven_lines_whatever_is_typed(name: str, address: str, postcode: str) -> None:
    lines = postal(Holder(name=name, address=address, postcode=postcode or "AN1 1AA"))

    assert lines is None or 3 <= len(lines.split("\n")) <= 7

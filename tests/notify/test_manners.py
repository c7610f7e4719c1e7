"""Quiet hours and opt-outs: who is not written to now, or not at all, and what goes all the same."""

import hashlib
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_notify.domain.manners import Quiet, digest, quiet_until
from ims_notify.pack import load
from ims_notify.settings import Application
from notify.govuk_world import pack
from notify.notify_world import COUNCIL, allocated, mail_server, notifying, payment, until
from notify.test_notices import taken

LONDON = ZoneInfo("Europe/London")
NIGHT = Quiet(time(21), time(8), frozenset({"sms", "email"}), True)
TOKEN = Application(token_sha256=hashlib.sha256(b"ours").hexdigest(), council=COUNCIL)


@pytest.mark.parametrize(
    ("now", "ends"),
    [
        (datetime(2026, 1, 10, 20, 59, tzinfo=LONDON), None),
        (datetime(2026, 1, 10, 21, 0, tzinfo=LONDON), datetime(2026, 1, 11, 8, tzinfo=LONDON)),
        (datetime(2026, 1, 11, 7, 59, tzinfo=LONDON), datetime(2026, 1, 11, 8, tzinfo=LONDON)),
        (datetime(2026, 1, 11, 8, 0, tzinfo=LONDON), None),
        (datetime(2026, 7, 10, 20, 30, tzinfo=UTC), datetime(2026, 7, 11, 8, tzinfo=LONDON)),  # summer time
        (datetime(2026, 3, 28, 23, 0, tzinfo=LONDON), datetime(2026, 3, 29, 8, tzinfo=LONDON)),  # the night that is shorter
    ],
)
def test_until_when_it_is_quiet(now: datetime, ends: datetime | None) -> None:
    assert quiet_until(NIGHT, "sms", now) == ends
    assert quiet_until(NIGHT, "letter", now) is None
    assert quiet_until(None, "sms", now) is None


@given(st.times(), st.times(), st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)))  # noqa: DTZ001 - the strategy wants it so
def test_quiet_ends_within_a_day_and_is_then_over(begins: time, ends: time, moment: datetime) -> None:
    quiet = NIGHT._replace(begins=begins.replace(microsecond=0), ends=ends.replace(microsecond=0))
    now = moment.replace(tzinfo=UTC)
    until = quiet_until(quiet, "sms", now)

    assert until is None or now < until <= now + timedelta(hours=25)
    assert until is None or quiet_until(quiet, "sms", until.astimezone(UTC)) is None


def always_quiet(folder: Path, **changes: object) -> Path:
    """Quiet hours that it is in now, whenever this test runs."""
    local = datetime.now(LONDON)
    begins, ends = (local - timedelta(hours=1)).strftime("%H:%M"), (local + timedelta(hours=1)).strftime("%H:%M")
    return pack(folder, media=(), quiet={"begins": begins, "ends": ends} | changes)


async def test_at_night_only_those_who_paid_just_now_are_written_to(notify_url, tmp_path) -> None:
    path = always_quiet(tmp_path)
    async with mail_server() as (mailbox, mail), notifying(notify_url, **mail, council_pack=path) as notify:
        await notify.empty()
        await notify.hears(payment(), allocated(fund="23"), taken())
        await notify.hears(payment("two", channel="agent"), allocated("two", fund="23"))
        await notify.look()
        async with notify.delivering():
            await until(lambda: notify.value("SELECT count(*) = 1 FROM delivery WHERE state = 'sent'"))
            waiting = "SELECT count(*) = 2 FROM delivery WHERE due_at > now() + interval '50 minutes' AND attempts = 0"
            await until(lambda: notify.value(waiting))

        assert len(mailbox.mails) == 1
        await notify.pool.execute("UPDATE delivery SET due_at = now()")
    async with mail_server() as (mailbox, mail), notifying(notify_url, **mail) as notify, notify.delivering():
        await until(lambda: notify.value("SELECT count(*) = 3 FROM delivery WHERE state = 'sent'"))


async def test_a_council_may_spare_nobody(notify_url, tmp_path) -> None:
    path = always_quiet(tmp_path, spares_receipts=False)
    async with mail_server() as (mailbox, mail), notifying(notify_url, **mail, council_pack=path) as notify:
        await notify.empty()
        await notify.hears(payment(), allocated(fund="23"))
        async with notify.delivering():
            await until(lambda: notify.value("SELECT due_at > now() FROM delivery"))
        assert mailbox.mails == []


async def test_who_opted_out_is_left_alone_but_for_what_they_must_know(notify_url) -> None:
    async with mail_server() as (mailbox, mail), notifying(notify_url, **mail, applications={"ours": TOKEN}) as notify:
        await notify.empty()
        transport = httpx.ASGITransport(app=notify.service.api)
        headers = {"Authorization": "Bearer ours"}
        async with httpx.AsyncClient(transport=transport, base_url="http://notify", headers=headers) as client:

            async def says(address: str, is_out: bool) -> int:
                return (await client.post("/v1/opt-outs", json={"address": address, "is_out": is_out})).status_code

            assert [await says(address, True) for address in ("Payer@example.org", "07700 900123", "nobody")] == [204, 204, 422]
            assert (await client.post("/v1/opt-outs", json={"address": "a@example.org"}, headers={"Authorization": "x"})).status_code == 401
            await notify.hears(payment(), allocated(fund="23"), taken())
            await notify.hears(payment("two", to="other@example.org"), allocated("two", fund="23"))
            await notify.look()
            async with notify.delivering():
                await until(lambda: notify.value("SELECT count(*) = 3 FROM delivery WHERE state IN ('sent', 'no-contact')"))
            kinds = "SELECT kind, state, reason FROM delivery ORDER BY kind, state"
            assert await notify.rows(kinds) == [
                ("receipt", "no-contact", "opted out"), ("receipt", "sent", ""), ("taken-back", "sent", ""),
            ]  # fmt: skip
            kept = str(await notify.rows("SELECT * FROM opt_out"))
            assert ("payer" in kept.lower(), "07700" in kept) == (False, False)

            assert await says("payer@example.org", False) == 204
            await notify.hears(payment("three"), allocated("three", fund="23"))
            async with notify.delivering():
                await until(lambda: notify.value("SELECT count(*) = 3 FROM delivery WHERE state = 'sent'"))
        assert sorted(to for to, _ in mailbox.mails) == ["other@example.org", "payer@example.org", "payer@example.org"]
        assert await notify.value("SELECT count(*) FROM opt_out") == 3  # what was said before stays


def test_an_address_is_known_again_however_it_is_written_and_only_in_its_council() -> None:
    assert digest(COUNCIL, " Payer@Example.org") == digest(COUNCIL, "payer@example.org") != digest("E07000001", "payer@example.org")


@pytest.mark.parametrize(
    "quiet", [{"begins": "25:00", "ends": "08:00"}, {"begins": "21:00"}, {"begins": "21:00", "ends": "08:00", "media": ["fax"]}]
)
def test_quiet_hours_that_are_none_stop_the_start(tmp_path, quiet: dict) -> None:
    with pytest.raises(ValueError, match="quiet"):
        load(pack(tmp_path, quiet=quiet))

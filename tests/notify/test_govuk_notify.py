"""Receipts by GOV.UK Notify, at its limits, on its bad days, and through crashes."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from ims_contracts.accounts import Holder
from ims_contracts.payments import Payer
from ims_local.govuk_notify import Bucket
from ims_notify.app import build
from ims_notify.settings import GovukNotify, Settings
from notify.govuk_world import KEY_ENV, TEMPLATES, WELSH, govuk_notify, pack
from notify.notify_world import account, allocated, mail_server, notifying, payment, sent, until

SENT = "SELECT count(*) = $1 FROM delivery WHERE state IN ('sent', 'delivered')"
HOME = Holder(name="Hal Older", address="1 Sample Street, Anytown", postcode="an1 1aa")


@pytest.fixture
async def world(notify_url, tmp_path, monkeypatch):
    """Notify, and GOV.UK Notify."""
    async with govuk_notify(tmp_path, monkeypatch) as (fake, setting), notifying(notify_url, **setting) as notify:
        await notify.empty()
        yield notify, fake


def many(count: int) -> list:
    names = [str(number) for number in range(count)]
    return [*map(payment, names), *(allocated(name, fund="23") for name in names)]


async def settled(courier, notify) -> None:
    """One round of one courier."""
    await sent(courier, notify)
    await courier.settle_and_claim(notify.service)


async def test_a_receipt_is_taken_once_with_our_reference_and_told_of_once(world) -> None:
    notify, fake = world
    await notify.hears(payment(), allocated(fund="23"), payment())

    async with notify.delivering():
        await until(lambda: notify.value(SENT, 1))
        await asyncio.sleep(0.5)

    [sent] = fake.taken
    assert (sent["medium"], sent["to"], sent["template"]["id"]) == ("email", "payer@example.org", str(TEMPLATES["email"]))
    assert sent["reference"] == str(await notify.value("SELECT delivery_id FROM delivery"))
    assert sent["said"]["subject"] == "Receipt TRJ4-T7AF-R5E8 from Anytown Council"
    assert (sent["said"]["amount"], sent["said"]["account_reference"]) == ("£35.00", "BJ90001186")
    assert "Our receipts never have links" in sent["said"]["text"]
    [told] = await notify.told()
    assert (told["type"], told["channel"]) == ("receipt-issued", "email")
    [(template, notification_id)] = await notify.rows("SELECT template, notification_id::text FROM delivery")
    assert template.startswith(f"{TEMPLATES['email']}:3 ")
    assert notification_id == sent["id"]


@pytest.mark.parametrize(
    ("payer", "holder", "by"),
    [
        (Payer(phone="+44 7700 900123"), None, ("sms", "07700900123")),
        (Payer(email="p@example.org", phone="07700900123"), None, ("email", "p@example.org")),
        (Payer(phone="07700900123"), Holder(email="h@example.org"), ("sms", "07700900123")),
        (None, Holder(email="h@example.org", phone="07700900456"), ("email", "h@example.org")),
        (None, Holder(phone="07700 900456"), ("sms", "07700900456")),
        (None, HOME, ("letter", "Hal Older")),
        (Payer(phone="01632 960000"), HOME, ("letter", "Hal Older")),
        (None, Holder(name="Hal Older", address="Anytown"), None),
    ],
)
async def test_how_a_person_is_written_to(world, payer, holder, by) -> None:
    notify, fake = world
    await notify.hears(payment(payer=payer), allocated(fund="23"), account(fund="23", holder=holder))

    async with notify.delivering():
        await until(lambda: notify.value(SENT, int(by is not None)))
        await asyncio.sleep(0.2)

    assert [(each["medium"], each["to"]) for each in fake.taken] == ([by] if by else [])
    for each in fake.taken:
        if each["medium"] == "letter":
            lines = [each["said"][f"address_line_{number}"] for number in (1, 2, 3, 4)]
            assert lines == ["Hal Older", "1 Sample Street", "Anytown", "AN1 1AA"]


async def test_a_text_is_short_and_a_welsh_speakers_template_is_welsh(world) -> None:
    notify, fake = world
    holder = Holder(phone="07700900456", language="cy")
    await notify.hears(payment(payer=None), allocated(fund="23", outcome="account"), account(fund="23", holder=holder))

    async with notify.delivering():
        await until(lambda: notify.value(SENT, 1))

    [sent] = fake.taken
    assert sent["template"]["id"] == str(WELSH)
    assert sent["said"]["text"].startswith("Cyngor Anytown: Rydym wedi derbyn eich taliad.")
    assert len(sent["said"]["text"]) < 306  # two parts


async def test_of_a_council_that_does_not_text_no_number_is_kept(notify_url, tmp_path, monkeypatch) -> None:
    async with govuk_notify(tmp_path, monkeypatch) as (_, setting):
        setting["council_pack"] = pack(tmp_path, media=("email",))
        async with notifying(notify_url, **setting) as notify:
            await notify.empty()
            await notify.hears(payment(payer=Payer(phone="07700900123")), allocated(fund="23"), account(fund="24", holder=HOME))

            rows = str(await notify.rows("SELECT * FROM payment")) + str(await notify.rows("SELECT * FROM contact"))
            assert ("07700" in rows, "Sample" in rows) == (False, False)
            assert await notify.states() == []


async def test_many_receipts_go_at_its_limits_and_none_is_lost_or_doubled(notify_url, tmp_path, monkeypatch) -> None:
    """As 100,000 at 50 a second and 1,000 at once, which takes 33 minutes: the same, four times as fast and a hundredth of it."""
    count, per_second, burst = 1000, 200, 400
    limits = {"per_minute": 60 * per_second, "burst": burst, "connections": 40}
    async with govuk_notify(tmp_path, monkeypatch, **limits) as (fake, setting), notifying(notify_url, **setting) as notify:
        await notify.empty()
        await notify.hears(*many(count))
        fake.bucket = Bucket(per_second, burst)
        begun = time.monotonic()
        async with notify.delivering():
            await until(lambda: notify.value(SENT, count), 30)
        seconds = time.monotonic() - begun

        assert set(fake.references.values()) == {1}
        assert len(fake.taken) == count
        assert fake.answers["RateLimitError"] == 0  # a fresh process does not count on turns that others may have had
        assert seconds >= (count - 2 * per_second) / per_second
        assert [fact["type"] for fact in await notify.told()] == ["receipt-issued"] * count


@pytest.mark.parametrize("retry_after", [None, 1])
async def test_not_one_that_comes_too_fast_is_lost(notify_url, tmp_path, monkeypatch, retry_after) -> None:
    async with govuk_notify(tmp_path, monkeypatch) as (fake, setting), notifying(notify_url, **setting) as notify:
        await notify.empty()
        fake.bucket, fake.retry_after = Bucket(10, 20), retry_after  # somebody else uses the key as well
        await notify.hears(*many(60))
        async with notify.delivering(first_pause=timedelta(seconds=0.2)):
            await until(lambda: notify.value(SENT, 60), 30)

        assert fake.answers["RateLimitError"] > 0
        assert (len(fake.taken), set(fake.references.values())) == (60, {1})


async def test_a_daily_limit_holds_its_medium_until_midnight_and_does_not_count(world) -> None:
    notify, fake = world
    fake.daily = {"email": 2}
    await notify.hears(*many(5), payment("text", payer=Payer(phone="07700900123")), allocated("text", fund="23"))
    courier, *_ = [each for each in notify.couriers(connections=1) if each.channel.queue.channel == "email"]
    courier.channel.clock = lambda: datetime(2026, 3, 16, 23, 30, tzinfo=UTC)
    for _ in range(3):
        await settled(courier, notify)

    assert await notify.rows("SELECT count(*), max(attempts) FROM delivery WHERE state = 'due' AND channel = 'email'") == [(3, 1)]
    [(held, due_at, since)] = await notify.rows("SELECT reason, due_at - now(), since - now() FROM delivery WHERE reason <> ''")
    assert held.startswith("GOV.UK Notify: 429 TooManyRequestsError: its daily limit")
    assert timedelta(minutes=30) < due_at <= timedelta(minutes=31)
    assert due_at == since  # its patience begins anew
    assert courier.paused_until > datetime.now(UTC) + timedelta(minutes=29)
    assert await courier.settle_and_claim(notify.service) == []

    async with notify.delivering():  # other media go on
        await until(lambda: notify.value("SELECT state = 'sent' FROM delivery WHERE channel = 'sms'"))


async def test_in_trial_mode_only_the_team_is_written_to_and_the_others_fail_with_a_reason(world) -> None:
    notify, fake = world
    fake.team = {"payer@example.org"}
    await notify.hears(payment(), allocated(fund="23"), payment("two", to="other@example.org"), allocated("two", fund="23"))

    async with notify.delivering():
        await until(lambda: notify.value("SELECT count(*) = 2 FROM delivery WHERE state IN ('sent', 'failed')"))

    [reason] = [row[0] for row in await notify.rows("SELECT reason FROM delivery WHERE state = 'failed'")]
    assert "trial mode" in reason
    assert "example" not in reason
    assert sorted(fact["type"] for fact in await notify.told()) == ["delivery-failed", "receipt-issued"]


async def test_a_template_that_we_cannot_fill_makes_all_wait_and_none_fail(world) -> None:
    notify, fake = world
    fake.wants[str(TEMPLATES["email"])] = {"subject", "text", "vehicle"}
    await notify.hears(*many(3))

    async with notify.delivering():
        await until(lambda: notify.value("SELECT count(*) > 0 FROM delivery WHERE reason LIKE '%do not fill: vehicle'"))
        fake.wants.clear()
        await until(lambda: notify.value(SENT, 3))

    assert len(fake.taken) == 3


async def test_a_template_that_is_changed_while_we_send_costs_nobody_a_receipt(world) -> None:
    notify, fake = world
    await notify.hears(*many(4))
    [courier] = [each for each in notify.couriers(connections=1) if each.channel.queue.channel == "email"]
    await settled(courier, notify)
    fake.wants[str(TEMPLATES["email"])] = {"subject", "text", "vehicle"}
    await settled(courier, notify)

    assert await notify.rows("SELECT state, count(*) FROM delivery GROUP BY 1 ORDER BY 1") == [("due", 3), ("sent", 1)]


async def test_a_crash_between_its_answer_and_our_commit_sends_nothing_twice(world) -> None:
    notify, fake = world
    await notify.hears(*many(6))
    couriers = notify.couriers(connections=2, lease=timedelta(seconds=0.5))
    [courier] = [each for each in couriers if each.channel.queue.channel == "email"]
    await sent(courier, notify)
    await courier.channel.rest()
    assert len(fake.taken) == 2  # and the process dies before it can say so anywhere

    async with notify.delivering(connections=2):
        await until(lambda: notify.value(SENT, 6))

    assert (len(fake.taken), set(fake.references.values())) == (6, {1})
    assert fake.looked_up == 2  # only what may have gone
    assert [fact["type"] for fact in await notify.told()] == ["receipt-issued"] * 6


async def test_what_it_took_without_an_answer_is_not_sent_twice(world) -> None:
    notify, fake = world
    fake.seconds = 1
    await notify.hears(payment(), allocated(fund="23"))

    async with notify.delivering(answer_seconds=0.3):
        await until(lambda: notify.value("SELECT attempts > 0 AND reason <> '' FROM delivery"))
        fake.seconds = 0
        await notify.pool.execute("UPDATE delivery SET due_at = now()")
        await until(lambda: notify.value(SENT, 1))

    assert len(fake.taken) == 1


async def test_a_wrong_key_makes_all_wait(notify_url, tmp_path, monkeypatch) -> None:
    async with govuk_notify(tmp_path, monkeypatch) as (fake, setting), notifying(notify_url, **setting) as notify:
        await notify.empty()
        monkeypatch.setenv(KEY_ENV, "anytown-" + "1" * 36 + "-" + "2" * 36)
        await notify.hears(*many(3))
        async with notify.delivering():
            await until(lambda: notify.value("SELECT count(*) > 0 FROM delivery WHERE reason LIKE 'GOV.UK Notify: 403%'"))

        assert (await notify.rows("SELECT DISTINCT state FROM delivery"), fake.taken) == ([("due",)], [])


async def test_a_council_without_a_key_is_written_to_by_its_own_mail_server(notify_url, tmp_path, monkeypatch) -> None:
    other = {"council": "E07000001"}
    async with (
        govuk_notify(tmp_path, monkeypatch) as (fake, setting),
        mail_server() as (mailbox, mail),
        notifying(notify_url, **setting, **mail) as notify,
    ):
        await notify.empty()
        await notify.hears(payment(), allocated(fund="23"), payment("two", **other), allocated("two", fund="23", **other))
        async with notify.delivering():
            await until(lambda: notify.value(SENT, 1))
            await until(lambda: notify.value("SELECT count(*) = 1 FROM delivery WHERE reason = 'no words for this council'"))

    assert ([each["to"] for each in fake.taken], mailbox.mails) == (["payer@example.org"], [])


@pytest.mark.parametrize("key", ["", "anytown", "anytown-" + "1" * 36])
def test_a_key_that_is_none_stops_the_start(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv(KEY_ENV, key)
    with pytest.raises(ValidationError, match="holds no key"):
        GovukNotify(key_env=KEY_ENV)


def test_a_council_without_templates_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_ENV, "anytown-" + "1" * 36 + "-" + "2" * 36)
    keys = {"E07999999": {"key_env": KEY_ENV}}
    settings = Settings(kafka_bootstrap="127.0.0.1:9", database_url="postgresql://127.0.0.1/none", govuk_notify=keys)

    with pytest.raises(ValueError, match="without templates"):
        build(settings)
    assert "11111" not in repr(settings)

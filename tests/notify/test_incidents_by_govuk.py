"""Incident messages by GOV.UK Notify, at its pace beside the receipts; and whom they leave in peace."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from ims_kit import begin
from ims_notify.app import channels, incident_channels
from ims_notify.asking import ask_some
from ims_notify.delivery import Courier, Rules
from ims_notify.domain.manners import Manners, digest
from ims_notify.pack import load
from ims_notify.store import opt_outs, reported
from ims_notify.store.incident_messages import Pace
from ims_notify.store.reported import Report
from notify.alerts_world import client
from notify.govuk_world import TEMPLATES, WELSH, govuk_notify, pack
from notify.incidents_world import ANN, CAT, OFFICERS, body, empty, path, round_of, send_all, twice, welsh
from notify.notify_world import COUNCIL, mail_server, notifying

STATES = "SELECT state, reason FROM incident_message ORDER BY 1"


@pytest.fixture
async def world(notify_url, tmp_path, monkeypatch):
    """Notify with a mail server too, and GOV.UK Notify."""
    async with (
        govuk_notify(tmp_path, monkeypatch) as (fake, setting),
        mail_server() as (mailbox, mail),
        notifying(notify_url, officers=OFFICERS, **setting, **mail) as notify,
    ):
        await empty(notify)
        yield notify, fake, mailbox


def couriers(notify, **changes) -> list[Courier]:
    read = load(notify.settings.council_pack)
    found = incident_channels(notify.settings, read, channels(notify.settings, read))
    pace = Pace(60_000, notify.vault, read.manners)
    return [Courier(each, Rules.of(notify.settings, each.queue)._replace(**changes), read.manners, pace) for each in found]


async def approved(notify) -> None:
    async with client(notify, ANN) as ann, client(notify, CAT) as cat:
        await ann.put(path(), json=body())
        assert (await cat.post(path("/approve"))).status_code == 200


async def send(notify, **changes) -> None:
    for courier in couriers(notify, **changes):
        await send_all(notify, courier)


async def report(notify, fake, status: str, number: int = 0) -> None:
    sent = fake.taken[number]
    async with begin(notify.pool) as work:
        await reported.keep(COUNCIL, Report(UUID(sent["id"]), status, sent["reference"]), work)


async def test_they_go_where_the_councils_mail_goes_each_once_in_its_language(world) -> None:
    notify, fake, mailbox = world
    await twice(notify, "ann")
    await welsh(notify, "wyn")
    await approved(notify)
    await send(notify)

    assert sorted((each["to"], each["said"]["subject"], each["template"]["id"]) for each in fake.taken) == [
        ("ann@example.org", "We took £70.00 in 2 payments", str(TEMPLATES["email"])), ("wyn@example.org", "Cymerwyd £35.00", str(WELSH)),
    ]  # fmt: skip
    assert mailbox.mails == []
    assert await notify.rows(STATES) == [("sent", ""), ("sent", "")]


async def test_without_a_template_for_mail_they_go_by_the_mail_server(notify_url, tmp_path, monkeypatch) -> None:
    async with (
        govuk_notify(tmp_path, monkeypatch) as (fake, setting),
        mail_server() as (mailbox, mail),
        notifying(notify_url, officers=OFFICERS, **setting | {"council_pack": pack(tmp_path, media=("sms",))}, **mail) as notify,
    ):
        await empty(notify)
        await twice(notify, "ann")
        await approved(notify)
        await send(notify)
        assert ([to for to, _ in mailbox.mails], fake.taken) == (["ann@example.org"], [])


@pytest.mark.parametrize(
    ("statuses", "end"),
    [
        (["delivered"], "delivered"),
        (["permanent-failure"], "failed"),
        (["permanent-failure", "delivered"], "delivered"),
        (["sending"], "sent"),
    ],
)
async def test_what_became_of_them_is_told_and_told_again(world, statuses, end) -> None:
    notify, fake, _ = world
    await twice(notify, "ann")
    await approved(notify)
    await send(notify)
    for status in statuses * 2:
        await report(notify, fake, status)
    assert [state for state, _ in await notify.rows(STATES)] == [end]
    async with begin(notify.pool) as work:  # one that is not ours ends nothing
        await reported.keep(COUNCIL, Report(uuid4(), "delivered", "not a reference of ours"), work)


async def test_of_what_no_report_came_it_is_asked(world) -> None:
    notify, fake, _ = world
    await twice(notify, "ann")
    await approved(notify)
    [courier, _] = couriers(notify)
    await send_all(notify, courier)
    fake.taken[0]["status"] = "delivered"
    await notify.pool.execute("UPDATE incident_message SET due_at = now() - interval '3 hours'")
    await ask_some(notify.service, courier.channel.account, COUNCIL)
    await courier.channel.account.rest()
    assert await notify.rows(STATES) == [("delivered", "")]


async def test_a_crash_between_its_answer_and_our_commit_sends_nothing_twice(world) -> None:
    notify, fake, _ = world
    await twice(notify, *(f"p{number}" for number in range(6)))
    await approved(notify)
    courier, _ = couriers(notify, connections=2, lease=timedelta())
    assert await round_of(notify, courier) == 2  # and the process dies before it can say so anywhere
    await courier.channel.rest()
    await send(notify)
    assert (len(fake.taken), set(fake.references.values()), fake.looked_up) == (6, {1}, 2)


async def test_a_daily_limit_holds_them_until_midnight_and_does_not_count(world) -> None:
    notify, fake, _ = world
    fake.daily = {"email": 1}
    await twice(notify, "ann", "dai")
    await approved(notify)
    await send(notify, connections=1)
    [(reason, due_at, since)] = await notify.rows("SELECT reason, due_at, since FROM incident_message WHERE state = 'due'")
    assert ("daily limit" in reason, due_at > datetime.now(UTC), since) == (True, True, due_at)


@pytest.mark.parametrize(("always", "state"), [(frozenset({"copy"}), "no-contact"), (Manners().always, "sent")])
async def test_whoever_opted_out_hears_of_it_where_their_council_says_so(notify_url, tmp_path, always, state) -> None:
    chosen = pack(tmp_path, media=(), always=sorted(always))
    async with mail_server() as (mailbox, mail), notifying(notify_url, officers=OFFICERS, council_pack=chosen, **mail) as notify:
        await empty(notify)
        await twice(notify, "ann")
        await approved(notify)
        async with begin(notify.pool) as work:
            await opt_outs.say(COUNCIL, digest(COUNCIL, "ann@example.org"), is_out=True, work=work)
        await send(notify)
        assert [row[0] for row in await notify.rows(STATES)] == [state]
        assert len(mailbox.mails) == (state == "sent")


async def test_nobody_is_written_to_in_their_quiet_hours(notify_url, tmp_path) -> None:
    now = datetime.now().astimezone()
    begins, ends = (f"{now + timedelta(hours=hours):%H}:00" for hours in (-1, 2))
    chosen = pack(tmp_path, media=(), quiet={"begins": begins, "ends": ends})
    async with mail_server() as (mailbox, mail), notifying(notify_url, officers=OFFICERS, council_pack=chosen, **mail) as notify:
        await empty(notify)
        await twice(notify, "ann")
        await approved(notify)
        await send(notify)
        assert (mailbox.mails, await notify.rows("SELECT state, attempts FROM incident_message")) == ([], [("due", 0)])

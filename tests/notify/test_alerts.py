"""Alerts from what is heard to what officers read: kept, grouped, ended, acknowledged, and sent once."""

import itertools
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest

from ims_contracts.allocations import JournalLine, JournalPosted
from ims_kit import begin
from ims_notify.app import build
from ims_notify.channels.chat import OfficerMail
from ims_notify.domain.attempts import Answer, Settled
from ims_notify.store import deliveries
from notify.alerts_world import (
    OFFICERS,
    TEAM,
    came,
    chatting,
    client,
    closed,
    courier,
    deliver,
    empty,
    hear,
    late,
    later,
    named,
    opened,
    refused,
    said,
    watch,
)  # fmt: skip
from notify.notify_world import COUNCIL, allocated, mail_server, notifying, payment, suspended, unallocated, until


@pytest.fixture
async def notify(notify_url):
    async with notifying(notify_url, officers=OFFICERS) as found:
        await empty(found)
        yield found


def moved(pence: int, account: str = "suspense") -> list[JournalLine]:
    return [JournalLine(ledger_account="clearing:card", amount_pence=pence), JournalLine(ledger_account=account, amount_pence=-pence)]


async def test_all_that_happened_is_one_message_and_the_same_again_is_nothing(notify) -> None:
    facts = [late(), late("stripe"), refused(), opened(), allocated(outcome="duplicate", posted_on=datetime.now(UTC).date())]
    await hear(notify, *facts, *facts)
    looking = watch()
    for _ in range(3):
        await looking.look(notify.service)
    (titles,) = await said(notify)
    assert sorted(titles) == [
        "A file of allpay was refused; nothing in it was counted", "A statement of bank does not prove", "Something was paid twice by card",
        "The file of allpay has not come", "The file of stripe has not come",
    ]  # fmt: skip


async def test_a_double_collection_is_one_line(notify) -> None:
    day = datetime.now(UTC).date()
    await hear(notify, *(allocated(str(each), outcome="duplicate", posted_on=day) for each in range(30)))
    looking = watch()
    await looking.look(notify.service)
    await hear(notify, *(allocated(str(each), outcome="duplicate", posted_on=day) for each in range(40)))
    await looking.look(notify.service)
    await later(notify, 61)
    await looking.look(notify.service)
    assert await said(notify) == [["30 things were paid twice by card"], ["More: 40 things were paid twice by card"]]


@pytest.mark.parametrize("order", list(itertools.permutations([late(), came()])))
async def test_a_file_that_came_is_not_said_to_be_late(notify, order) -> None:
    await hear(notify, *order)
    await watch().look(notify.service)
    assert await said(notify) == []
    assert await notify.rows("SELECT closed_at IS NOT NULL FROM alert") == [(True,)]
    assert await notify.value("SELECT count(*) FROM alarm WHERE ended_at IS NULL") == 0


async def test_an_end_is_said_and_the_next_is_another_alert(notify) -> None:
    looking = watch()
    await hear(notify, late())
    await looking.look(notify.service)
    await hear(notify, came(on=late().expected_on + timedelta(days=1)))
    await looking.look(notify.service)
    await looking.look(notify.service)
    assert await said(notify) == [["The file of allpay has not come"], ["The file of allpay has come"]]
    await hear(notify, late(on=late().expected_on + timedelta(days=2)))
    await looking.look(notify.service)
    assert await notify.rows("SELECT closed_at IS NOT NULL FROM alert ORDER BY began_at") == [(True,), (False,)]
    assert len(await said(notify)) == 3


@pytest.mark.parametrize("order", list(itertools.permutations([opened(), closed(), opened(revision=3)])))
async def test_a_break_that_is_opened_anew_goes_on_in_any_order(notify, order) -> None:
    await hear(notify, *order)
    await watch().look(notify.service)
    assert await notify.rows("SELECT case_name, ended_at IS NULL FROM alarm ORDER BY 1") == [
        (f"{named('one')}|1", False), (f"{named('one')}|3", True),
    ]  # fmt: skip


async def test_suspense_is_what_moved_in_any_order_and_however_often(notify) -> None:
    facts = [
        suspended("a", lines=moved(600)), suspended("b", lines=moved(500)), suspended("c", lines=moved(900)),
        allocated("b", revision=2, lines=[*moved(-500), *moved(500, "fund:11")]),
        unallocated("c", revision=2, lines=moved(-300)),
        JournalPosted(council=COUNCIL, journal_id=named("j"), reason="direct-debit-indemnity", posted_on=suspended().posted_on,
                      lines=moved(-50)),
    ]  # fmt: skip
    looking = watch(suspense={"pence": 1150})
    await hear(notify, *reversed(facts), *facts)
    await looking.look(notify.service)
    assert await said(notify) == [["There is much in suspense: £11.50 in 2 payments"]]


async def test_a_measure_is_said_again_only_when_it_has_doubled_and_its_end_when_it_stays_away(notify) -> None:
    async def look(minutes: int = 2) -> None:
        await later(notify, minutes)
        looking.measured_at = None
        await looking.look(notify.service)

    looking = watch(breaks={"count": 2})
    await hear(notify, opened("a", kind="fee-differs"), opened("b", kind="fee-differs"), opened("c", kind="fee-differs"))
    await look()
    async with client(notify) as asking:
        (alert,) = (await asking.get("/v1/alerts")).json()["alerts"]
        await asking.post(f"/v1/alerts/{alert['alert_id']}/acknowledge")
    await look(300)
    assert len(await said(notify)) == 1
    await hear(notify, opened("d", kind="fee-differs"))
    await look()
    await look(61)
    assert await said(notify) == [
        ["Much is open at the bank: £15.00 in 3 breaks"], ["Still: Ever more is open at the bank: £20.00 in 4 breaks"],
    ]  # fmt: skip
    await hear(notify, *(closed(each) for each in "abcd"))
    await look()
    await look(30)
    assert len(await said(notify)) == 2
    await look(31)
    assert (await said(notify))[2] == ["What is open at the bank is below the threshold again"]


async def test_what_goes_on_is_said_again_with_figures_of_now(notify) -> None:
    looking = watch(suspense={"pence": 100})
    await hear(notify, suspended("a", lines=moved(100)))
    await looking.look(notify.service)
    await hear(notify, suspended("b", lines=moved(50)))
    await later(notify, 61)
    looking.measured_at = None
    await looking.look(notify.service)
    assert await said(notify) == [
        ["There is much in suspense: £1.00 in 1 payment"], ["Still: There is much in suspense: £1.50 in 2 payments"],
    ]  # fmt: skip


async def test_a_delivery_that_fails_alarms_in_the_same_commit_and_a_few_receipts_are_nobodys_alarm(notify) -> None:
    await notify.hears(payment("a"), allocated("a"), payment("b"), allocated("b"))
    for channel, destination in (("email", ""), ("webhook", "parking")):
        async with begin(notify.pool) as work:
            due = await deliveries.claim(deliveries.Queue(channel, destination), 9, timedelta(seconds=60), work)
            failed = Settled("failed", work.now, "refused: 550")
            await deliveries.settle([deliveries.Result(each, failed, Answer("refused", failed.reason), work.now) for each in due], work)
            assert await work.connection.fetchval("SELECT count(*) FROM alarm WHERE subject = $1", destination or channel) == 2
    await watch().look(notify.service)
    assert await said(notify) == [["parking could not be told 2 times, and is not tried any more"]]
    await watch(receipts_failed=2).look(notify.service)
    assert (await said(notify))[1:] == [["email could not be told 2 times, and is not tried any more"]]


async def test_a_receiver_that_takes_nothing_is_told_of_before_it_is_given_up(notify) -> None:
    await notify.hears(payment("a"), allocated("a"))
    await notify.pool.execute("UPDATE delivery SET since = since - interval '61 minutes' WHERE channel = 'webhook'")
    await watch().look(notify.service)
    ((title,),) = await said(notify)
    assert title.startswith("parking does not take what it is to be told: 1 since ")


async def test_a_service_is_silent_while_payments_come(notify) -> None:
    async def heard(topic: str, minutes_ago: float) -> None:
        at = datetime.now(UTC) - timedelta(minutes=minutes_ago)
        await notify.pool.execute(
            "INSERT INTO heard VALUES ('notify', $1, 0, 0, 'c', $2) ON CONFLICT (reader, topic, partition) DO UPDATE SET moved_at = $2",
            topic, at,
        )  # fmt: skip

    async def look(minutes: int) -> list[list[str]]:
        await later(notify, minutes)
        looking.measured_at = None
        await looking.look(notify.service)
        return await said(notify)

    looking = watch(silent_minutes={"allocation": 30})
    await heard("ims.allocations.v1", 700)
    await heard("ims.payments.v1", 710)
    assert await look(0) == []
    # The first payment of the morning: allocation has been silent all night, and has had no time to answer.
    await heard("ims.payments.v1", 0)
    assert await look(0) == []
    assert await look(29) == []
    ((title,),) = await look(2)
    assert title.startswith("Nothing has been heard of allocation since ")
    await heard("ims.allocations.v1", 0)
    await look(0)
    assert (await look(61))[1:] == [["allocation is heard of again"]]


async def test_what_is_set_aside_is_said(notify) -> None:
    await notify.pool.execute(
        "INSERT INTO set_aside (reader, topic, partition, \"offset\", reason, headers) VALUES ('notify', 't', 0, 1, 'r', '[]')"
    )
    await watch().look(notify.service)
    assert await said(notify) == [["Messages that notify could not handle are set aside: 1"]]


async def test_one_process_at_a_time_looks(notify) -> None:
    await hear(notify, late())
    async with begin(notify.pool) as work:
        await work.connection.execute("SELECT pg_advisory_xact_lock(7, 0)")
        await watch().look(notify.service)
        assert await said(notify) == []
    await watch().look(notify.service)
    assert len(await said(notify)) == 1


async def test_a_message_is_sent_once_and_what_fails_is_tried_again_and_seen(notify) -> None:
    await hear(notify, late())
    looking = watch()
    await looking.look(notify.service)
    async with chatting() as chat:
        sender = courier(chat.url)
        chat.answers = [503]
        await deliver(notify, sender)
        assert await notify.rows("SELECT state, reason, attempts FROM alert_message") == [("due", "status 503", 1)]
        await notify.pool.execute("UPDATE alert_message SET due_at = since")
        await deliver(notify, sender)
        await deliver(notify, courier(chat.url))
        assert [each["text"].splitlines()[0] for each in chat.bodies] == ["Anytown"] * 2
        await hear(notify, late("stripe"))
        await looking.look(notify.service)
        chat.answers = [410]
        await deliver(notify, sender)
    async with client(notify) as asking:
        alerts = {each["subject"]: each for each in (await asking.get("/v1/alerts")).json()["alerts"]}
    assert [(each["state"], each["reason"]) for each in alerts["stripe"]["messages"]] == [("failed", "gone: 410")]
    assert [(each["state"], each["saying"]) for each in alerts["allpay"]["messages"]] == [("delivered", "first")]
    await looking.look(notify.service)
    assert await notify.value("SELECT count(*) FROM alarm") == 2


async def test_officers_have_mail(notify_url) -> None:
    async with mail_server() as (mailbox, smtp), notifying(notify_url, **smtp) as notify:
        await empty(notify)
        await hear(notify, late())
        await watch([{"name": "team", "by": "email"}]).look(notify.service)
        sender = courier("")
        sender.channel = OfficerMail(notify.settings, "income@anytown.example")
        await deliver(notify, sender)
        await sender.channel.rest()
    ((to, mail),) = mailbox.mails
    assert isinstance(mail, EmailMessage)
    assert (to, mail["Subject"]) == ("income@anytown.example", "Anytown: The file of allpay has not come")
    assert "Ask allpay whether it was sent" in mail.get_content().replace("\n", " ")


async def test_an_officer_sees_their_councils_and_says_once_that_it_is_known(notify) -> None:
    looking = watch()
    await hear(notify, late(), late("stripe"), refused())
    await looking.look(notify.service)
    async with client(notify) as asking, client(notify, "bob") as bob, client(notify, "nobody") as nobody:
        assert (await nobody.get("/v1/alerts")).status_code == 401
        assert (await bob.get("/v1/alerts")).json()["alerts"] == []
        first = (await asking.get("/v1/alerts", params={"count_max": 2})).json()
        second = (await asking.get("/v1/alerts", params={"count_max": 2, "after": first["next"]})).json()
        assert sorted(each["subject"] for each in first["alerts"] + second["alerts"]) == ["allpay", "allpay", "stripe"]
        assert second["next"] is None
        (alert,) = (await asking.get("/v1/alerts", params={"kind": "file-late", "subject": "allpay"})).json()["alerts"]
        assert (alert["title"], alert["state"]) == ("The file of allpay has not come", "open")
        door = f"/v1/alerts/{alert['alert_id']}/acknowledge"
        assert (await bob.post(door)).status_code == 404
        answers = [(await asking.post(door)).json() for _ in range(2)]
        assert answers[0] == answers[1]
        assert (answers[0]["officer"], answers[0]["raised"]) == ("ann", 1)
        listed = (await asking.get("/v1/alerts", params={"state": "acknowledged"})).json()["alerts"]
        assert [each["alert_id"] for each in listed] == [alert["alert_id"]]
        assert len((await asking.get("/v1/alerts", params={"state": "open"})).json()["alerts"]) == 2
    await later(notify, 61)
    await looking.look(notify.service)
    assert (await said(notify))[1:] == [["Still: The file of stripe has not come"]]


@pytest.mark.parametrize(
    ("alerts", "why"),
    [
        ({"nobody": {"to": "a@b.example"}}, "names what the council pack does not: nobody"),
        ({"income-team": {"to": "a@b.example"}}, "there is no IMS_SMTP_HOST"),
        ({"income-team": {"url": "https://hooks.example/x"}}, "its place in IMS_ALERTS is of another kind"),
        ({"income-chat": {"url": "http://hooks.example/x"}}, "must be https"),
        ({"income-chat": {"url": "https://a.example", "to": "a@b.example"}}, "needs `to`, a mailbox, or `url`"),
        ({"income-team": {"to": "a@b.example\r\nBcc: c@d.example"}}, "not one plain mailbox"),
    ],
)
async def test_a_place_that_fits_no_receiver_is_refused_at_the_start(notify_url, alerts, why) -> None:
    with pytest.raises(ValueError, match=why):
        async with notifying(notify_url, alerts=alerts):
            pass


async def test_a_service_with_receivers_tells_them_by_itself(notify_url) -> None:
    async with chatting() as chat, notifying(notify_url, alerts={"income-chat": {"url": chat.url}}) as notify:
        await empty(notify)
        assert notify.service.work_behind.keys() >= {"alert income-chat", "watch for alerts"}
        assert notify.service.hearings.keys() >= {"ims.remittances.v1", "ims.statements.v1", "ims.reconciliations.v1"}
        build(notify.settings)
        await hear(notify, late())
        await watch([TEAM | {"name": "income-chat", "by": "teams"}]).look(notify.service)
        await deliver(notify, courier(chat.url, "income-chat"))
        await until(lambda: notify.value("SELECT count(*) = 1 FROM alert_message WHERE state = 'delivered'"))

"""A message to the payers of a double collection: chosen, previewed, approved by another, sent once each at a rate, and stopped."""

import asyncio
from datetime import timedelta
from functools import partial

import asyncpg
import pytest

from ims_kit import begin
from ims_notify.channels.incident import incident_letter
from ims_notify.domain.incidents import Wording, faults
from ims_notify.pack import load
from ims_notify.store.retention import forget_before
from notify.alerts_world import client
from notify.incidents_world import ANN, BOB, CAT, ID, OFFICERS, body, courier, empty, named, path, round_of, send_all, twice, welsh
from notify.notify_world import COUNCIL, account, allocated, mail_server, notifying, payment, payment_id, suspended


@pytest.fixture
async def notify(notify_url):
    async with notifying(notify_url, officers=OFFICERS) as found:
        await empty(found)
        yield found


async def approved(notify, **changes) -> None:
    async with client(notify, ANN) as ann, client(notify, CAT) as cat:
        assert (await ann.put(path(), json=body(**changes))).status_code == 200
        assert (await cat.post(path("/approve"))).status_code == 200


async def test_a_draft_shows_whom_it_would_go_to_and_sends_nothing(notify) -> None:
    await twice(notify, "ann", "dai")
    await welsh(notify, "wyn")
    await notify.hears(payment("nobody", to=None, source="bacs", remittance_id=payment_id("f")), allocated("nobody"))
    await notify.hears(payment("another", to="x@example.org", source="bacs"), allocated("another"))
    async with client(notify, ANN) as ann:
        shown = (await ann.put(path(), json=body())).json()
        assert (await ann.put(path(), json=body())).json() == shown
        assert (await ann.get(path())).json() == shown
        other = await ann.put(path(), json=body(name="another"))
        assert other.status_code == 409
    assert (shown["state"], shown["drafted_by"], shown["unknown_count"]) == ("drafted", "ann", 0)
    preview = shown["preview"]
    assert {name: preview[name] for name in ("payment_count", "reached_count", "address_count", "welsh_count")} == {
        "payment_count": 5, "reached_count": 5, "address_count": 3, "welsh_count": 1,
    }  # fmt: skip
    assert sorted(each["subject"] for each in preview["examples"]) == [
        "Cymerwyd £35.00", "We took £70.00 in 2 payments", "We took £70.00 in 2 payments",
    ]  # fmt: skip
    assert "example.org" not in str(shown).replace("anytown.example", "")
    assert await notify.value("SELECT count(*) FROM incident_message") == 0


@pytest.mark.parametrize(
    ("chosen", "count", "unknown"),
    [
        ({"remittance_id": str(payment_id("file"))}, 1, 0),
        ({"source": "bacs", "paid_on": "2026-03-16"}, 2, 0),
        ({"source": "bacs", "received_on": "2026-03-17"}, 1, 0),
        ({"source": "bacs", "paid_on": "2026-03-16", "received_on": "2026-03-17"}, 1, 0),
        ({"payment_ids": [str(payment_id("a")), str(payment_id("a")), str(payment_id("web"))]}, 2, 0),
        ({"payment_ids": [str(payment_id("a")), named(1), named(2)]}, 1, 2),
    ],
)
async def test_payments_are_chosen_by_file_by_source_and_day_or_by_name(notify, chosen, count, unknown) -> None:
    facts = [
        payment("a", source="bacs", remittance_id=payment_id("file")), payment("b", source="bacs", received_on="2026-03-17"),
        payment("web"),
    ]  # fmt: skip
    for _ in range(2):
        await notify.hears(*facts, allocated("a"), allocated("b"), allocated("web"))
    async with client(notify, ANN) as ann:
        shown = (await ann.put(path(), json=body(payments=chosen))).json()
    assert (shown["preview"]["payment_count"], shown["unknown_count"]) == (count, unknown)


@pytest.mark.parametrize(
    "chosen",
    [{}, {"source": "bacs"}, {"paid_on": "2026-03-16"}, {"remittance_id": named(1), "payment_ids": [named(1)]}, {"payment_ids": []}],
)
async def test_a_choice_is_one_of_three(notify, chosen) -> None:
    async with client(notify, ANN) as ann:
        assert (await ann.put(path(), json=body(payments=chosen))).status_code == 422


@pytest.mark.parametrize(
    ("subject", "text", "why"),
    [
        ("Sorry", "Look at https://pay.example", "there is a link"),
        ("Sorry", "Go to www.anytown.example", "there is a link"),
        ("Sorry", "Go to anytown.gov.uk/pay", "there is a link"),
        ("Sorry\r\nBcc: x@y.example", "Text", "one line"),
        (" ", "Text", "one line"),
        ("Sorry", " ", "empty"),
        ("Sorry", "Dear {name}", "only amount"),
        ("Sorry", "{amount.__class__}", "only amount"),
        ("Sorry", "{amount!r:>9}", "only amount"),
        ("Sorry", "{", "brace"),
        ("{0}", "Text", "only amount"),
    ],
)
def test_what_may_not_be_in_the_words(subject, text, why) -> None:
    assert any(why in each for each in faults({"en": Wording(subject, text)}))
    assert faults({"en": Wording("Sorry, {council}", "We took {amount}. Ask at a.b@anytown.gov.uk: {enquiries}")}) == []


async def test_wrong_words_are_refused_and_nothing_is_kept(notify) -> None:
    async with client(notify, ANN) as ann:
        answer = await ann.put(path(), json=body(words={"en": {"subject": "x", "text": "http://x"}}))
    assert (answer.status_code, answer.json()["reasons"][0][:3]) == (422, "en:")
    assert await notify.value("SELECT count(*) FROM incident") == 0


async def test_a_second_person_approves_by_the_database_too(notify) -> None:
    await twice(notify, "ann")
    async with client(notify, ANN) as ann, client(notify, BOB) as bob, client(notify, CAT) as cat:
        await ann.put(path(), json=body())
        assert (await ann.post(path("/approve"))).status_code == 409
        assert (await bob.post(path("/approve"))).status_code == 404
        assert (await bob.get(path())).status_code == 404
        with pytest.raises(asyncpg.CheckViolationError, match="approved_by_another"):
            await notify.pool.execute("INSERT INTO incident_approval VALUES ($1, 'ann', 'ann', now())", ID)
        with pytest.raises(asyncpg.ForeignKeyViolationError):
            await notify.pool.execute("INSERT INTO incident_approval VALUES ($1, 'another', 'ann', now())", ID)
        answers = [(await cat.post(path("/approve"))).json() for _ in range(2)]
    assert answers[0] == answers[1]
    assert (answers[0]["state"], answers[0]["approved_by"], answers[0]["messages"]) == ("sending", "cat", {"due": 1})


async def test_one_message_an_address_in_its_language(notify_url) -> None:
    async with mail_server() as (mailbox, smtp), notifying(notify_url, officers=OFFICERS, **smtp) as notify:
        await empty(notify)
        await twice(notify, "ann", "dai")
        await notify.hears(payment("ANN", to="ANN@example.org", source="bacs", remittance_id=payment_id("g")), allocated("ANN"))
        await welsh(notify, "wyn")
        ids = [str(row[0]) for row in await notify.rows("SELECT payment_id FROM payment")]
        await approved(notify, payments={"payment_ids": ids})
        await send_all(notify, courier(notify))
        await send_all(notify, courier(notify))
        assert sorted((to.lower(), mail["Subject"]) for to, mail in mailbox.mails) == [
            ("ann@example.org", "We took £105.00 in 3 payments"), ("dai@example.org", "We took £70.00 in 2 payments"),
            ("wyn@example.org", "Cymerwyd £35.00"),
        ]  # fmt: skip
        async with client(notify, ANN) as ann:
            assert (await ann.get(path())).json()["state"] == "done"
            listed = (await ann.get(path("/messages"), params={"state": "sent", "count_max": 2})).json()
            rest = (await ann.get(path("/messages"), params={"after": listed["next"]})).json()
            assert (len(listed["messages"]), len(rest["messages"]), rest["next"]) == (2, 1, None)
            assert "example.org" not in str(listed)
            assert [[said["verdict"] for said in each["evidence"]] for each in listed["messages"]] == [["sent"]] * 2
            (only,) = (await ann.get("/v1/incidents", params={"state": "done"})).json()["incidents"]
            assert (only["incident_id"], only["name"]) == (str(ID), "Direct Debits taken twice")
            assert (await ann.get("/v1/incidents", params={"state": "drafted"})).json() == {"incidents": [], "next": None}


async def test_only_to_the_address_that_was_approved(notify_url) -> None:
    async with mail_server() as (mailbox, smtp), notifying(notify_url, officers=OFFICERS, **smtp) as notify:
        await empty(notify)
        await welsh(notify, "wyn")
        await approved(notify)
        await notify.hears(account("W1", to="somebody.else@example.org", revision=2))
        await send_all(notify, courier(notify))
        assert mailbox.mails == []
        assert await notify.rows("SELECT state FROM incident_message") == [("no-contact",)]


async def test_what_is_in_suspense_has_an_amount_and_what_is_not_placed_has_none(notify) -> None:
    await notify.hears(payment("a"), suspended("a"), payment("b"))
    async with client(notify, ANN) as ann:
        chosen = {"payment_ids": [str(payment_id("a")), str(payment_id("b"))]}
        preview = (await ann.put(path(), json=body(payments=chosen))).json()["preview"]
    assert (preview["payment_count"], preview["reached_count"]) == (2, 1)


async def test_no_more_leave_than_the_rate(notify_url) -> None:
    async with mail_server() as (_, smtp), notifying(notify_url, officers=OFFICERS, **smtp) as notify:
        await empty(notify)
        await twice(notify, *(f"p{number}" for number in range(9)))
        await approved(notify)
        senders = [courier(notify, per_minute=120), courier(notify, per_minute=120)]
        sent = [await round_of(notify, sender) for _ in range(3) for sender in senders]
        assert sum(sent) == 2  # two a second
        await notify.pool.execute("UPDATE incident_message SET lent_at = lent_at - interval '2 seconds'")
        assert await round_of(notify, senders[0]) == 2
        await notify.pool.execute("UPDATE incident_message SET lent_at = lent_at - interval '2 seconds'")
        assert await round_of(notify, courier(notify, per_minute=5)) == 1  # four of five in the last minute
        assert await round_of(notify, courier(notify, per_minute=5)) == 0
        for sender in senders:
            await sender.channel.rest()


async def test_a_stop_stops_and_what_went_meanwhile_is_not_sent_again(notify_url) -> None:
    async with mail_server() as (mailbox, smtp), notifying(notify_url, officers=OFFICERS, **smtp) as notify:
        await empty(notify)
        await twice(notify, *(f"p{number}" for number in range(5)))
        async with client(notify, ANN) as ann:
            await ann.put(path(), json=body())
            assert (await ann.post(path("/stop"))).status_code == 409
        await approved(notify)
        sender = courier(notify, connections=2)
        assert await round_of(notify, sender) == 2
        async with client(notify, ANN) as ann:
            stopped = [(await ann.post(path("/stop"))).json() for _ in range(2)]
            assert stopped[0] == stopped[1]
            assert (stopped[0]["state"], stopped[0]["switched_by"], stopped[0]["messages"]) == ("stopped", "ann", {"stopped": 5})
            await send_all(notify, sender)
            assert len(mailbox.mails) == 2
            assert (await ann.get(path())).json()["messages"] == {"sent": 2, "stopped": 3}
            for _ in range(2):
                assert (await ann.post(path("/resume"))).json()["state"] == "sending"
        await send_all(notify, sender)
        assert len(mailbox.mails) == len({to for to, _ in mailbox.mails}) == 5
        assert await notify.value("SELECT count(*) FROM incident_switch") == 2


async def test_a_refused_address_fails_and_others_go(notify_url) -> None:
    async with mail_server() as (mailbox, smtp), notifying(notify_url, officers=OFFICERS, **smtp) as notify:
        await empty(notify)
        await twice(notify, "a", "b")
        await approved(notify)
        mailbox.answers = ["550 no such mailbox"]
        await send_all(notify, courier(notify))
        assert await notify.rows("SELECT state, reason FROM incident_message ORDER BY 1") == [("failed", "refused: 550"), ("sent", "")]


async def test_a_stop_of_the_service_keeps_what_was_sent(notify_url) -> None:
    async with mail_server() as (mailbox, smtp), notifying(notify_url, officers=OFFICERS, **smtp) as notify:
        await empty(notify)
        await twice(notify, *(f"p{number}" for number in range(30)))
        await approved(notify)
        for _ in range(20):
            sending = asyncio.ensure_future(courier(notify, connections=3).run(notify.service))
            before = len(mailbox.mails)
            while len(mailbox.mails) < min(before + 2, 30):
                await asyncio.sleep(0.005)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            assert await notify.value("SELECT count(*) FROM incident_message WHERE state = 'sent'") == len(mailbox.mails)
        assert len({to for to, _ in mailbox.mails}) == len(mailbox.mails) == 30


async def test_words_that_cannot_be_filled_in_stop_no_other(notify_url) -> None:
    async with mail_server() as (mailbox, smtp), notifying(notify_url, officers=OFFICERS, **smtp) as notify:
        await empty(notify)
        await twice(notify, "a")
        await welsh(notify, "wyn")
        await approved(notify)
        sender = courier(notify)
        sender.channel.letter = partial(incident_letter, councils={(COUNCIL, "en"): load().councils[COUNCIL, "en"]})
        with pytest.raises(KeyError):
            await round_of(notify, sender)
        async with begin(notify.pool) as work:
            await sender.store.settle(sender.results, work)
        assert await notify.rows("SELECT language, state, reason FROM incident_message ORDER BY 1") == [
            ("cy", "due", "cannot be sent: KeyError"), ("en", "sent", ""),
        ]  # fmt: skip
        assert len(mailbox.mails) == 1
        await sender.channel.rest()


async def test_after_a_while_no_address_can_be_tried_against_what_is_kept(notify) -> None:
    await twice(notify, "ann")
    await approved(notify)
    for state, is_kept in (("due", True), ("sent", False)):
        await notify.pool.execute("UPDATE incident_message SET state = $1", state)
        async with begin(notify.pool) as work:
            await forget_before(work.today, work)
            assert await work.connection.fetchval("SELECT salt IS NOT NULL FROM incident")  # of today
            await forget_before(work.today + timedelta(days=1), work)
            assert await work.connection.fetchval("SELECT salt IS NOT NULL FROM incident") is is_kept


async def test_a_service_with_a_mail_server_sends_by_itself(notify_url) -> None:
    async with notifying(notify_url, smtp_host="127.0.0.1") as notify, begin(notify.pool):
        assert "send messages of incident" in notify.service.work_behind

"""What leaves the house: to a real mail server and a real receiver of webhooks, in good and in bad times."""

import asyncio
import contextlib
import hashlib
import json
import socket
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import ValidationError

from ims_kit import Cause, begin
from ims_notify.app import build
from ims_notify.channels.calls import retry_after
from ims_notify.channels.webhook import WebhookChannel
from ims_notify.delivery import Rules
from ims_notify.handlers import on_allocations
from ims_notify.settings import Application, Endpoint, Settings
from ims_notify.store.deliveries import Queue
from notify.notify_world import (
    COUNCIL,
    PARKING,
    SECRET,
    account,
    allocated,
    back_office,
    mail_server,
    notifying,
    payment,
    payment_id,
    sent,
    suspended,
    unallocated,
    until,
)
from notify.test_notify_domain import due

HOUR = timedelta(hours=1)
FINISHED = "SELECT count(*) = $1 FROM delivery WHERE state IN ('sent', 'delivered', 'failed', 'no-contact')"


@pytest.fixture
async def world(notify_url):
    """Notify, its payers' mail server, and parking."""
    async with mail_server() as (mailbox, mail), back_office() as (office, hooks), notifying(notify_url, **mail, **hooks) as notify:
        await notify.empty()
        yield notify, mailbox, office


async def finished(notify, count: int) -> None:
    await until(lambda: notify.value(FINISHED, count))


def token(name: str, **changes: Any) -> Application:
    """An application whose token is its name."""
    return Application(**{"token_sha256": hashlib.sha256(name.encode()).hexdigest(), "council": COUNCIL} | changes)


async def replayed(notify, name: str, back: timedelta) -> tuple[int, int | None]:
    """What an application is answered that wants what parking was told since so long ago, until as long from now."""
    now = datetime.now(UTC)
    wanted = {"destination": "parking", "since": (now - back).isoformat(), "until": (now + back).isoformat()}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=notify.service.api), base_url="http://notify") as client:
        answer = await client.post("/v1/deliveries/replay", json=wanted, headers={"Authorization": f"Bearer {name}"})
    return answer.status_code, answer.json().get("count")


async def test_what_is_told_of_a_delivery_goes_on_with_the_story_of_its_placement(world) -> None:
    notify, *_ = world
    placement, cause = allocated(), Cause("allocated-1", "a journey with words", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
    async with begin(notify.pool) as work:
        work.causes = {id(placement): lambda: cause}
        await on_allocations([placement], work, [PARKING])
    await notify.hears(payment())
    async with notify.delivering():
        await finished(notify, 2)
    headers = [json.loads(row[0]) for row in await notify.rows("SELECT headers FROM told")]
    assert [(each["ce_causationid"], each["ce_correlationid"], each["traceparent"]) for each in headers] == [cause] * 2


async def test_a_payer_reads_a_receipt_and_parking_hears_of_it_each_once(world) -> None:
    notify, mailbox, office = world
    await notify.hears(payment(), allocated(), payment(), allocated())

    async with notify.delivering():
        await finished(notify, 2)
        await notify.hears(payment(), allocated())
        await asyncio.sleep(0.5)

    [(to, mail)] = mailbox.mails
    assert to == "payer@example.org" == mail["To"]
    assert mail["Subject"] == "Receipt TRJ4-T7AF-R5E8 from Anytown Council"
    assert "£35.00" in mail.get_content()
    assert mail["Auto-Submitted"] == "auto-generated"
    [(posting, said)] = office.heard
    assert said["type"] == "payment.allocated"
    assert said["data"] == {
        "council": COUNCIL, "payment_id": str(payment_id()), "revision": 1, "amount_pence": 3500, "outcome": "discount",
        "parts": [{"fund": "11", "account_reference": "BJ90001186", "amount_pence": 3500}], "balance_pence": 0, "next_due_on": None,
        "refund_due_pence": 0, "is_for_agent": False, "method_of_payment": "card", "decided_on": "2026-03-16", "posted_on": "2026-03-16",
        "channel": "web", "paid_on": "2026-03-16",
    }  # fmt: skip
    told = {fact.pop("type"): fact for fact in await notify.told()}
    assert len(told) == 2
    assert told["receipt-issued"]["number"] == "TRJ4-T7AF-R5E8"
    assert told["receipt-issued"]["amount_pence"] == 3500
    assert (told["posting-delivered"]["posting_id"], told["posting-delivered"]["attempts"]) == (posting, 1)


async def test_a_holder_is_written_to_where_the_payer_gave_no_address_and_in_their_language(world) -> None:
    notify, mailbox, _ = world
    await notify.hears(payment(to=None, channel="telephone"), allocated(), account(language="cy"))

    async with notify.delivering():
        await finished(notify, 2)

    [(to, mail)] = mailbox.mails
    assert (to, mail["Content-Language"]) == ("holder@example.org", "cy")
    assert "Rydym wedi derbyn eich taliad." in mail.get_content()


async def test_a_holder_who_took_their_address_back_is_not_written_to(world) -> None:
    notify, mailbox, _ = world
    await notify.hears(payment(to=None), allocated(fund="23"), account(fund="23"))
    await notify.hears(account(fund="23", revision=2, to=None))

    async with notify.delivering():
        await finished(notify, 1)

    assert (mailbox.mails, await notify.told(), await notify.states()) == ([], [], [("email", 0, "no-contact")])


async def test_what_went_back_is_posted_as_less_than_nothing_with_a_link_to_why(world) -> None:
    notify, _, office = world
    await notify.hears(payment(to=None, channel="agent"), allocated(), unallocated())

    async with notify.delivering():
        await finished(notify, 2)

    [first, second] = [said for _, said in office.heard]
    assert first["data"]["revision"] == 1
    assert second["type"] == "payment.unallocated"
    assert (second["data"]["amount_pence"], second["data"]["balance_pence"]) == (-3500, 7000)
    assert second["data"]["reversal_id"] == str(payment_id("one taken back"))


async def test_a_newer_revision_waits_for_an_older_one_that_has_not_arrived(world) -> None:
    notify, _, office = world
    office.answers = [(500, {}), (500, {})]
    await notify.hears(payment(to=None, channel="agent"), allocated())
    await notify.hears(allocated(revision=2, outcome="full"))

    async with notify.delivering(connections=4):
        await finished(notify, 2)

    assert [said["data"]["revision"] for _, said in office.heard] == [1, 1, 1, 2]


async def test_parking_is_told_when_a_payment_it_was_told_of_is_not_its_own_any_more(world) -> None:
    notify, _, office = world
    await notify.hears(payment(to=None, channel="agent"), allocated())
    await notify.hears(suspended(revision=2))

    async with notify.delivering():
        await finished(notify, 2)

    assert [(said["data"]["amount_pence"], said["data"]["outcome"]) for _, said in office.heard] == [(3500, "discount"), (0, "suspended")]


async def test_a_failing_receiver_is_tried_again_with_the_same_id_and_body(world) -> None:
    notify, _, office = world
    office.answers = [(500, {}), (404, {}), (302, {"location": "http://127.0.0.1:1/"})]
    await notify.hears(payment(to=None, channel="agent"), allocated())

    async with notify.delivering():
        await finished(notify, 1)

    assert len(office.heard) == 4
    assert len({posting for posting, _ in office.heard}) == 1
    assert len(set(office.bodies)) == 1
    [told] = await notify.told()
    assert (told["type"], told["attempts"]) == ("posting-delivered", 4)


async def test_what_was_told_in_a_range_is_told_again_with_the_same_ids_and_bodies_in_order(world) -> None:
    notify, _, office = world
    office.answers = [(204, {}), (410, {})]
    await notify.hears(payment(to=None, channel="agent"), allocated())
    await notify.hears(allocated(revision=2, outcome="full"))
    applications = {"ours": token("ours"), "rents": token("rents", destinations=["rents"]), "other": token("other", council="E07000001")}
    notify.service.settings = notify.service.settings.model_copy(update={"applications": applications})
    async with notify.delivering(connections=1):
        await finished(notify, 2)
        assert [await replayed(notify, name, HOUR) for name in ("rents", "other")] == [(404, None), (404, None)]
        assert await replayed(notify, "ours", -HOUR) == (202, 0)
        assert await replayed(notify, "ours", HOUR) == (202, 2)
        await finished(notify, 2)

    assert office.bodies[:2] == office.bodies[2:]
    assert [posting for posting, _ in office.heard[:2]] == [posting for posting, _ in office.heard[2:]]
    told = [fact["type"] for fact in await notify.told()]
    assert told == ["posting-delivered", "delivery-failed", "posting-delivered"]  # each is told once, and what had failed came


async def test_what_cannot_be_read_is_said_in_words_and_not_repeated(world) -> None:
    notify, *_ = world
    notify.service.settings = notify.service.settings.model_copy(
        update={"applications": {"ours": token("ours"), "rents": token("rents", destinations=["rents"])}}
    )
    transport, headers = httpx.ASGITransport(app=notify.service.api), {"Authorization": "Bearer ours"}
    async with httpx.AsyncClient(transport=transport, base_url="http://notify", headers=headers) as client:
        answer = await client.post("/v1/opt-outs", json={"address": ["payer@example.org"]})
        for path in ("/v1/callbacks/bounce", f"/v1/receipts/{payment_id()}/re-issue"):
            assert (await client.post(path, headers={"Authorization": "Bearer rents"})).status_code == 403

    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["reasons"] == ["body.address: Input should be a valid string"]
    assert "payer" not in answer.text


async def test_an_address_is_called_letter_by_letter_as_it_is_set() -> None:
    async with back_office() as (office, hooks):
        parking = hooks["destinations"]["parking"]
        channel = WebhookChannel("parking", Endpoint(**parking | {"url": parking["url"] + "/a%2Fb?sig=%2Fx%2b&sp=%2Ftriggers"}))
        answer = await channel.send(due(channel="webhook", facts=json.dumps({"type": "payment.allocated", "timestamp": "x"})))
        await channel.rest()
    assert (answer.verdict, office.addresses) == ("delivered", [b"/postings/a%2Fb?sig=%2Fx%2b&sp=%2Ftriggers"])


@pytest.mark.parametrize(("of_its_own", "most"), [(None, 5), (32, 32)])
def test_a_receiver_may_have_connections_of_its_own(of_its_own: int | None, most: int) -> None:
    parking = {"url": "https://parking.example", "secret": SECRET, "connections": of_its_own}
    settings = Settings(kafka_bootstrap="x", database_url="x", destinations={"parking": Endpoint(**parking)}, connections=5)
    assert [Rules.of(settings, Queue("webhook", name)).connections for name in ("parking", "rents")] == [most, 5]


async def test_a_receiver_that_says_gone_is_not_tried_again_until_a_person_asks(world) -> None:
    notify, _, office = world
    office.answers = [(410, {})]
    await notify.hears(payment(to=None, channel="agent"), allocated())
    callers = {"ours": {"council": COUNCIL}, "other": {"council": "E07000001"}, "rents": {"council": COUNCIL, "destinations": ["rents"]}}
    applications = {
        name: Application(token_sha256=hashlib.sha256(name.encode()).hexdigest(), **caller) for name, caller in callers.items()
    }
    notify.service.settings = notify.service.settings.model_copy(update={"applications": applications})

    def asking(token: str) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=notify.service.api)
        return httpx.AsyncClient(transport=transport, base_url="http://notify", headers={"Authorization": f"Bearer {token}"})

    async with notify.delivering(), asking("ours") as client:
        await finished(notify, 1)
        [failed] = (await client.get("/v1/deliveries")).json()["deliveries"]
        assert (failed["state"], failed["reason"], len(office.heard)) == ("failed", "gone: 410", 1)

        path = f"/v1/deliveries/{failed['delivery_id']}/retry"
        for token, status in (("nobody's", 401), ("other", 409), ("rents", 409)):
            async with asking(token) as stranger:
                assert (await stranger.post(path)).status_code == status
                assert (await stranger.get("/v1/deliveries")).status_code == (401 if status == 401 else 200)
        assert (await client.post(path)).json() == {"state": "due"}
        await until(lambda: notify.value("SELECT state = 'delivered' FROM delivery"))
        assert (await client.post(path)).status_code == 409

    assert [fact["type"] for fact in await notify.told()] == ["delivery-failed", "posting-delivered"]


async def test_a_receiver_that_asks_for_time_gets_it(world) -> None:
    notify, _, office = world
    office.answers = [(503, {"retry-after": "120"})]
    await notify.hears(payment(to=None, channel="agent"), allocated(), payment("two", to=None, channel="agent"), allocated("two"))

    async with notify.delivering(connections=1):
        await until(lambda: notify.value("SELECT count(*) = 1 FROM delivery WHERE reason = 'status 503'"))
        await asyncio.sleep(1.5)

    assert len(office.heard) == 1  # nothing else is sent there meanwhile
    assert await notify.value("SELECT max(due_at) > now() + interval '100 seconds' FROM delivery")


async def test_a_slow_receiver_delays_nobody_else_and_hears_only_so_much_at_once(world) -> None:
    notify, mailbox, office = world
    office.seconds = 0.4
    names = [str(number) for number in range(20)]
    await notify.hears(*map(payment, names), *map(allocated, names))

    async with notify.delivering(connections=2):
        await until(lambda: notify.value("SELECT count(*) = 20 FROM delivery WHERE channel = 'email' AND state = 'sent'"), 5)
        assert await notify.value("SELECT count(*) FROM delivery WHERE channel = 'webhook' AND state = 'delivered'") < 20

    assert office.now_max == 2
    assert len(mailbox.mails) == 20


async def test_a_receiver_that_never_answers_is_given_up_on_in_time(world) -> None:
    notify, _, office = world
    office.seconds = 3
    await notify.hears(payment(to=None, channel="agent"), allocated())

    async with notify.delivering(answer_seconds=0.1):
        await until(lambda: notify.value("SELECT reason = 'no answer in time' FROM delivery"))


async def test_many_receipts_go_over_few_connections(world) -> None:
    notify, mailbox, _ = world
    names = [str(number) for number in range(100)]
    await notify.hears(*map(payment, names), *(allocated(name, fund="23") for name in names))

    async with notify.delivering(connections=3):
        await finished(notify, 100)

    assert (len(mailbox.mails), mailbox.connections) == (100, 3)


@pytest.mark.parametrize(
    ("answers", "state", "attempts"),
    [
        (["451 later please"], "sent", 2),
        (["550 no such person payer@example.org"], "failed", 1),
        (["452 full", "554 go away"], "failed", 2),
    ],
)
async def test_what_a_mail_server_refuses(world, answers: list[str], state: str, attempts: int) -> None:
    notify, mailbox, _ = world
    mailbox.answers = answers
    await notify.hears(payment(), allocated(fund="23"))

    async with notify.delivering():
        await finished(notify, 1)

    assert await notify.rows("SELECT state, attempts FROM delivery") == [(state, attempts)]
    assert "payer" not in json.dumps(await notify.told())
    assert "payer" not in str(await notify.rows("SELECT reason FROM delivery"))


async def test_a_mail_server_that_is_away_costs_nobody_a_receipt(notify_url) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    async with notifying(notify_url, smtp_host="127.0.0.1", smtp_port=port) as notify:
        await notify.empty()
        names = [str(number) for number in range(10)]
        await notify.hears(*map(payment, names), *(allocated(name, fund="23") for name in names))
        async with notify.delivering(connections=4):
            await until(lambda: notify.value("SELECT count(*) > 0 FROM delivery WHERE reason LIKE 'mail server:%'"))
            await asyncio.sleep(0.5)
        # One round found out; it is not tried with everybody's receipt.
        assert await notify.value("SELECT count(*) FROM delivery WHERE attempts > 0") <= 4
        await notify.pool.execute("UPDATE delivery SET due_at = now()")

    async with mail_server() as (mailbox, mail), notifying(notify_url, **mail) as notify, notify.delivering():
        await finished(notify, 10)
        assert len(mailbox.mails) == 10


async def test_a_crash_between_the_servers_answer_and_our_commit_repeats_one_message_with_its_id(world) -> None:
    notify, mailbox, _ = world
    names = [str(number) for number in range(6)]
    await notify.hears(*map(payment, names), *(allocated(name, fund="23") for name in names))
    [_, courier] = notify.couriers(connections=1, lease=timedelta(seconds=1))
    for _ in range(3):
        await sent(courier, notify)
    # The third was taken by the server; the process dies before it can say so anywhere.
    assert len(mailbox.mails) == 3

    async with notify.delivering(connections=1):
        await finished(notify, 6)
        await asyncio.sleep(0.5)

    ids = [mail["Message-ID"] for _, mail in mailbox.mails]
    assert len(ids) == 7
    assert len(set(ids)) == 6
    assert ids.count(ids[2]) == 2
    assert [fact["type"] for fact in await notify.told()] == ["receipt-issued"] * 6


async def test_a_webhook_repeated_by_a_crash_is_known_by_its_id(world) -> None:
    notify, _, office = world
    await notify.hears(payment(to=None, channel="agent"), allocated())
    [courier, _] = notify.couriers(lease=timedelta(seconds=0.5))
    await sent(courier, notify)
    await courier.channel.rest()

    async with notify.delivering():
        await finished(notify, 1)

    assert len(office.heard) == 2
    assert len(office.taken) == 1
    assert len(set(office.bodies)) == 1


async def test_while_the_database_is_away_what_was_sent_is_remembered_and_not_sent_again(world) -> None:
    notify, mailbox, _ = world
    await notify.hears(payment(), allocated(fund="23"))
    [_, courier] = notify.couriers(lease=timedelta(seconds=0.2))
    await sent(courier, notify)
    there, notify.service.pool = notify.service.pool, Away()
    with pytest.raises(OSError, match="away"):
        await courier.run(notify.service)
    await asyncio.sleep(0.3)

    notify.service.pool = there
    work = asyncio.ensure_future(courier.run(notify.service))
    await finished(notify, 1)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)

    assert len(mailbox.mails) == 1
    assert [fact["type"] for fact in await notify.told()] == ["receipt-issued"]


class Away:
    """A pool whose database does not answer."""

    @contextlib.asynccontextmanager
    async def acquire(self):
        raise OSError("away")
        yield


async def test_a_service_that_is_asked_to_stop_hears_the_answers_first(world) -> None:
    notify, _, office = world
    office.seconds = 0.5
    await notify.hears(payment(to=None, channel="agent"), allocated())

    async with notify.delivering():
        while not office.now:
            await asyncio.sleep(0.01)

    assert await notify.states() == [("webhook", 1, "delivered")]
    assert len(office.heard) == 1
    assert [fact["type"] for fact in await notify.told()] == ["posting-delivered"]


async def test_a_message_that_cannot_be_written_is_seen_and_makes_no_other_go_twice(world) -> None:
    notify, _, office = world
    names = [str(number) for number in range(5)]
    await notify.hears(*(payment(name, to=None, channel="agent") for name in names), *map(allocated, names))
    await notify.pool.execute("UPDATE delivery SET facts = '{}' WHERE payment_id = $1", payment_id("3"))
    [courier, _] = notify.couriers()

    for _ in range(3):  # as the kit begins it again
        with pytest.raises(KeyError):
            await courier.run(notify.service)

    assert await notify.value(FINISHED, 4)
    assert len(office.heard) == len(office.taken) == 4
    assert await notify.value("SELECT reason FROM delivery WHERE state = 'due'") == "cannot be sent: KeyError"


async def test_two_processes_share_the_work_and_send_nothing_twice(world) -> None:
    notify, mailbox, office = world
    names = [str(number) for number in range(60)]
    await notify.hears(*map(payment, names), *map(allocated, names))

    async with notify.delivering(), notify.delivering():
        await finished(notify, 120)

    assert len({mail["Message-ID"] for _, mail in mailbox.mails}) == len(mailbox.mails) == 60
    assert len(office.taken) == len(office.heard) == 60


async def test_what_a_person_can_ask_of_a_receipt(world) -> None:
    notify, _, _ = world
    await notify.hears(payment(), allocated(fund="23"), payment("two", to=None), allocated("two", fund="23"), payment("half"))
    async with notify.delivering():
        await finished(notify, 1)
    transport = httpx.ASGITransport(app=notify.service.api)
    async with httpx.AsyncClient(transport=transport, base_url="http://notify") as client:

        async def asked(name: str, council: str = COUNCIL) -> httpx.Response:
            return await client.get(f"/v1/receipts/{payment_id(name)}", params={"council": council})

        answer = await asked("one")
        assert (answer.json()["state"], answer.json()["number"], "example.org" in answer.text) == ("issued", "TRJ4-T7AF-R5E8", False)
        assert (await asked("two")).json()["state"] == "no-contact"
        assert [(await asked(name, council)).status_code for name, council in (("half", COUNCIL), ("one", "E07000001"))] == [404, 404]
        totals = (await client.get("/v1/totals", params={"council": COUNCIL})).json()
        assert totals["receipts"]["issued"] == {"count": 1, "pence": 3500}
        assert {law["holds"] for law in (await client.get("/v1/laws")).json()} == {True}


@pytest.mark.parametrize(
    ("value", "seconds"),
    [(None, None), ("120", 120), ("Wed, 18 Mar 2026 12:01:00 GMT", 60), ("Wed, 18 Mar 2026 11:00:00 GMT", 0), ("soon", None), ("-5", None)],
)
def test_how_long_a_receiver_asks_us_to_wait(value: str | None, seconds: int | None) -> None:
    asked = retry_after(value, datetime(2026, 3, 18, 12, tzinfo=UTC))

    assert (None if asked is None else asked.total_seconds()) == seconds


@pytest.mark.parametrize(
    ("url", "is_taken"),
    [
        ("https://parking.example/postings", True), ("http://127.0.0.1:8000/", True), ("http://localhost/", True), ("http://[::1]/", True),
        ("http://parking.example/", False), ("ftp://127.0.0.1/", False), ("http://127.0.0.1.evil.example/", False), ("", False),
    ],
)  # fmt: skip
def test_postings_leave_the_machine_only_encrypted(url: str, is_taken: bool) -> None:
    if is_taken:
        assert SECRET not in repr(Endpoint(url=url, secret=SECRET))
    else:
        with pytest.raises(ValidationError):
            Endpoint(url=url, secret=SECRET)


def test_what_is_under_way_is_not_lent_to_another() -> None:
    with pytest.raises(ValidationError, match="at least twice"):
        Settings(kafka_bootstrap="127.0.0.1:9", database_url="postgresql://127.0.0.1/none", answer_seconds=31, lease_seconds=60)


def test_a_destination_that_no_council_has_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMS_DESTINATIONS", json.dumps({"parkin": {"url": "https://parking.example/", "secret": SECRET}}))
    settings = Settings(kafka_bootstrap="127.0.0.1:9", database_url="postgresql://127.0.0.1/none")

    with pytest.raises(ValueError, match="parkin"):
        build(settings)

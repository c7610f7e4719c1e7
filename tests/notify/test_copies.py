"""Receipts that are asked for again, and what payers will read before they do."""

import hashlib

import httpx
import pytest
import yaml

from ims_notify.domain.letters import Words
from ims_notify.pack import load
from ims_notify.settings import Application
from ims_notify.store import words
from ims_notify.wordings import versioned, words_of
from notify.govuk_world import pack
from notify.notify_world import COUNCIL, account, allocated, mail_server, notifying, payment, payment_id, until

FINISHED = "SELECT count(*) = $1 FROM delivery WHERE state IN ('sent', 'delivered', 'failed', 'no-contact')"
APPLICATIONS = {
    name: Application(token_sha256=hashlib.sha256(name.encode()).hexdigest(), council=council)
    for name, council in (("ours", COUNCIL), ("other", "E07000001"))
}


@pytest.fixture
async def world(notify_url):
    async with mail_server() as (mailbox, mail), notifying(notify_url, **mail, applications=APPLICATIONS) as notify:
        await notify.empty()
        transport = httpx.ASGITransport(app=notify.service.api)
        headers = {"Authorization": "Bearer ours"}
        async with httpx.AsyncClient(transport=transport, base_url="http://notify", headers=headers) as client:
            yield notify, mailbox, client


def again(name: str = "one") -> str:
    return f"/v1/receipts/{payment_id(name)}/re-issue"


async def test_a_receipt_is_issued_again_as_a_copy_with_its_number_and_told_of_once(world) -> None:
    notify, mailbox, client = world
    await notify.hears(payment(), allocated(fund="23"))
    assert (await client.post(again())).status_code == 409  # it has not gone yet
    async with notify.delivering():
        await until(lambda: notify.value(FINISHED, 1))
        first = (await client.post(again())).json()
        await until(lambda: notify.value(FINISHED, 2))
        second = (await client.post(again())).json()
        await until(lambda: notify.value(FINISHED, 3))

    receipt, *copies = [mail for _, mail in mailbox.mails]
    assert (first["is_new"], second["is_new"], first["delivery_id"] != second["delivery_id"]) == (True, True, True)
    assert {mail["Subject"] for mail in copies} == {receipt["Subject"]}
    assert "This is a copy of a receipt" in copies[0].get_content()
    assert len({mail["Message-ID"] for _, mail in mailbox.mails}) == 3
    [(kind, copy_of)] = set(await notify.rows("SELECT kind, copy_of::text FROM delivery WHERE kind <> 'receipt'"))
    assert (kind, copy_of) == ("copy", first["copy_of"])
    assert [fact["type"] for fact in await notify.told()] == ["receipt-issued"]
    totals = (await client.get("/v1/totals", params={"council": COUNCIL})).json()
    assert totals["receipts"]["issued"] == {"count": 1, "pence": 3500}
    assert {law["holds"] for law in (await client.get("/v1/laws")).json()} == {True}


async def test_a_copy_that_is_on_its_way_is_not_asked_for_twice(world) -> None:
    notify, _, client = world
    await notify.hears(payment(), allocated(fund="23"))
    await notify.pool.execute("UPDATE delivery SET state = 'delivered'")
    answers = [(await client.post(again())).json() for _ in range(3)]

    assert len({answer["delivery_id"] for answer in answers}) == 1
    assert [answer["is_new"] for answer in answers] == [True, False, False]


@pytest.mark.parametrize(("token", "status"), [("nobody's", 401), ("other", 409)])
async def test_whose_receipt_it_is_asks(world, token: str, status: int) -> None:
    notify, _, client = world
    await notify.hears(payment(), allocated(fund="23"))
    await notify.pool.execute("UPDATE delivery SET state = 'delivered'")
    answer = await client.post(again(), headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == status
    assert await notify.value("SELECT count(*) FROM delivery") == 1


async def test_once_an_address_is_forgotten_nobody_can_be_written_to(world) -> None:
    notify, _, client = world
    await notify.hears(payment(to=None), allocated(fund="23"), account(fund="23"))
    await notify.pool.execute("UPDATE delivery SET state = 'delivered'; UPDATE contact SET email = NULL")
    answer = await client.post(again())

    assert (answer.status_code, answer.json()["title"]) == (409, "Nobody can be written to")


@pytest.mark.parametrize("language", ["en", "cy"])
@pytest.mark.parametrize("name", ["receipt", "copy", "placement", "refund-sent", "taken-back"])
async def test_every_template_can_be_seen_before_anybody_reads_it(world, name: str, language: str) -> None:
    _, _, client = world
    answer = await client.post(f"/v1/templates/{name}/preview", json={"language": language})

    shown = answer.json()
    assert (answer.status_code, shown["language"]) == (200, language)
    assert all(shown[part] for part in ("version", "subject", "text", "short", "fields"))
    listed = (await client.get("/v1/templates")).json()
    assert {"name": name, "language": language, "version": shown["version"]} in listed


@pytest.mark.parametrize(
    ("said", "status", "says"),
    [
        ({"words": {"opening": "Thank you."}}, 200, "Thank you."),
        ({"outcome": "part", "balance_pence": 100}, 200, "£1.00 is left to pay."),
        ({"words": {"outcomes": {"full": "All done."}}}, 200, "All done."),
        ({"words": {"opening": "Pay at https://evil.example"}}, 422, "a link in them"),
        ({"words": {"opening": "Thank you, {name}."}}, 422, "name"),
        ({"words": {"opening": "Thank you {"}}, 422, "brace"),
        ({"words": {"amount": "{amount:>999999999}"}}, 422, "stands alone"),
        ({"words": {"amount": "{amount.__class__}"}}, 422, "not known there"),
        ({"words": {"outcomes": {"full": 5}}}, 422, "no sentence"),
        ({"words": {"greeting": "Dear payer"}}, 422, "greeting"),
        ({"words": {"opening": {"a": "b"}}}, 422, "no section opening"),
        ({"words": {"opening": ""}}, 422, "no sentence"),
        ({"language": "fr"}, 422, "language"),
        ({"email": "a@example.org"}, 422, "email"),
    ],
)
async def test_words_are_tried_before_they_are_used(world, said: dict, status: int, says: str) -> None:
    _, _, client = world
    answer = await client.post("/v1/templates/receipt/preview", json=said)

    assert (answer.status_code, says in answer.text) == (status, True)


async def test_there_is_no_other_template_and_none_for_strangers(world) -> None:
    _, _, client = world
    assert (await client.post("/v1/templates/reminder/preview", json={})).status_code == 404
    stranger = {"Authorization": "Bearer other"}
    assert (await client.post("/v1/templates/receipt/preview", json={}, headers=stranger)).status_code == 404
    assert (await client.get("/v1/templates", headers={"Authorization": ""})).status_code == 401


def test_a_councils_own_words_are_in_the_pack_and_have_a_version_of_their_own(tmp_path) -> None:
    ours = load().councils[COUNCIL, "en"].words
    own = load(pack(tmp_path, words={"en": {"opening": "Thank you."}})).councils
    assert isinstance(ours, Words)
    assert own[COUNCIL, "en"].words.lines["opening"] == "Thank you."
    assert own[COUNCIL, "en"].words.version != ours.version
    assert own[COUNCIL, "cy"].words._replace(version="") == words_of("cy", {})


async def test_the_words_that_somebody_read_can_be_said_for_ever(world) -> None:
    notify, _, client = world
    await words.keep(notify.service, load().councils)
    await words.keep(notify.service, load().councils)
    await notify.hears(payment(), allocated(fund="23"))
    async with notify.delivering():
        await until(lambda: notify.value(FINISHED, 1))

    version = await notify.value("SELECT template FROM delivery")
    said = (await client.get(f"/v1/templates/words/{version}")).json()
    assert (said["name"], said["language"]) == ("Anytown Council", "en")
    assert said["words"]["lines"]["opening"] == "We have received your payment."
    stranger = {"Authorization": "Bearer other"}
    assert (await client.get(f"/v1/templates/words/{version}", headers=stranger)).status_code == 404
    assert (await client.get("/v1/templates/words/000000000000")).status_code == 404
    assert (await client.get("/v1/templates/words/%00")).status_code == 422


def test_another_telephone_number_is_another_version() -> None:
    council = load().councils[COUNCIL, "en"]
    assert versioned(council) == council
    assert versioned(council._replace(enquiries="telephone 01632 960001")).words.version != council.words.version


@pytest.mark.parametrize("own", [{"fr": {}}, {"en": {"opening": "see www.example.org"}}, {"en": {"nothing": "x"}}])
def test_words_that_do_not_fit_stop_the_start(tmp_path, own: dict) -> None:
    path = pack(tmp_path, words=own)
    assert yaml.safe_load(path.read_text())
    with pytest.raises(ValueError, match="words"):
        load(path)

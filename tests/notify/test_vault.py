"""What is kept of people is encrypted at rest, opened only to write to them, and gone with its key."""

import base64
import hashlib
from datetime import timedelta

import httpx
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from structlog.testing import capture_logs

from ims_contracts.accounts import Holder
from ims_contracts.payments import Payer
from ims_kit import begin
from ims_notify.domain import facts
from ims_notify.settings import Officer, Settings
from ims_notify.store import reports
from ims_notify.store.retention import forget_before
from ims_notify.store.sealing import seal_all
from ims_notify.store.vault import Vault, rewrap, sealed
from notify.govuk_world import govuk_notify
from notify.notify_world import COUNCIL, account, allocated, back_office, mail_server, notifying, payment, payment_id, until
from notify.test_govuk_notify import HOME

KEY, NEWER = (base64.urlsafe_b64encode(bytes([each]) * 32).decode() for each in (1, 2))
PEOPLE = ("payer@", "holder@", "07700", "Hal Older", "Sample Street", "bj9000")


@pytest.fixture
async def world(notify_url, tmp_path, monkeypatch):
    """Notify with a key, and GOV.UK Notify, so that all there is of people is kept."""
    async with govuk_notify(tmp_path, monkeypatch) as (fake, setting), notifying(notify_url, **setting, contact_key=KEY) as notify:
        await notify.empty()
        yield notify, fake


async def kept(notify) -> str:
    return str([await notify.rows(f"SELECT * FROM {table}") for table in ("payment", "contact", "seeker", "delivery", "contact_key")])


async def hear_everybody(notify) -> None:
    await notify.hears(payment(reference="bj9000 1186"), allocated(fund="23"))
    await notify.hears(payment("two", payer=Payer(phone="07700900123")), allocated("two", fund="23"))
    for name, holder in (("three", Holder(email="holder@example.org")), ("four", HOME)):
        await notify.hears(payment(name, payer=None), allocated(name, fund="23", account=name), account(name, fund="23", holder=holder))


async def test_nothing_of_people_can_be_read_at_rest_and_all_are_written_to(world) -> None:
    notify, fake = world
    await hear_everybody(notify)
    at_rest = await kept(notify)
    assert [each for each in PEOPLE if each in at_rest] == []

    async with notify.delivering():
        await until(lambda: notify.value("SELECT count(*) = 4 FROM delivery WHERE state = 'sent'"))
    assert {each["to"] for each in fake.taken} == {"payer@example.org", "07700900123", "holder@example.org", "Hal Older"}
    buckets = [row[0] for row in await notify.rows("SELECT bucket FROM contact_key ORDER BY 1")]
    assert (len(buckets), buckets[1:]) == (3, ["alike", "holders"])


async def test_the_same_address_is_known_again_and_nothing_else_is(world) -> None:
    notify, _ = world
    await notify.hears(payment("one", to="Payer@example.org"), payment("two"), payment("three", to="other@example.org"))
    await notify.hears(account(to="payer@example.org"))

    keys = "SELECT email_key FROM payment UNION ALL SELECT email_key FROM contact"
    by_key = await notify.rows(f"SELECT count(*) FROM ({keys}) AS k GROUP BY email_key")
    assert sorted(by_key) == [(1,), (3,)]


async def test_without_a_key_it_is_kept_as_it_is_and_that_is_said(notify_url) -> None:
    async with notifying(notify_url) as notify:
        await notify.empty()
        await hear_everybody(notify)
        assert "payer@example.org" in await kept(notify)
        with capture_logs() as logs:
            async with begin(notify.pool) as work:
                await rewrap(Vault(None), work)
        assert [entry["log_level"] for entry in logs] == ["warning"]


async def test_what_was_kept_before_there_was_a_key_is_sealed_and_known_again(world, notify_url) -> None:
    notify, fake = world
    vault, notify.vault = notify.vault, Vault(None)
    await hear_everybody(notify)
    notify.vault = vault
    await notify.hears(payment("five"), allocated("five", fund="23"))
    await notify.rows("UPDATE payment SET heard_on = heard_on - 31 WHERE reference IS NOT NULL AND reference NOT LIKE 'enc1:%'")
    assert [each for each in PEOPLE if each in await kept(notify)]

    for _ in range(2):
        await seal_all(notify.service, vault)
        assert [each for each in PEOPLE if each in await kept(notify)] == []
    alike = await notify.rows("SELECT count(DISTINCT email_key), count(DISTINCT split_part(email, ':', 2)) FROM payment WHERE email <> ''")
    assert alike == [(1, 2)], "one address, heard of in two months"
    async with notify.delivering():
        await until(lambda: notify.value("SELECT count(*) = 5 FROM delivery WHERE state = 'sent'"))
    assert {each["to"] for each in fake.taken} == {"payer@example.org", "07700900123", "holder@example.org", "Hal Older"}


@pytest.mark.parametrize("is_sealed", [True, False])
async def test_a_person_is_erased_when_they_ask_and_nothing_else_breaks(world, notify_url, is_sealed: bool) -> None:
    notify, fake = world
    notify.vault = notify.vault if is_sealed else Vault(None)
    notify.service.api.state.vault = notify.vault
    notify.service.settings = notify.service.settings.model_copy(update={"officers": {"ann": officer("ann")}})
    await notify.hears(payment(), allocated(fund="23"), payment("two", to="PAYER@example.org"), allocated("two", fund="23"))
    await notify.hears(payment("three", to="another@example.org"), allocated("three", fund="23"))
    await notify.hears(account(fund="23", to="payer@example.org"))

    transport = httpx.ASGITransport(app=notify.service.api)
    async with httpx.AsyncClient(transport=transport, base_url="http://notify", headers={"Authorization": "Bearer ann"}) as client:
        asked = [await client.post("/v1/erasures", json={"email": email}) for email in ("Payer@Example.org", "payer@example.org", "no one")]
    assert [answer.status_code for answer in asked] == [200, 200, 422]
    assert [answer.json() for answer in asked[:2]] == [
        {"payment_count": 2, "account_count": 1}, {"payment_count": 0, "account_count": 0},
    ]  # fmt: skip
    async with notify.delivering():
        await until(lambda: notify.value("SELECT count(*) = 0 FROM delivery WHERE state IN ('due', 'waiting')"))
    assert [each["to"] for each in fake.taken] == ["another@example.org"]
    assert await notify.rows("SELECT state, count(*) FROM delivery GROUP BY 1 ORDER BY 1") == [("no-contact", 2), ("sent", 1)]
    assert {law["holds"] for law in await reports.laws(notify.pool)} == {True}


def officer(name: str) -> Officer:
    """Whose token is their name."""
    return Officer(token_sha256=hashlib.sha256(name.encode()).hexdigest(), council=COUNCIL)


async def test_a_back_office_is_told_without_the_key(world, notify_url) -> None:
    notify, _ = world
    await notify.hears(payment(), allocated())
    async with back_office() as (office, hooks), notifying(notify_url, **hooks) as keyless, keyless.delivering():
        await until(lambda: notify.value("SELECT state = 'delivered' FROM delivery WHERE kind = 'posting'"))
    assert len(office.taken) == 1


async def test_a_month_whose_people_are_forgotten_loses_its_key_and_nothing_else_breaks(world) -> None:
    notify, _ = world
    await hear_everybody(notify)
    async with notify.delivering():
        await until(lambda: notify.value("SELECT count(*) = 4 FROM delivery WHERE state = 'sent'"))
    backup = await notify.value("SELECT email FROM payment WHERE payment_id = $1", payment_id())
    async with begin(notify.pool) as work:
        later = work.today + timedelta(days=40)
        assert await forget_before(work.today, work) == 0
        assert await notify.value("SELECT count(*) FROM contact_key WHERE wrapped IS NULL") == 0
        assert await forget_before(later, work) == 2
    [(bucket, dropped)] = await notify.rows("SELECT bucket, dropped_at IS NOT NULL FROM contact_key WHERE wrapped IS NULL")
    assert (bucket not in ("holders", "alike"), dropped) == (True, True)

    async with begin(notify.pool) as work:
        assert await Vault(KEY).opened(COUNCIL, backup, work) is None  # a copy of the row can be read by nobody
    await notify.hears(payment(), allocated(fund="23"))  # told again: nothing happens
    assert await notify.value("SELECT count(*) FROM delivery") == 4


async def test_a_key_is_kept_while_somebody_is_still_to_be_written_to(world) -> None:
    notify, _ = world
    await notify.hears(payment(), allocated(fund="23"))
    async with begin(notify.pool) as work:
        assert await forget_before(work.today + timedelta(days=40), work) == 0

    async with notify.delivering():
        await until(lambda: notify.value("SELECT state = 'sent' FROM delivery"))


async def test_the_operators_key_is_changed_without_anybody_being_lost(world, notify_url) -> None:
    notify, _ = world
    await hear_everybody(notify)
    email = await notify.value("SELECT email FROM payment WHERE payment_id = $1", payment_id())
    async with begin(notify.pool) as work:
        await rewrap(Vault(f"{NEWER},{KEY}"), work)
    async with begin(notify.pool) as work:
        assert await Vault(NEWER).opened(COUNCIL, email, work) == "payer@example.org"
        with pytest.raises(InvalidToken):
            await Vault(KEY).opened(COUNCIL, email, work)
        with pytest.raises(ValueError, match="IMS_CONTACT_KEY is not set"):
            await Vault(None).opened(COUNCIL, email, work)


async def test_a_key_that_was_undone_with_its_transaction_is_not_used_again(world) -> None:
    notify, _ = world
    vault, row = Vault(KEY), facts.heard(payment())

    async def seal_and_fail() -> None:
        async with begin(notify.pool) as work:
            for _ in range(2):
                await vault.seal_heard([row], work)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await seal_and_fail()
    assert vault.known == {}

    async with begin(notify.pool) as work:
        [again] = await vault.seal_heard([row], work)
    async with begin(notify.pool) as work:
        assert await Vault(KEY).opened(COUNCIL, again.email, work) == "payer@example.org"


async def test_two_processes_agree_on_a_key(world) -> None:
    notify, _ = world
    row = facts.heard(payment())
    sealed_by = []
    for _ in range(2):
        async with begin(notify.pool) as work:
            sealed_by += await Vault(KEY).seal_heard([row], work)
    async with begin(notify.pool) as work:
        assert [await Vault(KEY).opened(COUNCIL, each.email, work) for each in sealed_by] == ["payer@example.org"] * 2
    assert sealed_by[0].email != sealed_by[1].email


@given(st.text())
def test_what_is_sealed_is_what_is_opened_and_nothing_else_is(text: str) -> None:
    found = sealed(b"k" * 32, "2026-03", text)
    assert found is not None
    assert found.startswith("enc1:2026-03:")
    assert len(text) < 8 or text not in found


def test_what_was_moved_to_another_month_is_not_opened() -> None:
    key = AESGCM(b"k" * 32)
    with pytest.raises(InvalidTag):
        key.decrypt(b"n" * 12, key.encrypt(b"n" * 12, b"payer@example.org", b"2026-03"), b"2026-04")


@pytest.mark.parametrize("key", ["", "short", KEY + ",", KEY[:-1]])
def test_a_key_that_is_none_stops_the_start(key: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(kafka_bootstrap="127.0.0.1:9", database_url="postgresql://127.0.0.1/none", contact_key=SecretStr(key))
    assert KEY[:20] not in str(refused.value)


async def test_mail_goes_as_before(notify_url) -> None:
    async with mail_server() as (mailbox, mail), notifying(notify_url, **mail, contact_key=f"{NEWER}, {KEY}") as notify:
        await notify.empty()
        await notify.hears(payment(), allocated(fund="23"))
        async with notify.delivering():
            await until(lambda: notify.value("SELECT state = 'sent' FROM delivery"))
        assert [to for to, _ in mailbox.mails] == ["payer@example.org"]

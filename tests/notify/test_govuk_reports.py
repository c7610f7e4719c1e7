"""What GOV.UK Notify says has become of receipts, in any order; and processes that are killed while they hand them over."""

import asyncio
import itertools
import json
import os
import random
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ims_notify.asking import ask_some
from ims_notify.domain.govuk import reported
from ims_notify.store import reports
from notify.govuk_world import CALLBACK_TOKEN, govuk_notify
from notify.notify_world import COUNCIL, allocated, notifying, payment, payment_id, sent, until
from notify.test_govuk_notify import SENT, many

KILLS, COUNT = 3, 250


@pytest.fixture
async def world(notify_url, tmp_path, monkeypatch):
    """Notify with one receipt that GOV.UK Notify took, and GOV.UK Notify as it reports."""
    async with govuk_notify(tmp_path, monkeypatch) as (fake, setting), notifying(notify_url, **setting) as notify:
        await notify.empty()
        await notify.hears(payment(), allocated(fund="23"))
        transport = httpx.ASGITransport(app=notify.service.api)
        async with httpx.AsyncClient(transport=transport, base_url="http://notify") as client:
            yield notify, fake, client


async def take(notify) -> None:
    async with notify.delivering():
        await until(lambda: notify.value(SENT, 1))


async def tell(client, sent: dict, status: str, token: str = CALLBACK_TOKEN) -> int:
    said = {"id": sent["id"], "reference": sent["reference"], "to": "payer@example.org", "status": status, "notification_type": "email"}
    headers = {"Authorization": f"Bearer {token}"}
    return (await client.post("/v1/callbacks/govuk-notify", json=said, headers=headers)).status_code


async def types(notify) -> list[str]:
    return [fact["type"] for fact in await notify.told()]


async def state(notify) -> str:
    return await notify.value("SELECT state FROM delivery")


@pytest.mark.parametrize(
    ("statuses", "end", "told"),
    [
        (["delivered"], "delivered", []),
        (["delivered", "delivered"], "delivered", []),
        (["permanent-failure"], "failed", ["delivery-failed"]),
        (["permanent-failure", "permanent-failure"], "failed", ["delivery-failed"]),
        (["sending", "pending", "a new word"], "sent", []),
        (["temporary-failure", "delivered"], "delivered", ["delivery-failed"]),
        (["delivered", "temporary-failure"], "delivered", []),
    ],
)
async def test_what_a_report_makes_of_a_receipt(world, statuses: list[str], end: str, told: list[str]) -> None:
    notify, fake, client = world
    await take(notify)
    for status in statuses:
        assert await tell(client, fake.taken[0], status) == 204

    assert await state(notify) == end
    assert await types(notify) == ["receipt-issued", *told]
    kept = str(await notify.rows("SELECT * FROM delivery_report")) + str(await notify.told())
    assert "payer" not in kept
    answer = (await client.get(f"/v1/receipts/{payment_id()}", params={"council": COUNCIL})).json()
    assert (answer["state"], answer["delivered_at"] is not None) == ("failed" if end == "failed" else "issued", end == "delivered")
    assert {law["holds"] for law in await reports.laws(notify.pool)} == {True}


async def test_a_report_may_come_before_we_know_that_it_was_taken(world) -> None:
    notify, fake, client = world
    [courier] = [each for each in notify.couriers() if each.channel.queue.channel == "email"]
    await sent(courier, notify)
    assert await tell(client, fake.taken[0], "delivered") == 204
    await courier.settle_and_claim(notify.service)  # our commit comes second, and takes nothing back

    assert (await state(notify), await types(notify)) == ("delivered", ["receipt-issued"])


async def test_a_report_is_proof_of_what_a_crash_left_open(world) -> None:
    notify, fake, client = world
    [courier] = [each for each in notify.couriers(lease=timedelta(0)) if each.channel.queue.channel == "email"]
    await sent(courier, notify)
    await courier.channel.rest()
    assert await tell(client, fake.taken[0], "permanent-failure") == 204

    async with notify.delivering():
        await asyncio.sleep(0.5)
    assert (await state(notify), await types(notify), len(fake.taken)) == ("failed", ["delivery-failed"], 1)


async def test_what_failed_goes_again_when_a_person_asks_and_an_old_report_does_not_end_it(world) -> None:
    notify, fake, client = world
    await take(notify)
    await tell(client, fake.taken[0], "temporary-failure")
    await notify.pool.execute("UPDATE delivery SET state = 'due', due_at = now()")
    await tell(client, fake.taken[0], "technical-failure")
    assert await state(notify) == "due"

    await take(notify)
    assert len(fake.taken) == 2
    await tell(client, fake.taken[0], "permanent-failure")
    assert await state(notify) == "sent"
    await tell(client, fake.taken[1], "delivered")
    assert await state(notify) == "delivered"
    assert await types(notify) == ["receipt-issued", "delivery-failed"]  # issued once, however often it goes
    assert {law["holds"] for law in await reports.laws(notify.pool)} == {True}
    await tell(client, fake.taken[0], "delivered")  # after all: that its payer has two is not hidden
    assert [law["law"] for law in await reports.laws(notify.pool) if not law["holds"]] == ["GOV.UK Notify delivered nothing twice"]


async def test_a_reference_that_is_not_ours_is_kept_quietly(world) -> None:
    notify, _, client = world
    for reference in (str(uuid4()), "receipt-BC0000000006", "", "x" * 500, "\0"):
        assert await tell(client, {"id": str(uuid4()), "reference": reference}, "delivered") == 204
    assert (await client.post(
        "/v1/callbacks/govuk-notify", json={"id": str(uuid4()), "status": "delivered", "reference": None},
        headers={"Authorization": f"Bearer {CALLBACK_TOKEN}"},
    )).status_code == 204  # fmt: skip

    assert await notify.rows("SELECT is_known, count(*) FROM delivery_report GROUP BY 1") == [(False, 6)]
    assert (await state(notify), await types(notify)) == ("due", [])


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({}, {"id": str(uuid4()), "status": "delivered"}, 401),
        ({"Authorization": "Bearer another"}, {"id": str(uuid4()), "status": "delivered"}, 401),
        ({"Authorization": f"Basic {CALLBACK_TOKEN}"}, {"id": str(uuid4()), "status": "delivered"}, 401),
        ({"Authorization": f"Bearer {CALLBACK_TOKEN}"}, {"status": "delivered"}, 422),
        ({"Authorization": f"Bearer {CALLBACK_TOKEN}"}, ["delivered"], 422),
        ({"Authorization": f"Bearer {CALLBACK_TOKEN}"}, {"id": str(uuid4()), "status": "\0"}, 422),
    ],
)
async def test_who_may_report_and_what(world, headers: dict, body: object, status: int) -> None:
    notify, _, client = world
    answer = await client.post("/v1/callbacks/govuk-notify", json=body, headers=headers)

    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert await notify.value("SELECT count(*) FROM delivery_report") == 0


async def test_what_is_never_reported_is_asked_for(world) -> None:
    notify, fake, _ = world
    await take(notify)
    account = next(courier.channel.account for courier in notify.couriers() if courier.channel.queue.channel == "email")
    assert await ask_some(notify.service, account, COUNCIL) is False  # it is early yet
    assert await state(notify) == "sent"
    for age, status, end in (("3 hours", "sending", "sent"), ("1 hour", "delivered", "sent"), ("3 hours", "delivered", "delivered")):
        fake.taken[0]["status"] = status
        await notify.pool.execute(f"UPDATE delivery SET due_at = now() - interval '{age}'")
        await ask_some(notify.service, account, COUNCIL)
        assert await state(notify) == end
    await account.rest()


async def test_what_it_has_forgotten_stays_as_it_is(world) -> None:
    notify, fake, _ = world
    await take(notify)
    account = next(courier.channel.account for courier in notify.couriers() if courier.channel.queue.channel == "email")
    fake.taken.clear()
    await notify.pool.execute("UPDATE delivery SET due_at = now() - interval '3 hours'")
    await ask_some(notify.service, account, COUNCIL)
    await account.rest()

    assert await state(notify) == "sent"


@pytest.mark.parametrize("order", list(itertools.permutations(["permanent-failure", "delivered", "sending"])))
async def test_the_order_of_reports_does_not_matter(world, order) -> None:
    notify, fake, client = world
    await take(notify)
    for status in order:
        await tell(client, fake.taken[0], status)

    assert await state(notify) == "delivered"


def test_every_status_that_ends_something_does() -> None:
    ended = {status: reported(status) for status in ("created", "sending", "pending", "sent", "delivered", "permanent-failure")}
    assert [status for status, end in ended.items() if end] == ["delivered", "permanent-failure"]


async def start(url: str, setting: dict) -> asyncio.subprocess.Process:
    tests = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": f"{tests}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    said = json.dumps(setting | {"council_pack": str(setting["council_pack"])})
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "notify.govuk_process", url, said, env=environment, stdout=asyncio.subprocess.DEVNULL
    )


async def test_sigkill_between_its_answer_and_our_commit_sends_nothing_twice(notify_url, tmp_path, monkeypatch) -> None:
    chance = random.Random(11)
    limits = {"per_minute": 60 * 150, "burst": 50, "connections": 8}
    async with govuk_notify(tmp_path, monkeypatch, **limits) as (fake, setting), notifying(notify_url, **setting) as notify:
        await notify.empty()
        await notify.hears(*many(COUNT))
        open_at_death: list[int] = []
        working = await start(notify_url, setting)
        try:
            for _ in range(KILLS):
                so_many = len(fake.taken) + chance.randint(10, 60)
                died = asyncio.Event()

                def kill(working=working, so_many=so_many, died=died) -> None:
                    """As it takes one, and before its answer leaves."""
                    if len(fake.taken) == so_many:
                        working.kill()
                        died.set()

                fake.after = kill
                await asyncio.wait_for(died.wait(), 30)
                await working.wait()
                open_at_death.append(len(fake.taken) - await notify.value("SELECT count(*) FROM delivery WHERE state = 'sent'"))
                working = await start(notify_url, setting)
            await until(lambda: notify.value(SENT, COUNT), 60)
        finally:
            working.kill()
            await working.wait()

        assert min(open_at_death) > 0  # each death left something that was taken and not known to be
        assert Counter(fake.references.values()) == {1: COUNT}
        assert await types(notify) == ["receipt-issued"] * COUNT
        assert {UUID(each["reference"]) for each in fake.taken} == {row[0] for row in await notify.rows("SELECT delivery_id FROM delivery")}


JSON = st.recursive(st.none() | st.text(max_size=20) | st.integers(), st.lists).map(json.dumps).map(str.encode)


@given(st.binary(max_size=200) | JSON)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_whatever_is_sent_is_taken_or_refused(world, body: bytes) -> None:
    _, _, client = world
    headers = {"Authorization": f"Bearer {CALLBACK_TOKEN}"}
    assert (await client.post("/v1/callbacks/govuk-notify", content=body, headers=headers)).status_code in (204, 422)

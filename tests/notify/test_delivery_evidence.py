"""What is known of every delivery: its state, each attempt with what was answered, and pages that nothing moves."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from ims_kit import begin
from ims_notify.channels.webhook import their_id
from ims_notify.domain.attempts import Answer, Evidence
from ims_notify.store import evidence
from notify.notify_world import allocated, back_office, notifying, payment, payment_id, until
from notify.runs_world import Receiver, client, hear, make, placed, runner, settings, setup
from notify.test_run_answers import answer, say


@pytest.fixture
async def notify(notify_url, tmp_path):
    async with back_office() as (office, receivers), notifying(notify_url, **settings(tmp_path) | receivers) as notify:
        await notify.empty()
        yield notify, office


async def of(asking: Any, delivery_id: Any) -> Any:
    return (await asking.get(f"/v1/deliveries/{delivery_id}")).json()


async def test_each_attempt_is_kept_with_its_code_and_the_receivers_id(notify) -> None:
    notify, office = notify
    office.answers = [(500, {"x-request-id": "req-1"}), (204, {"x-request-id": "Ann Example, 1 High Street"})]
    await notify.hears(payment(to=None, channel="agent"), allocated())
    async with notify.delivering(), client(notify) as asking:
        await until(lambda: notify.value("SELECT state = 'delivered' FROM delivery"))
        await until(lambda: notify.value("SELECT count(*) = 2 FROM delivery_attempt"))
        found = await of(asking, await notify.value("SELECT delivery_id FROM delivery"))

    assert (found["state"], found["attempts"]) == ("delivered", 2)
    tried = [(each["attempt"], each["verdict"], each["code"], each["their_id"], each["reason"]) for each in found["tried"]]
    assert tried == [(1, "later", 500, "req-1", "status 500"), (2, "delivered", 204, None, "")]


async def test_a_back_office_acknowledges_what_it_was_delivered_and_nothing_else(notify) -> None:
    notify, _ = notify
    await notify.hears(payment(to=None, channel="agent"), allocated())
    delivery_id = await notify.value("SELECT delivery_id FROM delivery")
    path = f"/v1/deliveries/{delivery_id}/acknowledge"
    async with client(notify) as asking:
        assert (await asking.post(path)).status_code == 409
        async with notify.delivering():
            await until(lambda: notify.value("SELECT state = 'delivered' FROM delivery"))
        for _ in range(2):
            assert (await asking.post(path)).json() == {"state": "acknowledged"}
        assert (await of(asking, delivery_id))["state"] == "acknowledged"
        assert (await asking.post(f"/v1/deliveries/{delivery_id}/retry")).status_code == 409
        assert (await asking.get(f"/v1/deliveries/{payment_id('other')}")).status_code == 404
        assert (await asking.get("/v1/totals", params={"council": "E07999999"})).json()["postings"]["acknowledged"]["count"] == 1
        assert {law["holds"] for law in (await asking.get("/v1/laws")).json()} == {True}


async def test_pages_hold_whatever_happens_between_them(notify) -> None:
    notify, _ = notify
    names = [f"p{number}" for number in range(7)]
    await notify.hears(*(payment(name, to=None, channel="agent") for name in names), *(allocated(name) for name in names))
    await notify.pool.execute("UPDATE delivery SET state = 'failed', finished_at = now()")
    seen: list[str] = []
    after: str | None = None
    async with client(notify) as asking:
        while True:
            params = {"count_max": 3, "channel": "webhook"} | ({"after": after} if after else {})
            page = (await asking.get("/v1/deliveries", params=params)).json()
            seen += [each["delivery_id"] for each in page["deliveries"]]
            await notify.pool.execute("UPDATE delivery SET due_at = now() - random() * interval '9 days', since = now(), attempts = 5")
            if not (after := page["next"]):
                break
        assert (await asking.get("/v1/deliveries", params={"channel": "email"})).json() == {"deliveries": [], "next": None}

    assert len(seen) == len(set(seen)) == 7


async def test_a_run_is_acknowledged_when_its_last_line_is_answered(notify, tmp_path) -> None:
    notify, _ = notify
    revenues, receiver = setup(tmp_path), Receiver()
    for name in ("one", "two"):
        await hear(notify, revenues, payment(name), placed(name))
    await make(notify, revenues)
    receiver.answers = [Answer("unreachable", "sftp: ConnectionLost")]
    sending = runner(revenues, receiver, first_pause=timedelta(0))
    for _ in range(3):
        await sending.deliver(notify.service)

    async with client(notify) as asking:
        states = []
        for said in ("1 Y", "2 N closed"):
            states.append((await asking.get("/v1/runs/revenues/1")).json()["state"])
            await say(asking, answer(said))
        run = (await asking.get("/v1/runs/revenues/1")).json()
        assert [each["number"] for each in (await asking.get("/v1/runs", params={"state": "acknowledged"})).json()["runs"]] == [1]
        assert (await asking.get("/v1/runs", params={"state": "delivered"})).json()["runs"] == []

    assert states == ["delivered", "delivered"]
    assert run["state"] == "acknowledged"
    assert [(each["attempt"], each["verdict"], each["reason"]) for each in run["tried"]] == [
        (1, "unreachable", "sftp: ConnectionLost"), (2, "delivered", ""),
    ]  # fmt: skip


async def test_evidence_is_kept_once_and_never_changed(notify) -> None:
    notify, _ = notify
    first = Evidence(UUID(int=1), 1, datetime(2026, 3, 16, tzinfo=UTC), "later", 500, None, "status 500")
    for each in (first, first._replace(code=204)):
        async with begin(notify.pool) as work:
            await evidence.keep([each], work)

    assert [each["code"] for each in await evidence.of(notify.pool, UUID(int=1))] == [500]
    for sql in ("UPDATE delivery_attempt SET code = 204", "DELETE FROM delivery_attempt"):
        with pytest.raises(asyncpg.RaiseError, match="only grows"):
            await notify.pool.execute(sql)


@pytest.mark.parametrize(
    ("said", "kept"),
    [("req-1", "req-1"), ("a" * 64, "a" * 64), ("a" * 65, None), ("", None), (None, None), ("ann@example.org", None), ("two words", None)],
)
def test_what_a_receiver_calls_an_attempt_is_kept_only_where_it_looks_like_an_id(said: str | None, kept: str | None) -> None:
    assert their_id(said) == kept

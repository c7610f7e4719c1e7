"""Refunds that were approved are asked of GOV.UK Pay once, whatever fails, and end in refund-sent or refund-failed, told once."""

import asyncio
import itertools
from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ims_contracts.payments import PaymentReceived, RefundFailed, RefundSent
from ims_ingest.handlers import pay_api, refunding
from ims_kit import Refused
from ingest.fake_pay import TOKEN, FakePay, serving
from ingest.ingest_world import COUNCIL, OTHER_COUNCIL, OTHER_TOKEN, Ingest, ingesting, submitted
from ingest.pay_world import account, approved, at, follows, hears, payment_id, states, swept, webhook


@pytest.fixture
async def pay(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakePay]:
    monkeypatch.setenv("PAY_TOKEN", TOKEN)
    monkeypatch.setattr(pay_api, "PAUSE_SECONDS", 0.001)
    async with serving() as pay:
        pay.pay("pay1", at(2))
        yield pay


@pytest.fixture
async def asking(ingest_url: str, pay: FakePay) -> AsyncIterator[Ingest]:
    """Ingest, with an account there, that knows the payment `pay1` of 50.00."""
    async with ingesting(ingest_url, govuk_pay_accounts=[account(pay.url)]) as ingest:
        await ingest.empty()
        await ingest.event(webhook("captured", pay.payments["pay1"]))
        yield ingest


async def test_a_refund_is_asked_once_and_followed_until_it_is_sent(asking: Ingest, pay: FakePay) -> None:
    refund = approved("pay1", 1000)
    for _ in range(2):
        await hears(asking, refund, refund)
        await follows(asking)
    assert await states(asking) == [("submitted", "pay1-refund-1")]
    assert await asking.told(RefundSent) == []
    pay.refunds["pay1-refund-1"]["status"] = "success"
    before = len(pay.asked)
    await follows(asking, minutes=4)
    assert len(pay.asked) == before  # no more often than every five minutes
    for minutes in (6, 12):
        await follows(asking, minutes)
    (sent,) = await asking.told(RefundSent)
    assert (sent.refund_id, sent.payment_id, sent.amount_pence) == (refund.refund_id, payment_id("pay1"), 1000)
    assert (sent.source, sent.source_refund_id, sent.method_of_payment) == ("govuk-pay", "pay1-refund-1", "card-stripe")
    assert await states(asking) == [("sent", "pay1-refund-1")]
    assert sum(each.startswith("POST") for each in pay.asked) == 1
    await asking.event(webhook("refunded", pay.payments["pay1"], refund_summary={"amount_submitted": 1000}))
    await swept(asking)
    await follows(asking)
    assert len(await asking.told(RefundSent)) == 1


async def test_a_refund_that_pay_cannot_send_fails_once(asking: Ingest, pay: FakePay) -> None:
    await hears(asking, refund := approved("pay1", 1000))
    await follows(asking)
    pay.refunds["pay1-refund-1"]["status"] = "error"
    for _ in range(2):
        await follows(asking, minutes=6)
        await swept(asking)
    (failed,) = await asking.told(RefundFailed)
    assert (failed.refund_id, failed.source_refund_id, failed.amount_pence) == (refund.refund_id, "pay1-refund-1", 1000)
    assert await asking.told(RefundSent) == []
    await hears(asking, approved("pay1", 1000))
    await follows(asking)
    assert await states(asking) == [("failed", "pay1-refund-1"), ("submitted", "pay1-refund-2")]


async def test_what_was_refunded_in_pays_own_pages_is_told_when_ours_fails_for_it(asking: Ingest, pay: FakePay) -> None:
    pay.refunded("theirs", "pay1", 4000, pay.clock())
    await hears(asking, refund := approved("pay1", 2000))
    for minutes in (0, 1):
        await follows(asking, minutes)
    (failed,) = await asking.told(RefundFailed)
    assert (failed.refund_id, "look at its refunds" in failed.reason) == (refund.refund_id, True)
    (sent,) = await asking.told(RefundSent)
    assert (sent.source_refund_id, sent.amount_pence) == ("theirs", 4000)


async def test_a_sweep_may_see_first_that_it_was_sent(asking: Ingest, pay: FakePay) -> None:
    pay.refund_status = "success"
    await hears(asking, first := approved("pay1", 1000))
    await follows(asking)
    pay.refund_status = "submitted"
    await hears(asking, second := approved("pay1", 2000))
    await follows(asking)
    pay.refunds["pay1-refund-2"]["status"] = "success"
    await asking.service.pool.execute("UPDATE sweep SET looked_at = NULL")
    for each in pay.refunds.values():
        each["created_date"] = at(1)
    await swept(asking)
    await follows(asking, minutes=10)
    told = {fact.refund_id: fact.amount_pence for fact in await asking.told(RefundSent)}
    assert told == {first.refund_id: 1000, second.refund_id: 2000}
    assert len(await asking.told(RefundSent)) == 2


@pytest.mark.parametrize(
    ("strange", "known_as", "says"),
    [
        ({}, {"source": "allpay", "channel": "agent"}, "did not come through GOV.UK Pay"),
        ({}, {"provider": "another", "provider_payment_id": "x"}, "did not come through GOV.UK Pay"),
        ({"council": OTHER_COUNCIL}, {"council": OTHER_COUNCIL, "provider": "govuk-pay", "provider_payment_id": "x"}, "has no access"),
        ({"payment_id": uuid4()}, {}, "is not known"),
    ],
)
async def test_what_is_not_pays_is_to_be_sent_by_hand(asking: Ingest, pay: FakePay, strange: dict, known_as: dict, says: str) -> None:
    await asking.hear(submitted(1, **known_as))
    paid = (await asking.told(PaymentReceived))[-1]
    refund = approved(paid.payment_id, 100, **strange)
    for _ in range(2):
        await hears(asking, refund)
        await follows(asking)
    assert await asking.told(RefundFailed) == []
    (left,) = await asking.rows("SELECT refund_id, council, amount_pence, state, reason FROM asked_refund")
    assert left[:4] == (refund.refund_id, refund.council, 100, "by-hand")
    assert says in left[4]
    assert "by hand" in left[4]
    assert not any(each.startswith("POST") for each in pay.asked)


async def test_the_same_refund_with_another_amount_is_set_aside(asking: Ingest) -> None:
    refund = approved("pay1", 1000)
    other = refund.model_copy(update={"amount_pence": 1001})
    with pytest.raises(Refused):
        await hears(asking, refund, other)
    await hears(asking, refund)
    with pytest.raises(Refused):
        await hears(asking, other)


@pytest.mark.parametrize(
    ("payment", "pence", "state", "says"),
    [
        ({}, 5001, "failed", "less left"),
        ({"refund_summary": {"status": "unavailable", "amount_available": 0}}, 1, "by-hand", "cannot refund this payment"),
        ({"refund_summary": {"status": "full", "amount_available": 0}}, 1, "failed", "whole payment already"),
        ({"refund_summary": {"status": "new", "amount_available": 5000}}, 1, "by-hand", "does not say"),
        (None, 1, "by-hand", "none of the council's GOV.UK Pay accounts knows"),
    ],
)
async def test_what_pay_does_not_allow_fails_or_is_left_to_a_person_with_what_to_do(
    asking: Ingest, pay: FakePay, payment: Any, pence: int, state: str, says: str
) -> None:
    if payment is None:
        del pay.payments["pay1"]
    else:
        pay.payments["pay1"] |= payment
    await hears(asking, approved("pay1", pence))
    for minutes in (0, 10):
        await follows(asking, minutes)
    (left,) = (await asking.http.get("/v1/refunds")).json()
    assert left["state"] == state
    assert says in left["reason"]
    assert [fact.reason for fact in await asking.told(RefundFailed)] == ([left["reason"]] if state == "failed" else [])
    assert not any(each.startswith("POST") for each in pay.asked)


async def test_a_payment_that_is_not_complete_is_waited_for(asking: Ingest, pay: FakePay) -> None:
    pay.payments["pay1"]["refund_summary"] = {"status": "pending", "amount_available": 0}
    await hears(asking, approved("pay1"))
    await follows(asking)
    assert await states(asking) == [("approved", None)]
    del pay.payments["pay1"]["refund_summary"]
    await follows(asking, minutes=61)
    assert await states(asking) == [("submitted", "pay1-refund-1")]


@pytest.mark.parametrize(
    ("status", "code", "state"),
    [
        (412, "P0604", "approved"), (429, "P0900", "approved"), (401, None, "approved"), (403, None, "approved"), (400, "P0603", "by-hand"),
        (422, "P0602", "by-hand"), (404, "P0600", "by-hand"), (500, "P0601", "asking"), (503, None, "asking"), (408, None, "asking"),
        (302, None, "asking"),
    ],
)  # fmt: skip
async def test_what_pay_answers_to_an_asking(
    asking: Ingest, pay: FakePay, status: int, code: str | None, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = FakePay.refund
    monkeypatch.setattr(FakePay, "refund", lambda *_: (status, {"code": code} if code else {}))
    await hears(asking, approved("pay1"))
    await follows(asking)
    assert await states(asking) == [(state, None)]
    monkeypatch.setattr(FakePay, "refund", real)
    await follows(asking, minutes=1)
    assert await states(asking) == [{"approved": ("submitted", "pay1-refund-1")}.get(state, (state, None))]


async def test_somebody_elses_refund_meanwhile_is_seen_by_the_lock(asking: Ingest, pay: FakePay, monkeypatch: pytest.MonkeyPatch) -> None:
    real = FakePay.refund

    def refund(self: FakePay, name: str, body: dict[str, int]) -> tuple[int, Any]:
        monkeypatch.setattr(FakePay, "refund", real)
        pay.refunded("by-a-person", "pay1", 700, at(0, "00:00:00"))
        return real(self, name, body)

    monkeypatch.setattr(FakePay, "refund", refund)
    await hears(asking, approved("pay1", 1000))
    await follows(asking)
    assert await states(asking) == [("approved", None)]
    await follows(asking)
    assert await states(asking) == [("submitted", "pay1-refund-2")]
    assert pay.shown(pay.payments["pay1"])["refund_summary"]["amount_available"] == 3300


@pytest.mark.parametrize("is_listed", [True, False])
async def test_an_asking_without_an_answer_is_looked_for_before_it_is_asked_again(asking: Ingest, pay: FakePay, is_listed: bool) -> None:
    pay.is_deaf_after_refund = True
    await hears(asking, refund := approved("pay1", 1000))
    await follows(asking)
    assert await states(asking) == [("asking", None)]
    pay.is_deaf_after_refund = False
    if not is_listed:
        pay.unlisted = {"pay1-refund-1"}
        for minutes in (2, 15, 60):
            await follows(asking, minutes)
        assert await states(asking) == [("asking", None)]
        pay.unlisted = set()
    # Days later the sweep sees it first, and leaves it to whoever asked.
    await asking.service.pool.execute("UPDATE asked_refund SET asked_at = asked_at - interval '2 days'")
    pay.refunds["pay1-refund-1"] |= {"status": "success", "created_date": at(1)}
    assert (await swept(asking))["found"]["refunds_waiting"] == 1
    for minutes in (120, 121):
        await follows(asking, minutes)
    assert await states(asking) == [("sent", "pay1-refund-1")]
    assert [fact.refund_id for fact in await asking.told(RefundSent)] == [refund.refund_id]
    assert sum(each.startswith("POST") for each in pay.asked) == 1


async def test_an_asking_that_never_arrived_is_asked_again(asking: Ingest, pay: FakePay) -> None:
    await hears(asking, approved("pay1", 1000))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pay_api.PayApi, "ask", killed)
        with pytest.raises(asyncio.CancelledError):
            await follows(asking)
    assert await states(asking) == [("asking", None)]
    await follows(asking, minutes=5)
    assert await states(asking) == [("asking", None)]
    await follows(asking, minutes=11)
    assert await states(asking) == [("submitted", "pay1-refund-1")]


async def killed(*_: Any) -> None:
    raise asyncio.CancelledError


@pytest.mark.parametrize("is_deaf", [True, False])
async def test_two_refunds_of_one_amount_are_two(asking: Ingest, pay: FakePay, is_deaf: bool) -> None:
    pay.refund_status, pay.is_deaf_after_refund = "success", is_deaf
    refunds = [approved("pay1", 1000), approved("pay1", 1000)]
    await hears(asking, *refunds)
    for minutes in (0, 6, 12):
        await follows(asking, minutes)
    assert {fact.refund_id for fact in await asking.told(RefundSent)} == {each.refund_id for each in refunds}
    assert len(pay.refunds) == 2


async def test_pay_away_keeps_a_refund_for_later(asking: Ingest, pay: FakePay) -> None:
    pay.answers = [(500, {}, {})] * 6
    await hears(asking, approved("pay1"))
    await follows(asking)
    assert await states(asking) == [("approved", None)]
    assert "status 500" in asking.service.background_errors[f"refunds {COUNCIL}"]
    await follows(asking, minutes=2)
    assert await states(asking) == [("submitted", "pay1-refund-1")]
    assert f"refunds {COUNCIL}" not in asking.service.background_errors


async def test_a_payment_is_looked_for_at_each_of_the_councils_accounts(ingest: Ingest, ingest_url: str, pay: FakePay) -> None:
    async with serving() as other:
        accounts = [account(other.url, name="parking"), account(pay.url)]
        async with ingesting(ingest_url, govuk_pay_accounts=accounts) as asking:
            await asking.event(webhook("captured", pay.payments["pay1"]))
            await hears(asking, approved("pay1"))
            await follows(asking)
            assert await states(asking) == [("submitted", "pay1-refund-1")]


async def test_a_total_that_counts_a_refund_on_its_way_is_not_told_as_another(asking: Ingest, ingest_url: str, pay: FakePay) -> None:
    await hears(asking, refund := approved("pay1", 1000))
    await follows(asking)
    async with ingesting(ingest_url) as without_account:
        await without_account.event(webhook("refunded", pay.payments["pay1"], refund_summary={"amount_submitted": 1000}))
    assert await asking.told(RefundSent) == []
    pay.refunds["pay1-refund-1"]["status"] = "success"
    await follows(asking, minutes=6)
    assert [fact.refund_id for fact in await asking.told(RefundSent)] == [refund.refund_id]


async def test_approved_refunds_are_listed_with_filters_and_a_cursor(asking: Ingest) -> None:
    refunds = [approved("pay1", pence) for pence in (1, 2, 3)]
    await hears(asking, *refunds)
    await hears(asking, approved(uuid4(), 4))
    listed = (await asking.http.get("/v1/refunds")).json()
    assert [each["amount_pence"] for each in listed] == [1, 2, 3, 4]
    asked = {"after": listed[0]["number"], "state": "approved", "payment_id": str(payment_id("pay1"))}
    assert [each["amount_pence"] for each in (await asking.http.get("/v1/refunds", params=asked)).json()] == [2, 3]
    assert (await asking.http.get("/v1/refunds", params={"state": "gone"})).status_code == 422
    assert (await asking.http.get("/v1/refunds", headers={"authorization": f"Bearer {OTHER_TOKEN}"})).status_code == 403


async def killed_at(asking: Ingest, steps: int, patch: pytest.MonkeyPatch) -> None:
    """Follow, killed after so many requests were answered."""
    left, real_send = itertools.count(steps, -1), pay_api.PayApi.send

    async def send(self: Any, *args: Any) -> Any:
        answer = await real_send(self, *args)
        if next(left) <= 0:
            raise asyncio.CancelledError
        return answer

    patch.setattr(pay_api.PayApi, "send", send)
    try:
        await follows(asking, minutes=steps % 3 * 6)
    except asyncio.CancelledError:
        pass
    finally:
        patch.setattr(pay_api.PayApi, "send", real_send)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kills=st.lists(st.integers(0, 6), max_size=5), ends=st.lists(st.sampled_from(["success", "error"]), min_size=3, max_size=3))
async def test_killed_at_any_request_each_refund_is_sent_once(asking: Ingest, pay: FakePay, kills: list[int], ends: list[str]) -> None:
    """Killed after any answer, with the answer lost: no refund is asked twice, and each is told once as it ended."""
    pay.refunds.clear()
    await asking.empty()
    await asking.event(webhook("captured", pay.payments["pay1"]))
    refunds = [approved("pay1", pence) for pence in (1000, 1000, 700)]
    await hears(asking, *refunds)
    with pytest.MonkeyPatch.context() as patch:
        for steps in kills:
            await killed_at(asking, steps, patch)
            await swept(asking)
    for minutes in (15, 30, 45):
        await follows(asking, minutes)
    assert sorted(each["amount"] for each in pay.refunds.values()) == [700, 1000, 1000]
    for each, status in zip(pay.refunds.values(), ends, strict=True):
        each["status"] = status
    for minutes in (60, 75):
        await follows(asking, minutes)
    sent, failed = await asking.told(RefundSent), await asking.told(RefundFailed)
    assert (len(sent), len(failed)) == (ends.count("success"), ends.count("error"))
    assert {fact.refund_id for fact in [*sent, *failed]} == {each.refund_id for each in refunds}
    assert refunding.POLL.total_seconds() == 300

"""The sweep of GOV.UK Pay's API, against a server on the loopback: what webhooks lost is found, once, whatever fails."""

import asyncio
import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from ims_contracts.payments import PaymentDisputed, PaymentReceived, PaymentReversed, RefundFailed, RefundSent
from ims_ingest.handlers import pay_api, sweeping
from ims_ingest.settings import PayAccount
from ingest.fake_pay import TOKEN, FakePay, serving
from ingest.ingest_world import COUNCIL, OTHER_TOKEN, SAMPLES, Ingest, ingesting
from ingest.pay_world import TODAY, account, at, dispute_event, follows, payment_id, swept, webhook


@pytest.fixture
async def pay(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakePay]:
    monkeypatch.setenv("PAY_TOKEN", TOKEN)
    monkeypatch.setattr(pay_api, "PAUSE_SECONDS", 0.001)
    async with serving() as pay:
        yield pay


@pytest.fixture
async def asking(ingest_url: str, pay: FakePay) -> AsyncIterator[Ingest]:
    """Ingest, with an account there."""
    async with ingesting(ingest_url, govuk_pay_accounts=[account(pay.url)]) as ingest:
        await ingest.empty()
        yield ingest


async def ids_told(ingest: Ingest) -> list[str]:
    """The CloudEvents ids of what was told, each once."""
    found = await ingest.rows("SELECT headers FROM told")
    return sorted({json.loads(row[0])["ce_id"] for row in found})


async def test_what_webhooks_lost_is_found_and_what_they_told_has_no_effect(asking: Ingest, pay: FakePay) -> None:
    told, lost = pay.pay("pay1", at(2)), pay.pay("pay2", at(1), amount=700)
    await asking.event(webhook("captured", told))
    before = await ids_told(asking)
    found = await swept(asking)
    assert found["found"] == {"payments_known": 1, "payments_received": 1}
    payments = await asking.told(PaymentReceived)
    assert [(fact.source_payment_id, fact.amount_pence, fact.revision) for fact in payments] == [("pay1", 5000, 1), ("pay2", 700, 1)]
    swept_once = await ids_told(asking)
    assert set(before) < set(swept_once)
    await asking.event(webhook("captured", lost))
    assert (await swept(asking))["found"] == {"payments_known": 2}
    assert await ids_told(asking) == swept_once


async def test_only_what_was_taken_is_a_payment(asking: Ingest, pay: FakePay) -> None:
    for status in ("created", "started", "submitted", "capturable", "failed", "cancelled", "error", "declined", "timedout", "new"):
        pay.pay(f"pay-{status}", at(1), state={"status": status, "finished": True})
    pay.payments["pay-created"] = {"payment_id": "pay-created", "state": {"status": "created"}, "created_date": at(1)}
    assert (await swept(asking))["found"] == {}
    assert await asking.told() == []


async def test_a_payment_that_fails_after_it_was_told_is_for_a_person(asking: Ingest, pay: FakePay) -> None:
    payment = pay.pay("pay1", at(1))
    await asking.event(webhook("succeeded", payment))
    payment["state"] = {"status": "error"}
    for _ in range(2):
        assert (await swept(asking))["found"] == {"payments_failed_later": 1}
    assert await asking.names_told() == {"PaymentReceived": 1}
    ((subject, reason),) = await asking.rows("SELECT subject_id, reason FROM conflict")
    assert (subject, "failed" in reason) == (payment_id("pay1"), True)


async def test_days_are_utc_and_windows_are_closed(asking: Ingest, pay: FakePay) -> None:
    for number, when in enumerate([at(2, "23:59:59"), at(1, "00:00:00"), at(1, "23:59:59"), at(0, "00:00:00")]):
        pay.pay(f"pay{number}", when)
    await swept(asking)
    searched = [each for each in pay.asked if "/v1/payments?" in each]
    days = [each.partition("from_date=")[2][:10] for each in searched]
    assert days == sorted(days)
    assert len(set(days)) == len(days) == (6 if (datetime.now(TODAY.tzinfo) - TODAY) > timedelta(minutes=10) else 5)
    assert all("Z" in each.partition("to_date=")[2] for each in searched)
    names = Counter(fact.source_payment_id for fact in await asking.told(PaymentReceived))
    assert names >= Counter(["pay0", "pay1", "pay2"])
    assert max(names.values()) == 1


async def test_pages_are_followed_and_a_payment_in_two_of_them_is_one(asking: Ingest, pay: FakePay) -> None:
    pay.page_size = 7
    for number in range(30):
        pay.pay(f"pay{number}", at(1, f"10:00:{number:02}"))
    answer = pay.answer("GET", f"/v1/payments?from_date={at(1, '00:00:00')}&to_date={at(0, '00:00:00')}&display_size=500", None)[1]
    await swept(asking)
    assert len(await asking.told(PaymentReceived)) == 30
    # A payment that is made while a list is read moves all others on by one.
    page = answer | {"results": answer["results"] * 2, "_links": {}}
    pay.answers = [(200, {}, {"results": []}), (200, {}, page)]
    await swept(asking)
    assert len(await asking.told(PaymentReceived)) == 30


@pytest.mark.parametrize(
    ("answers", "tries"),
    [
        ([(429, {}, {"code": "P0900"})] * 3, 3),
        ([(429, {"retry-after": "0"}, {})], 1),
        ([(429, {"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, {})], 1),
        ([(429, {"retry-after": "soon"}, {})], 1),
        ([(500, {}, b"<html>"), (503, {}, {})], 2),
    ],
)
async def test_what_passes_is_waited_for(asking: Ingest, pay: FakePay, answers: list[Any], tries: int) -> None:
    pay.pay("pay1", at(1))
    pay.answers = list(answers)
    found = await swept(asking)
    assert (found["error"], found["failures"], found["found"]) == (None, 0, {"payments_received": 1})
    assert sum("/v1/disputes?" in each for each in pay.asked) == tries + 1


async def test_it_waits_as_long_as_it_is_told_to(asking: Ingest, pay: FakePay, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(pay_api.asyncio, "sleep", sleep)
    pay.answers = [(429, {"retry-after": "7"}, {}), (429, {"retry-after": "86400"}, {})]
    assert (await swept(asking))["error"] is None
    assert [each for each in slept if each] == [7.0, 120.0]


@pytest.mark.parametrize(
    ("answers", "why"),
    [
        ([(500, {}, {})] * 6, "status 500, 6 times"),
        ([(401, {}, {"code": "P0900"})], "status 401 P0900"),
        ([(302, {"location": "http://127.0.0.1:1/"}, {})], "status 302"),
        ([(200, {}, b"not json")], "cannot be read: not JSON"),
        ([(200, {}, {"results": "none"})], "cannot be read: results"),
        ([(200, {}, {"results": [], "_links": {"next_page": {"href": "http://127.0.0.1:1/v1/payments"}}})], "another host"),
        ([(200, {}, {"results": [], "_links": {"next_page": {"href": "//example.org/v1/payments"}}})], "another host"),
    ],
)
async def test_what_does_not_pass_is_said_and_the_next_sweep_finds_all(asking: Ingest, pay: FakePay, answers: list[Any], why: str) -> None:
    pay.pay("pay1", at(1))
    pay.answers = list(answers)
    found = await swept(asking, fails=True)
    assert why in found["error"]
    assert found["failures"] == 1
    assert asking.service.background_errors
    assert await asking.told() == []
    found = await swept(asking)
    assert (found["error"], found["failures"], len(await asking.told())) == (None, 0, 1)
    assert not asking.service.background_errors


async def test_pages_that_do_not_end_are_a_fault(asking: Ingest, pay: FakePay) -> None:
    pay.page_size = 1
    pay.pay("pay1", at(1))
    pay.pay("pay2", at(1))
    pay.next_link = f"{pay.url}/v1/payments?from_date={at(1, '00:00:00')}&to_date={at(0, '00:00:00')}&display_size=500"
    assert "do not end" in (await swept(asking, fails=True))["error"]


async def test_a_slow_answer_is_not_waited_for_for_ever(asking: Ingest, pay: FakePay, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pay_api, "TIMEOUT_SECONDS", 0.02)
    monkeypatch.setattr(pay_api, "TRIES_MAX", 2)
    pay.seconds = 0.3
    assert "ReadTimeout" in (await swept(asking, fails=True))["error"]


async def test_what_cannot_be_read_is_kept_and_keeps_no_other_waiting(asking: Ingest, pay: FakePay) -> None:
    pay.pay("pay1", at(1), payment_provider="")
    pay.pay("pay2", at(1))
    pay.refunds["r"] = {"refund_id": "r", "payment_id": "pay2", "status": "error", "created_date": at(1)}
    for _ in range(2):
        found = (await swept(asking))["found"]
        assert (found["payments_unreadable"], found["refunds_unreadable"]) == (1, 1)
    assert [fact.source_payment_id for fact in await asking.told()] == ["pay2"]
    assert sorted(await asking.rows("SELECT fault FROM event")) == [
        ("amount: is missing; send it",), ("payment_provider: String should have at least 1 character; send it, or leave the field out",)
    ]  # fmt: skip


async def test_it_goes_on_where_it_was_cut_off(asking: Ingest, pay: FakePay, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed after any window, or in the middle of one: what is swept stays swept, and the rest is found."""
    for number in range(5):
        pay.pay(f"pay{number}", at(number))
    real, marks, left = sweeping.take_pages, [], 0

    async def take_pages(*args: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise asyncio.CancelledError
        await real(*args)

    monkeypatch.setattr(sweeping, "take_pages", take_pages)
    for cut in (1, 4, 6, 8):
        left = cut
        with pytest.raises(asyncio.CancelledError):
            await swept(asking)
        marks += [row[0] for row in await asking.rows("SELECT swept_until FROM sweep")]
    monkeypatch.setattr(sweeping, "take_pages", real)
    found = await swept(asking)
    assert marks == sorted(marks)
    assert marks[0] < marks[-1] <= datetime.fromisoformat(found["swept_until"])
    assert {fact.source_payment_id for fact in await asking.told()} >= {f"pay{number}" for number in range(1, 5)}
    assert max(Counter(fact.source_payment_id for fact in await asking.told()).values()) == 1


SWEEP = """
import asyncio
from ims_ingest.app import build
from ims_ingest.handlers.sweeping import sweep_if_due
from ims_ingest.settings import Settings

async def main():
    service = build(Settings())
    await service.open()
    await sweep_if_due(service, service.settings.govuk_pay_accounts[0])

asyncio.run(main())
"""


async def test_a_process_that_is_killed_while_it_sweeps_loses_nothing(asking: Ingest, pay: FakePay, ingest_url: str) -> None:
    for number in range(5):
        pay.pay(f"pay{number}", at(number + 1))
    pay.seconds = 0.1
    env = os.environ | {
        "IMS_DATABASE_URL": ingest_url, "IMS_KAFKA_BOOTSTRAP": "127.0.0.1:1", "IMS_GOVUK_PAY_ACCOUNTS": json.dumps([account(pay.url)])
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", SWEEP, env=env)
    while len(pay.asked) < 7:
        assert process.returncode is None
        await asyncio.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    await process.wait()
    before = {fact.source_payment_id for fact in await asking.told()}
    assert 1 <= len(before) < 5
    pay.seconds = 0
    one = asking.service.settings.govuk_pay_accounts[0]
    while not (await asking.rows("SELECT looked_at FROM sweep"))[0][0]:
        await sweeping.sweep_if_due(asking.service, one)
    assert Counter(fact.source_payment_id for fact in await asking.told()) == Counter(f"pay{number}" for number in range(5))


async def test_a_sweep_is_due_by_schedule_and_reads_the_last_days_again(asking: Ingest, pay: FakePay) -> None:
    one = asking.service.settings.govuk_pay_accounts[0]
    for expected in (True, False):
        pay.asked.clear()
        await sweeping.sweep_if_due(asking.service, one)
        assert bool(pay.asked) == expected
    await asking.service.pool.execute("UPDATE sweep SET looked_at = looked_at - interval '1 hour'")
    pay.pay("late", at(2))  # captured long after it was made
    await sweeping.sweep_if_due(asking.service, one)
    assert [fact.source_payment_id for fact in await asking.told()] == ["late"]


async def test_a_sweep_can_be_asked_for_from_an_earlier_day(asking: Ingest, pay: FakePay) -> None:
    one: PayAccount = asking.service.settings.govuk_pay_accounts[0]
    await sweeping.sweep_if_due(asking.service, one)
    pay.pay("old", at(5))
    await sweeping.sweep_if_due(asking.service, one)
    assert await asking.told() == []
    answer = await asking.http.post("/v1/sweeps/tax", json={"since": at(4)[:10]})
    assert (answer.status_code, answer.json()) == (202, {"account": "tax", "state": "asked"})
    await sweeping.sweep_if_due(asking.service, one)
    assert [fact.source_payment_id for fact in await asking.told()] == ["old"]
    pay.asked.clear()
    assert (await asking.http.post("/v1/sweeps/tax")).status_code == 202
    await sweeping.sweep_if_due(asking.service, one)
    assert pay.asked


async def test_who_asks_while_a_sweep_runs_is_not_passed_over(asking: Ingest, pay: FakePay, monkeypatch: pytest.MonkeyPatch) -> None:
    real = sweeping.take_pages

    async def take_pages(*args: Any) -> None:
        if args[2][0] == "refunds":
            monkeypatch.setattr(sweeping, "take_pages", real)
            await asking.http.post("/v1/sweeps/tax", json={"since": asking.service.settings.govuk_pay_accounts[0].since.isoformat()})
        await real(*args)

    await swept(asking)
    monkeypatch.setattr(sweeping, "take_pages", take_pages)
    await swept(asking)
    ((looked_at, until),) = await asking.rows("SELECT looked_at, swept_until FROM sweep")
    assert (looked_at, until) == (None, asking.service.settings.govuk_pay_accounts[0].begins)


@pytest.mark.parametrize(
    ("name", "body", "token", "status"),
    [
        ("tax", "{}", OTHER_TOKEN, 403), ("tax", "{}", "nobody", 401), ("rent", "{}", None, 404), ("tax", "[]", None, 422),
        ("tax", '{"since": "1999-01-01"}', None, 422), ("tax", '{"since": "2999-01-01"}', None, 422),
    ],
)  # fmt: skip
async def test_a_sweep_is_not_asked_for_by_everyone(asking: Ingest, name: str, body: str, token: str | None, status: int) -> None:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    assert (await asking.http.post(f"/v1/sweeps/{name}", content=body, headers=headers)).status_code == status


@pytest.mark.parametrize(
    "strange",
    [{"token_env": "NOT_SET"}, {"url": "http://example.org"}, {"url": "https://a@example.org"}, {"name": "A b"}, {"token": "in the open"}],
)
def test_an_account_whose_settings_do_not_hold_together_stops_the_start(strange: dict, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAY_TOKEN", TOKEN)
    assert PayAccount.model_validate(account("https://publicapi.payments.service.gov.uk")).every_seconds == 3600
    with pytest.raises(ValidationError):
        PayAccount.model_validate(account("https://publicapi.payments.service.gov.uk") | strange)


async def test_refunds_are_found_by_name_and_bring_their_payment(asking: Ingest, pay: FakePay) -> None:
    pay.pay("old", at(30), amount=9000, payment_provider="smartpay")
    pay.pay("pay1", at(2))
    for name, payment, pence, status in [("r1", "pay1", 1000, "success"), ("r2", "old", 550, "success"), ("r3", "pay1", 30, "error"),
                                         ("r4", "pay1", 40, "submitted"), ("r5", "nowhere", 50, "success")]:  # fmt: skip
        pay.refunded(name, payment, pence, at(1), status)
    for _ in range(2):
        found = (await swept(asking))["found"]
    assert found == {"payments_known": 1, "refunds_known": 3, "refunds_without_payment": 1}
    sent, failed = await asking.told(RefundSent), await asking.told(RefundFailed)
    assert sorted((fact.source_refund_id, fact.amount_pence, fact.method_of_payment) for fact in sent) == [
        ("r1", 1000, "card-stripe"), ("r2", 550, "card-smartpay")
    ]  # fmt: skip
    assert [(fact.source_refund_id, fact.amount_pence) for fact in failed] == [("r3", 30)]
    assert {fact.source_payment_id for fact in await asking.told(PaymentReceived)} == {"old", "pay1"}


async def test_a_refunds_event_has_it_read_by_name(asking: Ingest, pay: FakePay) -> None:
    payment = pay.pay("pay1", at(2))
    for number in (1, 2):
        pay.refunded(f"r{number}", "pay1", 1000, at(1, f"1{number}:00:00"))
        assert (await asking.event(webhook("refunded", payment, refund_summary={"amount_submitted": 1000 * number}))).status_code == 200
    pay.unlisted = {"r2"}
    await follows(asking)
    assert [fact.source_refund_id for fact in await asking.told(RefundSent)] == ["r1"]
    pay.unlisted = set()
    await follows(asking)  # not so soon
    assert len(await asking.told(RefundSent)) == 1
    await follows(asking, minutes=6)
    assert [fact.source_refund_id for fact in await asking.told(RefundSent)] == ["r1", "r2"]
    assert await asking.rows("SELECT * FROM refund_look") == []


async def test_totals_that_were_told_are_not_told_again_by_name(ingest: Ingest, pay: FakePay, ingest_url: str) -> None:
    """A council that gives us its API later: its webhooks told of some refunds before they had a name."""
    payment = pay.pay("pay1", at(2))
    pay.refunded("r1", "pay1", 1000, at(1, "10:00:00"))
    pay.refunded("r2", "pay1", 550, at(1, "11:00:00"))
    await ingest.event(webhook("refunded", payment, refund_summary={"amount_submitted": 1000}))
    async with ingesting(ingest_url, govuk_pay_accounts=[account(pay.url)]) as asking:
        await swept(asking)
        assert [(fact.source_refund_id, fact.amount_pence) for fact in await asking.told(RefundSent)] == [("pay1:1000", 1000), ("r2", 550)]
    await ingest.event(webhook("refunded", payment, refund_summary={"amount_submitted": 1550}))
    assert len(await ingest.told(RefundSent)) == 2
    assert all(law["holds"] for law in (await ingest.http.get("/v1/laws")).json())


async def test_a_refund_that_ends_twice_otherwise_is_for_a_person(asking: Ingest, pay: FakePay) -> None:
    pay.pay("pay1", at(2))
    pay.refunded("r1", "pay1", 1000, at(1))
    await swept(asking)
    pay.refunds["r1"]["status"] = "error"
    await swept(asking)
    assert await asking.names_told() == {"PaymentReceived": 1, "RefundSent": 1}
    assert await asking.rows("SELECT kind FROM conflict") == [("refund",)]


DISPUTE_TOLD = {("needs_response",): ["open"], ("needs_response", "under_review", "lost"): ["open", "under-review", "lost"],
                ("lost", "needs_response"): ["lost", "open"], ("under_review", "won"): ["under-review", "won"]}  # fmt: skip


@pytest.mark.parametrize("statuses", DISPUTE_TOLD)
async def test_each_state_of_a_dispute_is_told_once_and_what_is_lost_goes_back(asking: Ingest, pay: FakePay, statuses: tuple) -> None:
    pay.pay("pay1", at(2))
    for status in statuses:
        pay.dispute("d1", "pay1", 5000, status, at(1))
        for _ in range(2):
            await swept(asking)
            await asking.event(dispute_event("created", pay.disputes["d1"]))
    told = await asking.told(PaymentDisputed)
    assert [fact.state for fact in told] == DISPUTE_TOLD[statuses]
    assert {(fact.payment_id, fact.dispute_id, fact.amount_pence) for fact in told} == {(payment_id("pay1"), "d1", 5000)}
    back = await asking.told(PaymentReversed)
    assert [(fact.payment_id, fact.amount_pence, fact.reason) for fact in back] == (
        [(payment_id("pay1"), 5000, "chargeback-lost")] if "lost" in statuses else []
    )


async def test_an_open_dispute_is_looked_at_until_it_ends(asking: Ingest, pay: FakePay) -> None:
    pay.dispute("d1", "pay1", 5000, "needs_response", at(5))
    await swept(asking)
    await asking.service.pool.execute("UPDATE dispute SET disputed_at = disputed_at - interval '60 days'")
    pay.dispute("d1", "pay1", 5000, "lost", at(65))
    await swept(asking)
    assert [fact.state for fact in await asking.told(PaymentDisputed)] == ["open", "lost"]
    pay.asked.clear()
    await swept(asking)
    assert not any(at(65)[:10] in each for each in pay.asked)


@pytest.mark.parametrize("is_settled_first", [True, False])
async def test_a_lost_dispute_and_its_settlement_take_a_payment_back_once(asking: Ingest, pay: FakePay, is_settled_first: bool) -> None:
    pay.pay("pay1", at(2), amount=2000)
    pay.dispute("d1", "pay1", 2000, "lost", at(1))
    header = (SAMPLES / "stripe_payout_reconciliation.csv").read_text().splitlines()[0]
    row = "po_9,2026-03-18,txn_2,2026-03-16 10:00:00,2026-03-18,gbp,-20.00,15.00,-35.00,dispute,c,c,p,Tax,pay1"
    for is_file in (is_settled_first, not is_settled_first):
        if is_file:
            assert (await asking.file(f"{header}\n{row}\n".encode())).status_code == 201
        else:
            await swept(asking)
    assert [fact.amount_pence for fact in await asking.told(PaymentReversed)] == [2000]
    assert await asking.rows("SELECT * FROM conflict") == []


def tellings(pay: FakePay) -> list[bytes | None]:
    """All that webhooks may say of what the server holds, with what they may say twice; none is a sweep."""
    payments, disputes = list(pay.payments.values()), list(pay.disputes.values())
    said = [webhook(kind, each) for each in payments for kind in ("succeeded", "captured", "failed")]
    said += [webhook("succeeded", payments[0], settlement_summary={}), webhook("captured", payments[0], state={"status": "declined"})]
    said += [webhook("refunded", payments[0], refund_summary={"amount_submitted": pence}) for pence in (1000, 1550, 1590)]
    return [*said, *(dispute_event("created", each) for each in disputes), None, None]


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**6), left_out=st.floats(0, 1))
async def test_any_order_and_repetition_of_webhooks_and_sweeps_ends_the_same(
    asking: Ingest, pay: FakePay, seed: int, left_out: float
) -> None:
    """Whatever is lost, repeated or late: after one more sweep the same payments, refunds and reversals are known, each with one id."""
    pay.pay("pay1", at(3))
    pay.pay("pay2", at(2), amount=700, total_amount=750)
    for name, pence, status in (("r1", 1000, "success"), ("r2", 550, "success"), ("r3", 40, "error")):
        pay.refunded(name, "pay1", pence, at(1), status)
    pay.dispute("d1", "pay2", 750, "lost", at(1))
    chance = random.Random(seed)
    said = [each for each in tellings(pay) * 2 if each is None or chance.random() > left_out]
    chance.shuffle(said)
    await asking.empty()
    for each in said:
        if each is None:
            await (follows(asking, minutes=chance.choice([0, 10])) if chance.random() > 0.5 else swept(asking))
        else:
            await asking.event(each)
    await swept(asking)
    await follows(asking, minutes=10)
    final = {fact.payment_id: fact for fact in await asking.told(PaymentReceived)}
    assert {(fact.source_payment_id, fact.amount_pence, fact.paid_at) for fact in final.values()} == {
        ("pay1", 5000, datetime.fromisoformat(at(3))), ("pay2", 750, datetime.fromisoformat(at(2)))
    }  # fmt: skip
    sent = await asking.told(RefundSent)
    assert sorted((fact.source_refund_id, fact.amount_pence) for fact in sent) == [("r1", 1000), ("r2", 550)]
    assert [(fact.source_refund_id, fact.amount_pence) for fact in await asking.told(RefundFailed)] == [("r3", 40)]
    assert [(fact.payment_id, fact.amount_pence) for fact in await asking.told(PaymentReversed)] == [(payment_id("pay2"), 750)]
    assert {fact.state for fact in await asking.told(PaymentDisputed)} == {"lost"}
    assert all(law["holds"] for law in (await asking.http.get("/v1/laws")).json())
    assert all(fact.council == COUNCIL for fact in await asking.told())

"""The HTTP door and the webhook's: what is taken in, once, and what is refused in plain English."""

import asyncio
import itertools
import json
import random

import pytest

from ims_contracts.accounts import AccountChanged
from ims_contracts.payments import PaymentReceived, PaymentRefused, RefundSent
from ingest.ingest_world import (
    COUNCIL,
    OLD_SECRET,
    OTHER_COUNCIL,
    OTHER_TOKEN,
    Ingest,
    events,
    pay_event,
    refunded,
    submitted,
)

PAYMENT = submitted().model_dump(mode="json", exclude={"council", "source"}, exclude_none=True)


async def test_a_payment_posted_is_told(ingest: Ingest) -> None:
    answer = await ingest.pays(PAYMENT)
    (told,) = await ingest.told(PaymentReceived)
    assert (answer.status_code, answer.json()) == (201, {"payment_id": str(told.payment_id), "state": "received"})
    assert (told.council, told.source, told.amount_pence) == (COUNCIL, "portal", 3500)


async def test_the_same_key_with_the_same_body_is_answered_as_before(ingest: Ingest) -> None:
    first, second = await ingest.pays(PAYMENT), await ingest.pays(PAYMENT)
    assert (first.status_code, first.text) == (second.status_code, second.text) == (201, first.text)
    assert await ingest.names_told() == {"PaymentReceived": 1}


async def test_the_same_key_with_another_body_is_refused(ingest: Ingest) -> None:
    await ingest.pays(PAYMENT)
    answer = await ingest.pays(PAYMENT | {"source_payment_id": "P2"})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert await ingest.names_told() == {"PaymentReceived": 1}


async def test_many_at_once_with_one_key_are_one_payment(ingest: Ingest) -> None:
    answers = await asyncio.gather(*(ingest.pays(PAYMENT) for _ in range(20)), ingest.pays(PAYMENT | {"amount_pence": 1}))
    assert sorted(answer.status_code for answer in answers) in ([201] * 20 + [422], [201] + [422] * 20)
    assert await ingest.names_told() == {"PaymentReceived": 1}


async def test_the_same_payment_under_another_key_is_known(ingest: Ingest) -> None:
    await ingest.pays(PAYMENT)
    answer = await ingest.pays(PAYMENT, key="k2")
    assert (answer.status_code, answer.json()["state"]) == (200, "known")
    assert await ingest.names_told() == {"PaymentReceived": 1}


async def test_the_same_payment_with_another_amount_is_for_a_person(ingest: Ingest) -> None:
    await ingest.pays(PAYMENT)
    answer = await ingest.pays(PAYMENT | {"amount_pence": 9}, key="k2")
    assert (answer.status_code, answer.json()["reasons"]) == (409, ["the amount is another"])
    assert await ingest.names_told() == {"PaymentReceived": 1}
    assert len((await ingest.http.get("/v1/conflicts", params={"council": COUNCIL})).json()) == 1


async def test_every_fault_of_a_payment_is_named_and_told_back(ingest: Ingest) -> None:
    wrong = {"source_payment_id": "P9", "amount_pence": 1.5, "paid_on": "tomorrow", "channel": "web", "received_on": "2026-03-18"}
    answer = await ingest.pays(wrong)
    assert answer.status_code == 422
    assert [reason.split(":")[0] for reason in answer.json()["reasons"]] == ["method_of_payment", "amount_pence", "paid_on"]
    (refusal,) = await ingest.told(PaymentRefused)
    assert refusal.source_payment_id == "P9"
    found = (await ingest.http.get("/v1/submissions/portal/P9")).json()
    assert found["refusals"][0]["reasons"] == refusal.reasons
    assert await ingest.names_told() == {"PaymentRefused": 1}


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"headers": {"authorization": "Bearer wrong"}}, 401),
        ({"headers": {"idempotency-key": ""}}, 400),
        ({"content": b"{"}, 400),
        ({"content": b"[]"}, 422),
        ({"content": b'{"source": "other"}'}, 403),
        ({"content": b"{}" + b" " * 70_000}, 413),
    ],
)
async def test_who_and_what_is_not_welcome_is_told_why(ingest: Ingest, changes: dict, status: int) -> None:
    headers = {"idempotency-key": "k"} | changes.get("headers", {})
    answer = await ingest.http.post("/v1/payments", content=changes.get("content", b"{}"), headers=headers)
    assert answer.status_code == status
    assert answer.json()["reasons"]


async def test_a_cloud_event_is_taken_in_under_its_own_id(ingest: Ingest) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "/portal", "type": "ims.inbound.payment-submitted.v1", "data": PAYMENT}
    kind = {"content-type": "application/cloudevents+json"}
    answers = [await ingest.http.post("/v1/payments", content=json.dumps(event), headers=kind) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert await ingest.names_told() == {"PaymentReceived": 1}


async def test_an_event_that_names_itself_not_is_not_taken_for_another(ingest: Ingest) -> None:
    kind = {"content-type": "application/cloudevents+json"}
    answer = await ingest.http.post("/v1/payments", content=json.dumps({"specversion": "1.0", "data": PAYMENT}), headers=kind)
    assert (answer.status_code, await ingest.names_told()) == (400, {})


async def test_a_card_number_is_gone_before_anything_is_written(ingest: Ingest) -> None:
    await ingest.pays(PAYMENT | {"narrative": "my card 4111 1111 1111 1111", "payer": {"name": "5555-5555-5555-4444"}})
    await ingest.pays(PAYMENT | {"source_payment_id": "4111111111111111"}, key="k2")
    names = [name for (name,) in await ingest.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    written = str([await ingest.rows(f"SELECT t::text FROM {name} AS t") for name in names])
    written += str(await ingest.rows("SELECT encode(body, 'escape') FROM told UNION ALL SELECT encode(content, 'escape') FROM event"))
    assert "1111 1111 1111" not in written
    assert "5555-5555" not in written
    assert "411111111111" not in written
    assert "************1111" in written


async def test_accounts_are_taken_in_whole_or_not_at_all(ingest: Ingest) -> None:
    account = {"fund": "23", "account_reference": "770000123", "revision": 5, "balance_pence": 100}
    answer = await ingest.http.post("/v1/accounts", json=[account, {"fund": "23", "account_reference": "", "revision": -1}])
    assert answer.status_code == 422
    assert [reason.split(":")[0] for reason in answer.json()["reasons"]] == ["account 2, account_reference", "account 2, revision"]
    assert await ingest.told() == []
    for revision, state in ((5, "changed"), (5, "known"), (4, "known"), (6, "changed")):
        answer = await ingest.http.post("/v1/accounts", json=account | {"revision": revision})
        assert answer.json()["accounts"][0]["state"] == state
    assert [fact.revision for fact in await ingest.told(AccountChanged)] == [5, 6]


async def test_a_publisher_sees_only_its_own(ingest: Ingest) -> None:
    await ingest.pays(PAYMENT)
    assert (await ingest.http.get("/v1/submissions/portal/P1")).json()["payments"][0]["amount_pence"] == 3500
    other = {"authorization": f"Bearer {OTHER_TOKEN}"}
    assert (await ingest.http.get("/v1/submissions/portal/P1", headers=other)).status_code == 403
    assert (await ingest.http.get("/v1/submissions/parking/P1", headers=other)).status_code == 404
    assert (await ingest.http.get("/v1/submissions/portal/P2")).status_code == 404


async def test_the_days_events_become_its_payments_and_refunds_in_any_order(ingest: Ingest) -> None:
    shuffled = events() + events()[:5]
    random.Random(7).shuffle(shuffled)
    for event in shuffled:
        assert (await ingest.event(event)).status_code == 200
    latest = {fact.payment_id: fact for fact in await ingest.told(PaymentReceived)}
    days = {fact.source_payment_id[-3:]: fact.paid_on.isoformat() for fact in latest.values()}
    assert len(latest) == 11
    assert days["u95"] == "2026-03-16"  # captured at 23:59:30; its event was made the day after
    assert days["v05"] == "2026-03-18"
    assert sum(fact.amount_pence for fact in latest.values()) == 61050
    refunds = await ingest.told(RefundSent)
    assert sorted((fact.source_refund_id[-8:], fact.amount_pence) for fact in refunds) == [("8v01:550", 550), ("u93:1000", 1000)]
    assert {fact.method_of_payment for fact in latest.values()} == {"card-stripe", "card-smartpay"}
    assert {fact.channel for fact in latest.values() if fact.method_of_payment == "card-smartpay"} == {"telephone"}


@pytest.mark.parametrize("order", list(itertools.permutations([1000, 1550, 1550, 2000])))
async def test_refunds_come_to_their_total_in_any_order(ingest: Ingest, order: tuple[int, ...]) -> None:
    for number, total in enumerate(order):
        await ingest.event(refunded(total, at=f"2026-03-17T10:00:0{number}.000Z"))
    assert sum(fact.amount_pence for fact in await ingest.told(RefundSent)) == 2000


async def test_refunds_told_at_once_come_to_their_total(ingest: Ingest) -> None:
    await asyncio.gather(*(ingest.event(refunded(total)) for total in range(100, 2100, 100)))
    assert sum(fact.amount_pence for fact in await ingest.told(RefundSent)) == 2000


@pytest.mark.parametrize(
    ("secret", "council", "status"),
    [(OLD_SECRET, COUNCIL, 200), ("forged", COUNCIL, 403), ("", COUNCIL, 403), (OLD_SECRET, OTHER_COUNCIL, 403)],
)
async def test_only_the_councils_own_secrets_sign(ingest: Ingest, secret: str, council: str, status: int) -> None:
    assert (await ingest.event(pay_event("captured"), secret, council)).status_code == status
    assert len(await ingest.told()) == (status == 200)


@pytest.mark.parametrize(
    ("event", "status", "told"),
    [
        (pay_event("failed"), 200, {}),
        (pay_event("whatever_comes_next", amount="?"), 200, {}),
        (pay_event("captured", total_amount=5250), 200, {"PaymentReceived": 1}),
        (pay_event("captured", amount="five"), 422, {}),
        (b"not json", 422, {}),
        (refunded(500), 200, {"PaymentReceived": 1, "RefundSent": 1}),
    ],
)
async def test_only_events_of_money_are_money_and_all_are_kept(ingest: Ingest, event: bytes, status: int, told: dict) -> None:
    assert (await ingest.event(event)).status_code == status
    assert await ingest.names_told() == told
    assert await ingest.rows("SELECT content FROM event") == [(event,)]


async def test_a_surcharge_is_part_of_what_was_paid(ingest: Ingest) -> None:
    await ingest.event(pay_event("captured", total_amount=5250))
    assert [fact.amount_pence for fact in await ingest.told(PaymentReceived)] == [5250]


async def test_a_webhook_and_the_portal_tell_of_one_payment(ingest: Ingest) -> None:
    ours = PAYMENT | {"provider": "govuk-pay", "provider_payment_id": "pay1", "amount_pence": 5000, "reference": "7700 01478"}
    answers = [await ingest.pays(ours | {"vehicle": "AT99AAA"}), await ingest.event(pay_event("captured"))]
    assert [answer.status_code for answer in answers] == [201, 200]
    told = await ingest.told(PaymentReceived)
    assert [fact.revision for fact in told] == [1, 2]
    assert (told[1].source, told[1].vehicle, told[1].paid_at.minute) == ("govuk-pay", "AT99AAA", 0)

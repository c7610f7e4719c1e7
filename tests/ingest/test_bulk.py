"""Many payments in one request: each is taken in by itself, once, and answered for itself."""

import asyncio
import json
import time
from typing import Any

import httpx
import pytest

from ims_contracts.payments import PaymentReceived
from ingest.ingest_world import Ingest, submitted

BATCH, SINGLE = "application/cloudevents-batch+json", "application/cloudevents+json"


def payment(number: int, **strange: Any) -> dict[str, Any]:
    return submitted(number).model_dump(mode="json", exclude={"council", "source"}, exclude_none=True) | strange


def event(number: int, data: Any = None, **strange: Any) -> dict[str, Any]:
    plain = {"specversion": "1.0", "id": str(number), "source": "/portal", "type": "ims.inbound.payment-submitted.v1"}
    return plain | {"data": data or payment(number)} | strange


async def bulk(ingest: Ingest, body: Any, key: str = "k1", kind: str = "application/json") -> httpx.Response:
    headers = {"content-type": kind} | ({"idempotency-key": key} if key else {})
    return await ingest.http.post("/v1/payments/bulk", content=json.dumps(body), headers=headers)


async def test_each_of_a_list_has_its_own_answer(ingest: Ingest) -> None:
    await ingest.pays(payment(1), key="before")
    answer = await bulk(ingest, [
        payment(1), payment(1, amount_pence=9), payment(2), payment(2), payment(3, amount_pence=1.5), payment(4, source="parking"),
        "five", payment(6, source_payment_id="x\u0000"), payment(7, source_payment_id="4111111111111111"),
    ])  # fmt: skip
    told = answer.json()
    assert answer.status_code == 200
    assert [each["number"] for each in told["payments"]] == list(range(1, 10))
    assert [(each["status"], each["state"]) for each in told["payments"]] == [
        (200, "known"), (409, "conflict"), (201, "received"), (200, "known"), (422, "refused"), (403, "refused"),
        (422, "refused"), (422, "refused"), (422, "refused"),
    ]  # fmt: skip
    assert [bool(each.get("reasons")) for each in told["payments"]] == [False, True, False, False, True, True, True, True, True]
    assert told["states"] == {"known": 2, "conflict": 1, "received": 1, "refused": 5}
    assert await ingest.names_told() == {"PaymentReceived": 2, "PaymentRefused": 3}


async def test_the_same_list_with_the_same_key_is_answered_as_before(ingest: Ingest) -> None:
    first, second = [await bulk(ingest, [payment(1), payment(2)]) for _ in range(2)]
    assert first.text == second.text
    again = await bulk(ingest, [payment(1), payment(2)], key="k2")
    assert again.json()["states"] == {"known": 2}
    other = await bulk(ingest, [payment(1), payment(3)])
    assert [each["status"] for each in other.json()["payments"]] == [201, 422]
    assert await ingest.names_told() == {"PaymentReceived": 2}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ([event(1), event(2)], BATCH),
        (event(1, [payment(1), payment(2)]), SINGLE),
    ],
)
async def test_cloud_events_are_known_by_their_own_ids(ingest: Ingest, body: Any, kind: str) -> None:
    answers = [await bulk(ingest, body, key="", kind=kind) for _ in range(2)]
    assert [answer.json()["states"] for answer in answers] == [{"received": 2}] * 2
    assert await ingest.names_told() == {"PaymentReceived": 2}


async def test_an_event_without_an_id_is_refused_alone(ingest: Ingest) -> None:
    answer = await bulk(ingest, [event(1), event(2, id=None), 3], key="", kind=BATCH)
    assert [each["status"] for each in answer.json()["payments"]] == [201, 422, 422]


@pytest.mark.parametrize(
    ("body", "key", "kind", "status"),
    [
        (payment(1), "k", "application/json", 422),
        ([payment(1)], "", "application/json", 400),
        ([{}] * 10_001, "k", "application/json", 413),
        (event(1), "", SINGLE, 422),
        ([], "k", "application/json", 200),
    ],
)
async def test_what_is_no_list_of_payments_is_refused_whole(ingest: Ingest, body: Any, key: str, kind: str, status: int) -> None:
    assert (await bulk(ingest, body, key, kind)).status_code == status
    assert await ingest.told() == []


async def test_lists_and_single_payments_at_once_are_each_payment_once(ingest: Ingest) -> None:
    both = [payment(number) for number in range(450)]
    answers = await asyncio.gather(
        bulk(ingest, both, "k1"), bulk(ingest, both[::-1], "k2"), bulk(ingest, both, "k1"),
        *(ingest.pays(payment(number), key=f"single {number}") for number in range(30)),
    )  # fmt: skip
    assert {answer.status_code for answer in answers} <= {200, 201}
    told = await ingest.told(PaymentReceived)
    assert len(told) == len({fact.payment_id for fact in told}) == 450


async def test_ten_thousand_are_taken_in_and_a_single_one_need_not_wait_for_them(ingest: Ingest) -> None:
    many = asyncio.ensure_future(bulk(ingest, [payment(number) for number in range(10_000)]))
    await asyncio.sleep(0.5)
    began = time.perf_counter()
    assert (await ingest.pays(payment(20_000), key="single")).status_code == 201
    waited, was_done = time.perf_counter() - began, many.done()
    assert (await many).json()["states"] == {"received": 10_000}
    assert waited < 2
    assert not was_done

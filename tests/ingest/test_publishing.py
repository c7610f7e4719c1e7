"""What an external publisher is promised: reversals over HTTP, events of the right type, its own council, refusals told back."""

import json
import random
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter

from ims_contracts.conformance import check, faults_of_record
from ims_contracts.payments import PaymentReceived, PaymentReversed, PaymentSubmitted
from ims_ingest.domain.submissions import accept
from ims_kit import Refused
from ims_kit.aside import set_aside
from ims_kit.decoding import decode
from ingest.ingest_world import OTHER_COUNCIL, Ingest, submitted

PAYMENT = submitted().model_dump(mode="json", exclude={"council", "source"}, exclude_none=True)
EVENT = "application/cloudevents+json"
REVERSAL: dict[str, Any] = {
    "source_reversal_id": "R1", "reason": "cheque-returned", "amount_pence": 3500, "reversed_on": "2026-03-18",
    "method_of_payment": "cheque", "original_source": "portal", "original_source_payment_id": "P1",
}  # fmt: skip


class Record:
    """A record of the topic, as the kit sets it aside."""

    topic, partition, offset = "ims.inbound.v1", 0, 0

    def __init__(self, key: str, value: bytes, kind: str = "ims.inbound.payment-submitted.v1") -> None:
        self.key, self.value, self.headers = key.encode(), value, [("ce_type", kind.encode())]


async def reverses(ingest: Ingest, **changes: Any) -> tuple[int, dict[str, Any]]:
    answer = await ingest.http.post("/v1/reversals", json=REVERSAL | changes)
    return answer.status_code, answer.json()


async def test_a_reversal_is_taken_back_once(ingest: Ingest) -> None:
    await ingest.pays(PAYMENT)
    told = [await reverses(ingest), await reverses(ingest), await reverses(ingest, amount_pence=1)]
    assert [(status, body.get("state")) for status, body in told] == [(201, "received"), (200, "known"), (409, None)]
    (payment,) = await ingest.told(PaymentReceived)
    (reversal,) = await ingest.told(PaymentReversed)
    assert reversal.payment_id == payment.payment_id
    found = (await ingest.http.get("/v1/submissions/portal/R1")).json()
    assert [each["amount_pence"] for each in found["reversals"]] == [3500]
    assert [each["reason"] for each in found["conflicts"]] == ["the amount is another"]


async def test_a_reversal_is_taken_back_also_as_an_event(ingest: Ingest) -> None:
    event = {"specversion": "1.0", "id": "1", "source": "/portal", "type": "ims.inbound.reversal-submitted.v1", "data": REVERSAL}
    answer = await ingest.http.post("/v1/reversals", content=json.dumps(event), headers={"content-type": EVENT})
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("changes", "status", "reason"),
    [
        ({"amount_pence": 0}, 422, "amount_pence: should be greater than 0"),
        ({"source_reversal_id": "4111111111111111"}, 422, "source_reversal_id has what may not be kept"),
        ({"reason": "a\u0000b"}, 422, "the body has a NUL character"),
        ({"source": "another"}, 403, "You may speak for"),
        ({"council": OTHER_COUNCIL}, 403, "You may speak for"),
    ],
)
async def test_a_reversal_is_refused_with_its_reasons(ingest: Ingest, changes: dict[str, Any], status: int, reason: str) -> None:
    answered, body = await reverses(ingest, **changes)
    assert (answered, body["reasons"][0].startswith(reason)) == (status, True)
    assert await ingest.told() == []


@pytest.mark.parametrize("path", ["payments", "payments/bulk"])
async def test_money_of_another_council_is_not_taken_for_ones_own(ingest: Ingest, path: str) -> None:
    wrong: Any = PAYMENT | {"council": OTHER_COUNCIL}
    body = [wrong] if path.endswith("bulk") else wrong
    answer = await ingest.http.post(f"/v1/{path}", json=body, headers={"idempotency-key": "k"})
    status = answer.json()["payments"][0]["status"] if path.endswith("bulk") else answer.status_code
    assert (status, await ingest.told()) == (403, [])


@pytest.mark.parametrize("kind", ["single", "bulk", "batch"])
async def test_an_event_of_another_type_is_no_payment(ingest: Ingest, kind: str) -> None:
    event: Any = {"specversion": "1.0", "id": "1", "source": "/portal", "type": "parking.payment.cancelled", "data": PAYMENT}
    body = event | {"data": [PAYMENT]} if kind == "bulk" else [event] if kind == "batch" else event
    content_type = "application/cloudevents-batch+json" if kind == "batch" else EVENT
    path = "/v1/payments" if kind == "single" else "/v1/payments/bulk"
    answer = await ingest.http.post(path, content=json.dumps(body), headers={"content-type": content_type})
    assert "type: is not what this door takes" in answer.text
    assert await ingest.told() == []


@pytest.mark.parametrize("own_id", ["a\u0000b", "x" * 400, "x" * 400 + "y", "tŷ"])
async def test_an_events_id_is_a_key_whatever_is_in_it(ingest: Ingest, own_id: str) -> None:
    for number in (1, 2):
        event = {"id": f"{own_id}{number}", "source": "/portal", "type": "ims.inbound.payment-submitted.v1"}
        body = json.dumps(event | {"specversion": "1.0", "data": PAYMENT | {"source_payment_id": f"P{number}"}})
        for _ in range(2):
            answer = await ingest.http.post("/v1/payments", content=body, headers={"content-type": EVENT})
            assert answer.status_code == 201
    assert await ingest.names_told() == {"PaymentReceived": 2}


async def test_an_account_that_no_reader_could_read_is_refused(ingest: Ingest) -> None:
    account = {"fund": "23", "account_reference": "7", "revision": 1, "holder": {"name": "a\u0000b"}}
    answer = await ingest.http.post("/v1/accounts", json=account)
    assert (answer.status_code, answer.json()["reasons"]) == (422, ["account 1, the body has a NUL character: send it without"])


async def test_what_came_over_the_topic_and_is_refused_is_told_back(ingest: Ingest) -> None:
    await ingest.hear(submitted(1), submitted(2, paid_on="2999-01-01"))
    found = (await ingest.http.get("/v1/submissions/portal/P2")).json()
    assert found["refusals"][0]["reasons"][0].endswith("send money when it has moved")


async def test_what_came_over_the_topic_and_cannot_be_read_is_told_back_with_every_reason(ingest: Ingest) -> None:
    body = submitted(1).model_dump(mode="json", exclude_none=True) | {"amount_pence": "35.00", "paid_on": "today"}
    await set_aside(ingest.service.pool, "ingest", Record("E07999999/P1", json.dumps(body).encode()), "int_type at amount_pence", bytes)
    found = (await ingest.http.get("/v1/submissions/portal/P1")).json()
    assert [reason.split()[0] for reason in found["set_aside"][0]["reasons"]] == ["amount_pence", "paid_on"]
    assert (await ingest.http.get("/v1/submissions/allpay/P1")).status_code == 404
    assert (await ingest.http.get("/v1/submissions/portal/P%00")).status_code == 404


@pytest.mark.parametrize(
    ("value", "kind", "reason"),
    [
        (b"{", "ims.inbound.payment-submitted.v1", "body is not JSON: send one JSON object, in UTF-8"),
        (b"\xff", "ims.inbound.payment-submitted.v1", "the body is not UTF-8: send UTF-8"),
        (b"[]", "ims.inbound.payment-submitted.v1", "the body is not a JSON object: send one object with the message's fields"),
        (b"{}", "", "ce_type is no submission's"),
    ],
)
async def test_a_record_that_is_no_message_is_told_back(ingest: Ingest, value: bytes, kind: str, reason: str) -> None:
    await set_aside(ingest.service.pool, "ingest", Record("E07999999/P1", value, kind), "not JSON", bytes)
    found = (await ingest.http.get("/v1/submissions/portal/P1")).json()
    assert found["set_aside"][0]["reasons"][0].startswith(reason)


STRANGE = [None, "", 0, -1, 1.5, "35.00", True, [], {}, "x" * 65, "x" * 600, "4111111111111111", "a\u0000b", "a\tb", "tŷ", "2999-01-01",
           "18/03/2026", "2026-03-18T10:00:00", "2026-03-18T10:00:00Z", 10**14, {"name": 5}, {"name": "A"}, "E07999999"]  # fmt: skip
NAMES = [*PAYMENT, "source", "provider", "provider_payment_id", "paid_at", "value_on", "payer", "narrative", "remittance_line", "unknown"]


def strange_payments(seed: int, count: int) -> list[dict[str, Any]]:
    chance = random.Random(seed)
    made = []
    for number in range(count):
        payment = PAYMENT | {"source_payment_id": f"S{number}"}
        payment |= {chance.choice(NAMES): chance.choice(STRANGE) for _ in range(chance.randint(0, 2))}
        made.append({name: value for name, value in payment.items() if chance.random() < 0.97})
    return made


@pytest.mark.parametrize("seed", range(3))
async def test_the_check_before_sending_says_what_the_door_says(ingest: Ingest, seed: int) -> None:
    payments = [each | {"source": "portal"} for each in strange_payments(seed, 300)]
    report = check(json.dumps(payments).encode(), datetime.now(UTC).date())
    faults: dict[int, list[str]] = {}
    for each in report.findings:
        if each.is_fault:
            faults.setdefault(each.number, []).append(each.field)
    answer = await ingest.http.post("/v1/payments/bulk", json=payments, headers={"idempotency-key": "k"})
    refused = {each["number"]: [re.split("[: ]", reason)[0] for reason in each["reasons"]]
               for each in answer.json()["payments"] if each["status"] == 422}  # fmt: skip
    assert faults == refused
    assert 50 < len(refused) < 250


@pytest.mark.parametrize("seed", range(3))
def test_the_check_before_sending_says_what_the_topic_says(seed: int) -> None:
    hears = {PaymentSubmitted.type.encode(): TypeAdapter(PaymentSubmitted).validate_json}
    headers = {"ce_type": PaymentSubmitted.type, "content-type": "application/json"}
    today = datetime.now(UTC).date()
    for payment in strange_payments(seed, 300):
        body = json.dumps(payment | {"council": "E07999999"}).encode()
        record = Record("", body)
        try:
            decoded = decode(record, hears)
            assert decoded is not None
            assert isinstance(decoded.message, PaymentSubmitted)
            is_taken = isinstance(accept(decoded.message, today), PaymentReceived)
        except Refused:
            is_taken = False
        assert is_taken == (faults_of_record(headers, body, today) == [])

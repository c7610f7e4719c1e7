"""Refunds that a person sends: told once under the id that was approved, never more than was approved, never otherwise than before."""

import asyncio
from collections import Counter
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_contracts.payments import PaymentReceived, RefundFailed, RefundSent
from ims_ingest.domain.by_hand import Held, NotSent, Sent, judge
from ingest.ingest_world import COUNCIL, OTHER_TOKEN, Ingest, allpay, submitted
from ingest.pay_world import TODAY, approved, hears

ON = TODAY.date()
SENT: dict[str, Any] = {
    "amount_pence": 3500, "sent_on": ON.isoformat(), "method_of_payment": "bacs", "bank_reference": "BACS 0318/7", "by": "J Cashier",
}  # fmt: skip
FAILED: dict[str, Any] = {"failed_on": ON.isoformat(), "reason": "the account is closed", "by": "J Cashier"}


async def left_to_a_person(ingest: Ingest, number: int = 1, pence: int = 3500) -> Any:
    """An approved refund of a payment that came by cheque."""
    await ingest.hear(submitted(number, channel="cheque", method_of_payment="cheque"))
    paid = (await ingest.told(PaymentReceived))[-1]
    await hears(ingest, refund := approved(paid.payment_id, pence))
    return refund


async def says(ingest: Ingest, refund: Any, body: dict[str, Any], key: str | None = None, **headers: str) -> httpx.Response:
    what = "sent" if "sent_on" in body else "failed"
    sent = {"idempotency-key": key or str(uuid4())} | headers
    return await ingest.http.post(f"/v1/refunds/{refund.refund_id}/{what}", json=body, headers=sent)


async def test_a_refund_that_no_provider_can_send_waits_for_a_person_and_is_told_as_sent_once(ingest: Ingest) -> None:
    refund = await left_to_a_person(ingest)
    (waiting,) = (await ingest.http.get("/v1/refunds", params={"state": "by-hand"})).json()
    assert (waiting["refund_id"], "by hand" in waiting["reason"]) == (str(refund.refund_id), True)
    assert await ingest.told(RefundFailed) == []
    answers = [await says(ingest, refund, SENT, "one"), await says(ingest, refund, SENT, "one"), await says(ingest, refund, SENT)]
    assert [each.status_code for each in answers] == [201, 201, 200]
    assert answers[0].json() == answers[1].json()
    (sent,) = await ingest.told(RefundSent)
    assert (sent.refund_id, sent.payment_id, sent.amount_pence) == (refund.refund_id, refund.payment_id, 3500)
    assert (sent.source, sent.source_refund_id, sent.method_of_payment, sent.sent_on) == ("by-hand", "BACS 0318/7", "bacs", ON)
    assert [each["state"] for each in (await ingest.http.get("/v1/refunds")).json()] == ["sent"]
    await hears(ingest, refund)
    assert [each["state"] for each in (await ingest.http.get("/v1/refunds")).json()] == ["sent"]


async def test_one_that_cannot_be_sent_is_told_as_failed_once(ingest: Ingest) -> None:
    refund = await left_to_a_person(ingest)
    assert [(await says(ingest, refund, FAILED)).status_code for _ in range(2)] == [201, 200]
    (failed,) = await ingest.told(RefundFailed)
    assert (failed.refund_id, failed.amount_pence, failed.reason) == (refund.refund_id, 3500, "the account is closed")
    assert (await says(ingest, refund, SENT)).status_code == 409
    assert await ingest.told(RefundSent) == []


@pytest.mark.parametrize(
    ("change", "status", "says_so"),
    [
        ({"amount_pence": 3501}, 422, "3500p were approved"),
        ({"amount_pence": 0}, 422, "amount_pence"),
        ({"amount_pence": "3500"}, 422, "amount_pence"),
        ({"sent_on": str(ON + timedelta(days=2))}, 422, "until today"),
        ({"sent_on": str(ON - timedelta(days=1))}, 422, "when it was approved"),
        ({"bank_reference": ""}, 422, "bank_reference"),
        ({"bank_reference": "\x00"}, 422, "NUL"),
        ({"account_number": "20000055779911"}, 422, "account_number"),
    ],
)
async def test_what_cannot_be_so_is_refused_and_nothing_is_told(ingest: Ingest, change: Any, status: int, says_so: str) -> None:
    refund = await left_to_a_person(ingest)
    answer = await says(ingest, refund, SENT | change)
    assert answer.status_code == status
    assert says_so in answer.text
    assert "20000055779911" not in answer.text
    assert await ingest.told(RefundSent) == []


@pytest.mark.parametrize("change", [{"amount_pence": 3499}, {"bank_reference": "BACS 0318/8"}, {"method_of_payment": "cheque"}])
async def test_what_was_told_otherwise_before_is_a_conflict(ingest: Ingest, change: Any) -> None:
    refund = await left_to_a_person(ingest)
    await says(ingest, refund, SENT, "one")
    assert (await says(ingest, refund, SENT | change)).status_code == 409
    assert (await says(ingest, refund, SENT | change, "one")).status_code == 422  # the key was another body's
    assert (await says(ingest, refund, FAILED)).status_code == 409
    assert (await says(ingest, refund, SENT | {"by": "A Nother"})).status_code == 200
    assert len(await ingest.told(RefundSent)) == 1


async def test_less_than_was_approved_may_be_sent(ingest: Ingest) -> None:
    refund = await left_to_a_person(ingest)
    assert (await says(ingest, refund, SENT | {"amount_pence": 3000})).status_code == 201
    assert [fact.amount_pence for fact in await ingest.told(RefundSent)] == [3000]


async def test_it_is_counted_as_refunded_and_not_taken_back_again_with_its_file(ingest: Ingest) -> None:
    file_id = (await ingest.file(allpay([f"770000547 60.00 C {ON:%d/%m/%Y}"]))).json()["file_id"]
    (paid,) = await ingest.told(PaymentReceived)
    await hears(ingest, refund := approved(paid.payment_id, 1000))
    await says(ingest, refund, SENT | {"amount_pence": 1000})
    assert (await ingest.http.get("/v1/totals", params={"council": COUNCIL})).json()["refunded"] == {"count": 1, "pence": 1000}
    back = await ingest.http.post(f"/v1/files/{file_id}/reverse", json={"by": "A. Officer", "reason": "a test file"})
    assert back.json()["payments_pence"] == 5000


async def test_only_who_may_speak_for_it_does_and_only_of_its_own_councils_refunds(ingest: Ingest) -> None:
    refund = await left_to_a_person(ingest)
    assert (await says(ingest, refund, SENT, authorization="Bearer none")).status_code == 401
    assert (await says(ingest, refund, SENT, authorization=f"Bearer {OTHER_TOKEN}")).status_code == 403
    assert (await ingest.http.post(f"/v1/refunds/{refund.refund_id}/sent", json=SENT)).status_code == 400
    strange = refund.model_copy(update={"refund_id": uuid4()})
    assert (await says(ingest, strange, SENT)).status_code == 404
    assert await ingest.told(RefundSent) == []


async def test_of_many_who_say_it_at_once_one_is_told(ingest: Ingest) -> None:
    refund = await left_to_a_person(ingest)
    bodies = [SENT, SENT, SENT | {"amount_pence": 3499}, FAILED] * 3
    answers = await asyncio.gather(*(says(ingest, refund, body) for body in bodies))
    assert Counter(each.status_code == 201 for each in answers)[True] == 1
    assert len([*await ingest.told(RefundSent), *await ingest.told(RefundFailed)]) == 1


async def test_the_database_itself_holds_that_no_more_is_sent_than_was_approved(ingest: Ingest) -> None:
    refund = await left_to_a_person(ingest)
    row = "INSERT INTO refund_by_hand VALUES ($1, $2, $3, $4, 'sent', now(), 'bacs', 'x', NULL, 'me', now())"
    with pytest.raises(asyncpg.CheckViolationError, match="no_more_than_was_approved"):
        await ingest.service.pool.execute(row, refund.refund_id, COUNCIL, 3500, 3501)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await ingest.service.pool.execute(row, refund.refund_id, COUNCIL, 9999, 3501)


HELD = Held(uuid4(), COUNCIL, uuid4(), 3500, date(2026, 3, 10), "by-hand", True)
SAYINGS = st.one_of(
    st.builds(
        Sent,
        amount_pence=st.integers(1, 7000),
        sent_on=st.dates(date(2026, 3, 1), date(2026, 3, 30)),
        method_of_payment=st.just("bacs"),
        bank_reference=st.sampled_from(["a", "b"]),
        by=st.sampled_from(["Ann", "Bob"]),
    ),
    st.builds(NotSent, failed_on=st.dates(date(2026, 3, 1), date(2026, 3, 30)), reason=st.just("closed"), by=st.just("Ann")),
)


@given(st.lists(SAYINGS, max_size=8))
def test_whatever_is_said_one_thing_is_told_and_never_too_much(sayings: list[Any]) -> None:
    held, told = HELD, []
    for said in sayings:
        verdict = judge(held, said, date(2026, 3, 20))
        assert verdict.is_new == (verdict.status == 201)
        if verdict.is_new:
            told.append(said)
            held = held._replace(said=said, state="sent" if isinstance(said, Sent) else "failed")
            assert judge(held, said, date(2026, 3, 20)).status == 200
    assert len(told) <= 1
    assert all(each.amount_pence <= held.amount_pence for each in told if isinstance(each, Sent))

"""A whole import is taken back once: balanced, resumable, whoever asks how often, and nothing is deleted."""

import asyncio
from collections import Counter

import pytest

from ims_contracts.payments import PaymentReceived, PaymentReversed, ReversalSubmitted
from ims_contracts.remittances import RemittanceReceived, RemittanceReversed
from ims_ingest.handlers import deciding
from ims_ingest.store import imports
from ingest.ingest_world import COUNCIL, OTHER_TOKEN, Ingest, allpay, pay_event, refunded, statement, submitted

DAY = "17/03/2026"
WHY = {"by": "A. Officer", "reason": "the shops' test file"}


async def back(ingest: Ingest, file_id: str, **headers: str):
    return await ingest.http.post(f"/v1/files/{file_id}/reverse", json=WHY, headers=headers)


async def taken_in(ingest: Ingest, *rows: str) -> str:
    answer = await ingest.file(allpay(list(rows)))
    assert answer.status_code == 201
    return answer.json()["file_id"]


async def laws_hold(ingest: Ingest) -> bool:
    return all(law["holds"] for law in (await ingest.http.get("/v1/laws")).json())


async def test_an_import_is_taken_back_to_the_penny(ingest: Ingest) -> None:
    file_id = await taken_in(ingest, f"770000547 60.00 T {DAY}", f"770000547 60.00 T {DAY}", f"770000712 0.01 P {DAY}")
    answer = await back(ingest, file_id)
    assert (answer.status_code, answer.json()["state"]) == (200, "reversed")
    payments, reversals = await ingest.told(PaymentReceived), await ingest.told(PaymentReversed)
    (received,), (reversed_,) = await ingest.told(RemittanceReceived), await ingest.told(RemittanceReversed)
    assert {(each.payment_id, each.amount_pence) for each in payments} == {(each.payment_id, each.amount_pence) for each in reversals}
    assert {(each.reason, each.remittance_id, each.method_of_payment) for each in reversals} == {
        ("import-reversed", received.remittance_id, "allpay")
    }
    assert (reversed_.remittance_id, reversed_.payment_count, reversed_.payments_pence) == (received.remittance_id, 3, 12001)
    assert reversed_.reason == WHY["reason"]
    found = (await ingest.http.get(f"/v1/files/{file_id}")).json()
    assert found["state"] == "received"
    assert (found["reversal"]["by"], found["reversal"]["payments"], found["reversal"]["payments_pence"]) == ("A. Officer", 3, 12001)
    assert await ingest.rows("SELECT count(*) FROM payment") == [(3,)]
    assert await laws_hold(ingest)


async def test_asked_again_or_all_at_once_it_is_taken_back_once(ingest: Ingest) -> None:
    file_id = await taken_in(ingest, *[f"{770000000 + number} 1.00 P {DAY}" for number in range(2500)])
    answers = await asyncio.gather(*(back(ingest, file_id) for _ in range(6)))
    answers.append(await back(ingest, file_id))
    assert {answer.text for answer in answers} == {answers[0].text}
    assert answers[0].json()["payments"] == 2500
    assert await ingest.names_told() == {
        "PaymentReceived": 2500, "RemittanceReceived": 1, "PaymentReversed": 2500, "RemittanceReversed": 1,
    }  # fmt: skip
    assert await laws_hold(ingest)


@pytest.mark.parametrize("chunks_before", [0, 1, 2, 3])
async def test_a_reversal_interrupted_anywhere_is_told_once(
    ingest: Ingest, chunks_before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_id = await taken_in(ingest, *[f"{770000000 + number} {1 + number % 90}.25 P {DAY}" for number in range(3000)])
    advance, done = imports.advance, Counter[str]()

    async def advance_until_killed(whole, work) -> None:
        done["chunks"] += 1
        if done["chunks"] > chunks_before:
            raise ConnectionError("killed")
        await advance(whole, work)

    monkeypatch.setattr(imports, "advance", advance_until_killed)
    with pytest.raises(ConnectionError):
        await back(ingest, file_id)
    monkeypatch.undo()
    assert len(await ingest.told(PaymentReversed)) == 1000 * chunks_before
    assert (await ingest.http.get(f"/v1/files/{file_id}")).json()["reversal"]["state"] == "reversing"
    finishing = asyncio.ensure_future(deciding.finish_reversals(ingest.service))
    answer = await back(ingest, file_id)  # asked again while it is taken up behind the door
    finishing.cancel()
    payments, reversals = await ingest.told(PaymentReceived), await ingest.told(PaymentReversed)
    (whole,) = await ingest.told(RemittanceReversed)
    assert sorted((each.payment_id, each.amount_pence) for each in reversals) == sorted(
        (each.payment_id, each.amount_pence) for each in payments
    )
    assert answer.json()["payments_pence"] == whole.payments_pence == sum(each.amount_pence for each in payments)
    assert await laws_hold(ingest)


async def test_what_went_back_otherwise_is_left_out(ingest: Ingest) -> None:
    file_id = await taken_in(ingest, *[f"77000054{number} 60.00 T {DAY}" for number in range(3)])
    for number, pence in ((0, 6000), (1, 2000)):
        await ingest.hear(ReversalSubmitted(
            council=COUNCIL, source="bank", source_reversal_id=f"R{number}", reason="cheque-returned", amount_pence=pence,
            reversed_on="2026-03-19", original_source="allpay", method_of_payment="allpay",
            original_source_payment_id=f"335:2026-03-17:77000054{number}:6000:T:1",
        ))  # fmt: skip
    answer = (await back(ingest, file_id)).json()
    assert (answer["payments"], answer["payments_pence"], answer["left_out"], answer["left_out_pence"]) == (2, 4000 + 6000, 1, 6000 + 2000)
    left = Counter({each.payment_id: each.amount_pence for each in await ingest.told(PaymentReceived)})
    for each in await ingest.told(PaymentReversed):
        left[each.payment_id] -= each.amount_pence
    assert set(left.values()) == {0}
    assert await laws_hold(ingest)


async def test_a_payment_that_came_otherwise_is_no_part_of_the_import(ingest: Ingest) -> None:
    await ingest.hear(submitted(source="portal"))
    file_id = await taken_in(ingest, f"770000547 60.00 T {DAY}")
    assert (await back(ingest, file_id)).json()["payments"] == 1
    assert (await ingest.http.get("/v1/totals", params={"council": COUNCIL})).json()["reversed"] == {"count": 1, "pence": 6000}


async def test_only_what_was_taken_in_is_taken_back(ingest: Ingest) -> None:
    refused = await ingest.file(allpay([f"770000547 60.00 T {DAY}"], total="61.00"))
    bank = await ingest.file(statement(["10.00 A"]))
    first = await taken_in(ingest, f"770000547 60.00 T {DAY}")
    known = await ingest.file(b"\xef\xbb\xbf" + allpay([f"770000547 60.00 T {DAY}"]))
    before = await ingest.names_told()
    for each, why in ((refused, "Nothing of it"), (bank, "no payments"), (known, "another file")):
        answer = await back(ingest, each.json()["file_id"])
        assert answer.status_code == 409
        assert why in answer.json()["reasons"][0]
    assert (await back(ingest, first, authorization=f"Bearer {OTHER_TOKEN}")).status_code == 404
    assert (await ingest.http.post(f"/v1/files/{first}/reverse", json={"by": "A. Officer"})).status_code == 422
    assert await ingest.names_told() == before


async def test_a_refunded_payment_is_left_out(ingest: Ingest) -> None:
    """No file of cash is refunded by its provider; the sum is kept above nothing all the same."""
    file_id = await taken_in(ingest, f"770000547 60.00 T {DAY}")
    (payment,) = await ingest.told(PaymentReceived)
    await ingest.event(pay_event("captured"))
    await ingest.event(refunded(1000))
    await ingest.service.pool.execute("UPDATE refund SET payment_id = $1", payment.payment_id)
    assert (await back(ingest, file_id)).json()["payments_pence"] == 5000

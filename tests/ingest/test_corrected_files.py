"""After an import is taken back, the right file is counted, once; the wrong one sent again is not."""

from collections import Counter
from typing import Any

import pytest

from ims_contracts.payments import PaymentReceived, PaymentReversed, ReversalSubmitted
from ims_contracts.remittances import RemittanceReceived, RemittanceReversed
from ims_ingest.handlers import importing
from ims_ingest.store import files
from ingest.ingest_world import COUNCIL, Ingest, allpay

DAY = "17/03/2026"
WRONG, RIGHT, WHOLE = f"770000547 60.00 T {DAY}", f"770000547 6.00 T {DAY}", f"770000712 20.00 P {DAY}"


async def sent(ingest: Ingest, *rows: str) -> dict[str, Any]:
    return (await ingest.file(allpay(list(rows)))).json()


async def back(ingest: Ingest, sent: dict[str, Any]) -> None:
    answer = await ingest.http.post(f"/v1/files/{sent['file_id']}/reverse", json={"by": "A. Officer", "reason": "wrong amounts"})
    assert answer.json()["state"] == "reversed"


async def money(ingest: Ingest) -> Counter[str]:
    """What is left of what was told, by reference, in pence."""
    payments = {each.payment_id: each for each in await ingest.told(PaymentReceived)}
    left = Counter({each.reference: 0 for each in payments.values()})
    for each in payments.values():
        left[each.reference] += each.amount_pence
    for each in await ingest.told(PaymentReversed):
        left[payments[each.payment_id].reference] -= each.amount_pence
    assert all(law["holds"] for law in (await ingest.http.get("/v1/laws")).json())
    return +left


async def test_the_right_file_is_counted_after_the_wrong_one_is_taken_back(ingest: Ingest) -> None:
    await back(ingest, await sent(ingest, WRONG, WHOLE))
    right = await sent(ingest, RIGHT, WHOLE, f"770000013 1.00 P {DAY}")
    assert right["state"] == "received"
    assert await money(ingest) == {"770000547": 600, "770000712": 2000, "770000013": 100}
    first, second = await ingest.told(RemittanceReceived)
    assert first.remittance_id != second.remittance_id
    assert (second.payment_count, second.payments_pence) == (3, 2700)
    assert {p.remittance_id for p in (await ingest.told(PaymentReceived))[2:]} == {second.remittance_id}


async def test_the_right_file_that_came_too_soon_is_accepted_once_the_wrong_one_is_taken_back(ingest: Ingest) -> None:
    wrong, right = await sent(ingest, WRONG, WHOLE), await ingest.file(allpay([RIGHT, WHOLE]))
    assert right.status_code == 409
    accept, why = f"/v1/files/{right.json()['file_id']}/accept", {"by": "A. Officer", "reason": "it is right"}
    assert "take that one back first" in (await ingest.http.post(accept, json=why)).text
    await back(ingest, wrong)
    assert (await ingest.http.post(accept, json=why)).json()["state"] == "received"
    assert await money(ingest) == {"770000547": 600, "770000712": 2000}


async def test_the_wrong_file_sent_again_is_not_counted(ingest: Ingest) -> None:
    await back(ingest, await sent(ingest, WRONG, WHOLE))
    again = await ingest.file(b"\xef\xbb\xbf" + allpay([WRONG, WHOLE]))
    assert again.json()["state"] == "known"
    assert await money(ingest) == {}


async def test_the_right_file_sent_again_is_not_counted_twice(ingest: Ingest) -> None:
    await back(ingest, await sent(ingest, WRONG, WHOLE))
    await sent(ingest, RIGHT, WHOLE)
    again = await ingest.file(b"\xef\xbb\xbf" + allpay([RIGHT, WHOLE]))
    assert again.json()["state"] == "known"
    assert await money(ingest) == {"770000547": 600, "770000712": 2000}


async def test_a_correction_can_be_taken_back_and_corrected_in_turn(ingest: Ingest) -> None:
    await back(ingest, await sent(ingest, WRONG, WHOLE))
    await back(ingest, await sent(ingest, RIGHT, WHOLE))
    third = await sent(ingest, WHOLE)
    assert third["state"] == "received"
    assert await money(ingest) == {"770000712": 2000}
    await back(ingest, third)
    assert await money(ingest) == {}
    assert len({each.remittance_id for each in await ingest.told(RemittanceReversed)}) == 3


async def test_what_went_back_otherwise_before_is_not_counted_again(ingest: Ingest) -> None:
    """A cheque of the wrong file that came back unpaid is the same cheque in the right one: for a person."""
    wrong = await sent(ingest, WRONG, WHOLE)
    await ingest.hear(ReversalSubmitted(
        council=COUNCIL, source="bank", source_reversal_id="R1", reason="cheque-returned", amount_pence=2000, reversed_on="2026-03-19",
        original_source="allpay", method_of_payment="allpay", original_source_payment_id="335:2026-03-17:770000712:2000:P:1",
    ))  # fmt: skip
    await back(ingest, wrong)
    assert (await ingest.file(allpay([RIGHT, WHOLE]))).status_code == 409
    assert await money(ingest) == {}


@pytest.mark.parametrize("chunks_before", [0, 1, 2])
async def test_a_correction_interrupted_anywhere_is_told_once(
    ingest: Ingest, chunks_before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"{770000000 + number} {1 + number % 90}.25 P {DAY}" for number in range(2500)]
    await back(ingest, await sent(ingest, *rows, WRONG))
    advance, done = files.advance, Counter[str]()

    async def advance_until_killed(head, chunk, work) -> None:
        done["chunks"] += 1
        if done["chunks"] > chunks_before:
            raise ConnectionError("killed")
        await advance(head, chunk, work)

    monkeypatch.setattr(files, "advance", advance_until_killed)
    with pytest.raises(ConnectionError):
        await sent(ingest, *rows, RIGHT)
    monkeypatch.undo()
    for file_id in await files.unfinished(ingest.service.pool):
        await importing.take_in(ingest.service, file_id)
    told = await ingest.told(PaymentReceived)
    assert len(told) == len({each.payment_id for each in told}) == 2501 * 2
    assert sum((await money(ingest)).values()) == sum(each.amount_pence for each in told[2501:])

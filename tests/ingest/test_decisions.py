"""Files that are held: a person accepts them as they are, where that is clear, or rejects them; once, and on the record."""

import asyncio
from collections import Counter

import httpx
import pytest

from ims_contracts.accounts import AccountChanged
from ims_contracts.payments import PaymentReceived, PaymentReversed
from ims_contracts.remittances import RemittanceDecided, RemittanceReceived, RemittanceRefused
from ims_ingest.handlers import importing
from ims_ingest.store import files
from ingest.ingest_world import COUNCIL, OTHER_TOKEN, Ingest, allpay, statement
from ingest.test_full_accounts import MANY, accounts, full

DAY, NEXT_DAY = "17/03/2026", "18/03/2026"
WHY = {"by": "A. Officer", "reason": "two days in one file"}
FIRST = [f"770000547 60.00 T {DAY}", f"770000712 60.00 P {DAY}", f"770000712 -5.00 Q {DAY}"]
BOTH = [*FIRST, f"770000999 1.00 P {NEXT_DAY}", f"770000999 1.00 P {NEXT_DAY}", f"770000999 -2.00 Q {NEXT_DAY}"]


async def decide(ingest: Ingest, file_id: str, verdict: str, **headers: str) -> httpx.Response:
    return await ingest.http.post(f"/v1/files/{file_id}/{verdict}", json=WHY, headers=headers)


async def overlap(ingest: Ingest) -> str:
    assert (await ingest.file(allpay(FIRST))).status_code == 201
    answer = await ingest.file(allpay(BOTH))
    assert answer.status_code == 409
    return answer.json()["file_id"]


async def conflicts(ingest: Ingest) -> list[dict]:
    return (await ingest.http.get("/v1/conflicts", params={"council": COUNCIL})).json()


async def verdicts(ingest: Ingest) -> list[str]:
    """What was told of the one file that was refused or held."""
    (refused,), decided = await ingest.told(RemittanceRefused), await ingest.told(RemittanceDecided)
    assert {each.remittance_id for each in decided} <= {refused.remittance_id}
    return [each.verdict for each in decided]


async def laws_hold(ingest: Ingest) -> bool:
    return all(law["holds"] for law in (await ingest.http.get("/v1/laws")).json())


async def test_of_a_file_that_overlaps_only_what_it_adds_is_taken_in(ingest: Ingest) -> None:
    file_id = await overlap(ingest)
    answer = await decide(ingest, file_id, "accept")
    assert (answer.status_code, answer.json()["state"]) == (201, "received")
    payments, reversals, remittances = [await ingest.told(kind) for kind in (PaymentReceived, PaymentReversed, RemittanceReceived)]
    assert sorted(fact.amount_pence for fact in payments) == [100, 100, 6000, 6000]
    assert {fact.revision for fact in payments} == {1}
    assert [fact.amount_pence for fact in reversals] == [500, 200]
    said = [(each.payment_count, each.payments_pence, each.reversal_count, each.reversals_pence) for each in remittances]
    assert said == [(2, 12000, 1, 500), (2, 200, 1, 200)]
    for remittance in remittances:
        rows = [fact for fact in (*payments, *reversals) if fact.remittance_id == remittance.remittance_id]
        assert len(rows) == remittance.payment_count + remittance.reversal_count
    found = (await ingest.http.get(f"/v1/files/{file_id}")).json()
    assert (found["decisions"][0]["verdict"], found["decisions"][0]["by"]) == ("accepted", "A. Officer")
    assert await verdicts(ingest) == ["accepted"]
    assert await conflicts(ingest) == []
    assert await laws_hold(ingest)
    again = await ingest.file(allpay(BOTH))
    assert (again.status_code, again.json()["state"]) == (200, "known")


@pytest.mark.parametrize("chunks_before", [0, 1, 2])
async def test_an_accepted_file_that_is_interrupted_is_told_once(
    ingest: Ingest, chunks_before: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [f"{770000000 + number} 1.00 P {DAY}" for number in range(2500)]
    await ingest.file(allpay(many[:700]))
    file_id = (await ingest.file(allpay([*many, f"770000999 1.00 P {NEXT_DAY}"]))).json()["file_id"]
    advance, told = files.advance, Counter[str]()

    async def advance_until_killed(head, chunk, work) -> None:
        told["chunks"] += 1
        if told["chunks"] > chunks_before:
            raise ConnectionError("killed")
        await advance(head, chunk, work)

    monkeypatch.setattr(files, "advance", advance_until_killed)
    with pytest.raises(ConnectionError):
        await decide(ingest, file_id, "accept")
    monkeypatch.undo()
    finishing = asyncio.ensure_future(importing.finish_files(ingest.service))
    async with asyncio.timeout(20):
        while (await ingest.http.get(f"/v1/files/{file_id}")).json()["state"] != "received":
            await asyncio.sleep(0.02)
    finishing.cancel()
    payments, remittances = await ingest.told(PaymentReceived), await ingest.told(RemittanceReceived)
    assert len(payments) == len({fact.payment_id for fact in payments}) == 2501
    assert [(each.payment_count, each.payments_pence) for each in remittances] == [(700, 70000), (1801, 180100)]
    assert set(await verdicts(ingest)) == {"accepted"}
    assert await laws_hold(ingest)


async def test_a_rejected_file_is_never_counted(ingest: Ingest) -> None:
    file_id = await overlap(ingest)
    before = await ingest.names_told()
    assert (await decide(ingest, file_id, "reject")).json()["state"] == "rejected"
    assert (await ingest.file(allpay(BOTH))).status_code == 409
    assert (await ingest.http.get(f"/v1/files/{file_id}")).json()["state"] == "rejected"
    assert await conflicts(ingest) == []
    assert await ingest.names_told() == before | {"RemittanceDecided": 1}
    assert await verdicts(ingest) == ["rejected"]


async def test_a_refused_file_says_what_it_is_of_and_may_be_rejected_as_nothing_comes_for_it(ingest: Ingest) -> None:
    refused = await ingest.file(allpay(FIRST, total="1.00"))
    assert (await decide(ingest, refused.json()["file_id"], "accept")).status_code == 409
    for status in (200, 409):
        assert (await decide(ingest, refused.json()["file_id"], "reject")).status_code == status
    assert await verdicts(ingest) == ["rejected"]
    await ingest.file(allpay(FIRST))
    (told,), (good,) = await ingest.told(RemittanceRefused), await ingest.told(RemittanceReceived)
    assert (told.source_reference, told.business_on) == (good.source_reference, good.business_on)


async def test_a_full_file_that_is_accepted_closes_what_it_leaves_out(ingest: Ingest) -> None:
    await ingest.file(accounts(*MANY))
    held = await full(ingest, accounts(*MANY[40:]))
    assert held.status_code == 409
    answer = await decide(ingest, held.json()["file_id"], "accept")
    assert (answer.status_code, answer.json()["closed"]) == (201, 40)
    told = await ingest.told(AccountChanged)
    assert [fact.account_reference for fact in told if fact.status == "closed"] == MANY[:40]


async def test_an_account_that_was_told_while_its_file_was_held_stays_open(ingest: Ingest) -> None:
    await ingest.file(accounts(*MANY))
    held = await full(ingest, accounts(*MANY[40:]))
    await ingest.file(accounts(MANY[0], status="with-agent"))
    assert (await decide(ingest, held.json()["file_id"], "accept")).json()["closed"] == 39


async def test_a_file_that_says_otherwise_what_was_told_can_only_be_rejected(ingest: Ingest) -> None:
    await ingest.file(allpay([f"770000547 60.00 T {DAY}"]))
    collections = await ingest.file(allpay([f"770000547 61.00 T {DAY}"]))
    await ingest.file(statement(["10.00 A"]))
    bank = await ingest.file(statement(["11.00 A"]))
    for held in (collections, bank):
        assert held.status_code == 409
        answer = await decide(ingest, held.json()["file_id"], "accept")
        assert answer.status_code == 409
        assert "reject this one" in answer.json()["reasons"][0]
        assert (await decide(ingest, held.json()["file_id"], "reject")).status_code == 200


async def test_a_decision_is_made_once_and_by_those_who_may(ingest: Ingest) -> None:
    file_id = await overlap(ingest)
    assert (await decide(ingest, file_id, "accept", authorization=f"Bearer {OTHER_TOKEN}")).status_code == 404
    assert (await ingest.http.post(f"/v1/files/{file_id}/accept", json={"by": "A. Officer"})).status_code == 422
    answers = await asyncio.gather(*(decide(ingest, file_id, verdict) for verdict in ("accept", "reject") * 3))
    assert sorted(answer.status_code for answer in answers)[1:] == [409] * 5
    assert len((await ingest.http.get(f"/v1/files/{file_id}")).json()["decisions"]) == 1
    assert await laws_hold(ingest)

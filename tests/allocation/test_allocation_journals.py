"""What people move from account to account: balanced, with a reason and an author, approved by another, undone once."""

import asyncio
from typing import Any

import pytest

from allocation.anytown import COUNCIL, payment, penalty, running_account
from allocation.doors import Office, to

TAX, OTHER_TAX, DEBT, PENALTY = "23/770001478", "23/770001559", "19/3000000123", "11/BJ90012273"


@pytest.fixture
async def office(clean_pool: Any) -> Office:
    """5.00 was paid on the first account."""
    office = Office(clean_pool)
    accounts = [running_account("770001478"), running_account("770001559"), running_account("3000000123", "19"), penalty("BJ90012273")]
    await office.hear(*accounts, payment("770001478", 500))
    return office


async def paid(office: Office) -> list[int]:
    return [(await office.get(f"/v1/accounts/{COUNCIL}/{each}"))["paid_pence"] for each in (TAX, OTHER_TAX, DEBT)]


def body(sources: Any, targets: Any, **more: Any) -> dict[str, Any]:
    return {"sources": to(*sources), "targets": to(*targets), "reason": "paid on the wrong account"} | more


@pytest.mark.parametrize(
    ("sources", "targets", "after"),
    [
        ([(TAX, 300)], [(OTHER_TAX, 300)], [200, 300, 0]),
        ([(TAX, 300)], [(OTHER_TAX, 100), (DEBT, 200)], [200, 100, 200]),
        ([(TAX, 300), (TAX, 200)], [(DEBT, 300), (OTHER_TAX, 200)], [0, 200, 300]),
    ],
)
async def test_what_leaves_one_account_arrives_at_others(office: Office, sources: Any, targets: Any, after: list[int]) -> None:
    answer = await office.post("/v1/journals", body(sources, targets))
    assert (answer.status_code, answer.json()["state"]) == (201, "in-force"), answer.text
    assert sum(line["amount_pence"] for line in answer.json()["lines"]) == 0
    assert await paid(office) == after
    await office.assert_lawful()
    path = f"/v1/journals/{answer.json()['decision_id']}"
    assert (await office.post(f"{path}/undo", {"reason": "no"}, by="Bob")).json()["state"] == "in-force"
    assert await paid(office) == [500, 0, 0]
    assert (await office.post(f"{path}/undo", {"reason": "no"}, by="Bob")).status_code == 409
    assert (await office.get(path))["state"] == "undone"
    await office.assert_lawful()


@pytest.mark.parametrize(
    ("sources", "targets", "reason"),
    [
        ([(TAX, 100)], [(OTHER_TAX, 60)], "must come to the same"),
        ([(TAX, 100)], [(OTHER_TAX, 160)], "more than is given"),
        ([(TAX, 100)], [(OTHER_TAX, 0)], "above nothing"),
        ([(TAX, -100)], [(OTHER_TAX, -100)], "above nothing"),
        ([(TAX, 100), (DEBT, 50)], [(OTHER_TAX, 150)], "several accounts give to as many"),
        ([(TAX, 100), (DEBT, 50)], [(OTHER_TAX, 50), (OTHER_TAX, 100)], "at its own place"),
        ([(TAX, 100)], [(TAX, 100)], "both give and get"),
        ([(TAX, 100)], [("99/770001478", 100)], "no such fund"),
        ([("suspense/x", 100)], [(TAX, 100)], "no such fund"),
        ([(TAX, 100)], [("23/770001567", 100)], "no account of that fund"),
        ([(TAX, 100)], [(PENALTY, 100)], "by a decision on the payment"),
        ([(PENALTY, 100)], [(TAX, 100)], "by a decision on the payment"),
    ],
)
async def test_what_cannot_be_journalled_is_refused_in_plain_words(office: Office, sources: Any, targets: Any, reason: str) -> None:
    answer = await office.post("/v1/journals", body(sources, targets))
    assert (answer.status_code, reason in answer.json()["reasons"][0]) == (422, True), answer.text
    assert await paid(office) == [500, 0, 0]


async def test_a_large_journal_waits_for_another_person(office: Office) -> None:
    proposed = (await office.post("/v1/journals", body([(TAX, 100001)], [(DEBT, 100001)]))).json()
    assert (proposed["state"], await paid(office)) == ("proposed", [500, 0, 0])
    path = f"/v1/journals/{proposed['decision_id']}/approve"
    assert (await office.post(path)).status_code == 403
    assert (await office.post(path, by="Bob")).json()["approved_by"] == "Bob"
    assert await paid(office) == [-99501, 0, 100001]
    assert [each["state"] for each in (await office.get("/v1/journals", state="in-force"))["decisions"]] == ["in-force"]
    assert (await office.get("/v1/journals", state="proposed"))["decisions"] == []
    await office.assert_lawful()


async def test_what_was_never_put_on_an_account_is_taken_off_it_by_two_people(office: Office) -> None:
    """Its money may have come before this system, so it is not refused."""
    proposed = (await office.post("/v1/journals", body([(TAX, 501)], [(DEBT, 501)]))).json()
    assert (proposed["state"], proposed["overdrawn_pence"], await paid(office)) == ("proposed", 1, [500, 0, 0])
    path = f"/v1/journals/{proposed['decision_id']}"
    assert (await office.post(f"{path}/approve")).status_code == 403
    assert (await office.post(f"{path}/approve", by="Bob")).json()["state"] == "in-force"
    assert await paid(office) == [-1, 0, 501]
    assert (await office.post("/v1/journals", body([(TAX, 1)], [(DEBT, 1)]))).json()["overdrawn_pence"] == 1
    await office.assert_lawful()


async def test_a_journal_whose_money_went_on_is_undone_by_two_people(office: Office) -> None:
    first = (await office.post("/v1/journals", body([(TAX, 300)], [(DEBT, 300)]))).json()
    await office.post("/v1/journals", body([(DEBT, 300)], [(OTHER_TAX, 300)]))
    undoing = (await office.post(f"/v1/journals/{first['decision_id']}/undo", {"reason": "no"})).json()
    assert (undoing["state"], undoing["overdrawn_pence"], await paid(office)) == ("proposed", 300, [200, 300, 0])
    assert (await office.post(f"/v1/journals/{undoing['decision_id']}/approve", by="Bob")).json()["state"] == "in-force"
    assert await paid(office) == [500, 300, -300]
    await office.assert_lawful()


async def test_two_journals_at_once_do_not_both_take_what_is_there_once(office: Office) -> None:
    sent = [office.post("/v1/journals", body([(TAX, 500)], [(to_, 500)])) for to_ in (OTHER_TAX, DEBT)]
    assert sorted([each.json()["state"] for each in await asyncio.gather(*sent)]) == ["in-force", "proposed"]
    assert (await paid(office))[0] == 0


async def test_a_journal_is_told_and_posted_once(office: Office) -> None:
    answers = [await office.post("/v1/journals", body([(TAX, 300)], [(DEBT, 300)]), key="once") for _ in range(2)]
    assert [each.status_code for each in answers] == [201, 200]
    assert await paid(office) == [200, 0, 300]
    told = await office.pool.fetch("SELECT body FROM told WHERE headers LIKE '%journal-posted%'")
    assert len(told) == 1
    assert b'"transfer"' in told[0]["body"]

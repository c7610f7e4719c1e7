"""What people decide of payments: released, reallocated, split, sent back; approved by another, and undone."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from allocation.anytown import COUNCIL, name, payment, penalty, refund, reversal, running_account
from allocation.doors import Office, group, of, to, token
from databases import tamper
from ims_allocation.store import reports
from ims_contracts import MESSAGES
from ims_kit.errors import is_accident

TAX, OTHER_TAX, DEBT = "23/770001478", "23/770001559", "19/3000000123"
PENALTY, OTHER_PENALTY = "11/BJ90012273", "11/BJ90034458"


@pytest.fixture
async def office(clean_pool: Any) -> Office:
    """Two payments in suspense (100.00 and 50.00), one on council tax (50.00), one that settled a penalty (35.00)."""
    office = Office(clean_pool)
    await office.hear(
        running_account("770001478"), running_account("770001559"), running_account("3000000123", "19"),
        penalty("BJ90012273"), penalty("BJ90034458"),
        payment(None, 10000, called="lost"), payment("nothing to go by", 5000, called="stray", channel="bank-transfer"),
        payment("770001478", 5000, called="tax"), payment("BJ90012273", 3500, date(2026, 3, 10), called="fine"),
    )  # fmt: skip
    return office


async def told(pool: Any, called: str) -> list[Any]:
    found = "SELECT headers::json ->> 'ce_type' AS type, body FROM told WHERE key = $1 ORDER BY id"
    rows = await pool.fetch(found, f"{COUNCIL}/{name(called)}")
    return [MESSAGES[row["type"]].model_validate_json(row["body"]) for row in rows]


@pytest.mark.parametrize(
    ("groups", "placed"),
    [
        ([group(of("lost"), to((TAX, 10000)))], {"lost": {TAX: 10000}}),
        ([group(of("lost"), to((TAX, 6000), (DEBT, 4000)))], {"lost": {TAX: 6000, DEBT: 4000}}),
        ([group(of("lost"), to((TAX, 6000)))], {"lost": {TAX: 6000, "suspended": 4000}}),
        ([group(of("lost"), refund_due_pence=10000)], {"lost": {"refund_due": 10000}}),
        ([group(of("lost"), to((TAX, 6000)), refund_due_pence=1000)], {"lost": {TAX: 6000, "refund_due": 1000, "suspended": 3000}}),
        # Many to one, and many to many: the first is used up before the second is touched.
        ([group(of("lost", "stray"), to((TAX, 15000)))], {"lost": {TAX: 10000}, "stray": {TAX: 5000}}),
        ([group(of("lost", "stray"), to((DEBT, 12000), (TAX, 3000)))], {"lost": {DEBT: 10000}, "stray": {DEBT: 2000, TAX: 3000}}),
        ([group(of("lost", "stray"), to((DEBT, 12000)))], {"lost": {DEBT: 10000}, "stray": {DEBT: 2000, "suspended": 3000}}),
        ([group(of("lost"), to((TAX, 10000))), group(of("stray"), to((DEBT, 5000)))], {"lost": {TAX: 10000}, "stray": {DEBT: 5000}}),
        # Reallocation, and splitting of what was allocated.
        ([group(of("tax"), to((OTHER_TAX, 5000)))], {"tax": {OTHER_TAX: 5000}}),
        ([group(of("tax"), to((TAX, 3000), (OTHER_TAX, 2000)))], {"tax": {TAX: 3000, OTHER_TAX: 2000}}),
        ([group(of("tax"), to((TAX, 3000)), rest_to_suspense=True)], {"tax": {TAX: 3000, "suspended": 2000}}),
        ([group(of("tax"), rest_to_suspense=True)], {"tax": {"suspended": 5000}}),
        # What is too much for a penalty is due back, whoever decided.
        ([group(of("lost"), to((OTHER_PENALTY, 7000)))], {"lost": {OTHER_PENALTY: 7000, "suspended": 3000}}),
        ([group(of("lost"), to((PENALTY, 7000)))], {"lost": {"refund_due": 7000, "suspended": 3000}}),
        ([group(of("fine"), to((TAX, 3500)))], {"fine": {TAX: 3500}}),
        ([group(of("fine"), to((OTHER_PENALTY, 3500)))], {"fine": {OTHER_PENALTY: 3500}}),
    ],
)
async def test_money_goes_where_a_person_decides(office: Office, groups: list[Any], placed: dict[str, Any]) -> None:
    answer = await office.decide(*groups)
    assert (answer.status_code, answer.json()["state"]) == (201, "in-force"), answer.text
    assert {called: await office.placed(called) for called in placed} == placed
    await office.assert_lawful()
    undone = await office.post(f"/v1/decisions/{answer.json()['decision_id']}/undo", {"reason": "the wrong one"})
    assert undone.json()["state"] == "in-force"
    before = {"lost": {"suspended": 10000}, "stray": {"suspended": 5000}, "tax": {TAX: 5000}, "fine": {PENALTY: 3500}}
    assert {called: await office.placed(called) for called in before} == before
    await office.assert_lawful()


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        ([group(of("unheard"), to((TAX, 100)))], "no payment .* is known"),
        ([group(of("lost"), to((TAX, 10001)))], "£100.01 is more than the £100.00 that there is"),
        ([group(of("lost"), to((TAX, 9000)), refund_due_pence=1001)], "more than"),
        ([group(of("lost"), to((TAX, 0)))], "above nothing"),
        ([group(of("lost"), to((TAX, -100)))], "above nothing"),
        ([group(of("lost"), to((TAX, 100), (TAX, 200)))], "named twice"),
        ([group(of("lost", "lost"), to((TAX, 100)))], "named 2 times"),
        ([group(of("lost"), to((TAX, 100))), group(of("lost"), to((TAX, 100)))], "named 2 times"),
        ([group(of("lost"), to(("99/770001478", 100)))], "no such fund"),
        ([group(of("lost"), to(("suspense/x", 100)))], "suspense is nobody's account"),
        ([group(of("lost"), to(("23/770001479", 100)))], "no account of that fund"),
        ([group(of("lost"), to(("13/LEISURES", 100)))], "is not a reference of that fund"),
        ([group(of("lost"), to(("11/BJ90045545", 100)))], "no account of that fund"),
        ([group(of("tax"), to((OTHER_TAX, 2000)))], "£30.00 would leave an account for suspense"),
        ([group(of("lost"), to((TAX, 11000)), credit_notes=to((OTHER_TAX, 1000)))], "does not allow one"),
        ([group(of("lost"), to((TAX, 11000)), credit_notes=to((DEBT, 2000)))], "less than"),
        ([group(of("lost"), to((PENALTY, 11000)), credit_notes=to((DEBT, 1000)))], "neither takes from a penalty"),
        ([group(of("lost"), to((TAX, 10000)), credit_notes=to((DEBT, 1000)), refund_due_pence=1000)], "payer's own money"),
    ],
)
async def test_what_cannot_be_decided_is_refused_whole_in_plain_words(office: Office, groups: list[Any], reason: str) -> None:
    answer = await office.decide(group(of("stray"), to((TAX, 5000))), *groups)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert any(re.search(reason, each) for each in answer.json()["reasons"]), answer.text
    assert await office.placed("stray") == {"suspended": 5000}
    assert (await office.get("/v1/decisions"))["decisions"] == []


async def test_what_a_credit_note_gives_is_journalled_beside_and_goes_back_with_it(office: Office) -> None:
    answer = (await office.decide(group(of("lost"), to((TAX, 10000), (OTHER_TAX, 1500)), credit_notes=to((DEBT, 1500))))).json()
    assert [tuple(line.values())[:5] for line in answer["lines"]] == [
        ("fund:19", "3000000123", 1500, "O", 0), ("fund:23", "770001559", -1500, "O", 0),
    ]  # fmt: skip
    paid = {each: (await office.get(f"/v1/accounts/{COUNCIL}/{each}"))["paid_pence"] for each in (TAX, OTHER_TAX, DEBT)}
    assert paid == {TAX: 15000, OTHER_TAX: 1500, DEBT: -1500}
    await office.assert_lawful()
    await office.post(f"/v1/decisions/{answer['decision_id']}/undo", {"reason": "no"})
    paid = {each: (await office.get(f"/v1/accounts/{COUNCIL}/{each}"))["paid_pence"] for each in (TAX, OTHER_TAX, DEBT)}
    assert paid == {TAX: 5000, OTHER_TAX: 0, DEBT: 0}
    await office.assert_lawful()


async def test_the_facts_told_name_the_officer_and_the_decision(office: Office) -> None:
    answer = (await office.decide(group(of("lost"), to((TAX, 6000))))).json()
    fact = (await told(office.pool, "lost"))[-1]
    assert (fact.rule, fact.rule_version, fact.revision) == ("officer", f"decision:{answer['decision_id']}", 2)
    assert (fact.amount_pence, fact.suspended_pence) == (6000, 4000)
    assert {line.ledger_account: line.amount_pence for line in fact.lines} == {"suspense": 6000, "fund:23": -6000}
    await office.post(f"/v1/decisions/{answer['decision_id']}/undo", {"reason": "no"}, by="Bob")
    back = (await told(office.pool, "lost"))[-1]
    assert (back.type, back.revision, back.reason) == ("ims.allocations.payment-suspended.v1", 3, "no-reference")


async def test_a_payment_that_is_due_back_asks_for_its_refund(office: Office) -> None:
    await office.decide(group(of("tax"), refund_due_pence=5000))
    allocated, asked = (await told(office.pool, "tax"))[-2:]
    assert (allocated.outcome, allocated.parts, allocated.refund_due_pence) == ("refund-due", [], 5000)
    assert (asked.type, asked.amount_pence) == ("ims.allocations.refund-requested.v1", 5000)
    await office.hear(refund("tax", 5000))
    assert await office.placed("tax") == {}
    await office.assert_lawful()


async def test_the_other_payments_of_a_penalty_are_placed_anew(office: Office) -> None:
    await office.hear(payment("BJ90012273", 3500, date(2026, 3, 12), called="again"))
    assert await office.placed("again") == {"refund_due": 3500}
    moved = (await office.decide(group(of("fine"), to((OTHER_PENALTY, 3500))))).json()
    assert (await office.placed("fine"), await office.placed("again")) == ({OTHER_PENALTY: 3500}, {PENALTY: 3500})
    await office.post(f"/v1/decisions/{moved['decision_id']}/undo", {"reason": "no"})
    assert (await office.placed("fine"), await office.placed("again")) == ({PENALTY: 3500}, {"refund_due": 3500})
    await office.assert_lawful()


async def test_what_goes_back_later_comes_off_what_was_decided(office: Office) -> None:
    await office.decide(group(of("lost"), to((TAX, 5000), (DEBT, 2000)), refund_due_pence=1000))
    await office.hear(reversal("lost", 1500, called="first"))  # what was due back, and of the rest
    assert await office.placed("lost") == {TAX: 5000, DEBT: 2000, "suspended": 1500}
    await office.hear(reversal("lost", 3000, called="second"))  # the rest, then the first account
    assert await office.placed("lost") == {TAX: 3500, DEBT: 2000}
    await office.hear(reversal("lost", 5500, called="third"))
    assert await office.placed("lost") == {}
    await office.assert_lawful()


async def test_what_went_back_before_is_not_taken_off_again(office: Office) -> None:
    await office.hear(reversal("lost", 4000))
    assert (await office.decide(group(of(("lost", 2)), to((TAX, 5000)), refund_due_pence=1000))).status_code == 201
    assert await office.placed("lost") == {TAX: 5000, "refund_due": 1000}


async def test_a_reversal_that_names_no_payment_is_laid_on_an_account(office: Office) -> None:
    await office.hear(reversal(None, 4500, called="orphan", reference=None))
    part = (await office.decide(group(of("orphan"), to((TAX, -4000)))), await office.decide(group(of("orphan"), to((PENALTY, -4500)))))
    assert [each.status_code for each in part] == [422, 422]
    both = await office.decide(group(of("lost"), to((TAX, 10000))), group(of("orphan"), to((TAX, -4500))))
    assert both.status_code == 201, both.text
    assert (await office.get(f"/v1/accounts/{COUNCIL}/{TAX}"))["paid_pence"] == 10500
    assert (await office.get("/v1/suspense"))["pence"] == 5000
    await office.assert_lawful()


async def test_what_went_back_beyond_what_came_is_laid_on_an_account_and_taken_off_it_again(office: Office) -> None:
    """A refund was sent, and then the whole payment was charged back: the council is short of it, and says where."""
    await office.hear(refund("tax", 2000), reversal("tax", 5000))
    assert await office.placed("tax") == {"suspended": -2000}
    part = await office.decide(group(of(("tax", 3)), to((DEBT, -1000))))
    more = await office.decide(group(of(("tax", 3)), to((DEBT, -2000)), refund_due_pence=1))
    assert [each.status_code for each in (part, more)] == [422, 422]
    short = (await office.decide(group(of(("tax", 3)), to((DEBT, -2000))))).json()
    assert (short["state"], await office.placed("tax")) == ("in-force", {DEBT: -2000})
    assert (await office.get("/v1/suspense"))["pence"] == 15000
    await office.assert_lawful()
    await office.post(f"/v1/decisions/{short['decision_id']}/undo", {"reason": "no"})
    assert await office.placed("tax") == {"suspended": -2000}
    await office.decide(group(of(("tax", 5)), to((DEBT, -2000))))
    await office.hear(reversal("tax", 100, called="more"))
    assert await office.placed("tax") == {DEBT: -2000, "suspended": -100}
    await office.assert_lawful()


async def test_a_decision_on_what_has_changed_since_is_refused_with_what_changed(office: Office) -> None:
    await office.hear(reversal("tax", 1000))
    answer = await office.decide(group(of("tax"), to((OTHER_TAX, 4000))))
    assert answer.status_code == 412
    assert answer.json()["reasons"] == [f"payment {name('tax')}, revision 2: put on the account that its reference names"]
    body = {"decisions": [group([{"payment_id": str(name("tax"))}], to((OTHER_TAX, 4000)))], "reason": "r"}
    assert (await office.post("/v1/decisions", body)).status_code == 428
    assert (await office.post("/v1/decisions", body, **{"if-match": '"1"'})).status_code == 412
    tag = (await office.http.get(f"/v1/payments/{name('tax')}", params={"council": COUNCIL})).headers["etag"]
    assert (await office.post("/v1/decisions", body, **{"if-match": tag})).status_code == 201


async def test_the_same_command_sent_again_changes_nothing(office: Office) -> None:
    first = await office.decide(group(of("lost"), to((TAX, 10000))), key="once")
    again = await office.decide(group(of("lost"), to((TAX, 10000))), key="once")
    other = await office.decide(group(of("lost"), to((TAX, 9000))), key="once")
    assert [each.status_code for each in (first, again, other)] == [201, 200, 422]
    assert again.json() == first.json() | {"is_new": False}
    assert len((await office.story("lost"))["steps"]) == 2


async def test_a_large_amount_waits_for_another_person(office: Office) -> None:
    await office.hear(payment("770001478", 200000, called="large"))
    answer = await office.decide(group(of("large"), to((OTHER_TAX, 200000))))
    proposed = answer.json()
    assert (answer.status_code, proposed["state"], proposed["needs_approval"]) == (201, "proposed", True)
    assert await office.placed("large") == {TAX: 200000}
    path = f"/v1/decisions/{proposed['decision_id']}/approve"
    assert (await office.post(path)).status_code == 403
    approved = (await office.post(path, by="Bob")).json()
    assert (approved["state"], approved["approved_by"], approved["is_new"]) == ("in-force", "Bob", True)
    assert await office.placed("large") == {OTHER_TAX: 200000}
    assert (await office.post(path, by="Bob")).json()["is_new"] is False
    assert (await office.post(path, by="Cid")).status_code == 409
    # So does taking it back.
    undoing = (await office.post(f"/v1/decisions/{proposed['decision_id']}/undo", {"reason": "no"}, by="Bob")).json()
    assert (undoing["state"], await office.placed("large")) == ("proposed", {OTHER_TAX: 200000})
    assert (await office.post(f"/v1/decisions/{undoing['decision_id']}/approve")).json()["state"] == "in-force"
    assert await office.placed("large") == {TAX: 200000}
    words = [each["words"] for each in (await office.story("large"))["decisions"]]
    assert words == ["Ann decided: the payer rang; Bob approved it; it was undone", "Bob took a decision back: no; Ann approved it"]
    await office.assert_lawful()


async def test_several_small_amounts_of_one_command_are_a_large_one(office: Office) -> None:
    await office.hear(*(payment("770001478", 60000, called=f"part {at}") for at in range(2)))
    answer = await office.decide(*(group(of(f"part {at}"), to((OTHER_TAX, 60000))) for at in range(2)))
    assert answer.json()["state"] == "proposed"


async def test_one_person_does_not_move_in_steps_what_they_may_not_move_at_once(office: Office) -> None:
    await office.hear(payment(None, 600000, called="big"))
    assert (await office.decide(group(of("big"), to((TAX, 400000))))).json()["state"] == "in-force"
    step = group(of(("big", 2)), to((TAX, 400000), (DEBT, 200000)))
    proposal = (await office.decide(step, by="Bob")).json()
    assert (proposal["state"], proposal["amount_pence"]) == ("proposed", 600000)
    assert (await office.post(f"/v1/decisions/{proposal['decision_id']}/approve", by="Cid")).json()["state"] == "in-force"
    back = (await office.decide(group(of(("big", 3)), to((TAX, 500000), (DEBT, 100000))))).json()  # from there on it counts anew
    assert (back["state"], back["amount_pence"]) == ("in-force", 100000)
    await office.assert_lawful()


async def test_a_proposal_on_what_has_changed_since_is_not_approved_and_may_be_withdrawn(office: Office) -> None:
    await office.hear(payment("770001478", 200000, called="large"))
    path = f"/v1/decisions/{(await office.decide(group(of('large'), to((OTHER_TAX, 200000))))).json()['decision_id']}"
    await office.hear(reversal("large", 1000))
    refused = await office.post(f"{path}/approve", by="Bob")
    assert (refused.status_code, "revision 2" in refused.json()["reasons"][0]) == (409, True)
    assert (await office.post(f"{path}/undo", {"reason": "stale"})).json()["state"] == "withdrawn"
    assert (await office.post(f"{path}/approve", by="Bob")).status_code == 409
    again = [await office.post(f"{path}/undo", {"reason": "stale"}, by=by) for by in ("Ann", "Bob")]
    assert [each.status_code for each in again] == [200, 409]
    await office.assert_lawful()


async def test_decisions_are_undone_last_first_and_once(office: Office) -> None:
    first = (await office.decide(group(of("lost"), to((TAX, 10000))))).json()["decision_id"]
    second = (await office.decide(group(of(("lost", 2)), to((DEBT, 10000))))).json()["decision_id"]
    asked = {"reason": "no"}
    early = await office.post(f"/v1/decisions/{first}/undo", asked)
    assert (early.status_code, second in early.text) == (409, True)
    undone = await office.post(f"/v1/decisions/{second}/undo", asked, "undo")
    assert await office.placed("lost") == {TAX: 10000}
    assert (await office.post(f"/v1/decisions/{second}/undo", asked, "undo")).json() == undone.json()
    assert (await office.post(f"/v1/decisions/{second}/undo", asked)).status_code == 409
    assert (await office.post(f"/v1/decisions/{undone.json()['decision_id']}/undo", asked)).status_code == 409
    await office.post(f"/v1/decisions/{first}/undo", asked)
    assert await office.placed("lost") == {"suspended": 10000}
    redone = await office.decide(group(of(("lost", 5)), to((TAX, 10000))))
    assert (redone.status_code, await office.placed("lost")) == (201, {TAX: 10000})
    await office.assert_lawful()


async def test_what_is_heard_again_does_not_overrule_a_person(office: Office) -> None:
    await office.decide(group(of("tax"), to((OTHER_TAX, 5000))))
    again = [payment("770001478", 5000, called="tax", revision=revision) for revision in (1, 2)]
    await office.hear(*again, running_account(revision=9))
    assert await office.placed("tax") == {OTHER_TAX: 5000}
    await office.assert_lawful()


async def test_only_an_officer_of_the_council_decides_and_says_a_key(office: Office) -> None:
    body = {"decisions": [group(of("lost"), to((TAX, 100)))], "reason": "r"}
    assert (await office.post("/v1/decisions", body, authorization="Bearer wrong")).status_code == 401
    assert (await office.http.post("/v1/decisions", json=body, headers={"authorization": f"Bearer {token('Ann')}"})).status_code == 400
    answer = await office.post("/v1/decisions", {"decisions": [{"payments": []}], "amount": 1})
    assert answer.status_code == 422
    assert [each.split(":")[0] for each in answer.json()["reasons"]] == ["decisions.0.payments", "reason", "amount"]
    assert (await office.post("/v1/decisions", body | {"reason": "a\x00b"})).status_code == 422


async def test_decisions_are_listed_newest_first_page_by_page(office: Office) -> None:
    ids = []
    for at in range(1, 6):
        answer = await office.decide(group(of(("lost", at)), to((TAX, at))), by="Ann" if at % 2 else "Bob")
        ids.append(answer.json()["decision_id"])
    first = await office.get("/v1/decisions", count_max=2)
    rest = await office.get("/v1/decisions", count_max=3, before=first["next"])
    assert [each["decision_id"] for each in (*first["decisions"], *rest["decisions"])] == ids[::-1]
    assert len((await office.get("/v1/decisions", by="bob"))["decisions"]) == 2
    assert len((await office.get("/v1/decisions", payment_id=str(name("lost")), state="in-force", amount_min=0))["decisions"]) == 5
    assert (await office.get("/v1/decisions", state="proposed"))["decisions"] == []
    for asked, status in (("before=x", 400), ("since=2026-03-01T00:00:00", 422), ("amount_min=99999999999999999999", 422)):
        assert (await office.http.get(f"/v1/decisions?council={COUNCIL}&{asked}")).status_code == status
    assert (await office.get("/v1/decisions", since="2126-03-01T00:00:00Z"))["decisions"] == []
    assert (await office.http.get(f"/v1/decisions/{ids[0]}", params={"council": "E08000016"})).status_code == 403


async def test_of_many_who_decide_at_once_one_does(office: Office) -> None:
    answers = await asyncio.gather(*(office.decide(group(of("lost"), to((TAX, 100 + at)))) for at in range(8)))
    assert sorted(each.status_code for each in answers) == [201] + [412] * 7
    same = await asyncio.gather(*(office.decide(group(of("stray"), to((TAX, 5000))), key="same") for _ in range(8)))
    assert sorted(each.status_code for each in same) == [200] * 7 + [201]
    await office.assert_lawful()


async def heard(office: Office, *messages: Any) -> None:
    """As the kit hears: an accident is no loss, it is tried again."""
    while True:
        try:
            return await office.hear(*messages)
        except Exception as error:
            if not is_accident(error):
                raise


async def test_decisions_and_what_goes_back_meet_at_once(office: Office) -> None:
    """Whatever comes first, the pennies are all there, and nobody waits for another for ever."""
    works: list[Callable[[], Awaitable[Any]]] = []
    for at in range(6):
        works += [
            lambda at=at: office.decide(group(of(("lost", at + 1)), to((PENALTY, 1000), (OTHER_PENALTY, 1000)))),
            lambda at=at: office.decide(group(of(("stray", at + 1)), to((OTHER_PENALTY, 1000), (PENALTY, 1000)))),
            lambda at=at: heard(office, reversal("lost", 500, called=f"back {at}")),
            lambda at=at: heard(office, payment("BJ90012273", 1000, date(2026, 3, 11), called=f"more {at}")),
            lambda at=at: heard(office, penalty("BJ90012273", revision=at + 2)),
        ]
    await asyncio.gather(*(work() for work in works))
    await office.assert_lawful()
    decided = [each["decision_id"] for each in (await office.get("/v1/decisions", state="in-force"))["decisions"]]
    undoing = [office.post(f"/v1/decisions/{each}/undo", {"reason": "no"}) for each in decided]
    news = [heard(office, penalty("BJ90034458", revision=at)) for at in range(2, 6)]
    answers = await asyncio.gather(*undoing, *news)
    assert {each.status_code for each in answers if each is not None} <= {200, 409}  # an earlier one waits for the later
    await office.assert_lawful()
    lost = await office.story("lost")
    assert lost["allocated_pence"] + lost["suspended_pence"] + lost["refund_due_pence"] == 10000 - 6 * 500


@pytest.mark.parametrize("by", ["Ann", " aNN "])
async def test_the_database_itself_refuses_an_author_who_approves(office: Office, by: str) -> None:
    await office.hear(payment("770001478", 200000, called="large"))
    decision_id = UUID((await office.decide(group(of("large"), to((OTHER_TAX, 200000))))).json()["decision_id"])
    give = """INSERT INTO verdict SELECT council, decision_id, 'in-force', undoes, decided_by, {}, $2, now() FROM decision
      WHERE decision_id = $1"""
    with pytest.raises(asyncpg.CheckViolationError, match="the_author_is_not_the_approver"):
        await office.pool.execute(give.format("needs_approval"), decision_id, by)
    with pytest.raises(asyncpg.ForeignKeyViolationError):  # nor is it said that it needed none
        await office.pool.execute(give.format("false"), decision_id, by)


@pytest.mark.parametrize("change", ["needs_approval = false", "reallocated_pence = 100001", "reallocation_over_pence = 99999"])
async def test_the_database_itself_holds_what_one_person_may_move_alone(office: Office, change: str) -> None:
    await office.hear(payment("770001478", 100001, called="large"))
    kept = to((TAX, 1)) if change.startswith("reallocat") else []
    await office.decide(group(of("large"), to((OTHER_TAX, 100001 - len(kept))) + kept))
    with pytest.raises(asyncpg.CheckViolationError):
        await office.pool.execute(f"SET session_replication_role = replica; UPDATE decision SET {change}")


@pytest.mark.parametrize("table", ["decision", "decided", "verdict", "journal", "suspense_note"])
async def test_nothing_that_was_decided_is_changed(office: Office, table: str) -> None:
    for change in (f"DELETE FROM {table}", f"UPDATE {table} SET council = council", f"TRUNCATE {table} CASCADE"):
        with pytest.raises(asyncpg.RaiseError, match="only grows"):
            await office.pool.execute(change)


@pytest.mark.parametrize(
    ("broken", "law"),
    [
        ("UPDATE suspense_item SET amount_pence = 1", "the queue is what is in suspense"),
        ("UPDATE suspense_item SET owner = 'nobody'", "the queue is what is in suspense"),
        ("DELETE FROM suspense_item", "the queue is what is in suspense"),
        ("UPDATE placement SET rule = 'reference'", "what was decided is where it was decided"),
        ("DELETE FROM verdict", "what was decided is where it was decided"),
        ("UPDATE journal SET lines = '[]'", "journals are posted as they were decided"),
        ("DELETE FROM ledger_line WHERE payment_id IS NULL", "journals are posted as they were decided"),
    ],
)
async def test_a_broken_law_of_decisions_is_seen(office: Office, broken: str, law: str) -> None:
    await office.decide(group(of("lost"), to((TAX, 11000)), credit_notes=to((DEBT, 1000))))
    await office.assert_lawful()
    await tamper(office.pool, broken)
    assert law in {each["law"] for each in await reports.laws(office.pool) if not each["holds"]}

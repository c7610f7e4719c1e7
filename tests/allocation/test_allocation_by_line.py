"""What people move off single lines of a payment: the other lines stay as they are, and all of it is a decision like any other."""

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allocation.anytown import name, payment, penalty, running_account
from allocation.doors import Office, empty, group, of, to
from ims_contracts.payments import BasketLine

TAX, OTHER_TAX, DEBT, LEISURE, PENALTY = "23/770001478", "23/770001559", "19/3000000123", "13/LEISURE", "11/BJ90012273"
ACCOUNTS = (TAX, OTHER_TAX, DEBT)


def stated(account: str, pence: int, **more: Any) -> BasketLine:
    fund, _, reference = account.partition("/")
    return BasketLine(fund=fund, reference=reference, amount_pence=pence, **more)


def move(account: str, pence: int, *accounts: tuple[str, int], **more: Any) -> dict[str, Any]:
    fund, _, reference = account.partition("/")
    return {"fund": fund, "account_reference": reference, "amount_pence": pence, "to": to(*accounts)} | more


async def furnished(pool: Any) -> Office:
    """A payment of three lines (30.00, 20.00 and 12.00 of leisure, for a centre and under a VAT code of its own), one that is lost."""
    await empty(pool)
    office = Office(pool)
    basket = [stated(TAX, 3000), stated(DEBT, 2000), stated(LEISURE, 1200, cost_centre="LC02", vat_code="Z")]
    await office.hear(
        running_account("770001478"), running_account("770001559"), running_account("3000000123", "19"), penalty("BJ90012273"),
        payment(None, 6200, called="three", basket=basket), payment(None, 10000, called="lost"),
    )  # fmt: skip
    return office


@pytest.fixture
async def office(kept_pool: Any) -> Office:
    return await furnished(kept_pool)


BEFORE = {TAX: 3000, DEBT: 2000, LEISURE: 1200}


@pytest.mark.parametrize(
    ("moves", "placed"),
    [
        ([move(TAX, 1000, (OTHER_TAX, 1000))], {TAX: 2000, OTHER_TAX: 1000}),
        ([move(TAX, 1000, (OTHER_TAX, 600), (DEBT, 400))], {TAX: 2000, OTHER_TAX: 600, DEBT: 2400}),
        ([move(TAX, 3000, (OTHER_TAX, 3000)), move(DEBT, 500, (OTHER_TAX, 500))], {TAX: 0, DEBT: 1500, OTHER_TAX: 3500}),
        ([move(DEBT, 2000, refund_due_pence=2000)], {DEBT: 0, "refund_due": 2000}),
        ([move(DEBT, 2000, (TAX, 300), refund_due_pence=700)], {DEBT: 0, TAX: 3300, "refund_due": 700, "suspended": 1000}),
        ([move(LEISURE, 1200)], {LEISURE: 0, "suspended": 1200}),
        ([move(TAX, 3000, (PENALTY, 3000))], {TAX: 0, PENALTY: 3000}),
    ],
)
async def test_only_what_leaves_a_line_is_said(office: Office, moves: Any, placed: dict[str, int]) -> None:
    answer = await office.decide(group(of("three"), moves=moves))
    assert (answer.status_code, answer.json()["state"]) == (201, "in-force"), answer.text
    assert await office.placed("three") == {place: pence for place, pence in (BEFORE | placed).items() if pence}
    await office.assert_lawful()
    await office.post(f"/v1/decisions/{answer.json()['decision_id']}/undo", {"reason": "no"})
    assert await office.placed("three") == BEFORE
    await office.assert_lawful()


async def test_a_line_that_stays_keeps_its_cost_centre_and_vat_code(office: Office) -> None:
    await office.decide(group(of("three"), moves=[move(TAX, 1000, (OTHER_TAX, 1000))]))
    [leisure] = [part for part in (await office.story("three"))["steps"][-1]["parts"] if part["fund"] == "13"]
    assert (leisure["cost_centre"], leisure["vat_code"], leisure["vat_pence"]) == ("LC02", "Z", 0)


async def test_one_line_goes_back_to_the_payer_and_no_other(office: Office) -> None:
    await office.decide(group(of("three"), moves=[move(DEBT, 2000, refund_due_pence=2000)]))
    [due] = (await office.get("/v1/refunds", payment_id=name("three")))["refunds"]
    assert (due["amount_pence"], due["origin"], due["requested_by"]) == (2000, "decision", "Ann")
    assert (await office.post(f"/v1/refunds/{due['refund_id']}/approve", {})).status_code == 403
    assert (await office.post(f"/v1/refunds/{due['refund_id']}/approve", {}, by="Bob")).json()["state"] == "asked"


async def test_moves_above_the_limit_wait_for_another_person(office: Office) -> None:
    await office.hear(payment("770001478", 150000, called="large"))
    proposed = (await office.decide(group(of("large"), moves=[move(TAX, 100001, (DEBT, 100001))]))).json()
    assert (proposed["state"], await office.placed("large")) == ("proposed", {TAX: 150000})
    await office.post(f"/v1/decisions/{proposed['decision_id']}/approve", {}, by="Bob")
    assert await office.placed("large") == {TAX: 49999, DEBT: 100001}


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        (group(of("three"), moves=[move(TAX, 3001, (DEBT, 3001))]), "£30.01 is more than the £30.00 of the payment that is on"),
        (group(of("three"), moves=[move(TAX, 2000, (DEBT, 2000))] * 2), "moves.1: £20.00 is more than the £10.00 of the payment"),
        (group(of("three"), moves=[move(OTHER_TAX, 1, (DEBT, 1))]), "£0.01 is more than the £0.00"),
        (group(of("three"), moves=[move(TAX, 1000, (DEBT, 600), refund_due_pence=401)]), "£10.01 is more than the £10.00 that account"),
        (group(of("three"), moves=[move(TAX, 1000, (DEBT, -1))]), "every amount must be above nothing"),
        (group(of("three"), moves=[move(TAX, 1000, (DEBT, 0))]), "every amount must be above nothing"),
        (group(of("three"), moves=[move(TAX, 0)]), "amount_pence: Input should be greater than or equal to 1"),
        (group(of("three"), moves=[move(TAX, 1000, ("99/1", 1000))]), "there is no such fund"),
        (group(of("three"), moves=[move(TAX, 1000, ("23/770001567", 1000))]), "no account of that fund"),
        (group(of("three"), to((TAX, 1000)), moves=[move(DEBT, 1)]), "say it alone"),
        (group(of("three", "lost"), moves=[move(DEBT, 1)]), "say it alone"),
        (group(of("unheard"), moves=[move(DEBT, 1)]), "no payment .* is known"),
    ],
)
async def test_what_cannot_leave_a_line_is_refused_in_plain_words(office: Office, what: dict[str, Any], reason: str) -> None:
    answer = await office.decide(what)
    assert answer.status_code == 422
    assert any(re.search(reason, each) for each in answer.json()["reasons"]), answer.text
    assert await office.placed("three") == BEFORE


async def test_a_payment_that_changed_meanwhile_is_looked_at_again(office: Office) -> None:
    await office.decide(group(of("three"), moves=[move(TAX, 1000, (OTHER_TAX, 1000))]))
    assert (await office.decide(group(of("three"), moves=[move(TAX, 1000, (OTHER_TAX, 1000))]))).status_code == 412


MOVES = st.tuples(st.sampled_from(ACCOUNTS), st.sampled_from(ACCOUNTS), st.integers(1, 4000), st.integers(0, 1000))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.lists(MOVES, min_size=1, max_size=3), min_size=1, max_size=3))
async def test_what_leaves_one_line_arrives_at_others_and_nothing_else_moves(kept_pool: Any, steps: Any) -> None:
    office = await furnished(kept_pool)
    for moves in steps:
        before, revision = await office.placed("three"), (await office.story("three"))["revision"]
        wanted, is_possible = dict(before), True
        for source, target, pence, back in moves:
            there, kept = wanted.get(source, 0), max(0, pence - back)
            is_possible &= pence <= there and kept > 0
            for place, more in ((source, -pence), (target, kept), ("refund_due", min(back, pence))):
                wanted[place] = wanted.get(place, 0) + more
        said = [move(s, pence, (t, pence - back), refund_due_pence=back) for s, t, pence, back in moves]
        answer = await office.decide(group(of(("three", revision)), moves=said))
        assert (answer.status_code == 201) == is_possible, answer.text
        after = {place: pence for place, pence in wanted.items() if pence} if is_possible else before
        assert await office.placed("three") == after
        await office.assert_lawful()

"""Whose income it is within the council: told, kept and posted with each part, and taken off the very same when it goes back."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from allocation.anytown import PACK, payment, refund, reversal
from allocation.doors import Office, group, of, to
from allocation.test_allocation_handlers import hear, told
from ims_allocation.domain.facts import taken_off
from ims_allocation.domain.payments import Part
from ims_allocation.settings import Packs

MARKET, LEISURE = "52/MK/TAKINGS", "13/LEISURE"


def of_another_year() -> Packs:
    """Anytown's pack with the market under another cost centre."""
    funds = PACK.funds | {"52": replace(PACK.funds["52"], cost_centre="MK99"), "13": replace(PACK.funds["13"], cost_centre="LC99")}
    return Packs([replace(PACK, version="next", funds=funds)])


async def posted(pool: Any) -> Counter[Any]:
    rows = await pool.fetch("SELECT ledger_account, cost_centre, sum(amount_pence) AS pence FROM ledger_line GROUP BY 1, 2")
    return Counter({(row["ledger_account"], row["cost_centre"]): int(row["pence"]) for row in rows if row["pence"]})


@pytest.mark.parametrize(("typed", "fund", "centre"), [("MK/TAKINGS", "52", "MK01"), ("LEISURE", "13", "LC01")])
async def test_income_is_told_and_posted_under_its_funds_cost_centre(pool: Any, typed: str, fund: str, centre: str) -> None:
    await hear(pool, payment(typed, 1200))
    [fact] = await told(pool)
    assert [(part.fund, part.cost_centre) for part in fact.parts] == [(fund, centre)]
    assert [(line.ledger_account, line.cost_centre) for line in fact.lines] == [("clearing:card", None), (f"fund:{fund}", centre)]
    assert await posted(pool) == {("clearing:card", None): 1200, (f"fund:{fund}", centre): -1200}


@pytest.mark.parametrize("typed", ["MK/TAKINGS", "LEISURE"])
@pytest.mark.parametrize("back", [reversal("1", 1200), refund("1", 1200)])
async def test_what_goes_back_is_taken_off_the_cost_centre_it_was_put_on(pool: Any, typed: str, back: Any) -> None:
    await hear(pool, payment(typed, 1200))
    await hear(pool, back, packs=of_another_year())
    assert await posted(pool) == {}
    [part] = (await told(pool))[-1].parts
    assert (part.amount_pence, part.cost_centre) == (1200, {"MK/TAKINGS": "MK01", "LEISURE": "LC01"}[typed])


async def test_income_without_a_cost_centre_says_none(pool: Any) -> None:
    await hear(pool, payment("LB1234567897", 100))
    [fact] = await told(pool)
    assert "cost_centre" not in fact.model_dump_json(exclude_none=True)


@pytest.fixture
async def office(clean_pool: Any) -> Office:
    office = Office(clean_pool)
    await office.hear(payment("MK/TAKINGS", 500), payment(None, 300, called="lost"))
    return office


async def test_a_journal_moves_money_between_cost_centres_of_one_account_and_back(office: Office) -> None:
    [source], [target] = to((MARKET, 200)), to((MARKET, 200))
    asked = {"sources": [source], "targets": [target | {"cost_centre": "MK02"}], "reason": "the new hall's"}
    answer = await office.post("/v1/journals", asked | {"sources": to(("52/MK", 200)), "targets": to(("52/MK", 200))})
    assert answer.status_code == 422
    body = asked | {"sources": [{**source, "account_reference": "MK/TAKINGS"}], "targets": [target_of(target, "MK02")]}
    moved = await office.post("/v1/journals", body)
    assert moved.status_code == 201, moved.text
    there = {("clearing:card", None): 800, ("suspense", None): -300}
    assert await posted(office.pool) == there | {("fund:52", "MK01"): -300, ("fund:52", "MK02"): -200}
    await office.post(f"/v1/journals/{moved.json()['decision_id']}/undo", {"reason": "not so"})
    assert await posted(office.pool) == there | {("fund:52", "MK01"): -500}
    await office.assert_lawful()


def target_of(towards: dict[str, Any], centre: str) -> dict[str, Any]:
    return towards | {"account_reference": "MK/TAKINGS", "cost_centre": centre}


async def test_an_officer_says_whose_income_it_is(office: Office) -> None:
    [one], [other] = to((LEISURE, 100)), to((LEISURE, 200))
    decided = await office.decide(group(of("lost"), [one | {"cost_centre": "LC02"}, other]))
    assert decided.status_code == 201, decided.text
    on_fund = {key: pence for key, pence in (await posted(office.pool)).items() if key[0] == "fund:13"}
    assert on_fund == {("fund:13", "LC02"): -100, ("fund:13", "LC01"): -200}
    await office.hear(reversal("lost", 150))
    assert [(p.cost_centre, p.amount_pence) for p in (await told(office.pool))[-1].parts] == [("LC02", 100), ("LC01", 50)]
    story = await office.story("lost")
    assert {line["cost_centre"] for line in story["lines"]} == {None, "LC01", "LC02"}
    await office.assert_lawful()
    again = await office.decide(group(of(("lost", 3)), [one, one], rest_to_suspense=True))
    assert "named twice" in again.text


@pytest.mark.parametrize(
    ("before", "after", "off"),
    [
        ([("A", 5, "X"), ("A", 3, "Y")], [("A", 4, "X")], [("A", 4, "X")]),
        ([("A", 5, "X"), ("A", 3, "Y")], [], [("A", 5, "X"), ("A", 3, "Y")]),
        ([("A", 5, "X"), ("B", 3, "Y")], [("A", 5, "Z")], [("B", 3, "Y")]),
        ([("A", 5, "X")], [("A", 5, "X"), ("B", 1, "Y")], []),
    ],
)
def test_what_went_back_of_an_account_is_told_once_whatever_its_parts(before: Any, after: Any, off: Any) -> None:
    parts = [[Part("13", to, pence, cost_centre=centre) for to, pence, centre in side] for side in (before, after)]
    assert [(part.account_reference, part.amount_pence, part.cost_centre) for part in taken_off(*parts)] == off

"""The laws of money hold with officers' rules too: a rule is one more thing that a payment says, whenever it is heard."""

from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allocation import test_allocation_laws as laws
from allocation.anytown import payment, penalty, running_account
from allocation.events import Heard, tellings, worlds
from allocation.test_allocation_handlers import assert_lawful, hear, ledger, placed
from allocation.test_allocation_packs import FILES
from ims_allocation.domain.editions.edition import edition_of
from ims_allocation.settings import Packs

RULES = """rules:
  - name: to-a-penalty
    priority: 10
    when: amount_pence == 1500
    then: {fund: "11", account_reference: BJ90012273}
    before: references
    examples: [{payment: {amount_pence: 1500}, applies: true}]
  - name: held
    priority: 20
    when: amount_pence == 7000 && channel == "bank-transfer"
    then: {needs_person: true}
    before: references
    examples: [{payment: {amount_pence: 7000, channel: bank-transfer}, applies: true}]
  - name: to-a-running-account
    priority: 30
    when: channel == "web" && amount_pence != 5000
    then: {fund: "23", account_reference: "770001478"}
    examples: [{payment: {channel: web}, applies: true}]
  - name: broken
    priority: 40
    when: int(narrative) == 1
    then: {needs_person: true}
    examples: [{payment: {narrative: "1"}, applies: true}]
  - name: to-a-debt
    priority: 50
    when: amount_pence == 5000
    then: {fund: "19", account_reference: "3000000123"}
    examples: [{payment: {amount_pence: 5000, narrative: "0"}, applies: true}]
"""
PACK = edition_of(FILES | {"rules.yaml": RULES}).pack
COUNCILS, TOLD = map("S{:08}".format, count(1)), list[str]()
"""Each example is a council's of its own, in one database."""


@pytest.fixture(autouse=True)
def ruled(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model without a database decides by these rules as well."""
    monkeypatch.setattr(laws, "PACK", PACK)
    monkeypatch.setattr(laws, "PACKS", Packs([PACK]))


def rules_used(world: laws.World) -> set[str]:
    placements = [placement for placement in world.placed.values() if placement]
    return {each.rule for each in placements} | {each.reason or "" for each in placements}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_the_order_and_the_repetition_of_facts_do_not_matter_with_rules(data: st.DataObject) -> None:
    facts = data.draw(worlds())
    once, other = laws.told_in([facts]), laws.told_in(data.draw(tellings(facts)))
    assert other.placed == once.placed
    assert other.ledger == once.ledger


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_the_handlers_do_what_the_rules_say_in_any_order_and_any_batches(pool: Any, data: st.DataObject) -> None:
    TOLD.append(council := next(COUNCILS))
    packs = Packs([replace(PACK, council=each) for each in TOLD])
    world: list[Heard] = data.draw(worlds())
    for batch in data.draw(tellings(world)):
        await hear(pool, *(fact.model_copy(update={"council": council}) for fact in batch), packs=packs)
    expected = laws.told_in([world])
    assert {id_: placement for (_, id_), placement in (await placed(pool, council)).items()} == {
        id_: placement for (_, id_), placement in expected.placed.items()
    }
    assert await ledger(pool, council) == expected.ledger
    await assert_lawful(pool, packs)


def test_every_rule_has_its_say_in_some_world() -> None:
    told: list[Heard] = [
        running_account(), running_account("3000000123", "19", balance_pence=5000), penalty("BJ90012273"),
        payment("770001478", 1500, called="1"), payment("770001478", 7000, called="2", channel="bank-transfer"),
        payment(None, 3500, called="3"), payment(None, 5000, called="4", channel="bank-transfer"), payment("770001478", 3500, called="5"),
    ]  # fmt: skip
    assert rules_used(laws.told_in([told])) >= {"rule:to-a-penalty", "needs-person", "rule:to-a-running-account", "rule:to-a-debt"}

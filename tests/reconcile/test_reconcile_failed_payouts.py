"""A payout that failed is one break, whoever says so, in any order."""

from datetime import date
from itertools import permutations
from typing import Any

import pytest

from ims_contracts.reconciliations import BreakOpened
from reconcile.anytown_bank import failed, line, member, named, payment, settlement, statement
from reconcile.reconcile_world import World

PO = "STRIPE ANYTOWN po_1SYNTH"
LATER = statement([], "later", closed_on=date(2026, 4, 30), opening=0, bank_account="20201599999999")
FAILED = failed("po_1SYNTH", 5000)
PAYOUT = [*settlement("po_1SYNTH", [member("a", 5000)]), payment("a", 5000)]
CREDIT, DEBIT = line("in", 5000, PO), line("out", -5000, "STRIPE RETURN", booked_on=date(2026, 3, 20))
ROW = settlement("po_2SYNTH", [member("x", 5000, kind="payout-failed")])
TWIN = settlement("po_3SYNTH", [member("b", 5000)], paid_on=date(2026, 3, 23))


async def open_breaks(world: World) -> list[tuple[Any, ...]]:
    rows = await world.pool.fetch("SELECT kind, amount_pence, subject_id, other_id FROM break WHERE is_open ORDER BY 1, 2")
    return [tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("facts", "broken"),
    [
        ([FAILED], ("payout-failed", 5000, named("po_1SYNTH"), None)),
        ([PAYOUT, FAILED], ("payout-failed", 5000, named("po_1SYNTH"), None)),
        ([PAYOUT, FAILED, CREDIT], ("payout-failed", 5000, named("po_1SYNTH"), None)),
        ([FAILED, DEBIT], ("payout-failed", -5000, named("out"), named("po_1SYNTH"))),
        ([PAYOUT, CREDIT, DEBIT], ("payout-failed", -5000, named("out"), named("po_1SYNTH"))),
        ([PAYOUT, CREDIT, DEBIT, FAILED], ("payout-failed", -5000, named("out"), named("po_1SYNTH"))),
    ],
    ids=["heard of so only", "never at the bank", "still at the bank", "taken back", "as the bank says", "taken back, as both say"],
)
async def test_a_failed_payout_is_one_break_whoever_says_so_first(world: World, facts: list[Any], broken: tuple[Any, ...]) -> None:
    for order in permutations([*facts, LATER]):
        await world.clear()
        for each in order:
            heard = each if isinstance(each, list) else [each]
            await world.hear([*heard, *heard])
            await world.settle()
            assert [kind for kind, *_ in await open_breaks(world)].count("payout-failed") <= 1
        assert await open_breaks(world) == [broken]
        told = {each.break_id for each in await world.told(BreakOpened) if each.kind == "payout-failed"}
        assert len(told) == 1, "who took the break on keeps it, whatever is heard of it later"


async def test_the_row_of_a_later_payout_and_the_providers_word_are_one_break(world: World) -> None:
    for facts in ([*PAYOUT, *ROW, FAILED], [FAILED, *ROW, *PAYOUT]):
        await world.clear()
        for fact in [*facts, LATER, line("two", 5000, "STRIPE po_2SYNTH")]:
            await world.hear([fact])
            await world.settle()
        assert await open_breaks(world) == [("payout-failed", 5000, named("po_1SYNTH"), None)]


async def test_the_payout_that_the_provider_names_is_taken_back_and_not_its_twin(world: World) -> None:
    await world.hear([*PAYOUT, CREDIT, *TWIN, payment("b", 5000), line("in2", 5000, "STRIPE po_3SYNTH", booked_on=date(2026, 3, 23))])
    await world.hear([DEBIT, LATER])
    await world.settle()
    assert await open_breaks(world) == [("bank-line-unexplained", -5000, named("out"), None)]  # it could be either
    await world.hear([FAILED])
    await world.settle()
    assert await open_breaks(world) == [("payout-failed", -5000, named("out"), named("po_1SYNTH"))]


async def test_a_payout_is_taken_back_once(world: World) -> None:
    await world.hear([*PAYOUT, CREDIT, FAILED, DEBIT, line("out2", -5000, "STRIPE RETURN", booked_on=date(2026, 3, 23)), LATER])
    await world.settle()
    assert [(kind, subject) for kind, _, subject, _ in await open_breaks(world)] == [
        ("bank-line-unexplained", named("out2")), ("payout-failed", named("out")),
    ]  # fmt: skip

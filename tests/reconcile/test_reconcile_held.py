"""What allocation holds because the account is closed, or too little is said, is a break a day, until it is decided. In any order."""

from datetime import date

import pytest

from ims_contracts import Message
from ims_contracts.reconciliations import BreakOpened
from reconcile.anytown_bank import DAY, allocated, payment, refund, statement, suspended
from reconcile.reconcile_world import World

LATER = statement([], "later", opening=0, closed_on=date(2026, 4, 30))
CLOSED = allocated("a", 3500, outcome="closed", refund_due_pence=3500)
NOT_OPEN, UNSURE = suspended("a", 3500, reason="not-open"), suspended("b", 500, reason="ambiguous")
DECIDED = allocated("b", 500, 2, rule="officer", posted_on=date(2026, 3, 20))

CASES: list[tuple[str, list[Message], list[tuple[str, int]]]] = [
    ("a penalty that was cancelled", [CLOSED, LATER], [("closed-account", 3500)]),
    ("an account that is not open", [NOT_OPEN, LATER], [("closed-account", 3500)]),
    ("too little is said", [UNSURE, LATER], [("low-evidence", 500)]),
    ("two of a day are one break", [UNSURE, suspended("c", 700, reason="ambiguous"), LATER], [("low-evidence", 1200)]),
    ("of two days two", [UNSURE, suspended("c", 700, reason="ambiguous", posted_on=date(2026, 3, 19)), LATER],
     [("low-evidence", 500), ("low-evidence", 700)]),
    ("an officer decided", [UNSURE, DECIDED, LATER], []),
    ("it went back", [payment("a", 3500, statement_line_id=payment("x", 1).payment_id), refund("r", "a", 3500), CLOSED, LATER], []),
    ("what is held for another reason", [suspended("b", 500), LATER], []),
    ("there is time yet", [UNSURE, statement([], closed_on=DAY)], []),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "broken"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
async def test_what_is_held_is_a_break_until_it_is_decided(world: World, facts: list[Message], broken: list[tuple[str, int]]) -> None:
    for seed in range(4):
        await world.hear_in_any_order(facts, seed)
        assert await world.breaks() == broken


async def test_the_break_says_how_many_and_names_nobody(world: World) -> None:
    await world.hear([UNSURE, suspended("c", 700, reason="ambiguous"), LATER])
    await world.settle()
    (told,) = await world.told(BreakOpened)
    assert (told.source, told.opened_on, told.explanation.split()[0]) == ("allocation", DAY, "2")

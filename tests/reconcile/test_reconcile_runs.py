"""What was sent to a back office is what it accepted, in lines and in pence, or there is a break until it is."""

from itertools import permutations

import pytest

from ims_contracts import Message
from ims_contracts.reconciliations import BreakClosed
from reconcile.anytown_bank import DAY, answer, run, statement
from reconcile.reconcile_world import World

LATER = statement([], "later", opening=0, closed_on=DAY.replace(month=4))
SENT = run("r", 3, 600)
WHOLE, PART, NONE = answer("r", 2, (3, 600)), answer("r", 1, (2, 500)), answer("r", 2, (2, 500), (1, 100))
UNANSWERED, REJECTED = ("run-unanswered", 600), ("run-rejected", 100)

CASES: list[tuple[str, list[Message], list[tuple[str, int]]]] = [
    ("nobody answers", [SENT, LATER], [UNANSWERED]),
    ("there is time yet", [SENT, statement([], "next", closed_on=DAY.replace(day=19))], []),
    ("all is accepted", [SENT, WHOLE, LATER], []),
    ("all is accepted in the end", [SENT, PART, WHOLE, LATER], []),
    ("a line is not answered", [SENT, PART, LATER], [("run-unanswered", 100)]),
    ("a line is rejected", [SENT, PART, NONE, LATER], [REJECTED]),
    ("a line is rejected and one is not answered", [SENT, answer("r", 1, (1, 300), (1, 100)), LATER], [REJECTED, ("run-unanswered", 200)]),
    ("all lines, other pence", [SENT, answer("r", 1, (3, 599)), LATER], [("run-total", -1)]),
    ("more lines than were sent", [SENT, answer("r", 1, (4, 600)), LATER], [("run-total", 0)]),
    ("only the answer is known", [NONE, LATER], [REJECTED]),
    ("only an answer that says what was sent", [answer("r", 1, (2, 500), sent_count=3, sent_pence=600), LATER], [("run-unanswered", 100)]),
    ("an answer that says other pence than the run", [SENT, answer("r", 1, (3, 599), sent_count=3, sent_pence=599), LATER],
     [("run-total", -1)]),
    ("nothing was in it", [run("r", 0, 0), LATER], []),
    ("money that went back", [run("r", 2, -100), answer("r", 1, (1, 200), (1, -300)), LATER], [("run-rejected", -300)]),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "broken"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
async def test_what_was_sent_is_accepted_or_it_is_a_break_in_any_order(
    world: World, facts: list[Message], broken: list[tuple[str, int]]
) -> None:
    ends = []
    for order in permutations(facts):
        await world.clear()
        for fact in order:
            await world.hear([fact, fact])
            await world.settle()
        ends.append(await world.state())
        assert await world.breaks() == broken
    assert ends.count(ends[0]) == len(ends)


async def test_the_break_of_a_run_is_closed_when_it_is_whole(world: World) -> None:
    await world.hear([SENT, LATER, PART])
    await world.settle()
    await world.hear([WHOLE])
    await world.settle()
    assert len(await world.told(BreakClosed)) == 1
    assert await world.breaks() == []
    await world.hear([answer("r", 3, (2, 500), (1, 100))])  # what was whole may yet be told otherwise
    await world.settle()
    assert await world.breaks() == [REJECTED]


async def test_a_back_office_that_answers_nothing_is_not_asked(world: World) -> None:
    world.pack = world.pack.model_copy(update={"unanswering": frozenset({"revenues"})})
    await world.hear([SENT, LATER])
    await world.settle()
    assert await world.breaks() == []

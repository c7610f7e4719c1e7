"""A statement in several pages is one: it proves once all are here, and a page that never comes is a break. In any order."""

from datetime import date
from itertools import permutations

import pytest

from ims_contracts import Message
from reconcile.anytown_bank import line, named, statement
from reconcile.reconcile_world import World

NEXT = statement([], "next", opening=1_001_500, closed_on=date(2026, 3, 19))
"""The bank's next day: nothing more comes of the day before."""


def page(number: int, of: int, pence: int, **balances: int) -> list[Message]:
    """A page with one line, and the balances that the bank gives on it."""
    booked = line(f"line {number}", pence, f"770001020 {number}", statement_id=named(f"page {number}"))
    told = statement([booked], f"page {number}", statement_reference="52", sequence=52, page=number, is_last_page=number == of)
    return [told.model_copy(update={"is_proved": None, **balances}), booked]


WHOLE = {"opening_pence": 1_000_000, "closing_pence": 1_001_500}
EACH = [{"opening_pence": 1_000_000, "closing_pence": 1_000_600}, {"opening_pence": 1_000_600, "closing_pence": 1_001_500}]
BOTH, OWN = [page(1, 2, 600, **WHOLE), page(2, 2, 900, **WHOLE)], [page(n, 2, 300 * n + 300, **EACH[n - 1]) for n in (1, 2)]
WRONG = [page(1, 2, 600, **WHOLE), page(2, 2, 901, **WHOLE)]


@pytest.mark.parametrize(
    ("pages", "broken"),
    [
        (BOTH, []),
        (OWN, []),
        (WRONG, [("balance", 1)]),
        (BOTH[:1], [("statement-incomplete", 0)]),
        (BOTH[1:], [("statement-incomplete", 0)]),
        (OWN[:1], [("statement-incomplete", 0)]),
    ],
    ids=["balances of the whole", "of each page", "they do not prove", "no second", "no first", "no second, and the first proves"],
)
async def test_a_statement_proves_when_all_its_pages_are_here(
    world: World, pages: list[list[Message]], broken: list[tuple[str, int]]
) -> None:
    for order in permutations([*pages, [NEXT]]):
        await world.clear()
        for facts in order:
            await world.hear(facts)
            await world.settle()
        found = await world.breaks()
        assert [each for each in found if each[0] in ("balance", "statement-incomplete")] == broken

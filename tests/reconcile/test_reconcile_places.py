"""The control sheet says where all that was received is: on accounts, in suspense, due back, or not placed yet. In any order, once."""

from datetime import date
from random import Random
from typing import Any

import httpx
import pytest

from ims_contracts import Message
from reconcile.anytown_bank import COUNCIL, DAY, allocated, named, payment, refund, reversal, statement, suspended
from reconcile.reconcile_world import World
from reconcile.two_officers import FACTS, NEXT, closed, holds, sheet

PART = {"refund_due_pence": 100, "suspended_pence": 300}


def back(of: str, pence: int, on: date = DAY) -> Message:
    return reversal(f"{of} back", pence, payment_id=named(of), source="govuk-pay", method_of_payment="card-stripe", reversed_on=on)


# What of 5,000 pence is left, on accounts, due back, in suspense, not placed.
CASES: list[tuple[str, list[Message], tuple[int, int, int, int, int]]] = [
    ("on an account", [allocated("a", 5000)], (5000, 5000, 0, 0, 0)),
    ("in suspense", [suspended("a", 5000)], (5000, 0, 0, 5000, 0)),
    ("nobody told", [], (5000, 0, 0, 0, 5000)),
    ("a part of it each", [allocated("a", 4700, **PART)], (5000, 4600, 100, 300, 0)),
    ("found its account", [suspended("a", 5000), allocated("a", 5000, 2)], (5000, 5000, 0, 0, 0)),
    ("left its account", [allocated("a", 5000), suspended("a", 5000, 3)], (5000, 0, 0, 5000, 0)),
    ("went back off its account", [allocated("a", 5000), back("a", 1000)], (4000, 4000, 0, 0, 0)),
    ("went back whole out of suspense", [suspended("a", 5000), refund("r", "a", 5000)], (0, 0, 0, 0, 0)),
    ("went back: first what was due back, then suspense", [allocated("a", 4700, **PART), back("a", 250)], (4750, 4600, 0, 150, 0)),
    ("went back before it was placed", [allocated("a", 4000), back("a", 1000)], (4000, 4000, 0, 0, 0)),
    ("goes back on another day", [allocated("a", 5000), back("a", 1000, NEXT)], (5000, 5000, 0, 0, 0)),
    ("goes back on another day, and was placed after", [allocated("a", 4000, 3), back("a", 1000, NEXT)], (5000, 5000, 0, 0, 0)),
    ("less was placed", [allocated("a", 4900)], (5000, 4900, 0, 0, 100)),
    ("another council's", [allocated("a", 5000, council="E06999999")], (5000, 0, 0, 0, 5000)),
]  # fmt: skip


def of_(rows: list[dict[str, Any]], *names: str) -> list[tuple[int, ...]]:
    return [tuple(row[f"{name}_pence"] for name in names) for row in rows]


@pytest.mark.parametrize(("facts", "wanted"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
async def test_what_was_received_has_its_place(world: World, client: httpx.AsyncClient, facts: list[Message], wanted: Any) -> None:
    for seed in range(4):
        shuffled = [payment("a", 5000), *facts] * 2
        Random(seed).shuffle(shuffled)
        await world.clear()
        await world.hear(shuffled, size=1 + seed)
        found = await sheet(client)
        assert of_(found["placed"], "received", "allocated", "refund_due", "suspended", "unplaced") == [wanted] * any(wanted)
        assert of_(found["held"], "suspended", "refund_due", "unplaced") == [(wanted[3], wanted[2], wanted[4])] * any(wanted[2:])
        assert holds(found)


async def test_what_finds_its_account_after_the_day_was_closed_is_moved_in_the_open_day(world: World, client: httpx.AsyncClient) -> None:
    await world.hear([*FACTS, allocated("a", 5000), suspended("b", 3000)])
    await world.settle()
    await closed(client)
    before = await sheet(client)
    cards = [row for row in before["placed"] if row["source"] == "govuk-pay"]
    assert of_(cards, "received", "allocated", "suspended") == [(8000, 5000, 3000)]
    await world.hear([allocated("b", 3000, 2), statement([], "next", opening=1_008_380, closed_on=NEXT)])
    await world.settle()
    assert await sheet(client) == before
    opened = await sheet(client, NEXT)
    assert of_(opened["placed"], "received", "allocated", "suspended", "unplaced") == [(0, 3000, -3000, 0)]
    assert [row["source"] for row in opened["held"]] == ["bank"], "of what only the bank knew nobody said where it is"
    assert holds(opened)
    await closed(client, NEXT)
    assert await world.broken_laws() == []


async def test_what_takes_back_an_unknown_payment_stands_by_itself_until_that_comes(world: World, client: httpx.AsyncClient) -> None:
    await world.hear([back("unknown", 700)])
    found = await sheet(client)
    assert of_(found["placed"], "received", "allocated", "without_payment", "unplaced") == [(-700, 0, -700, 0)]
    assert holds(found)
    await world.hear([payment("unknown", 900), allocated("unknown", 900)])
    found = await sheet(client)
    assert of_(found["placed"], "received", "allocated", "without_payment", "unplaced") == [(200, 200, 0, 0)]


async def test_a_batch_that_is_placed_whole_is_one_row_a_council(world: World) -> None:
    await world.hear([*(allocated(str(number), 100) for number in range(50)), allocated("x", 1, council="E06999999"), suspended("y", 5)])
    rows = await world.pool.fetch("SELECT council, cardinality(payment_ids) FROM placed_whole ORDER BY council")
    assert [tuple(row) for row in rows] == [("E06999999", 1), (COUNCIL, 50)]
    assert await world.pool.fetchval("SELECT count(*) FROM held") == 1

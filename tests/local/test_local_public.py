"""The public tasks are what they say, and ours and SQL find the same, and all of it."""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable

import pytest

from ims_local.public.measure import TASKS, both
from ims_local.public.tasks import GROUP, Row, Task

each_task = pytest.mark.parametrize("make", TASKS, ids=[make.__name__ for make in TASKS])


def sums(rows: list[Row]) -> dict[str, int]:
    found: dict[str, int] = defaultdict(int)
    for row in rows:
        found[row.reference] += row.pence
    return found


@each_task
def test_the_truth_is_what_agrees_to_the_penny_and_a_seed_is_the_same_rows(make: Callable[[int, int], Task]) -> None:
    task = make(1000, 1)
    ledger, bank = sums(task.ledger), sums(task.bank)
    assert task.truth == {reference for reference, pence in ledger.items() if bank.get(reference) == pence}
    assert 0 < len(task.truth) < len(ledger | bank)
    assert make(1000, 1) == task != make(1000, 2)


def test_the_tasks_have_their_shapes() -> None:
    single, many, turned = (make(1000, 1) for make in TASKS)
    assert set(Counter(row.reference for row in (*single.ledger, *single.bank)).values()) == {1, 2}
    for rows in (many.ledger, turned.bank):
        assert set(Counter(row.reference for row in rows).values()) == {GROUP}


@each_task
async def test_ours_and_sql_find_all_of_it_and_nothing_else(
    make: Callable[[int, int], Task], database: Callable[[], Awaitable[str]]
) -> None:
    task = make(1000, 3)
    found = await both(task, await database())
    assert (found["ours_found"], found["ours_wrong"]) == (found["sql_found"], found["sql_wrong"]) == (len(task.truth), 0)
    assert found["ours_drift_pence"] == found["sql_drift_pence"] == sum(sums(task.ledger).values()) - sum(sums(task.bank).values())

"""A whole month of a large council, small: matched without a mistake, every planted fault named, and nothing else."""

from collections.abc import Awaitable, Callable

from ims_local.month.measure import measure
from ims_local.progress import Steps


async def test_the_month_is_matched_without_a_mistake_and_every_fault_is_named(database: Callable[[], Awaitable[str]]) -> None:
    found = await measure(await database(), 25_000, 1, Steps())
    assert (found["wrong_matches"], found["faults_not_named"], found["false_breaks_by_kind"]) == (0, {}, {})
    assert found["announced_lines_matched_per_cent"] == 100.0
    assert found["bank_only_lines_taken_per_cent"] == 100.0
    assert found["payments_at_bank_matched_per_cent"] >= 99.5
    assert found["laws_broken"] == []

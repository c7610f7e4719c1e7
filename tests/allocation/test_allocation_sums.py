"""What money comes to is said from sums: the same as from everything, and a wrong sum is found."""

from typing import Any

import pytest

from allocation.anytown import COUNCIL, PACKS, payment, reversal
from allocation.modelled import Model
from databases import tamper
from ims_allocation.handlers import on_payments
from ims_allocation.store import reports, sums
from ims_kit import begin


async def test_the_balances_are_those_of_where_each_payment_is_now(pool: Any) -> None:
    office = await Model(pool).furnish()
    await office.is_added_up()
    await office.returns("tax", 30)
    await office.says(["lost", "stray"], [10, 60], "Ann")
    said = await reports.balances(pool, COUNCIL)
    assert said["received"] == {"count": 3, "pence": 855000}
    assert said["reversed"] == {"count": 1, "pence": 45000}
    assert set(said["differences"].values()) == {0}
    await office.is_added_up()
    assert await pool.fetchval("SELECT count(*) FROM posted_sum") == len(said["ledger"])
    await office.assert_lawful()


async def test_adding_up_leaves_what_is_not_committed(pool: Any) -> None:
    office = await Model(pool).furnish()
    async with begin(pool) as slow:
        await on_payments([payment("770001478", 700, called="late")], slow, packs=PACKS, names=office.names)
        await office.hear(payment("770001478", 800, called="early"))
        await office.is_added_up()
    await office.assert_lawful()
    assert (await reports.balances(pool, COUNCIL))["received"] == {"count": 5, "pence": 856500}
    await office.is_added_up()
    await office.assert_lawful()


@pytest.mark.parametrize(
    "mutant",
    [
        tuple(each.replace("DELETE FROM", "SELECT * FROM").replace(" RETURNING *", "") for each in sums.ADD_UP),
        tuple(each.replace("sum(allocated_pence)", "max(allocated_pence)") for each in sums.ADD_UP),
        ("DELETE FROM posted_sum",),
    ],
    ids=["sums twice", "keeps the largest", "sums nothing"],
)
async def test_a_wrong_sum_is_found(pool: Any, monkeypatch: pytest.MonkeyPatch, mutant: tuple[str, ...]) -> None:
    monkeypatch.setattr(sums, "ADD_UP", mutant)
    office = await Model(pool).furnish()
    await office.hear(reversal("tax", 100, called="one"))
    async with begin(pool) as work:
        await sums.add_up(work.connection)
    with pytest.raises(AssertionError, match="what is summed is what there is"):
        await office.assert_lawful()


async def test_a_row_that_no_sum_has_is_found(pool: Any) -> None:
    office = await Model(pool).furnish()
    await tamper(pool, "DELETE FROM placement WHERE allocated_pence > 0")
    with pytest.raises(AssertionError, match="what is summed is what there is"):
        await office.assert_lawful()

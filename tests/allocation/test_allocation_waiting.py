"""A payment waits for its account so long, and then is for a person; if the account comes after all, it is placed by itself."""

from datetime import date
from typing import Any

import pytest

from allocation.anytown import PACKS, name, payment, penalty
from allocation.doors import Office, group, of, to
from allocation.test_allocation_refunds import told
from ims_allocation.app import build
from ims_allocation.handlers.waiting import end_waits
from ims_allocation.settings import Settings
from ims_kit import Service


class Waiting(Office):
    """An office before a service that looks for waits that are over."""

    def __init__(self, pool: Any) -> None:
        super().__init__(pool)
        self.service: Service = build(Settings(kafka_bootstrap="nowhere:9", database_url="postgresql://nowhere/none"))
        self.service.pool = pool

    async def days_later(self, days: int) -> None:
        await self.pool.execute("UPDATE suspense_item SET since_on = since_on - $1::int", days)
        await end_waits(self.service, PACKS)

    async def item(self) -> Any:
        return await self.get(f"/v1/suspense/{name('early')}")


@pytest.fixture
async def office(clean_pool: Any) -> Waiting:
    office = Waiting(clean_pool)
    await office.hear(payment("BJ90012273", 3500, date(2026, 3, 10), called="early"), payment(None, 100, called="lost"))
    return office


async def test_it_waits_and_then_a_person_has_to_look_once(office: Waiting) -> None:
    await office.days_later(7)
    assert ((await office.item())["reason"], (await office.item())["revision"]) == ("account-awaited", 1)
    await office.days_later(20)
    await office.days_later(20)
    item = await office.item()
    assert (item["reason"], item["revision"]) == ("wait-over", 2)
    reasons = [each.reason for each in await told(office.pool, "payment-suspended")]
    assert (sorted(reasons[:2]), reasons[2:]) == (["account-awaited", "no-reference"], ["wait-over"])
    words = (await office.story("early"))["steps"][-1]["words"]
    assert words == "held in suspense: the reference is valid, but its account has not become known for too long"
    await office.assert_lawful()


async def test_an_account_that_comes_later_still_has_its_payment(office: Waiting) -> None:
    await office.days_later(40)
    await office.hear(penalty("BJ90012273"))
    assert await office.placed("early") == {"11/BJ90012273": 3500}
    await office.assert_lawful()


async def test_it_is_an_ordinary_item_that_a_person_decides_on(office: Waiting) -> None:
    await office.hear(penalty("BJ90034458"))
    await office.days_later(40)
    assert (await office.decide(group(of(("early", 2)), to(("11/BJ90034458", 3500))))).status_code == 201
    await office.hear(penalty("BJ90012273"))
    assert await office.placed("early") == {"11/BJ90034458": 3500}
    await office.assert_lawful()

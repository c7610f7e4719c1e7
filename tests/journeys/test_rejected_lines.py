"""A line from allocation to a back office, its rejection back again, and what a person makes of it: two services, no broker."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from allocation.anytown import PACKS, payment, running_account
from allocation.doors import Office, group, of, to
from ims_allocation.handlers import on_acknowledgements
from ims_contracts import MESSAGES
from ims_kit import begin, migrate, open_pool
from ims_notify.domain.answering import Verdict
from ims_notify.domain.received import Received
from ims_notify.taking import Answered, take
from notify.notify_world import Notify, notifying
from notify.runs_world import hear, make, setup

TAX = "23/770001478"
TOLD = "SELECT id, headers::json ->> 'ce_type' AS type, body FROM told WHERE id > $1 ORDER BY id"


class Between:
    """Carries what one service told to the other, as often as it is asked; each fact twice."""

    def __init__(self, office: Office, notify: Notify, folder: Path) -> None:
        self.office, self.notify, self.revenues = office, notify, setup(folder)
        self.to_notify, self.to_allocation = 0, 0
        self.slot = datetime(2026, 3, 17, tzinfo=UTC)

    async def carry(self) -> None:
        for row in await self.office.pool.fetch(TOLD, self.to_notify):
            fact, self.to_notify = MESSAGES[row["type"]].model_validate_json(row["body"]), row["id"]
            if hasattr(fact, "lines"):
                await hear(self.notify, self.revenues, fact, fact)
        for row in await self.notify.pool.fetch(TOLD, self.to_allocation):
            fact, self.to_allocation = MESSAGES[row["type"]].model_validate_json(row["body"]), row["id"]
            if row["type"] == "ims.notifications.posting-acknowledged.v1":
                async with begin(self.office.pool) as work:
                    await on_acknowledgements([fact, fact], work, packs=PACKS)

    async def answer(self, number: int, *rejected: int) -> None:
        """The back office answers a run whole."""
        lines = await self.notify.rows("SELECT sequence FROM posting_line WHERE number = $1", number)
        said = [Verdict(each, each not in rejected, "unknown-account" if each in rejected else "") for (each,) in lines]
        async with begin(self.notify.pool) as work:
            await take(self.revenues, Answered(number, said), False, work)

    async def run(self) -> list[tuple[Any, ...]]:
        """The lines of the next run."""
        await self.carry()
        before = await self.notify.value("SELECT coalesce(max(number), 0) FROM run")
        self.slot += timedelta(hours=1)
        await make(self.notify, self.revenues, self.slot)
        return await self.notify.rows(
            "SELECT sequence, account_reference, amount_pence FROM posting_line WHERE number > $1 ORDER BY 1", before
        )

    async def accepted(self) -> int:
        return int(await self.notify.value("SELECT coalesce(sum(amount_pence), 0) FROM run_answer WHERE is_accepted"))


@pytest.fixture
async def between(database: Any, tmp_path: Path) -> Any:
    urls = [await database(), await database()]
    await migrate(urls[0], "ims_allocation.migrations")
    await migrate(urls[1], "ims_notify.migrations")
    pool = await open_pool(urls[0])
    async with notifying(urls[1]) as notify:
        yield Between(Office(pool), notify, tmp_path)
    await pool.close()


async def test_what_is_rejected_is_in_suspense_then_placed_anew_and_the_back_office_has_what_the_ledger_says(between: Between) -> None:
    office = between.office
    paid = [payment("770001478", 5000, called="tax"), payment("770001559", 700, called="other")]
    await office.hear(running_account("770001478"), running_account("770001559"), *paid)
    await hear(between.notify, between.revenues, *(Received.model_validate_json(each.model_dump_json()) for each in paid))
    first = await between.run()
    assert {row[1:] for row in first} == {("770001478", 5000), ("770001559", 700)}

    await between.answer(1, next(row[0] for row in first if row[1] == "770001478"))
    await between.carry()
    assert await office.placed("tax") == {"suspended": 5000}
    assert await between.run() == [], "it never had the money, so nothing is taken back from it"

    await office.decide(group(of(("tax", 2)), to((TAX, 5000))))
    assert [row[1:] for row in await between.run()] == [("770001478", 5000)]
    await between.answer(2)
    await between.carry()
    assert await office.placed("tax") == {TAX: 5000}

    await office.decide(group(of(("tax", 3)), to(("23/770001559", 5000))))
    assert {row[1:] for row in await between.run()} == {("770001478", -5000), ("770001559", 5000)}
    await between.answer(3)
    await between.carry()
    ledger = await office.pool.fetchval("SELECT -sum(amount_pence)::bigint FROM ledger_line WHERE ledger_account = 'fund:23'")
    assert await between.accepted() == ledger == 5700
    await office.assert_lawful()

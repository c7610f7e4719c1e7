"""Whatever the order and however often: the same is open, and the same is said. And what alarms of runs."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest

from ims_contracts.allocations import JournalPosted
from ims_kit import begin
from ims_notify.domain.attempts import Answer
from ims_notify.domain.postings import LONDON
from ims_notify.store import alert_levels
from notify import runs_world
from notify.alerts_world import came, closed, empty, hear, late, opened, refused, said, watch
from notify.notify_world import COUNCIL, DAY, allocated, notifying, suspended, unallocated
from notify.runs_world import Receiver, moved, placed, runner, setup


@pytest.fixture
async def notify(notify_url):
    async with notifying(notify_url) as found:
        await empty(found)
        yield found


def held(*pence: int) -> list[Any]:
    return [line for each in pence for line in moved(("clearing:card", None, each), ("suspense", None, -each))]


def out(pence: int) -> list[Any]:
    return moved(("suspense", None, pence), ("fund:23", "1", -pence))


STORY = [
    late(), came(), late("stripe"), came("stripe", DAY - timedelta(days=1)), refused("a"), refused("b"),
    opened("a"), closed("a"), opened("a", 3), closed("a", 4), opened("b"), closed("b"), opened("b", 3), opened("c", kind="fee-differs"),
    suspended("a", lines=held(500)), suspended("b", lines=held(700)), allocated("b", revision=2, lines=out(700)),
    suspended("b", revision=3, lines=[*held(700)]), unallocated("a", revision=2, lines=held(-200)),
    JournalPosted(council=COUNCIL, journal_id=suspended("j").payment_id, reason="decided", posted_on=DAY, lines=held(90)),
]  # fmt: skip


@dataclass
class End:
    alarms: list[Any]
    suspense: Any
    breaks: Any
    said: list[str]


async def end(notify) -> End:
    looking = watch(suspense={"pence": 1000}, breaks={"count": 2})
    await looking.look(notify.service)
    async with begin(notify.pool) as work:
        amounts = await alert_levels.suspense(COUNCIL, work), await alert_levels.breaks(COUNCIL, work)
    kept = "SELECT kind, subject, case_name, ended_at IS NULL FROM alarm WHERE kind NOT LIKE '%-high' ORDER BY 1, 2, 3"
    return End(await notify.rows(kept), *amounts, sorted(title for titles in await said(notify) for title in titles))


@pytest.mark.parametrize("seed", range(6))
async def test_order_and_repetition_do_not_matter(notify, seed) -> None:
    await hear(notify, *STORY)
    before = await end(notify)
    assert before.suspense[:2] == (2, 1090)
    assert before.breaks[0] == 2
    assert [title for title in before.said if "stripe" in title] == ["The file of stripe has not come"]
    await empty(notify)
    chance = Random(seed)
    facts = [*STORY, *chance.sample(STORY, 8)]
    chance.shuffle(facts)
    await hear(notify, *facts)
    assert await end(notify) == before


async def test_a_run_that_fails_alarms_in_the_same_commit_and_a_test_run_does_not(notify, tmp_path) -> None:
    for is_test, count in ((True, 0), (False, 1)):
        revenues = setup(tmp_path, is_test=is_test)
        await runs_world.hear(notify, revenues, runs_world.payment("one"), placed("one"))
        await runs_world.make(notify, revenues, datetime(2026, 3, 16, 7, tzinfo=UTC))
        receiver = Receiver()
        receiver.answers = [Answer("refused", "no")]
        delivering = runner(revenues, receiver)
        while await delivering.deliver(notify.service):
            pass
        assert await notify.value("SELECT count(*) FROM alarm WHERE kind = 'delivery-failed' AND subject = 'revenues'") == count


@pytest.mark.parametrize(("minutes", "titles"), [(25, 0), (35, 1)])
async def test_a_run_that_is_not_made_in_time_is_said(notify, tmp_path, minutes, titles) -> None:
    now = datetime.now(UTC)
    slot = now - timedelta(minutes=minutes)
    revenues = setup(tmp_path).destination._replace(times=(slot.astimezone(LONDON).time().replace(microsecond=0),))
    await notify.pool.execute("INSERT INTO run_schedule VALUES ($1, 'revenues', $2)", COUNCIL, slot - timedelta(hours=23))
    looking = watch(run_minutes=30)
    looking.watched = looking.watched._replace(files=[revenues])
    await looking.look(notify.service)
    found = [title for message in await said(notify) for title in message]
    assert len(found) == titles
    assert all(title.startswith("The run of revenues of ") for title in found)
    await notify.pool.execute("UPDATE run_schedule SET done_until = $1", now)
    looking.measured_at = None
    await looking.look(notify.service)
    assert await notify.value("SELECT count(*) FROM alarm WHERE ended_at IS NULL") == 0

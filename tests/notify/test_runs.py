"""Runs of postings: each line in one run, once, under numbers without a gap, whatever happens; on a real PostgreSQL."""

import asyncio
import itertools
import random
from datetime import UTC, datetime, time, timedelta
from typing import Any

import asyncpg
import pytest

from ims_kit import begin
from ims_notify.app import build
from ims_notify.domain.attempts import Answer
from ims_notify.domain.postings import file_name, last_time
from ims_notify.pack import load
from ims_notify.runs import make_run
from ims_notify.settings import Settings
from ims_notify.store import reports, runs
from notify.notify_world import DAY, notifying, payment
from notify.runs_world import (
    PACK,
    Receiver,
    content,
    hear,
    hear_many,
    lines,
    make,
    placed,
    replaced,
    runner,
    settings,
    setup,
    transferred,
    went_back,
    withdrawn,
)


@pytest.fixture
async def notify(notify_url, tmp_path):
    async with notifying(notify_url, **settings(tmp_path)) as notify:
        await notify.empty()
        yield notify


@pytest.fixture
def revenues(tmp_path):
    return setup(tmp_path)


async def broken(notify) -> list[str]:
    return [law["law"] for law in await reports.laws(notify.pool) if not law["holds"]]


CAME, WENT, MOVED_AWAY = ("770000123", 3500), ("770000123", -3500), ("770000217", 3500)


@pytest.mark.parametrize(
    ("told", "in_run"),
    [
        ([payment(), placed()], [CAME]),
        ([placed()], []),
        ([payment(), placed(fund="11")], []),
        ([payment(), placed(), replaced()], [CAME, WENT, MOVED_AWAY]),
        ([payment(), placed(), withdrawn()], [CAME, WENT]),
        ([payment(), placed(), went_back()], [CAME, WENT]),
        ([payment(), placed(), went_back(pence=1000)], [CAME, ("770000123", -1000)]),
        ([transferred()], [("770000123", -700), ("770000217", 700)]),
    ],
)
async def test_what_is_in_a_run_whatever_the_order_and_repetition(notify, revenues, told: list, in_run: list) -> None:
    made = set()
    for order in itertools.permutations(told):
        await notify.empty()
        await hear(notify, revenues, *order, *order[::-1])
        await make(notify, revenues)
        assert sorted(row[2:] for row in await lines(notify)) == sorted(in_run)
        assert await broken(notify) == []
        if in_run:
            made.add(await notify.value("SELECT content FROM run"))
    assert len(made) == (1 if in_run else 0), "the same to the byte, whatever the order"


@pytest.mark.parametrize(
    ("mark", "in_run"),
    [
        ({"rejected_pence": 3500, "rejected_by": "revenues"}, [CAME]),
        ({"rejected_pence": 500, "rejected_by": "revenues"}, [CAME, ("770000123", -3000)]),
        ({"rejected_pence": 3500, "rejected_by": "another"}, [CAME, WENT]),
    ],
)
async def test_what_a_destination_rejected_is_not_taken_back_from_it(notify, revenues, mark: dict[str, Any], in_run: list) -> None:
    fact = withdrawn()
    marked = fact.model_copy(update={"lines": [fact.lines[0].model_copy(update=mark), fact.lines[1]]})
    await hear(notify, revenues, payment(), placed(), marked)
    await make(notify, revenues)

    assert [row[2:] for row in await lines(notify)] == in_run


async def test_what_went_back_is_a_negative_line_that_says_what_it_undoes(notify, tmp_path) -> None:
    kerbside = setup(tmp_path, "kerbside")
    await hear(notify, kerbside, payment(channel="web"), placed(account="BJ90001186", fund="11"))
    await make(notify, kerbside)
    taken = went_back(account="BJ90001186")
    fund_11 = [line.model_copy(update={"ledger_account": line.ledger_account.replace("23", "11")}) for line in taken.lines]
    await hear(notify, kerbside, taken.model_copy(update={"lines": fund_11}))
    await make(notify, kerbside)

    [_, came, _], [_, back, end] = await content(notify, 1), await content(notify, 2)
    assert came.split(",")[:4] == ["BJ90001186", "16/03/2026", "35.00", "web"]
    assert back.split(",")[2] == "-35.00"
    assert back.split(",")[7] == came.split(",")[6]
    assert end == "TOTAL,1,-35.00"


async def test_numbers_have_no_gap_and_nothing_to_tell_is_no_run(notify, revenues) -> None:
    for name in ("one", "two"):
        await hear(notify, revenues, payment(name), placed(name))
        await make(notify, revenues)
        await make(notify, revenues)

    assert await notify.rows("SELECT number FROM run ORDER BY 1") == [(1,), (2,)]
    assert [row[:2] for row in await lines(notify)] == [(1, 1), (2, 1)]


async def test_numbers_go_on_where_a_predecessors_ended_and_an_empty_run_is_made_where_it_is_wanted(notify, tmp_path) -> None:
    wanted = setup(tmp_path, first_number=53, is_made_empty=True)
    for slot in (1, 2):
        await make(notify, wanted, datetime(2026, 3, slot, 7, tzinfo=UTC))

    assert await notify.rows("SELECT number, credit_count FROM run ORDER BY 1") == [(53, 0), (54, 0)]


async def test_a_test_run_has_numbers_of_its_own_and_takes_nothing(notify, tmp_path) -> None:
    test, live = setup(tmp_path, is_test=True), setup(tmp_path)
    await hear(notify, test, payment(), placed())
    for slot in (1, 2):
        await make(notify, test, datetime(2026, 3, slot, 7, tzinfo=UTC))
    await make(notify, live, datetime(2026, 3, 3, 7, tzinfo=UTC))

    made = await notify.rows("SELECT is_test, number, credit_count, file_name FROM run ORDER BY 1 DESC, 2")
    assert [row[:3] for row in made] == [(True, 1, 1), (True, 2, 1), (False, 1, 1)]
    assert [row[3].startswith("TEST-") for row in made] == [True, True, False]
    receiver = Receiver()
    for found in (live, test):
        await runner(found, receiver).deliver(notify.service)
    assert len(await lines(notify)) == 1
    assert await broken(notify) == []


async def test_a_line_that_cannot_be_written_waits_with_the_reason_and_keeps_no_other_waiting(notify, revenues) -> None:
    await hear(notify, revenues, payment("long"), placed("long", account="77000012345678901234"), payment(), placed())
    await make(notify, revenues)

    assert [row[2:] for row in await lines(notify)] == [CAME]
    assert await notify.rows("SELECT unfit FROM posting_line WHERE number IS NULL") == [("account: is longer than 12",)]
    await make(notify, revenues)
    assert await notify.value("SELECT count(*) FROM run") == 1


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2026-03-18T06:59", "2026-03-17T18:30"), ("2026-03-18T07:00", "2026-03-18T07:00"), ("2026-03-18T23:00", "2026-03-18T18:30"),
        # 29 March 2026: clocks go forward, and seven in London is six in UTC.
        ("2026-03-29T06:00", "2026-03-29T06:00"), ("2026-03-29T05:59", "2026-03-28T18:30"),
    ],
)  # fmt: skip
def test_a_time_of_day_is_londons(now: str, slot: str) -> None:
    at = last_time((time(7), time(18, 30)), datetime.fromisoformat(now).replace(tzinfo=UTC))

    assert at == datetime.fromisoformat(slot).replace(tzinfo=UTC)


async def test_a_time_has_one_run_and_a_new_destination_begins_with_the_next(notify, revenues) -> None:
    one, two = runner(revenues, Receiver()), runner(revenues, Receiver())
    await one.make(notify.service)
    await hear(notify, revenues, payment(), placed())
    await one.make(notify.service)
    assert await lines(notify) == []
    await notify.pool.execute("UPDATE run_schedule SET done_until = done_until - interval '3 days'")

    await asyncio.gather(one.make(notify.service), two.make(notify.service), one.make(notify.service))

    await hear(notify, revenues, payment("two"), placed("two"))
    await one.make(notify.service)
    assert await notify.rows("SELECT number, credit_count FROM run") == [(1, 1)]


async def test_runs_go_in_order_and_a_failed_one_is_told_and_lets_the_next_go(notify, revenues) -> None:
    receiver = Receiver()
    receiver.answers = [Answer("unreachable", "folder: OSError"), Answer("refused", "no"), Answer("delivered")]
    for slot, name in enumerate(("one", "two"), 1):
        await hear(notify, revenues, payment(name), placed(name))
        await make(notify, revenues, datetime(2026, 3, slot, 7, tzinfo=UTC))
    found = runner(revenues, receiver, first_pause=timedelta(0))

    for _ in range(4):
        await found.deliver(notify.service)

    assert [name[:9] for name in receiver.names] == ["REV000001", "REV000001", "REV000002"]
    assert [(fact["type"], fact.get("number"), fact.get("attempts")) for fact in await notify.told()] == [
        ("delivery-failed", None, 2), ("run-delivered", 2, None),
    ]  # fmt: skip
    async with begin(notify.pool) as work:
        assert await runs.again(revenues.destination, 1, False, work)
        assert await runs.again(revenues.destination, 2, False, work)
        assert not await runs.again(revenues.destination, 2, False, work)
    for _ in range(3):
        await found.deliver(notify.service)
    assert [fact["number"] for fact in await notify.told() if fact["type"] == "run-delivered"] == [2, 1], "a second time is not told"


STEPS = ["before", "made", "claimed", "sent", "settled"]


@pytest.mark.parametrize("step", STEPS)
async def test_a_crash_at_any_step_loses_doubles_and_renumbers_nothing(notify, revenues, step: str) -> None:
    """The connection is cut at a step, as by SIGKILL; then another process begins with what is committed."""
    receiver = Receiver()
    await hear_many(notify, revenues, [str(number) for number in range(20)])
    slot = datetime(2026, 3, 18, 7, tzinfo=UTC)
    crashing = runner(revenues, receiver)

    async def until_crash() -> None:
        async with begin(notify.pool) as work:
            await runs.hold(revenues.destination, work)
            await make_run(revenues, slot, work)
            if step == "before":
                await kill(work.connection)
        if step == "made":
            return
        async with begin(notify.pool) as work:
            due = await runs.claim(revenues.destination, timedelta(0), work)
            if step == "claimed":
                await kill(work.connection)
        await crashing.attempt(due)
        if step == "settled":
            crashing.result = None

    if step in ("before", "claimed"):
        with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError)):
            await until_crash()
    else:
        await until_crash()
    again = runner(revenues, receiver)
    if step == "before":
        assert await notify.value("SELECT count(*) FROM run") == 0
        await make(notify, revenues, slot)
    while await again.deliver(notify.service):
        pass

    assert await notify.rows("SELECT number, credit_count, state FROM run JOIN run_delivery USING (run_id)") == [(1, 20, "delivered")]
    assert list(receiver.files) == ["REV000001_" + next(iter(receiver.files))[10:]]
    assert len(receiver.names) == (2 if step in ("sent", "settled") else 1)
    assert [row[1] for row in await lines(notify)] == [*range(1, 21)]
    assert await broken(notify) == []


async def kill(connection: Any) -> None:
    """Nothing of the transaction is left, as after SIGKILL."""
    connection.terminate()


@pytest.mark.parametrize("seed", range(3))
async def test_any_interleaving_of_facts_and_runs_tells_what_the_ledger_says(notify, revenues, seed: int) -> None:
    chance = random.Random(seed)
    facts: list = []
    for number in range(15):
        name = f"{seed}-{number}"
        facts += [payment(name), placed(name), *chance.choice([[], [replaced(name)], [withdrawn(name)], [went_back(name, 500)]])]
    told, slot = facts + chance.sample(facts, 10), datetime(2026, 3, 1, tzinfo=UTC)
    chance.shuffle(told)
    for fact in told:
        await hear(notify, revenues, fact)
        if chance.random() < 0.2:
            slot += timedelta(minutes=1)
            await make(notify, revenues, slot)
    await make(notify, revenues, slot + timedelta(minutes=1))

    ledger: dict[str, int] = {}
    for fact in facts:
        for line in getattr(fact, "lines", []):
            if line.ledger_account == "fund:23":
                ledger[line.account_reference] = ledger.get(line.account_reference, 0) - line.amount_pence
    in_runs: dict[str, int] = {}
    for _, _, account, pence in await lines(notify):
        in_runs[account] = in_runs.get(account, 0) + pence
    assert in_runs == ledger
    numbers = [row[0] for row in await notify.rows("SELECT number FROM run ORDER BY 1")]
    assert numbers == [*range(1, len(numbers) + 1)]
    assert await broken(notify) == []


async def test_a_run_that_was_changed_is_refused_by_the_database(notify, revenues) -> None:
    await hear(notify, revenues, payment(), placed())
    await make(notify, revenues)

    with pytest.raises(asyncpg.CheckViolationError):
        await notify.pool.execute("UPDATE run SET content = 'other'")


async def test_a_law_that_is_broken_is_seen(notify, revenues) -> None:
    for slot, name in enumerate(("one", "two"), 1):
        await hear(notify, revenues, payment(name), placed(name))
        await make(notify, revenues, datetime(2026, 3, slot, 7, tzinfo=UTC))
    await notify.pool.execute("UPDATE run SET number = 3 WHERE number = 2")

    assert set(await broken(notify)) == {"runs are numbered without a gap", "a run says what its lines come to"}


@pytest.mark.parametrize(
    ("pattern", "is_good"),
    [
        ("REV{number:06}.txt", True), ("{date:%Y%m%d}-{number}", True), ("REV.txt", False), ("{date}.txt", False), ("../{number}", False),
        (".{number}", False), ("{other}{number}", False), ("{number.__class__}", False), ("{}", False),
    ],
)  # fmt: skip
def test_names_of_files_tell_runs_apart(tmp_path, pattern: str, is_good: bool) -> None:
    (tmp_path / "pack.yaml").write_text(PACK.replace("pcn-{number}.csv", pattern))
    if is_good:
        assert load(tmp_path / "pack.yaml").files["kerbside"]
        assert file_name(pattern, 7, DAY, True).startswith("TEST-")
    else:
        with pytest.raises(ValueError, match="file_name"):
            load(tmp_path / "pack.yaml")


@pytest.mark.parametrize(
    ("places", "why"),
    [
        ({"revenue": {"url": "file:///out"}}, "has not as a file destination: revenue"),
        ({"parking": {"url": "file:///out"}}, "has not as a file destination: parking"),
        ({"revenues": {"url": "s3://b/p", "access_key_env": "PATH", "secret_key_env": "PATH"}}, "by folder, but its place in IMS_PLACES"),
        ({"revenues": {"url": "ftp://b/p"}}, "should match pattern"),
        ({"revenues": {"url": "sftp://me@host/p", "password_env": "PATH"}}, "needs known_hosts_env"),
        ({"revenues": {"url": "sftp://me@host/p", "password_env": "IMS_NOT_THERE"}}, "no environment variable IMS_NOT_THERE"),
    ],
)
def test_a_place_that_fits_no_destination_stops_the_start(tmp_path, places: dict, why: str) -> None:
    (tmp_path / "pack.yaml").write_text(PACK)

    with pytest.raises(ValueError, match=why):
        build(Settings(
            kafka_bootstrap="127.0.0.1:9", database_url="postgresql://127.0.0.1/none", council_pack=tmp_path / "pack.yaml", places=places
        ))  # fmt: skip

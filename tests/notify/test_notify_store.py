"""What is due after any order and repetition of facts, on a real PostgreSQL."""

import asyncio
import itertools
import random
from datetime import timedelta

import pytest

from ims_contracts.allocations import Part
from ims_contracts.payments import Payer
from ims_kit import begin
from ims_notify.handlers import on_allocations, on_payments
from ims_notify.store import (
    incident_tables,  # noqa: F401 - its tables, too
    reports,
)
from ims_notify.store.retention import forget_before
from ims_notify.store.tables import METADATA
from notify.notify_world import COUNCIL, DAY, PARKING, account, allocated, notifying, payment, payment_id, suspended, unallocated

STATE = [
    "SELECT * FROM payment ORDER BY payment_id",
    "SELECT * FROM contact ORDER BY account_reference",
    "SELECT delivery_id, channel, destination, revision, state, amount_pence, facts - 'timestamp' FROM delivery ORDER BY delivery_id",
]


@pytest.fixture
async def notify(notify_url):
    async with notifying(notify_url) as notify:
        await notify.empty()
        yield notify


async def state(notify) -> list:
    return [await notify.rows(sql) for sql in STATE]


RECEIPT, POSTING, NOTICE = ("email", 0, "due"), ("webhook", 1, "due"), ("email", 0, "waiting")


@pytest.mark.parametrize(
    ("told", "due"),
    [
        # both halves of a payment
        ([payment()], []),
        ([allocated(fund="23")], []),
        ([payment(), allocated(fund="23")], [RECEIPT]),
        ([payment(), suspended()], [RECEIPT]),
        # whom to write to
        ([payment(to=None), allocated(fund="23")], []),
        ([payment(to=None), allocated(fund="23"), account(fund="23")], [RECEIPT]),
        ([payment(to=None), allocated(fund="23"), account(fund="23", to=None)], []),
        ([payment(to=None), allocated(fund="23"), account(fund="24")], []),
        ([payment(to=None), allocated(fund="23"), account("BJ90001187", fund="23")], []),
        ([payment(to=None), suspended(), account()], []),
        ([payment(to=None, channel="agent"), allocated(fund="23"), account(fund="23")], []),
        ([payment(channel="agent"), allocated(fund="23")], [RECEIPT]),
        ([payment(to=None), suspended(), allocated(revision=2, fund="23"), account(fund="23")], [RECEIPT]),
        ([payment(to=None), payment(revision=2), allocated(fund="23")], [RECEIPT]),
        # the back office
        ([allocated()], [("webhook", 1, "waiting")]),
        ([payment(), allocated()], [RECEIPT, POSTING]),
        ([payment(to=None, channel="agent"), allocated(), unallocated()], [NOTICE, POSTING, ("webhook", 2, "due")]),
        ([payment(to=None, channel="agent"), unallocated()], [NOTICE, ("webhook", 2, "due")]),
        # another council's payment of the same account
        ([payment(to=None), allocated(fund="23"), account(fund="23", council="E07000001")], []),
    ],
)
async def test_what_is_due_in_every_order_and_with_repetition(notify, told: list, due: list) -> None:
    for order in itertools.permutations(told):
        for batches in ([[fact] for fact in order], [[fact, fact] for fact in order], [order, order[::-1]]):
            await notify.empty()
            for batch in batches:
                await notify.hears(*batch)
            assert await notify.states() == due, order


@pytest.mark.parametrize(
    ("told", "in_order"),
    [
        # What parking holds in the end is the same; what it was told on the way is not told once it is no longer so.
        ([allocated(), allocated(revision=2, outcome="full")], [1, 2]),
        ([allocated(), allocated(revision=2, fund="23")], [1, 2]),
        ([allocated(), suspended(revision=2)], [1, 2]),
        ([suspended(), allocated(revision=2)], [2]),
        ([allocated(fund="23"), allocated(revision=2, fund="24")], []),
        ([allocated(), allocated(revision=2), unallocated(revision=3)], [1, 2, 3]),
    ],
)
async def test_a_back_office_ends_with_what_is_so_whatever_the_order(notify, told: list, in_order: list[int]) -> None:
    def holds(postings: list) -> list:
        """What a receiver that keeps the highest revision of each kind has in the end."""
        kinds: dict[str, tuple] = {}
        for revision, kind, amount in sorted(postings):
            kinds[kind] = (revision, amount)
        return sorted((kind, amount) for kind, (_, amount) in kinds.items() if amount)

    ends = []
    for order in itertools.permutations([payment(to=None, channel="agent"), *told]):
        await notify.empty()
        for fact in order:
            await notify.hears(fact)
        postings = await notify.rows("SELECT revision, facts->>'type', amount_pence FROM delivery WHERE kind = 'posting'")
        ends.append(holds(postings))
        if [fact.revision for fact in order if fact in told] == [fact.revision for fact in told]:
            assert sorted(revision for revision, _, _ in postings) == in_order
    assert all(end == ends[0] for end in ends)


@pytest.mark.parametrize("seed", range(8))
async def test_any_order_any_repetition_and_any_batches_end_the_same(notify, seed: int) -> None:
    chance = random.Random(seed)
    names = [f"{seed}-{number}" for number in range(12)]
    facts: list = [account(f"BJ{name}", to=chance.choice([None, "h@example.org"])) for name in names]
    for name in names:
        to, channel = chance.choice([None, "p@example.org"]), chance.choice(["web", "agent", "telephone"])
        facts += [payment(name, to=to, channel=channel), allocated(name, account=f"BJ{name}", fund=chance.choice(["11", "23"]))]
        if chance.random() < 0.3:
            facts.append(unallocated(name, account=f"BJ{name}"))
    ends = []
    for _ in range(3):
        order = facts + chance.sample(facts, 20)
        chance.shuffle(order)
        await notify.empty()
        while order:
            size = chance.randint(1, 9)
            await notify.hears(*order[:size])
            order = order[size:]
        ends.append(await state(notify))
    assert ends[0] == ends[1] == ends[2]


async def test_halves_that_come_at_the_same_moment_do_not_miss_each_other(notify) -> None:
    names = [str(number) for number in range(60)]
    told = [allocated(name, fund="11", account=f"BJ{name}") for name in names]
    came = [payment(name, to=None) for name in names]
    holders = [account(f"BJ{name}") for name in names]

    async def hear(facts: list) -> None:
        for start in range(0, len(facts), 7):
            await notify.hears(*facts[start : start + 7])

    await asyncio.gather(hear(told), hear(came[::-1]), hear(holders))

    assert await notify.states() == [("email", 0, "due")] * 60 + [("webhook", 1, "due")] * 60


OF_A_HUNDRED = "SELECT count(*) FROM payment_origin WHERE cardinality(payment_ids) = 100"


async def test_a_plain_batch_costs_one_statement_a_topic_and_a_row_of_where_it_came_from(notify) -> None:
    statements: list[str] = []
    batch = [str(number) for number in range(100)]
    async with begin(notify.pool) as work:
        await on_payments([payment()], work)  # the driver asks about types once
        await on_allocations([allocated(fund="23")], work, [PARKING])
        before = await notify.value(OF_A_HUNDRED)
        with work.connection.query_logger(lambda record: statements.append(record.query)):
            await on_payments([payment(name) for name in batch], work)
            await on_allocations([allocated(name, fund="23") for name in batch], work, [PARKING])

    assert len(statements) == 3
    assert await notify.value("SELECT count(*) FROM delivery") == 101
    assert await notify.value(OF_A_HUNDRED) == before + 1


async def test_a_receipt_keeps_what_was_told_of_the_latest_placement_before_it_went(notify) -> None:
    await notify.hears(payment(), allocated(outcome="part", balance_pence=100), allocated(revision=2, outcome="full"))

    assert await notify.rows("SELECT outcome, balance_pence, placed_revision FROM payment") == [("full", 0, 2)]


async def test_a_payer_who_gave_nothing_twice_is_not_kept(notify) -> None:
    await notify.hears(payment(channel="agent", payer=Payer(name="Ann Example", phone="07700900123")), allocated())

    everything = str(await state(notify))
    assert "Ann" not in everything
    assert "07700" not in everything


async def test_contacts_are_forgotten_in_time_and_receipts_stay(notify) -> None:
    for name in ("old", "due", "new"):
        await notify.hears(payment(name), allocated(name))
    await notify.hears(payment("never", to=None), allocated("never"))
    await notify.pool.execute("UPDATE payment SET heard_on = $1 WHERE payment_id <> $2", DAY - timedelta(days=1), payment_id("new"))
    await notify.pool.execute("UPDATE delivery SET state = 'delivered' WHERE payment_id = $1 AND channel = 'email'", payment_id("old"))

    async with begin(notify.pool) as work:
        assert await forget_before(DAY, work) == 1

    with_contact = await notify.rows("SELECT payment_id FROM payment WHERE email IS NOT NULL AND reference IS NOT NULL")
    assert {row[0] for row in with_contact} == {payment_id("due"), payment_id("new")}
    await notify.hears(payment("old"), account())  # told again, and an address that comes too late
    assert await notify.value("SELECT email FROM payment WHERE payment_id = $1", payment_id("old")) is None
    assert await notify.value("SELECT count(*) FROM delivery WHERE payment_id = $1 AND channel = 'email'", payment_id("never")) == 0


async def test_totals_by_state(notify) -> None:
    await notify.hears(payment("a"), allocated("a", amount_pence=100), payment("b"), allocated("b", fund="23", amount_pence=20))
    await notify.hears(payment("c", to=None), allocated("c", amount_pence=3), payment("d"))
    await notify.pool.execute("UPDATE delivery SET state = 'delivered' WHERE payment_id = $1 AND channel = 'email'", payment_id("a"))

    none = {"count": 0, "pence": 0}
    assert await reports.totals(notify.pool, COUNCIL) == {
        "receipts": {
            "due": {"count": 1, "pence": 20}, "issued": {"count": 1, "pence": 100}, "failed": none, "no_contact": {"count": 1, "pence": 3},
        },
        "postings": {"waiting": none, "due": {"count": 2, "pence": 103}, "delivered": none, "acknowledged": none, "failed": none},
    }  # fmt: skip
    assert (await reports.totals(notify.pool, "E07000001"))["receipts"]["due"] == none


async def test_the_laws_hold_and_a_broken_one_is_seen(notify) -> None:
    await notify.hears(payment("a"), allocated("a"), payment("b"), allocated("b"), payment("c"))
    assert {law["holds"] for law in await reports.laws(notify.pool)} == {True}

    await notify.pool.execute("DELETE FROM delivery WHERE payment_id = $1 AND channel = 'email'", payment_id("a"))
    await notify.pool.execute("UPDATE delivery SET state = 'delivered' WHERE payment_id = $1", payment_id("b"))
    await notify.pool.execute("DELETE FROM payment WHERE payment_id = $1", payment_id("b"))

    broken = {law["law"]: law["difference"] for law in await reports.laws(notify.pool) if not law["holds"]}
    assert broken == {"every payer who can be written to has a receipt": 1, "every receipt and posting sent has its payment": 2}


async def test_a_payment_in_two_accounts_is_one_receipt_and_one_posting(notify) -> None:
    parts = [Part(fund="11", account_reference="BJ1", amount_pence=1500), Part(fund="11", account_reference="BJ2", amount_pence=2000)]
    await notify.hears(payment(), allocated(parts=parts))

    assert await notify.states() == [RECEIPT, POSTING]
    assert await notify.value("SELECT account_references FROM payment") == "BJ1, BJ2"


async def test_what_a_delivery_is_and_how_it_goes_are_two_things(notify) -> None:
    await notify.hears(payment(), allocated())

    assert await notify.rows("SELECT kind, channel FROM delivery ORDER BY kind") == [("posting", "webhook"), ("receipt", "email")]


async def test_the_tables_are_as_they_are_declared(notify) -> None:
    for table in METADATA.sorted_tables:
        rows = await notify.rows(
            "SELECT column_name, is_nullable = 'YES' FROM information_schema.columns WHERE table_name = $1", table.name
        )
        assert {(column.name, bool(column.nullable)) for column in table.columns} == set(rows), table.name

"""What is heard, remembered and told, on a real PostgreSQL: in any order, any batches, and by two at once."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from itertools import count, permutations
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from allocation.anytown import (
    COUNCIL,
    PACK,
    PACKS,
    name,
    payment,
    penalty,
    refund,
    reversal,
    rows,
    running_account,
    sample_accounts,
    sample_event,
)
from allocation.events import Heard, tellings, worlds
from allocation.test_allocation_laws import told_in
from ims_allocation.handlers import on_accounts, on_payments, on_reconciliations
from ims_allocation.settings import Packs
from ims_allocation.store import placements, reports, taxes
from ims_contracts import MESSAGES
from ims_contracts.accounts import AccountChanged
from ims_contracts.payments import BasketLine
from ims_contracts.reconciliations import PaymentReconciled
from ims_kit import Refused, begin
from ims_kit.errors import is_accident
from ims_kit.telling import Cause
from ims_local.laws import HEARD

COUNCILS = map("W{:08}".format, count(1))


async def hear(pool: Any, *heard: Heard, packs: Any = PACKS) -> None:
    """One poll of each topic, a transaction each, in the order of the log."""
    accounts = [each for each in heard if isinstance(each, AccountChanged)]
    others: list[Any] = [each for each in heard if not isinstance(each, AccountChanged)]
    if accounts:
        async with begin(pool) as work:
            await on_accounts(accounts, work, packs=packs)
    if others:
        async with begin(pool) as work:
            await on_payments(others, work, packs=packs)


async def told(pool: Any) -> list[Any]:
    found = await pool.fetch("SELECT headers, body FROM told ORDER BY id")
    return [MESSAGES[json.loads(row["headers"])["ce_type"]].model_validate_json(row["body"]) for row in found]


async def placed(pool: Any, council: str = COUNCIL) -> dict[Any, Any]:
    ids = [tuple(row) for row in await pool.fetch("SELECT DISTINCT council, payment_id FROM placement WHERE council = $1", council)]
    return {key: record.placement for key, record in (await placements.latest(ids, pool)).items()}


async def ledger(pool: Any, council: str = COUNCIL) -> Counter[Any]:
    found = await pool.fetch(
        "SELECT ledger_account, account_reference, sum(amount_pence) FROM ledger_line WHERE council = $1 GROUP BY 1, 2", council
    )
    return Counter({tuple(row)[:2]: int(row[2]) for row in found if row[2]})


async def assert_lawful(pool: Any, packs: Packs = PACKS) -> None:
    laws = [*await reports.laws(pool), *await taxes.laws(packs, pool)]
    assert [each for each in laws if not each["holds"]] == []


async def test_a_plain_payment_is_one_placement_two_lines_and_one_fact(pool: Any) -> None:
    await hear(pool, running_account(), payment())
    [fact] = await told(pool)
    assert (fact.outcome, fact.revision, fact.amount_pence, fact.parts[0].account_reference) == ("account", 1, 5000, "770001478")
    assert [(line.ledger_account, line.amount_pence) for line in fact.lines] == [("clearing:card", 5000), ("fund:23", -5000)]
    assert await pool.fetchval("SELECT count(*) FROM placement") == 1
    assert await pool.fetchval("SELECT count(*) FROM ledger_line") == 2
    assert await pool.fetchval("SELECT count(*) FROM interest") + await pool.fetchval("SELECT count(*) FROM typed") == 0


async def test_what_is_told_names_the_message_that_caused_it(pool: Any) -> None:
    heard = payment()
    await hear(pool, running_account())
    async with begin(pool) as work:
        work.causes = {id(heard): lambda: Cause("payment-received:1", "story", "00-1")}
        await on_payments([heard], work, packs=PACKS)
    [row] = await pool.fetch("SELECT headers FROM told")
    assert json.loads(row["headers"])["ce_causationid"] == "payment-received:1"


async def test_a_payment_told_many_times_is_allocated_once(pool: Any) -> None:
    await hear(pool, running_account(), penalty(), payment(), payment(), payment("BJ90012273", 3500, called="2"))
    await hear(pool, payment("BJ90012273", 3500, called="2"), payment())
    await hear(pool, running_account(), penalty())
    assert len(await told(pool)) == 2
    await assert_lawful(pool)


async def test_a_payment_waits_in_suspense_for_its_account_and_goes_there_when_it_comes(pool: Any) -> None:
    await hear(pool, payment("BJ90012273", 3500, date(2026, 3, 10)))
    await hear(pool, penalty())
    waits, homed = await told(pool)
    assert (waits.reason, waits.revision) == ("account-awaited", 1)
    assert (homed.outcome, homed.revision) == ("discount", 2)
    assert [(line.ledger_account, line.amount_pence) for line in homed.lines] == [("suspense", 3500), ("fund:11", -3500)]


async def test_a_cancelled_penalty_gives_its_money_back_to_the_refund_queue(pool: Any) -> None:
    await hear(pool, penalty(), payment("BJ90012273", 3500, date(2026, 3, 10)))
    await hear(pool, penalty(revision=2, status="cancelled"))
    _, closed, wanted = await told(pool)
    assert (closed.outcome, closed.parts, closed.refund_due_pence) == ("closed", [], 3500)
    assert (wanted.amount_pence, wanted.revision) == (3500, 2)


async def test_a_payment_that_comes_late_alters_what_the_other_was(pool: Any) -> None:
    await hear(pool, penalty(), payment("BJ90012273", 3500, date(2026, 3, 12), called="later"))
    await hear(pool, payment("BJ90012273", 3500, date(2026, 3, 10), called="earlier"))
    facts = [(f.outcome, f.revision, f.refund_due_pence) for f in await told(pool) if hasattr(f, "outcome")]
    assert facts[0] == ("discount", 1, 0)
    assert sorted(facts[1:]) == [("discount", 1, 0), ("duplicate", 2, 3500)]


async def test_a_reversal_opens_the_account_again_and_says_what_it_owes(pool: Any) -> None:
    await hear(pool, penalty(), payment("BJ90012273", 3500, date(2026, 3, 10)), reversal(amount_pence=3500, on=date(2026, 5, 10)))
    _, back = await told(pool)
    assert (back.amount_pence, back.balance_pence, back.reason) == (3500, 10500, "cheque-returned")
    assert [(p.account_reference, p.amount_pence) for p in back.parts] == [("BJ90012273", 3500)]


async def test_a_reversal_before_its_payment_is_a_negative_item_until_it_comes(pool: Any) -> None:
    await hear(pool, running_account(), reversal(amount_pence=2000))
    books = await reports.balances(pool, COUNCIL)
    assert books["suspended_by_reason"] == {"payment-awaited": {"count": 1, "pence": -2000}}
    await hear(pool, payment())
    negative, allocated, back = await told(pool)
    assert (negative.reason, negative.cause_id) == ("cheque-returned", name("back of 1"))
    assert (allocated.amount_pence, allocated.revision) == (5000, 2)
    assert (back.amount_pence, back.revision, back.parts[0].amount_pence) == (2000, 3, 2000)
    assert await ledger(pool) == {("clearing:card", None): 3000, ("fund:23", "770001478"): -3000}


RETURNED = {"reason": "direct-debit-returned", "method_of_payment": "direct-debit"}


async def test_a_reversal_before_its_payment_is_taken_off_the_account_that_it_names(pool: Any) -> None:
    await hear(pool, running_account(), reversal(amount_pence=2000, reference="770001478", **RETURNED))
    assert await ledger(pool) == {("clearing:direct-debit", None): -2000, ("fund:23", "770001478"): 2000}
    books = await reports.balances(pool, COUNCIL)
    assert (books["suspended_by_reason"], books["reversed"]["pence"], books["received"]["count"]) == ({}, 2000, 0)
    [posted] = await told(pool)
    assert (posted.reason, posted.payment_id, posted.cause_id) == ("direct-debit-returned", name("1"), name("back of 1"))
    assert all(each["holds"] for each in await reports.laws(pool))


async def test_it_waits_for_that_account_where_it_is_not_known_yet(pool: Any) -> None:
    await hear(pool, reversal(amount_pence=2000, reference="770001478", **RETURNED))
    assert (await reports.balances(pool, COUNCIL))["suspended_by_reason"] == {"payment-awaited": {"count": 1, "pence": -2000}}
    await hear(pool, running_account())
    assert await ledger(pool) == {("clearing:direct-debit", None): -2000, ("fund:23", "770001478"): 2000}


@pytest.mark.parametrize("order", list(permutations(range(3))))
async def test_whichever_comes_first_a_returned_collection_ends_the_same(pool: Any, order: tuple[int, ...]) -> None:
    facts = [running_account(), payment(method_of_payment="direct-debit"), reversal(reference="770001478", **RETURNED)]
    for number in order:
        await hear(pool, facts[number])
    assert await ledger(pool) == {}
    columns = "kind, outcome, allocated_pence, suspended_pence, reversed_pence"
    [row] = await pool.fetch(f"SELECT {columns} FROM placement ORDER BY revision DESC LIMIT 1")
    assert tuple(row) == ("payment", "reversed", 0, 0, 5000)
    assert all(each["holds"] for each in await reports.laws(pool))
    assert [tuple(row) for row in await pool.fetch(HEARD)] == [(COUNCIL, 5000)]
    assert name("back of 1") in {getattr(each, "cause_id", None) for each in await told(pool)}


async def test_reversals_of_one_payment_that_name_two_accounts_are_taken_off_neither(pool: Any) -> None:
    await hear(pool, running_account(), running_account("770001559"))
    for number, reference in enumerate(["770001478", "770001559", "770001478"]):
        await hear(pool, reversal(amount_pence=1000, called=f"R{number}", reference=reference))
    assert await ledger(pool) == {("clearing:card", None): -3000, ("suspense", None): 3000}


async def test_a_refund_takes_what_is_due_back_and_it_is_due_no_longer(pool: Any) -> None:
    await hear(pool, penalty(), payment("BJ90012273", 7500, date(2026, 3, 20)), refund(amount_pence=500))
    over, wanted, back, wanted_no_more = await told(pool)
    assert (over.outcome, over.refund_due_pence, wanted.amount_pence) == ("over", 500, 500)
    assert (back.amount_pence, back.parts, wanted_no_more.amount_pence) == (500, [], 0)


async def test_a_misread_reference_is_suspended_with_what_it_may_have_been(pool: Any) -> None:
    await hear(pool, running_account("770001148", instalment_pence=9610), payment("770009148", 9610, channel="bank-transfer"))
    [fact] = await told(pool)
    assert fact.reason == "unknown-reference"
    assert [(s.account_reference, s.why) for s in fact.suggestions] == [("770001148", ["one-character-off", "amount-is-instalment"])]


async def test_what_is_known_better_later_moves_the_money_by_a_correcting_journal(pool: Any) -> None:
    await hear(pool, running_account(), running_account("770001559"), payment())
    await hear(pool, payment("770001559", revision=2))
    await hear(pool, payment())
    _, moved = await told(pool)
    assert moved.revision == 2
    assert [(line.account_reference, line.amount_pence) for line in moved.lines] == [("770001478", 5000), ("770001559", -5000)]


def proved(gross_pence: int, fee_pence: int, **changes: Any) -> PaymentReconciled:
    fields: dict[str, Any] = {
        "council": COUNCIL, "match_id": name("match"), "page": 1, "pages": 1, "statement_line_id": name("line"), "payments": [],
        "bank_account": "20201555555555", "value_on": date(2026, 3, 18), "method_of_payment": "card", "why": "settlement-net",
    }  # fmt: skip
    return PaymentReconciled(**fields | changes, gross_pence=gross_pence, fee_pence=fee_pence, net_pence=gross_pence - fee_pence)


async def test_what_is_written_off_has_an_account_of_its_own_until_it_is_taken_apart(pool: Any) -> None:
    short = proved(0, 50, page=2, pages=2, fee_account="differences:cash")
    back = proved(0, -50, page=2, pages=2, fee_account="differences:cash", match_id=name("back"), why="un-matched")
    async with begin(pool) as work:
        await on_reconciliations([short, short], work)
    assert await ledger(pool) == {("bank:20201555555555", None): -50, ("differences:cash", None): 50}
    async with begin(pool) as work:
        await on_reconciliations([back, short, back], work)
    assert not any((await ledger(pool)).values())
    await assert_lawful(pool)


async def test_what_is_proved_at_the_bank_leaves_clearing_once(pool: Any) -> None:
    page = proved(5000, 95)
    await hear(pool, running_account(), payment())
    for _ in range(2):
        async with begin(pool) as work:
            await on_reconciliations([page, page], work)
    assert await ledger(pool) == {
        ("bank:20201555555555", None): 4905, ("fees:card", None): 95, ("fund:23", "770001478"): -5000,
    }  # fmt: skip
    assert len(await told(pool)) == 2
    await assert_lawful(pool)
    with pytest.raises(Refused):
        async with begin(pool) as work:
            await on_reconciliations([page.model_copy(update={"page": 2, "net_pence": 1})], work)


async def test_the_sample_day_ends_as_written_in_any_order(pool: Any) -> None:
    day: list[Any] = [*sample_accounts(), *map(sample_event, rows("expected_outcomes.csv"))]
    random.Random(20260318).shuffle(day)
    for start in range(0, len(day), 7):
        await hear(pool, *day[start : start + 7])
    books = await reports.balances(pool, COUNCIL)
    figures = {what: books[what]["pence"] for what in ("received", "reversed", "refunded", "allocated", "suspended", "refund_due")}
    assert figures == {
        "received": 335475, "reversed": 13300, "refunded": 1550, "allocated": 290715, "suspended": 22410, "refund_due": 7500,
    }  # fmt: skip
    assert set(books["differences"].values()) == {0}
    await assert_lawful(pool)


async def test_a_payment_known_better_by_its_vehicle_after_all_went_back_is_looked_at_again(pool: Any) -> None:
    on, of = date(2026, 3, 16), {"second_keys": ["AT99 AAB"]}
    stated = [BasketLine(reference="770001478", amount_pence=7000)]
    facts = [
        running_account(), penalty("BJ90012273", **of), refund(amount_pence=7000), payment("770001478", 7000, on, basket=stated),
        payment("AT99 AAB", 7000, on, revision=2), penalty("BJ90012273", **of, revision=3, status="cancelled"),
    ]  # fmt: skip
    for fact in facts:
        await hear(pool, fact)
    assert await placed(pool) == told_in([facts]).placed


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_any_order_and_any_batches_end_in_the_same_state(pool: Any, data: st.DataObject) -> None:
    council = next(COUNCILS)  # each example has the same accounts and payments as the others, and another council
    packs = Packs([replace(PACK, council=council)])
    world = data.draw(worlds())
    for batch in data.draw(tellings(world)):
        await hear(pool, *(fact.model_copy(update={"council": council}) for fact in batch), packs=packs)
    expected = told_in([world])
    assert {id_: placement for (_, id_), placement in (await placed(pool, council)).items()} == {
        id_: placement for (_, id_), placement in expected.placed.items()
    }
    assert await ledger(pool, council) == expected.ledger


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_two_at_once_end_in_the_same_state(pool: Any, data: st.DataObject) -> None:
    council = next(COUNCILS)
    packs = Packs([replace(PACK, council=council)])
    world = [fact.model_copy(update={"council": council}) for fact in data.draw(worlds())]
    ones, others = data.draw(tellings(world)), data.draw(tellings(world))
    await asyncio.gather(one_after_another(pool, ones, packs), one_after_another(pool, others, packs))
    alone = next(COUNCILS)
    await hear(pool, *(fact.model_copy(update={"council": alone}) for fact in world), packs=Packs([replace(PACK, council=alone)]))
    ours, theirs = await placed(pool, council), await placed(pool, alone)
    assert {id_: placement for (_, id_), placement in ours.items()} == {id_: placement for (_, id_), placement in theirs.items()}
    assert await ledger(pool, council) == await ledger(pool, alone)


async def one_after_another(pool: Any, batches: Iterable[list[Heard]], packs: Packs) -> None:
    """As the kit's reader: an accident (a deadlock, say) rolls the batch back, and it comes again."""
    for batch in batches:
        for tries_left in reversed(range(5)):
            try:
                await hear(pool, *batch, packs=packs)
                break
            except asyncpg.PostgresError as error:
                if not (is_accident(error) and tries_left):
                    raise


async def test_no_payment_waits_for_ever_when_its_account_comes_at_the_same_moment(pool: Any) -> None:
    pairs = [(f"BJ{number:07}", uuid4()) for number in range(9_000_000, 9_000_400)]
    valid = [(scheme[0][1], id_) for body, id_ in pairs for scheme in [PACK.references.valid(body + check(body))] if scheme]
    accounts: list[Heard] = [penalty(reference) for reference, _ in valid]
    payments: list[Heard] = [payment(reference, 3500, date(2026, 3, 10), payment_id=id_) for reference, id_ in valid]
    chunks = [slice(start, start + 20) for start in range(0, len(valid), 20)]
    await asyncio.gather(
        one_after_another(pool, [accounts[c] for c in chunks], PACKS), one_after_another(pool, [payments[c] for c in chunks], PACKS)
    )
    assert len(valid) > 300
    assert Counter(p.outcome for p in (await placed(pool)).values()) == {"discount": len(valid)}
    await assert_lawful(pool)


def check(body: str) -> str:
    total = sum(int(sign) * weight for sign, weight in zip("05" + body[2:], range(9, 0, -1), strict=True)) % 11
    return "A" if total == 10 else str(total)

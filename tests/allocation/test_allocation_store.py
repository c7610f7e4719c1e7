"""What the database itself forbids: journals that do not balance, and the past being changed."""

from datetime import date
from typing import Any

import asyncpg
import pytest

from allocation.anytown import COUNCIL, PACKS, name, payment, running_account
from databases import tamper
from ims_allocation.handlers import on_accounts, on_payments
from ims_allocation.store import accounts, reports
from ims_kit import begin


@pytest.fixture
async def placed(pool: Any) -> Any:
    async with begin(pool) as work:
        await on_accounts([running_account()], work, packs=PACKS)
        await on_payments([payment()], work, packs=PACKS)
    return pool


POST = "INSERT INTO ledger_line (journal_id, council, posted_on, ledger_account, amount_pence) VALUES "


async def test_a_journal_that_does_not_sum_to_nothing_is_not_posted(pool: Any) -> None:
    one, other = name("one"), name("other")
    with pytest.raises(asyncpg.RaiseError, match="does not sum to nothing"):
        await pool.execute(f"{POST} ('{one}', '{COUNCIL}', '2026-03-18', 'suspense', -100)")
    # Two that make up for each other are still two that do not balance.
    with pytest.raises(asyncpg.RaiseError, match="does not sum to nothing"):
        await pool.execute(f"{POST} ('{one}', '{COUNCIL}', '2026-03-18', 'a', 1), ('{other}', '{COUNCIL}', '2026-03-18', 'b', -1)")
    assert await pool.fetchval("SELECT count(*) FROM ledger_line") == 0


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE ledger_line SET amount_pence = 0",
        "DELETE FROM ledger_line",
        "TRUNCATE ledger_line",
        "UPDATE placement SET allocated_pence = 0",
        "DELETE FROM placement",
        "TRUNCATE placement",
    ],
)
async def test_nothing_that_moved_money_is_changed_or_deleted(placed: Any, change: str) -> None:
    with pytest.raises(asyncpg.RaiseError, match="only grows"):
        await placed.execute(change)


async def test_a_placement_that_loses_a_penny_is_not_kept(placed: Any) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="no_penny_is_lost"):
        await placed.execute("""INSERT INTO placement SELECT council, payment_id, 2, kind, heard_revision, amount_pence, 0, 0,
          method_of_payment, channel, decided_on, paid_at, outcome, reason, rule, rule_version, fund, account_reference,
          allocated_pence - 1, 0, 0, posted_on, NULL FROM placement""")


@pytest.mark.parametrize(
    ("broken", "law"),
    [
        (POST + "($1, $2, $3, 'suspense', 1)", "the ledger sums to nothing"),
        (POST + "($1, $2, $3, 'suspense', 1)", "every journal sums to nothing"),
        (POST + "($1, $2, $3, 'suspense', 1)", "placements are the ledger"),
        ("UPDATE placement SET revision = 2 WHERE council = $2 AND $1::uuid IS NOT NULL AND $3::date IS NOT NULL", "twice is once"),
    ],
)
async def test_a_broken_law_is_seen(placed: Any, broken: str, law: str) -> None:
    assert all(each["holds"] for each in await reports.laws(placed))
    await tamper(placed, broken, name("x"), COUNCIL, date(2026, 3, 18))
    assert law in {each["law"] for each in await reports.laws(placed) if not each["holds"]}


REGISTER = """INSERT INTO account (council, account_reference, fund, revision, status, stages, second_keys)
  SELECT $1, 'R' || number, '23', 1, 'open', '[]', '[]' FROM generate_series(1, 20000) AS number"""


async def test_a_large_batch_looks_accounts_up_by_their_index(pool: Any) -> None:
    await pool.execute(REGISTER, COUNCIL)
    await pool.execute("ANALYZE account")
    plan = [row[0] for row in await pool.fetch(f"EXPLAIN {accounts.KNOWN}", COUNCIL, [f"R{number}" for number in range(3000)])]
    assert any("Index Scan" in step for step in plan)
    assert not any("Seq Scan" in step for step in plan)


async def test_of_a_batch_placed_in_part_before_the_rest_is_placed(placed: Any) -> None:
    heard = [payment(called=str(number)) for number in range(1, 5)]
    for _ in range(2):
        async with begin(placed) as work:
            await on_payments(heard, work, packs=PACKS)
    assert await placed.fetchval("SELECT count(*) FROM placement") == 4
    assert await placed.fetchval("SELECT count(*) FROM told") == 4
    assert all(each["holds"] for each in await reports.laws(placed))

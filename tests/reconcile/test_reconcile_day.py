"""Reconcile on a real PostgreSQL: a council's day, in any order, and what goes wrong in one."""

from datetime import date
from random import Random

import asyncpg
import pytest

from ims_contracts.payments import PaymentSubmitted, ReversalSubmitted
from ims_contracts.reconciliations import PaymentReconciled
from ims_kit import Refused, begin
from ims_reconcile.handlers import reconcile
from ims_reconcile.store import reports
from ims_reconcile.store.tables import Table
from reconcile.anytown_bank import (
    COUNCIL,
    DAY,
    anytown_day,
    file_of,
    line,
    member,
    named,
    payment,
    refund,
    reversal,
    settlement,
    statement,
)
from reconcile.reconcile_world import World

AP, PO = "ALLPAY LTD 190326", "STRIPE ANYTOWN po_1SYNTH"
LATER = statement([], "later", closed_on=date(2026, 4, 30), opening=0, bank_account="20201599999999")
"""A final statement of another account, long after: all windows have passed."""


async def test_every_column_that_is_inserted_into_is_there(world: World) -> None:
    rows = await world.pool.fetch("SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'")
    there = {tuple(row) for row in rows}
    assert {(table.name, column.name) for table in Table.metadata.sorted_tables for column in table.columns} <= there


async def test_the_sample_day_reconciles_to_the_penny(world: World) -> None:
    await world.hear(anytown_day())
    await world.settle()
    totals = await reports.totals(world.pool, COUNCIL)
    assert totals["reconciled"]["net_pence"] == 1_298_204 - 1_000_000
    assert totals["reconciled"]["fee_pence"] == 621
    assert totals["unsettled"] == {"count": 5, "pence": 21_800}
    assert totals["breaks"] == {"count": 0, "pence": 0}
    assert totals["lines"]["matched"]["count"] == 9
    assert totals["lines"]["from-bank"] == {"count": 10, "pence": 122_185}
    assert sum(net for _, _, net in (await world.proved()).values()) == 298_204
    assert await world.broken_laws() == []


async def test_no_order_repetition_or_batching_changes_the_end_of_the_day(world: World) -> None:
    facts = anytown_day()
    await world.hear(facts)
    await world.settle()
    wanted = await world.state()
    for seed in range(5):
        chance = Random(seed)
        shuffled = facts + chance.sample(facts, 20)
        chance.shuffle(shuffled)
        await world.clear()
        for start in range(0, len(shuffled), 12):  # it looks at what is open at any moment
            await world.hear(shuffled[start : start + 12], size=chance.choice([1, 5, 1000]))
            await world.settle()
        assert await world.state() == wanted, f"seed {seed}"
        assert await world.broken_laws() == []


async def test_a_payout_is_proved_net_of_its_fees_a_refund_and_a_lost_dispute(world: World) -> None:
    failed = member("failed", 0, 20)
    members = [failed, member("a", 5000, 75), member("b", 3000, 45)]
    members += [member("r", -1000, 0, "refund", "a"), member("d", -3000, 1500, "dispute", "b")]
    lost = reversal("lost", 3000, payment_id=named("b"), reason="chargeback-lost", method_of_payment="card-stripe")
    facts = [payment("a", 5000), payment("b", 3000), refund("a:1", "a", 1000), lost, *settlement("po_1SYNTH", members)]
    await world.hear([*facts, line("l", 2360, PO), LATER])
    await world.settle()
    (page,) = await world.told(PaymentReconciled)
    assert (page.why, page.gross_pence, page.fee_pence, page.net_pence) == ("settlement-net", 4000, 1640, 2360)
    assert {each.payment_id for each in page.payments} == {named("a"), named("b"), named("failed")}
    assert await world.breaks() == []
    assert (await reports.totals(world.pool, COUNCIL))["unsettled"] == {"count": 0, "pence": 0}


async def test_a_large_payout_is_told_in_pages_of_five_hundred(world: World) -> None:
    members = [member(str(n), 100, 1) for n in range(1201)]
    await world.hear([*settlement("po_1SYNTH", members), line("l", 1201 * 99, PO)])
    await world.settle()
    pages = await world.told(PaymentReconciled)
    assert [(page.page, page.pages, len(page.payments)) for page in pages] == [(1, 3, 500), (2, 3, 500), (3, 3, 201)]
    assert len({each.subject_id for page in pages for each in page.payments}) == 1201
    assert (await world.proved())[named("l")] == (120_100, 1201, 118_899)


async def test_a_bag_of_cash_and_cheques_is_told_by_method_of_payment(world: World) -> None:
    await world.hear(anytown_day())
    await world.settle()
    pages = [page for page in await world.told(PaymentReconciled) if page.remittance_id == named("500123")]
    told = [(page.page, page.pages, page.method_of_payment, page.net_pence) for page in pages]
    assert told == [(1, 2, "cash", 30045), (2, 2, "cheque", 12500)]


async def test_a_credit_that_only_the_bank_knows_is_submitted_once_and_proved_by_its_line(world: World) -> None:
    await world.hear([line("l", 15025, "770001012", reference="770001012", counterparty_name="MRS A EXAMPLE")])
    for _ in range(3):
        await world.settle()
    (told,) = await world.told(PaymentSubmitted)
    assert (told.source, told.source_payment_id, told.statement_line_id) == ("bank", str(named("l")), named("l"))
    assert (told.amount_pence, told.reference, told.paid_on, told.value_on) == (15025, "770001012", DAY, DAY)
    (page,) = await world.told(PaymentReconciled)
    assert (page.why, page.net_pence, page.method_of_payment) == ("bank-line", 15025, "bank-transfer")


async def test_two_credits_alike_but_for_the_bank_s_reference_are_two_payments(world: World) -> None:
    await world.hear([line(name, 2000, "61100000355", bank_reference=name) for name in ("BC18", "BC19")])
    await world.settle()
    assert len(await world.told(PaymentSubmitted)) == len(await world.proved()) == 2


@pytest.mark.parametrize("comes_back", ["before the file", "after the file"])
async def test_a_file_that_comes_after_its_line_was_taken_for_a_payment_takes_that_payment_back(world: World, comes_back: str) -> None:
    payout = settlement("po_1SYNTH", [member("a", 5000, 75)])
    await world.hear([line("l", 4925, "SP PAYOUT po_1SYNTH")])  # no look of any source, yet it names the payout
    if comes_back == "before the file":
        await world.settle()
    else:
        async with begin(world.pool) as work:
            await reconcile(work, world.pack)
    await world.hear([payment("a", 5000), *payout])
    await world.settle()
    (told,) = await world.told(ReversalSubmitted)
    assert (told.reason, told.amount_pence, told.original_source_payment_id) == ("told-by-file", 4925, str(named("l")))
    assert await world.proved() == {named("l"): (5000, 75, 4925)}
    assert {page.why for page in await world.told(PaymentReconciled)} == {"bank-line", "told-by-file", "settlement-net"}
    assert (await reports.totals(world.pool, COUNCIL))["unsettled"] == {"count": 0, "pence": 0}
    assert await world.broken_laws() == []


async def test_a_file_waits_until_its_payments_have_come(world: World) -> None:
    held, *payments = file_of("f", [100, 200, 300])
    await world.hear([held, *payments[:2], line("l", 600, AP)])
    await world.settle()
    assert await world.proved() == {}
    await world.hear([payments[2]])
    await world.settle()
    assert await world.proved() == {named("l"): (600, 0, 600)}


async def test_twins_that_are_there_together_are_left_to_a_person(world: World) -> None:
    await world.hear([*file_of("f", [100]), *file_of("g", [100]), line("l", 100, AP), line("m", 100, AP), LATER])
    await world.settle()
    assert await world.proved() == {}
    assert await world.breaks() == [("ambiguous", 100)] * 2 + [("remittance-without-bank-line", 100)] * 2


async def test_what_was_paired_when_it_was_alone_stays_paired_when_its_twin_comes(world: World) -> None:
    """Here alone the order counts: yesterday's file and line are not taken apart because today's are alike."""
    await world.hear([*file_of("f", [100]), line("l", 100, AP)])
    await world.settle()
    await world.hear([*file_of("g", [100], business_on=DAY), line("m", 100, AP, booked_on=date(2026, 3, 19))])
    await world.settle()
    pairs = {(page.statement_line_id, page.remittance_id) for page in await world.told(PaymentReconciled)}
    assert pairs == {(named("l"), named("f")), (named("m"), named("g"))}


async def test_a_later_revision_of_a_payment_counts_whichever_comes_first(world: World) -> None:
    first = payment("a", 500, source="stripe")
    second = payment("a", 500, source="govuk-pay", revision=2, remittance_id=named("f"))
    for facts in ([first, second], [second, first]):
        await world.clear()
        await world.hear(facts)
        await world.hear(facts, size=1)
        row = await world.pool.fetchrow("SELECT revision, source, remittance_id FROM expectation")
        assert tuple(row) == (2, "govuk-pay", named("f"))


async def test_a_member_that_does_not_add_up_is_refused(world: World) -> None:
    with pytest.raises(Refused):
        await world.hear(list(settlement("po_1SYNTH", [member("a", 5000, 75, net_pence=5000)])))


async def test_only_one_process_decides_at_a_time(world: World) -> None:
    async with begin(world.pool) as one, begin(world.pool) as other:
        assert await reconcile(one, world.pack)
        assert not await reconcile(other, world.pack)


async def test_what_was_reconciled_cannot_be_changed_or_deleted(world: World) -> None:
    for attempt in ("UPDATE reconciled SET gross_pence = 0", "DELETE FROM reconciled", "TRUNCATE reconciled"):
        with pytest.raises(asyncpg.RaiseError):
            await world.pool.execute(attempt)


async def test_the_laws_notice_what_does_not_add_up(world: World) -> None:
    await world.hear(anytown_day())
    await world.settle()
    await world.pool.execute("UPDATE bank_line SET amount_pence = amount_pence + 1 WHERE line_id = $1", named("BC0000000002"))
    await world.pool.execute("DELETE FROM expectation WHERE remittance_id = $1 AND amount_pence = 445", named("00123"))
    broken = {(law["law"], law["council"], law["difference"]) for law in await world.broken_laws()}
    assert broken == {
        ("what a line proves is the line", COUNCIL, 1), ("a matched file is whole", COUNCIL, 445),
        ("what stays on clearing and bank accounts is all that is not proved", COUNCIL, 1),
    }  # fmt: skip

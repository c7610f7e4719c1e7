"""What goes wrong in a day is a break with a name, until it is mended; in any order."""

from datetime import date
from random import Random
from typing import Any

import pytest

from ims_contracts import Message
from ims_contracts.reconciliations import BreakClosed, BreakOpened, PaymentReconciled
from ims_contracts.remittances import Fault as RemittanceFault
from ims_contracts.remittances import RemittanceRefused, RemittanceReversed
from ims_reconcile.store import reports
from reconcile.anytown_bank import (
    COUNCIL,
    DAY,
    file_of,
    line,
    member,
    named,
    payment,
    refund,
    remittance,
    reversal,
    settlement,
    statement,
)
from reconcile.reconcile_world import World

AP, PO = "ALLPAY LTD 190326", "STRIPE ANYTOWN po_1SYNTH"
LATER = statement([], "later", closed_on=date(2026, 4, 30), opening=0, bank_account="20201599999999")
"""A final statement of another account, long after: all windows have passed."""


ONE = settlement("po_1SYNTH", [member("a", 5000)])
REFUNDED = settlement("po_1SYNTH", [member("a", 5000), member("r", -900, 0, "refund", "a")])
TWICE = settlement("po_1SYNTH", [member("a", 5000), member("x", 5000, of="a")])
WRONG_TOTAL = settlement("po_1SYNTH", [member("a", 5000)], net_pence=4999, gross_pence=4999)
FIRST_PAGE, SECOND_PAGE = settlement("po_1SYNTH", [member("a", 5000), member("b", 5000)], 1)
TAKEN_BACK = RemittanceReversed(
    council=COUNCIL, remittance_id=named("f"), payment_count=2, payments_pence=300, reversed_on=DAY, reason="wrong file"
)
EUROS = RemittanceFault(position="currency", what="the statement is not in pounds", what_to_do="keep it out")
BREAKS: list[tuple[str, list[Message], list[tuple[str, int]], list[Message]]] = [
    # case, facts, what is broken, what mends it
    ("a payment that nobody told of", [*ONE, line("l", 5000, PO)],
     [("settlement-without-payment", 5000)], [payment("a", 5000)]),
    ("a refund that nobody told of", [payment("a", 5000), *REFUNDED,
     line("l", 4100, PO)], [("settlement-without-refund", -900)], [refund("a:1", "a", 900)]),
    ("another amount than was told", [payment("a", 5001), *ONE, line("l", 5000, PO)],
     [("settlement-amount", -1)], []),
    ("a payment paid over twice", [payment("a", 5000), *TWICE,
     line("l", 10000, PO)], [("settled-twice", 5000)], []),
    ("a payout that never came", [payment("a", 5000), *ONE],
     [("settlement-without-bank-line", 5000)], [line("l", 5000, PO)]),
    ("members that do not make the total", [payment("a", 5000), *WRONG_TOTAL],
     [("settlement-total", -1)], []),
    ("a page that never came", [FIRST_PAGE, payment("a", 5000), payment("b", 5000)],
     [("settlement-incomplete", 10000)], [SECOND_PAGE, line("l", 10000, PO)]),
    ("a file that never reached the bank", file_of("f", [100, 200]), [("remittance-without-bank-line", 300)], [line("l", 300, AP)]),
    ("a file of which a payment never came", [*file_of("f", [100, 200])[:2], line("l", 300, AP)],
     [("bank-line-unexplained", 300), ("remittance-total", 200)], file_of("f", [100, 200])[2:]),
    ("a file of which a payment came with another amount", [remittance("f", payment_count=1, payments_pence=300),
     payment("p", 301, remittance_id=named("f"))], [("remittance-total", -1)], []),
    ("a line whose file never came", [line("l", 300, AP)], [("bank-line-unexplained", 300)], file_of("f", [100, 200])),
    ("money out that nobody explains", [line("l", -300, "BANK CHARGES")], [("bank-debit-unexplained", -300)], []),
    ("a returned cheque", [line("l", -900, "UNPAID CHEQUE 000101")], [("bank-line-unexplained", -900)],
     [reversal("c", 900, method_of_payment="cheque", reason="cheque-returned", payment_id=named("f:1")), *file_of("f", [900]),
      line("m", 900, AP)]),
    ("a refused file", [RemittanceRefused(council=COUNCIL, remittance_id=named("f"), source="allpay", content_sha256="0", fault_count=1,
     faults=[], received_on=DAY)], [("remittance-refused", 0)], [*file_of("f", [100, 200]), line("l", 300, AP)]),
    ("a file taken back before it reached the bank", file_of("f", [100, 200]), [("remittance-without-bank-line", 300)],
     [TAKEN_BACK, *(reversal(f"f:{n}:back", n * 100, reason="import-reversed", payment_id=named(f"f:{n}"), remittance_id=named("f"))
                    for n in (1, 2))]),
    ("a payment that its provider never paid over", [payment("a", 5000, provider="govuk-pay")],
     [("payment-without-settlement", 5000)], [*ONE, line("l", 5000, PO)]),
    ("a reversal of a payment that nobody told of", [line("m", -900, "UNPAID CHEQUE 000101"),
     reversal("c", 900, method_of_payment="cheque", payment_id=named("f:1"))], [("reversal-without-payment", -900)],
     [*file_of("f", [900]), line("l", 900, AP)]),
    ("a file that is not in pounds", [RemittanceRefused(council=COUNCIL, remittance_id=named("f"), source="allpay", content_sha256="0",
     fault_count=1, faults=[EUROS], received_on=DAY)], [("currency", 0)], [*file_of("f", [100, 200]), line("l", 300, AP)]),
    ("two files of one name", [*file_of("f", [100], source="paypoint"), *file_of("g", [300], source="paypoint", source_reference="f")],
     [("file-conflict", 100), ("file-conflict", 300)], []),
    ("a payout that the provider says failed", [*ONE, payment("a", 5000), 
     *settlement("po_2SYNTH", [member("x", 5000, kind="payout-failed")]), line("l", 5000, "STRIPE po_2SYNTH")],
     [("payout-failed", 5000)], []),
    ("a payout with other pence", [*ONE, payment("a", 5000), line("l", 15000, PO)], [("amount-differs", 10000)], []),
    ("a payout less a fee", [*ONE, payment("a", 5000), line("l", 4900, PO)], [("fee-differs", -100)], []),
    ("a bag with less in it", [*file_of("500123", [100, 200], source="ereturn"), line("l", 290, "CASH 500123")],
     [("cash-difference", -10)], []),
    ("a payout on a day on which it should not come", [*ONE, payment("a", 5000), line("l", 5000, PO, booked_on=date(2026, 3, 31))],
     [("out-of-window", 5000)], []),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "broken", "mends"), [case[1:] for case in BREAKS], ids=[case[0] for case in BREAKS])
async def test_what_does_not_agree_is_a_break_until_it_is_mended(
    world: World, facts: list[Message], broken: list[tuple[str, int]], mends: list[Message]
) -> None:
    await world.hear([*facts, LATER])
    await world.settle()
    assert await world.breaks() == broken
    await world.settle()
    assert len(await world.told(BreakOpened)) == len(broken)  # told once, however often it looks
    if mends:
        await world.hear(mends)
        await world.settle()
        assert await world.breaks() == []
        assert {each.break_id for each in await world.told(BreakClosed)} == {each.break_id for each in await world.told(BreakOpened)}
        assert (await reports.totals(world.pool, COUNCIL))["unsettled"]["pence"] == 0
    assert await world.broken_laws() == []


@pytest.mark.parametrize("facts", [case[1] + case[3] for case in BREAKS], ids=[case[0] for case in BREAKS])
async def test_the_same_facts_in_any_order_end_in_the_same_matches_and_breaks(world: World, facts: list[Message]) -> None:
    ends = []
    for seed in range(3):
        shuffled = [*facts, LATER]
        Random(seed).shuffle(shuffled)
        await world.clear()
        for fact in shuffled:
            await world.hear([fact, fact])
            await world.settle()
        ends.append(await world.state())
    assert ends.count(ends[0]) == len(ends)


@pytest.mark.parametrize("together", [True, False])
async def test_a_payout_that_is_there_twice_is_asked_about(world: World, together: bool) -> None:
    """Here the order counts, as with all twins: the line that was alone with its payout stays with it."""
    await world.hear([*ONE, payment("a", 5000), line("l", 5000, PO)])
    if not together:
        await world.settle()
    await world.hear([line("m", 5000, PO, booked_on=date(2026, 3, 19)), LATER])
    await world.settle()
    assert await world.breaks() == [("duplicate-line", 5000)] * (2 if together else 1)


async def test_statements_prove_by_their_lines_and_by_each_other(world: World) -> None:
    lines = [line("a", 500), line("b", -200)]
    first = statement(lines, opening=1000)
    second = statement([], "second", opening=1250, closed_on=date(2026, 3, 20))
    await world.hear([first, *lines, second])
    await world.settle()
    assert [kind for kind in await world.breaks() if kind[0] == "opening"] == [("opening", -50)]
    between = statement([], "between", opening=1300, closing_pence=1250, debit_count=1, debits_pence=50, closed_on=date(2026, 3, 19))
    await world.hear([between, line("c", -50, statement_id=named("between"), booked_on=date(2026, 3, 19))])
    await world.settle()
    assert [kind for kind, _ in await world.breaks()] == ["bank-debit-unexplained"] * 2


async def test_the_same_day_in_another_format_is_no_break_though_its_lines_are_held(world: World) -> None:
    lines = [line("a", 500), line("b", 700)]
    await world.hear([statement(lines), *lines, statement(lines, "the same as MT940", format="mt940"), LATER])
    await world.settle()
    assert await world.breaks() == []


async def test_a_line_that_never_comes_leaves_its_statement_incomplete(world: World) -> None:
    lines = [line("a", 500), line("b", 700)]
    await world.hear([statement(lines), lines[0], LATER])
    await world.settle()
    assert await world.breaks() == [("statement-incomplete", 700)]
    await world.hear([lines[1]])
    await world.settle()
    assert await world.breaks() == []


async def test_a_statement_whose_number_is_not_the_next_says_that_one_is_missing_until_it_comes(world: World) -> None:
    days = [date(2026, 3, 18), date(2026, 3, 19), date(2026, 3, 20)]
    first, second, third = [statement([], f"s{n}", sequence=n, closed_on=day) for n, day in enumerate(days, 41)]
    await world.hear([first, third])
    await world.settle()
    assert await world.breaks() == [("sequence-gap", 0)]
    await world.hear([second])
    await world.settle()
    assert await world.breaks() == []


async def test_numbers_begin_again_with_the_year(world: World) -> None:
    await world.hear([statement([], "old", sequence=252, closed_on=date(2025, 12, 31)), statement([], "new", sequence=1)])
    await world.settle()
    assert await world.breaks() == []


async def test_a_working_day_without_a_file_of_a_feed_is_missed_until_it_comes(world: World) -> None:
    sources = [source.model_copy(update={"every": "working-day"} if source.name == "allpay" else {}) for source in world.pack.sources]
    world.pack = world.pack.model_copy(update={"sources": tuple(sources)})
    of_monday, of_wednesday = file_of("mon", [100], business_on=date(2026, 3, 16)), file_of("wed", [300], business_on=DAY)
    await world.hear([*of_monday, *of_wednesday, statement([], closed_on=date(2026, 3, 20))])
    await world.settle()
    assert await world.breaks() == [("file-late", 0)]
    await world.hear(file_of("tue", [200], business_on=date(2026, 3, 17)))
    await world.settle()
    assert await world.breaks() == []


@pytest.mark.parametrize(("changed", "broken"), [({}, 1), ({"closing_pence": None}, 0)])
async def test_only_a_statement_that_closes_its_day_says_what_is_absent(world: World, changed: dict[str, Any], broken: int) -> None:
    await world.hear([*file_of("f", [100]), statement([], closed_on=date(2026, 4, 30), **changed)])
    await world.settle()
    assert len(await world.breaks()) == broken


@pytest.mark.parametrize(
    ("rows", "payments", "tied"),
    [
        (["A"], ["A"], 1),
        (["A"], ["B"], 0),
        (["A", "A"], ["A", "A"], 2),  # alike in all: one choice
        (["A", "A"], ["A"], 0),
    ],
)
async def test_a_row_that_names_no_payment_is_tied_by_reference_pence_and_day(
    world: World, rows: list[str], payments: list[str], tied: int
) -> None:
    on = date(2026, 3, 16)
    members = [member(f"m{n}", 5000, payment_id=None, reference=each, occurred_on=on) for n, each in enumerate(rows)]
    told = [payment(f"p{n}", 5000, reference=each, provider="govuk-pay") for n, each in enumerate(payments)]
    await world.hear([*told, *settlement("batch 77", members, source="adyen"), line("l", 5000 * len(rows), "ADYEN batch 77"), LATER])
    await world.settle()
    (page,) = await world.told(PaymentReconciled)
    assert sum(each.payment_id is not None for each in page.payments) == tied
    absent = [kind for kind, _ in await world.breaks()]
    assert absent.count("settlement-without-payment") == len(rows) - tied
    assert absent.count("payment-without-settlement") == len(payments) - tied
    assert await world.broken_laws() == []


async def test_what_was_heard_a_moment_ago_is_no_break_yet(world: World) -> None:
    await world.hear([line("l", -300, "BANK CHARGES"), line("m", 300, AP), LATER])
    await world.settle(grace_seconds=60)
    assert await world.breaks() == []

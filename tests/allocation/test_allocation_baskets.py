"""What a payment is for, stated line by line: each line is placed as it says, or held; no money goes elsewhere than was stated."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from allocation.anytown import COUNCIL, PACK, name, payment, penalty, refund, reversal, running_account
from allocation.doors import Office, group, of, to
from allocation.events import baskets, tellings, worlds
from allocation.test_allocation_handlers import assert_lawful, hear, told
from allocation.test_allocation_laws import told_in
from ims_allocation.settings import Packs
from ims_contracts.allocations import PaymentAllocated, PaymentSuspended
from ims_contracts.payments import BasketLine, PaymentReceived

TAX, RENT, PENALTY = "770001478", "6000001234", "BJ90012273"
ACCOUNTS = [running_account(TAX), running_account("770001559"), penalty(PENALTY)]


def line(pence: int, reference: str | None = None, fund: str | None = None, **more: Any) -> BasketLine:
    return BasketLine(amount_pence=pence, reference=reference, fund=fund, **more)


def basket(*lines: BasketLine, called: str = "1", **more: Any) -> PaymentReceived:
    pence = sum(each.amount_pence for each in lines)
    return payment(more.pop("reference", None), pence, called=called, basket=list(lines), **more)


def placed(fact: Any) -> list[tuple[str, str, int]]:
    return [(part.fund, part.account_reference, part.amount_pence) for part in fact.parts]


@pytest.mark.parametrize(
    ("lines", "parts", "suspended", "reason"),
    [
        ([line(500, TAX)], [("23", TAX, 500)], 0, None),
        ([line(500, TAX, "23"), line(300, "LEISURE")], [("23", TAX, 500), ("13", "LEISURE", 300)], 0, None),
        ([line(500, "77 0001 478"), line(300, fund="13")], [("23", TAX, 500), ("13", "LEISURE", 300)], 0, None),
        ([line(500, TAX), line(300, TAX)], [("23", TAX, 800)], 0, None),
        ([line(500, TAX, "05"), line(300, "LEISURE")], [("13", "LEISURE", 300)], 500, "wrong-fund"),
        ([line(500, TAX), line(300, "nothing")], [("23", TAX, 500)], 300, "no-reference"),
        ([line(500, TAX), line(300, "770001479")], [("23", TAX, 500)], 300, "unknown-reference"),
        ([line(500, TAX), line(300, "770000398")], [("23", TAX, 500)], 300, "account-awaited"),
        ([line(500, TAX), line(300, f"{TAX} 770001559")], [("23", TAX, 500)], 300, "several-accounts"),
        ([line(500, TAX), line(300, fund="23")], [("23", TAX, 500)], 300, "no-reference"),
        ([line(500, TAX), line(300, fund="99")], [("23", TAX, 500)], 300, "unknown-fund"),
        ([line(3500, PENALTY), line(300, TAX)], [("23", TAX, 300), ("11", PENALTY, 3500)], 0, None),
        ([line(1000, PENALTY), line(2500, PENALTY)], [("11", PENALTY, 3500)], 0, None),
        ([line(1000, PENALTY, cost_centre="A"), line(2500, PENALTY, cost_centre="B")], [("11", PENALTY, 3500)], 0, None),
    ],
)  # fmt: skip
async def test_each_line_is_placed_as_it_says_or_held(pool: Any, lines: Any, parts: Any, suspended: int, reason: Any) -> None:
    await hear(pool, *ACCOUNTS, basket(*lines, on=date(2026, 3, 10)))
    [fact] = await told(pool)
    assert isinstance(fact, PaymentAllocated)
    assert (placed(fact), fact.suspended_pence, fact.rule, fact.refund_due_pence) == (parts, suspended, "basket", 0)
    assert await pool.fetchval("SELECT reason FROM placement") == reason
    await assert_lawful(pool)


async def test_a_basket_of_which_no_line_holds_is_suspended_whole(pool: Any) -> None:
    await hear(pool, *ACCOUNTS, basket(line(500, "nothing"), line(300, fund="99"), reference=TAX, fund="23"))
    [fact] = await told(pool)
    assert isinstance(fact, PaymentSuspended)
    assert (fact.amount_pence, fact.reason) == (800, "no-reference")


async def test_what_does_not_come_to_the_amount_is_held(pool: Any) -> None:
    await hear(pool, *ACCOUNTS, payment(TAX, 900, basket=[line(500, TAX), line(300, TAX)]))
    [fact] = await told(pool)
    assert (fact.reason, fact.amount_pence) == ("basket-differs", 900)


async def test_a_line_goes_to_its_account_when_that_becomes_known(pool: Any) -> None:
    await hear(pool, basket(line(500, TAX), line(300, fund="13")))
    await hear(pool, running_account(TAX))
    first, second = await told(pool)
    assert (placed(first), first.suspended_pence) == ([("13", "LEISURE", 300)], 500)
    assert (placed(second), second.suspended_pence) == ([("23", TAX, 500), ("13", "LEISURE", 300)], 0)
    assert [(each.ledger_account, each.amount_pence) for each in second.lines] == [("suspense", 500), ("fund:23", -500)]
    await assert_lawful(pool)


async def test_two_lines_for_one_penalty_do_not_pay_it_twice(pool: Any) -> None:
    await hear(pool, *ACCOUNTS, basket(line(3500, PENALTY, cost_centre="A"), line(3500, PENALTY), on=date(2026, 3, 10)))
    allocated, asked = await told(pool)
    assert ([(part.amount_pence, part.cost_centre) for part in allocated.parts], allocated.outcome) == ([(3500, "A")], "over")
    assert asked.amount_pence == 3500


async def test_too_much_for_a_penalty_is_due_back_and_the_rest_stays_where_it_was_stated(pool: Any) -> None:
    await hear(pool, *ACCOUNTS, basket(line(4500, PENALTY), line(300, TAX), on=date(2026, 3, 10)))
    allocated, asked = await told(pool)
    assert (placed(allocated), allocated.refund_due_pence, allocated.outcome) == ([("23", TAX, 300), ("11", PENALTY, 3500)], 1000, "over")
    assert asked.amount_pence == 1000
    await hear(pool, refund("1", 1000))
    assert placed((await told(pool))[-2]) == []
    await assert_lawful(pool)


@pytest.mark.parametrize("back", [reversal("1", 600), refund("1", 600)])
async def test_what_goes_back_comes_first_off_what_is_held_then_off_the_first_line(pool: Any, back: Any) -> None:
    await hear(pool, *ACCOUNTS, basket(line(500, TAX), line(300, "nothing"), line(400, fund="13", cost_centre="LC02")))
    await hear(pool, back)
    fact = (await told(pool))[-1]
    assert (fact.amount_pence, placed(fact)) == (600, [("23", TAX, 300)])
    await hear(pool, reversal("1", 600, called="rest"))
    assert [(part.cost_centre, part.amount_pence) for part in (await told(pool))[-1].parts] == [(None, 200), ("LC02", 400)]
    assert await pool.fetchval("SELECT count(*) FROM (SELECT 1 FROM ledger_line GROUP BY ledger_account, account_reference, vat_code,"
                               " cost_centre HAVING sum(amount_pence) <> 0 OR sum(vat_pence) <> 0) AS left_over") == 0  # fmt: skip
    await assert_lawful(pool)


async def test_an_officer_decides_of_a_basket_and_undone_it_is_as_stated(clean_pool: Any) -> None:
    office = Office(clean_pool)
    await office.hear(*ACCOUNTS, basket(line(500, TAX), line(300, "nothing")))
    assert await office.placed("1") == {f"23/{TAX}": 500, "suspended": 300}
    step = (await office.story("1"))["steps"][-1]
    assert step["words"].startswith("put where it was stated, line by line; beside it in suspense")
    assert [(each["names"], each["reason"], each["amount_pence"]) for each in step["basket"]] == [
        ([f"23/{TAX}"], None, 500), ([], "there is nothing to go by", 300),
    ]  # fmt: skip
    made = await office.decide(group(of("1"), to((f"23/{TAX}", 500), ("23/770001559", 300))))
    assert await office.placed("1") == {f"23/{TAX}": 500, "23/770001559": 300}
    await office.post(f"/v1/decisions/{made.json()['decision_id']}/undo", {"reason": "no"})
    assert await office.placed("1") == {f"23/{TAX}": 500, "suspended": 300}
    await office.assert_lawful()


async def test_what_was_typed_of_a_line_that_is_held_can_be_searched(clean_pool: Any) -> None:
    office = Office(clean_pool)
    await office.hear(basket(line(500, TAX), line(300, "NO SUCH 7 THING"), narrative="Tuesday"))
    found = await office.get("/v1/suspense", text="no such 7")
    assert [item["payment_id"] for item in found["items"]] == [str(name("1"))]


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([line(300, "nothing")], "no-reference"),  # without the basket, the market's
        ([line(10_000_000, "nothing")], "large-amount"),
        ([line(10_000_000, TAX), line(300, "nothing")], "no-reference"),
    ],
)
async def test_a_rule_of_the_councils_may_hold_a_basket_and_gives_it_to_nobody(pool: Any, lines: Any, reason: str) -> None:
    await hear(pool, *ACCOUNTS, basket(*lines, channel="cash", narrative="Saturday market"))
    assert await pool.fetchval("SELECT reason FROM placement") == reason
    assert await pool.fetchval("SELECT count(*) FROM ledger_line WHERE ledger_account = 'fund:52'") == 0


async def test_a_fee_that_was_paid_with_it_is_a_line_of_its_own(pool: Any) -> None:
    await hear(pool, *ACCOUNTS, basket(line(1200, fund="13"), line(60, fund="90", vat_code="S"), method_of_payment="card-corporate"))
    [fact] = await told(pool)
    income = [(each.ledger_account, each.amount_pence, each.vat_code, each.vat_pence, each.cost_centre) for each in fact.lines[1:]]
    assert income == [("fund:13", -1200, "S", -200, "LC01"), ("fund:90", -60, "S", -10, "FN01")]


@pytest.mark.parametrize(
    ("method", "lines", "reason"),
    [
        ("card-stripe", [line(1200, fund="13"), line(60, fund="90")], "method-takes-no-fee"),
        ("nobody's", [line(1200, fund="13"), line(60, "CARD/FEE")], "method-takes-no-fee"),
        ("card-corporate", [line(60, fund="90"), line(60, fund="90")], "fee-alone"),
        ("card-corporate", [line(1200, "nothing"), line(60, fund="90")], "no-reference"),
        ("card-corporate", [line(1200, fund="13"), line(60, fund="90")], None),
    ],
)
async def test_a_fee_is_taken_by_a_method_that_takes_one_beside_what_it_is_for(pool: Any, method: str, lines: Any, reason: Any) -> None:
    await hear(pool, basket(*lines, method_of_payment=method))
    assert await pool.fetchval("SELECT reason FROM placement") == reason
    await assert_lawful(pool)


@pytest.mark.parametrize(
    ("fund", "code", "held", "kept"),
    [
        ("13", "Z", None, "Z"),
        ("13", "S", None, "S"),
        ("13", None, None, "S"),
        ("13", "?", "unknown-vat-code", None),
        ("52", "E", None, "E"),
        ("52", "S", "vat-code-not-allowed", None),
    ],
)  # fmt: skip
async def test_a_line_has_its_own_vat_code_where_its_fund_lets_it(pool: Any, fund: str, code: Any, held: Any, kept: Any) -> None:
    await hear(pool, *ACCOUNTS, basket(line(1200, fund=fund, vat_code=code), line(300, TAX)))
    [fact] = await told(pool)
    assert (await pool.fetchval("SELECT reason FROM placement"), fact.suspended_pence) == (held, 1200 if held else 0)
    assert [each.vat_code for each in fact.lines if each.ledger_account == f"fund:{fund}"] == ([kept] if kept else [])
    await hear(pool, reversal("1", 1500))
    assert await pool.fetchval("SELECT sum(vat_pence) FROM ledger_line") == 0
    await assert_lawful(pool)


@pytest.mark.parametrize(
    ("account", "code", "status", "lines"),
    [
        ("13/LEISURE", "Z", 201, {("13", "Z", 0)}),
        ("13/LEISURE", None, 201, {("13", "S", -50)}),
        ("13/LEISURE", "?", 422, "a VAT code is none that is known"),
        (f"23/{TAX}", "S", 422, "lets no line have another VAT code"),
    ],
)
async def test_an_officer_says_the_vat_code_where_the_fund_lets_it(
    clean_pool: Any, account: str, code: str | None, status: int, lines: Any
) -> None:
    office = Office(clean_pool)
    await office.hear(*ACCOUNTS, payment(None, 300, called="lost"), payment("LEISURE", 500))
    [towards] = to((account, 300))
    answer = await office.decide(group(of("lost"), [towards | {"vat_code": code}]))
    assert answer.status_code == status, answer.text
    if status == 422:
        assert lines in answer.text
    else:
        vat = "SELECT vat_code, vat_pence FROM ledger_line WHERE payment_id = $1 AND vat_code <> ''"
        found = await office.pool.fetch(vat, name("lost"))
        assert {("13", *row) for row in found} == lines
    await office.assert_lawful()


async def test_a_journal_corrects_a_vat_code_and_goes_back(clean_pool: Any) -> None:
    office = Office(clean_pool)
    await office.hear(payment("LEISURE", 1200))
    [source], [target] = to(("13/LEISURE", 1200)), to(("13/LEISURE", 1200))
    body = {"sources": [source], "targets": [target | {"vat_code": "Z"}], "reason": "zero-rated"}
    made = await office.post("/v1/journals", body)
    assert made.status_code == 201, made.text
    vat = "SELECT vat_code, sum(amount_pence), sum(vat_pence) FROM ledger_line WHERE vat_code <> '' GROUP BY 1 ORDER BY 1"
    assert [tuple(map(str, row)) for row in await office.pool.fetch(vat)] == [("S", "0", "0"), ("Z", "-1200", "0")]
    await office.post(f"/v1/journals/{made.json()['decision_id']}/undo", {"reason": "no"})
    assert [tuple(map(str, row)) for row in await office.pool.fetch(vat)] == [("S", "-1200", "-200"), ("Z", "0", "0")]
    [of_tax] = to((f"23/{TAX}", 1200))
    bad = await office.post("/v1/journals", body | {"sources": [of_tax | {"vat_code": "Z"}]})
    assert "lets no line have another VAT code" in bad.text
    await office.assert_lawful()


@pytest.mark.parametrize("code", [None, "E"])
async def test_a_line_keeps_the_code_that_its_fund_had(pool: Any, code: str | None) -> None:
    await hear(pool, basket(line(1200, fund="52", vat_code=code)))
    later = Packs([replace(PACK, version="next", funds=PACK.funds | {"52": replace(PACK.funds["52"], vat_code="O")})])
    await hear(pool, reversal("1", 200), packs=later)
    assert [tuple(row) for row in await pool.fetch("SELECT DISTINCT vat_code, cost_centre FROM ledger_line WHERE vat_code <> ''")] == [
        ("E", "MK01")
    ]
    assert await pool.fetchval("SELECT sum(amount_pence) FROM ledger_line WHERE ledger_account = 'fund:52'") == -1000


def of_accounts(lines: Sequence[BasketLine]) -> Counter[Any]:
    """The most that each account may get: what is stated of every line that can be read as it."""
    most = Counter[Any]()
    for each in lines:
        for candidate in PACK.references.stated(each.fund, each.reference).candidates:
            most[candidate] += each.amount_pence
    return most


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_account_gets_more_than_was_stated_for_it(data: st.DataObject) -> None:
    amount = data.draw(st.sampled_from([3500, 7000, 1]))
    lines = data.draw(baskets(amount))
    facts = [*data.draw(worlds()), basket(*lines, called="stated", reference=TAX, on=date(2026, 3, 10))]
    facts += data.draw(st.sampled_from([[], [reversal("stated", 500)], [refund("stated", 500), reversal("stated", 3000)]]))
    world = told_in(data.draw(tellings(facts)))
    end = world.placed[COUNCIL, name("stated")]
    assert end
    got = Counter[Any]()
    for part in end.parts:
        got[part.fund, part.account_reference] += part.amount_pence
    assert not got - of_accounts(lines)

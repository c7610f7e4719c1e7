"""The VAT within what payments gave each account, in the ledger and in what is told: with the payment, and with what undoes it."""

from collections import Counter
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocation.anytown import PACK, PACKS, name, payment, reversal, running_account
from allocation.doors import Office, to
from allocation.test_allocation_handlers import hear, told
from databases import tamper
from ims_allocation.domain import Placement, Record
from ims_allocation.domain import facts as telling
from ims_allocation.domain.ledger import Line, lines_between, vat_position
from ims_allocation.domain.payments import Part
from ims_allocation.domain.taxing import taxed, taxed_lines
from ims_allocation.domain.vat import vat_within
from ims_allocation.store import taxes

DAY, LATE_2009, IN_2010 = date(2026, 3, 16), date(2009, 6, 1), date(2010, 6, 1)
TAKINGS, TAX = ("13", "LEISURE"), ("23", "770001478")


def placed(*parts: tuple[tuple[str, str], int], day: date = DAY) -> Placement:
    out_of_suspense = -sum(pence for _, pence in parts)
    made = Placement("account", "reference", tuple(Part(*to, pence) for to, pence in parts), suspended_pence=out_of_suspense)
    return taxed(made, day, PACK)


@pytest.mark.parametrize(
    ("parts", "day", "expected"),
    [
        ([(TAKINGS, 1200)], DAY, [("S", 200)]),
        ([(TAX, 1200)], DAY, [("O", 0)]),
        ([(TAX, 500), (TAKINGS, 999)], DAY, [("O", 0), ("S", 167)]),
        ([(("13", "HALL"), 333), (TAX, 1), (("13", "POOL"), 333), (("13", "GYM"), 334)], DAY, [("S", 56), ("O", 0), ("S", 55), ("S", 56)]),
        ([(TAKINGS, 11500)], LATE_2009, [("S", 1500)]),
        ([(TAKINGS, 11750)], IN_2010, [("S", 1750)]),
        ([], DAY, []),
    ],
)
def test_each_part_has_the_vat_of_its_fund_on_the_day_it_was_paid(parts: list[Any], day: date, expected: list[Any]) -> None:
    assert [part[3:5] for part in placed(*parts, day=day).parts] == expected


amounts = st.integers(1, 50_000)
funded = st.tuples(st.sampled_from([TAKINGS, ("13", "HALL"), ("13", "POOL"), TAX]), amounts)
histories = st.lists(st.lists(funded, max_size=4, unique_by=lambda each: each[0]), min_size=1, max_size=5)


@given(histories)
def test_the_vat_in_the_ledger_is_that_of_what_is_there_and_nothing_once_all_went_back(history: list[list[Any]]) -> None:
    vat: Counter[Any] = Counter()
    before = Record("E07999999", name("one"))
    for parts in [*history, []]:
        after = Record("E07999999", name("one"), placement=placed(*parts))
        for line in lines_between(before, after):
            assert line.vat_pence == 0 or line.vat_code == "S"
            vat[line.ledger_account, line.account_reference, line.vat_code, line.cost_centre] += line.vat_pence
        assert {key: pence for key, pence in vat.items() if pence} == vat_position(after)
        assert -vat.total() == sum(part.vat_pence or 0 for part in telling.parts(placed(*parts).parts)), "and what is told of the parts"
        assert -vat.total() == vat_within(sum(pence for to, pence in parts if to[0] == "13"), PACK.tables.vat_rate("S", DAY) or 0)
        before = after
    assert not any(vat.values())


@given(st.lists(amounts, min_size=1, max_size=6))
def test_a_journal_between_accounts_moves_the_vat_of_the_whole(shares: list[int]) -> None:
    got = [Line("fund:13", f"HALL {number}", -pence) for number, pence in enumerate(shares)]
    lines = taxed_lines([Line("fund:13", "LEISURE", sum(shares)), *got], DAY, PACK)
    assert [line[:3] for line in lines[1:]] == [line[:3] for line in got]
    assert sum(line.vat_pence for line in lines) == 0


WHOLE, MOVED, POSTED = taxes.LAWS


@pytest.mark.parametrize(
    ("broken", "laws"),
    [
        ("UPDATE ledger_line SET vat_pence = -199 WHERE vat_pence = -200", {POSTED}),
        ("UPDATE ledger_line SET cost_centre = 'LC02' WHERE cost_centre = 'LC01' AND payment_id IS NOT NULL", {POSTED}),
        ("UPDATE ledger_line SET vat_code = 'Z' WHERE vat_code = 'O'", {POSTED}),
        ("UPDATE ledger_line SET vat_pence = vat_pence + 1 WHERE payment_id IS NULL AND ledger_account = 'fund:13'", {MOVED}),
        ("UPDATE ledger_line SET vat_code = 'S' WHERE payment_id IS NULL AND vat_code = 'Z'", {MOVED}),
        ("UPDATE placement SET details = jsonb_set(details, '{placement,parts,0,4}', '199') WHERE fund = '13'", {WHOLE, POSTED}),
        ("UPDATE placement SET details = jsonb_set(details, '{placement,parts,1,4}', '1') WHERE fund IS NULL", {WHOLE, POSTED}),
        ("UPDATE placement SET decided_on = '2009-06-01' WHERE fund = '13'", {WHOLE}),
        ("UPDATE placement SET vat_code = 'S' WHERE details IS NULL", {WHOLE, POSTED}),
    ],
)
async def test_vat_that_is_not_its_codes_is_seen(clean_pool: Any, broken: str, laws: set[str]) -> None:
    office = Office(clean_pool)
    lines = [{"fund": "13", "amount_pence": 1003}, {"reference": "770001478", "amount_pence": 500}]
    await office.hear(running_account(), payment("LEISURE", 1200), payment(called="tax"), payment(None, 1503, called="two", basket=lines))
    [source], [target] = to(("13/LEISURE", 603)), to(("13/LEISURE", 603))
    await office.post("/v1/journals", {"sources": [source], "targets": [target | {"vat_code": "Z"}], "reason": "zero-rated"})
    await office.assert_lawful()
    await tamper(office.pool, broken)
    answer = await office.get("/v1/laws")
    assert {each["law"] for each in answer if not each["holds"]} == laws


@pytest.mark.parametrize(("gross", "vat", "holds"), [(3, 1, True), (3, 0, False), (9, 2, True), (9, 1, False), (4, 1, True), (4, 2, False)])
async def test_half_a_penny_goes_up(pool: Any, gross: int, vat: int, holds: bool) -> None:
    await hear(pool, payment("LEISURE", gross))
    await tamper(pool, f"UPDATE placement SET details = jsonb_set(details, '{{placement,parts,0,4}}', '{vat}')")
    assert [law["holds"] for law in await taxes.laws(PACKS, pool) if law["law"] == WHOLE] == [holds]


async def test_vat_is_told_and_kept_with_a_payment_and_taken_off_with_what_goes_back(pool: Any) -> None:
    takings = payment("LEISURE", 1200, called="takings", method_of_payment="cash")
    await hear(pool, takings, running_account(), payment(called="tax"))
    await hear(pool, reversal("takings", 1200, called="bounced"))
    facts = [fact for fact in await told(pool) if fact.payment_id == name("takings")]
    [came, went] = [[(line.amount_pence, line.vat_code, line.vat_pence) for line in fact.lines] for fact in facts]
    assert came == [(1200, None, None), (-1200, "S", -200)]
    assert went == [(1200, "S", 200), (-1200, None, None)]
    plain = await pool.fetch("SELECT vat_code, vat_pence FROM ledger_line WHERE payment_id = $1 ORDER BY amount_pence", name("tax"))
    assert [tuple(row) for row in plain] == [("O", 0), (None, 0)]
    assert await pool.fetchval("SELECT sum(vat_pence) FROM ledger_line") == 0

"""What reconcile decides, in tables and laws."""

from dataclasses import replace
from datetime import date
from itertools import permutations
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ims_reconcile.domain import (
    Break,
    Fault,
    Horizon,
    Item,
    Line,
    Member,
    Remittance,
    Settlement,
    Statement,
    changes,
    in_bulk,
    match,
    member_faults,
    remittance_faults,
    settlement_faults,
    statement_faults,
)
from ims_reconcile.domain.pairs import forced
from ims_reconcile.packs import load_pack
from reconcile.anytown_bank import COUNCIL, DAY, named, sample_lines

PACK = load_pack()
TOMORROW = date(2026, 3, 19)


def a_line(name: str, pence: int, text: str, booked_on: date = DAY, **changed: Any) -> Line:
    return replace(Line(named(name), COUNCIL, pence, booked_on, text), **changed)


def an_item(name: str, pence: int, source: str = "allpay", due_on: date = date(2026, 3, 17), kind: str = "remittance") -> Item:
    return Item(named(name), kind, COUNCIL, source, name, pence, due_on)  # type: ignore[arg-type]


def test_each_line_of_the_sample_day_looks_like_its_source_and_ten_like_nobody_s() -> None:
    looks = {}
    for each in sample_lines():
        text = " | ".join(filter(None, (each.counterparty_name, each.reference, each.narrative)))
        source = PACK.look(a_line(str(each.bank_reference), each.amount_pence, text))
        looks[str(each.bank_reference)[-2:]] = source.name if source else None
    assert {number: name for number, name in looks.items() if name} == {
        "01": "bacs-dd", "02": "allpay", "03": "stripe", "04": "adyen", "05": "dwp", "08": "ereturn",
        "09": "bacs-arudd", "10": "bacs-ddica", "11": "stripe",
    }  # fmt: skip
    assert len(looks) - 9 == 10


@pytest.mark.parametrize(
    ("format", "text", "source"),
    [
        ("mt940.sta", "123456 ANYTOWN DD", "bacs-dd"),
        ("lloyds.csv", "STRIPE PAYMENTS UK STRIPE ANYTOWN CTAX", "stripe"),
        ("a payer", "STRIPES CAFE RATES", None),
        ("a payer", "MRS DWPARK", None),
        ("a payer", "CASH 12", None),
        ("a bank", "RETURNED CHEQUE 000101", "cheque-returns"),
        ("a bank", "CHQ 000101", "by-hand"),
        ("a bank", "BILL PAYMENT REFUND 770001020", "by-hand"),
    ],
)
def test_a_line_is_known_by_what_the_bank_writes(format: str, text: str, source: str | None) -> None:
    found = PACK.look(a_line("x", -1, text))
    assert (found.name if found else None) == source


@pytest.mark.parametrize("text", ["RETURNED CHEQUE 000101", "HMRC REFUND", "FPS RECALL 770001020"])
def test_what_goes_back_singly_is_never_a_credit(text: str) -> None:
    assert PACK.look(a_line("x", -1, text))
    assert PACK.look(a_line("x", 1, text)) is None


AP = "ALLPAY LTD 180326"
PO = "STRIPE ANYTOWN po_1SYNTH"
MATCHES = [
    # case, lines, items, paired
    ("one and one", [a_line("l", 500, AP)], [an_item("r", 500)], {"l": "r"}),
    ("another amount", [a_line("l", 500, AP)], [an_item("r", 501)], {}),
    ("another source", [a_line("l", 500, PO)], [an_item("r", 500)], {}),
    ("before its window", [a_line("l", 500, AP, date(2026, 3, 17))], [an_item("r", 500)], {}),
    ("the last day of its window", [a_line("l", 500, AP, date(2026, 3, 24))], [an_item("r", 500)], {"l": "r"}),
    ("after its window", [a_line("l", 500, AP, date(2026, 3, 25))], [an_item("r", 500)], {}),
    ("two files alike", [a_line("l", 500, AP)], [an_item("r", 500), an_item("s", 500)], {}),
    ("two lines alike", [a_line("l", 500, AP), a_line("m", 500, AP)], [an_item("r", 500)], {}),
    ("twins: any pairing would do, so none is made", [a_line("l", 500, AP), a_line("m", 500, AP)],
     [an_item("r", 500), an_item("s", 500)], {}),
    ("alike, but one is named", [a_line("l", 500, PO), a_line("m", 500, "STRIPE po_2SYNTH")],
     [an_item("po_1SYNTH", 500, "stripe"), an_item("po_2SYNTH", 500, "stripe")], {"l": "po_1SYNTH", "m": "po_2SYNTH"}),
    ("one way only to pair all: the earlier line can be the earlier file alone", [a_line("l", 500, AP), a_line("m", 500, AP, TOMORROW)],
     [an_item("r", 500), an_item("s", 500, due_on=DAY)], {"l": "r", "m": "s"}),
    ("named by a line of nobody's look", [a_line("l", 500, "SP po_1SYNTH")], [an_item("po_1SYNTH", 500, "stripe")], {"l": "po_1SYNTH"}),
    ("of another council", [a_line("l", 500, AP, council="E08000016")], [an_item("r", 500)], {}),
    ("money taken back", [a_line("l", -4500, "UNPAID DD 123456")], [an_item("r", -4500, "bacs-arudd", DAY)], {"l": "r"}),
    ("one returned cheque", [a_line("l", -900, "UNPAID CHEQUE")], [an_item("v", -900, "cheque-returns", DAY, "reversal")], {"l": "v"}),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "items", "paired"), [case[1:] for case in MATCHES], ids=[case[0] for case in MATCHES])
def test_a_line_is_paired_only_where_nothing_else_is_possible(lines: list[Line], items: list[Item], paired: dict[str, str]) -> None:
    found = match(lines, items, PACK).pairings
    pairs = {(line.line_id, item.item_id) for pair in found for line in pair.lines for item in pair.items}
    assert pairs == {(named(a), named(b)) for a, b in paired.items()}


@pytest.mark.parametrize(
    ("pence", "text", "became"),
    [
        (500, AP, "awaiting"),
        (-500, "UNPAID DD 123456", "awaiting"),
        (500, "770001012", "from-bank"),
        (-500, "BANK CHARGES", "unexplained"),
    ],
)
def test_a_line_without_its_file_waits_or_is_a_payment_from_the_bank_or_a_break(pence: int, text: str, became: str) -> None:
    found = match([a_line("l", pence, text)], [], PACK)
    lists = {"awaiting": found.awaiting, "from-bank": found.from_bank, "unexplained": found.unexplained}
    assert [name for name, held in lists.items() if held] == [became]


def test_a_payment_from_the_bank_is_not_submitted_again_and_may_yet_be_a_file() -> None:
    ours = a_line("l", 500, AP, is_from_bank=True)
    assert match([ours], [], PACK) == ([], [], [], [], [], [])
    assert [pair.lines for pair in match([ours], [an_item("r", 500)], PACK).pairings] == [(ours,)]


DAYS = st.sampled_from([date(2026, 3, 17), DAY, TOMORROW])
ALIKE = st.sampled_from([500, 700])
LINES = st.lists(st.builds(lambda n, pence, day, text: a_line(str(n), pence, text, day), st.integers(0, 99), ALIKE, DAYS,
                           st.sampled_from([AP, PO, "STRIPE", "770001012"])), max_size=8, unique_by=lambda each: each.line_id)  # fmt: skip
ITEMS = st.lists(st.builds(lambda n, pence, source, day: an_item(f"po_{n}SYNTH", pence, source, day), st.integers(0, 9), ALIKE,
                           st.sampled_from(["allpay", "stripe"]), DAYS), max_size=6, unique_by=lambda each: each.item_id)  # fmt: skip


@given(LINES, ITEMS, st.randoms())
@settings(max_examples=200)
def test_no_order_changes_what_is_paired_and_nothing_is_paired_twice(lines: list[Line], items: list[Item], chance: Random) -> None:
    first = match(lines, items, PACK)
    chance.shuffle(lines)
    chance.shuffle(items)
    again = match(lines, items, PACK)
    assert first == again
    paired_lines = [line.line_id for p in first.pairings for line in p.lines]
    paired_items = [item.item_id for p in first.pairings for item in p.items]
    assert len(set(paired_lines)) == len(paired_lines)
    assert len(set(paired_items)) == len(paired_items)
    for p in first.pairings:
        shares = list(p.shares())
        assert {line: sum(s.amount_pence for s in shares if s.line is line) for line in p.lines} == {x: x.amount_pence for x in p.lines}
        assert {item: sum(s.amount_pence for s in shares if s.item is item) for item in p.items} == {x: x.amount_pence for x in p.items}
    waiting = [each[0] for each in first.from_bank] + [each[0] for each in first.awaiting]
    left = {x.line_id for x in (*waiting, *first.unexplained, *first.ambiguous)}
    assert {x.line_id for x in lines} == left | set(paired_lines)


THREE = [a_line(name, 500, AP) for name in "lmn"]
FILES = [an_item(name, 500) for name in "rst"]


@given(st.lists(st.tuples(st.sampled_from(THREE), st.sampled_from(FILES)), unique=True))
@settings(max_examples=300)
def test_of_what_hangs_together_all_is_paired_exactly_if_there_is_one_way_only(drawn: list[tuple[Line, Item]]) -> None:
    """Against trying every way."""
    edges: dict[Line, list[Item]] = {}
    for one, other in drawn:
        edges.setdefault(one, []).append(other)
    found = {(one.line_id, other.item_id) for one, other in forced(edges)}
    wanted: set[tuple[UUID, UUID]] = set()
    ids = {(one.line_id, other.item_id) for one, other in drawn}
    for group_lines, group_items in components(ids):
        orders = permutations(group_items) if len(group_lines) == len(group_items) else ()
        ways = [way for order in orders if (way := set(zip(group_lines, order, strict=True))) <= ids]
        if len(ways) == 1:
            wanted |= ways[0]
    assert found == wanted


def components(edges: set[tuple[UUID, UUID]]) -> list[tuple[list[UUID], list[UUID]]]:
    found: list[tuple[set[UUID], set[UUID]]] = []
    for left, right in edges:
        joined = [group for group in found if left in group[0] or right in group[1]]
        found = [group for group in found if group not in joined]
        found.append(({left}.union(*(g[0] for g in joined)), {right}.union(*(g[1] for g in joined))))
    return [(sorted(a), sorted(b)) for a, b in found]


STATEMENT = Statement(named("s"), COUNCIL, "1", DAY, DAY, 1000, 1500, 2, 500, 2, 500, (1000,), True)
LATER, NOW = Horizon({COUNCIL: date(2026, 4, 30)}), Horizon({COUNCIL: DAY})


@pytest.mark.parametrize(
    ("changed", "horizon", "broken"),
    [
        ({}, LATER, []),
        ({"closing_pence": 1501}, NOW, [("balance", -1)]),
        ({"is_proved": False}, NOW, [("balance", 0)]),
        ({"heard_net_pence": 490}, NOW, [("balance", 10)]),
        ({"prior_closings": (900,)}, NOW, [("opening", 100)]),
        ({"prior_closings": (900, 1000)}, NOW, []),  # another statement of the same day closes so
        ({"prior_closings": ()}, NOW, []),
        ({"heard_count": 1, "heard_net_pence": 200}, LATER, [("statement-incomplete", 300)]),
        ({"heard_count": 1, "heard_net_pence": 200}, Horizon({}), []),
        ({"opening_pence": None, "closing_pence": None, "is_proved": None}, NOW, []),
    ],
)
def test_a_statement_proves_or_is_a_break(changed: dict[str, Any], horizon: Horizon, broken: list[tuple[str, int]]) -> None:
    assert [fault[0:1] + fault[4:5] for fault in statement_faults(STATEMENT._replace(**changed), horizon)] == broken


PAYOUT = Settlement(named("po"), COUNCIL, "stripe", "po_1", DAY, 100, 3, 97, 2, 1, 1, 2, 100, 3, 97, True)


@pytest.mark.parametrize(
    ("changed", "horizon", "broken"),
    [
        ({}, LATER, []),
        ({"is_matched": False}, NOW, []),
        ({"is_matched": False}, Horizon({COUNCIL: date(2026, 3, 22)}), []),
        ({"is_matched": False}, Horizon({COUNCIL: date(2026, 3, 23)}), [("settlement-without-bank-line", 97)]),
        ({"is_matched": False, "is_fresh": True}, LATER, []),
        ({"is_matched": False, "source": "a provider that no pack knows"}, LATER, [("settlement-without-bank-line", 97)]),
        ({"is_matched": False, "heard_net_pence": 90}, NOW, [("settlement-total", 7)]),
        ({"is_matched": False, "heard_count": 1}, NOW, [("settlement-total", 0)]),
        ({"is_matched": False, "fee_pence": 4, "heard_fee_pence": 4}, NOW, [("settlement-total", -1)]),
        ({"is_matched": False, "heard_pages": 0, "heard_net_pence": 0}, NOW, []),
        ({"is_matched": False, "heard_pages": 0, "heard_net_pence": 0}, LATER, [("settlement-incomplete", 97)]),
    ],
)
def test_a_settlement_proves_or_is_a_break(changed: dict[str, Any], horizon: Horizon, broken: list[tuple[str, int]]) -> None:
    assert [fault[0:1] + fault[4:5] for fault in settlement_faults(PAYOUT._replace(**changed), horizon, PACK)] == broken


@pytest.mark.parametrize(
    ("fault", "horizon", "is_broken"),
    [
        ("settlement-without-payment", NOW, False),  # its event may be on its way
        ("settlement-without-payment", Horizon({COUNCIL: TOMORROW}), True),
        ("settlement-without-refund", NOW, False),
        ("settlement-amount", NOW, True),
        ("settled-twice", NOW, True),
    ],
)
def test_what_is_absent_has_time_and_what_differs_has_none(fault: str, horizon: Horizon, is_broken: bool) -> None:
    row = Member(named("m"), named("po"), COUNCIL, "stripe", fault, 5, DAY)  # type: ignore[arg-type]
    assert bool(member_faults(row, horizon)) == is_broken


FILE = Remittance(named("r"), COUNCIL, "allpay", "r", date(2026, 3, 17), 2, 0, 500, 2, 0, 500, True, False)


@pytest.mark.parametrize(
    ("changed", "horizon", "broken"),
    [
        ({}, LATER, []),
        ({"heard_payments": 1, "heard_net_pence": 200, "is_matched": False}, NOW, []),
        ({"heard_payments": 1, "heard_net_pence": 200, "is_matched": False}, LATER, [("remittance-total", 300)]),
        ({"heard_net_pence": 499, "is_matched": False}, NOW, [("remittance-total", 1)]),
        ({"is_matched": False}, NOW, []),
        ({"is_matched": False}, LATER, [("remittance-without-bank-line", 500)]),
        ({"is_matched": False, "is_settled_elsewhere": True}, NOW, [("settled-twice", 500)]),
        ({"is_refused": True}, NOW, [("remittance-refused", 0)]),
    ],
)
def test_a_file_proves_or_is_a_break(changed: dict[str, Any], horizon: Horizon, broken: list[tuple[str, int]]) -> None:
    assert [fault[0:1] + fault[4:5] for fault in remittance_faults(FILE._replace(**changed), horizon, PACK)] == broken


@pytest.mark.parametrize(("absent", "of", "breaks"), [(50, 60, 50), (60, 100, 1), (60, 1200, 1), (60, 1201, 60)])
def test_many_payments_of_a_day_that_are_absent_are_one_break(absent: int, of: int, breaks: int) -> None:
    row = Member(named("m"), named("m"), COUNCIL, "govuk-pay", "payment-without-settlement", 5, DAY)
    rows = [row._replace(subject_id=named(str(n))) for n in range(absent)]
    found = in_bulk(rows, {(COUNCIL, DAY): of})
    assert (len(found), sum(each.amount_pence for each in found)) == (breaks, 5 * absent)


def test_a_break_opens_once_is_told_again_when_its_amount_changes_and_closes_when_mended() -> None:
    fault = Fault("balance", COUNCIL, "1", named("s"), 5, DAY, "why")
    opened = changes([], [fault, fault])
    assert opened == ([(fault, 1)], [])
    held = Break(fault.break_id, COUNCIL, "balance", 5, 1, True, DAY)
    assert changes([held], [fault]) == ([], [])
    assert changes([held], [fault._replace(amount_pence=6)]).opened[0][1] == 2
    assert changes([held], []) == ([], [(held, 2)])
    mended = held._replace(is_open=False, revision=2)
    assert changes([mended], []) == ([], [])
    assert changes([mended], [fault]) == ([(fault, 3)], [])

"""The rules of matching one by one, what is named but not matched, and the limits of sums."""

from datetime import date
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_reconcile.domain import Item, Line, Pack, match
from ims_reconcile.domain.subsets import CANDIDATES_MAX, sole_subset
from reconcile.anytown_bank import COUNCIL, DAY, named

MONDAY = date(2026, 3, 16)
PACK = Pack.model_validate({
    "version": "1",
    "sources": [
        {"name": "shop", "line": "SHOP", "by": "remittance", "window": [0, 5]},
        {"name": "card", "line": "CARD", "by": "settlement", "window": [0, 3], "tolerance_pence": 100, "bank_account": "main"},
        {"name": "bag", "line": "BAG", "by": "remittance", "window": [0, 10], "counts": "cash", "names": "file"},
        {"name": "unpaid", "line": "UNPAID", "by": "remittance", "window": [-2, 2], "names": "day"},
    ],
})  # fmt: skip


def a_line(name: str, pence: int, text: str, booked_on: date = DAY, account: str = "main", **changed: Any) -> Line:
    return Line(named(name), COUNCIL, pence, booked_on, text, bank_account=account, **changed)


def an_item(name: str, pence: int, source: str = "shop", due_on: date = MONDAY) -> Item:
    return Item(named(name), "settlement" if source == "card" else "remittance", COUNCIL, source, name, pence, due_on)


SATURDAY, SUNDAY = date(2026, 3, 14), date(2026, 3, 15)
PAIRED = [
    # case, lines, items, rule, lines and items of each pairing
    ("named", [a_line("l", 5, "CARD po_123")], [an_item("po_123", 5, "card")], "named", [("l", "po_123")]),
    ("split at the bank, both parts naming it", [a_line("l", 5, "CARD po_123"), a_line("m", 7, "CARD po_123")],
     [an_item("po_123", 12, "card")], "named-together", [("lm", "po_123")]),
    ("merged at the bank, the line naming both", [a_line("l", 12, "CARD po_123 po_456")],
     [an_item("po_123", 5, "card"), an_item("po_456", 7, "card")], "named-together", [("l", "po_123 po_456")]),
    ("many and many, tied by what they name", [a_line("l", 8, "CARD po_123 po_456"), a_line("m", 4, "CARD po_456")],
     [an_item("po_123", 5, "card"), an_item("po_456", 7, "card")], "named-together", [("lm", "po_123 po_456")]),
    ("a weekend and its Monday in one line", [a_line("l", 6, "SHOP")],
     [an_item("a", 1, due_on=SATURDAY), an_item("b", 2, due_on=SUNDAY), an_item("c", 3)], "whole-group", [("l", "a b c")]),
    ("all lines of a day are one file", [a_line("l", 5, "SHOP"), a_line("m", 7, "SHOP")], [an_item("a", 12)], "whole-group", [("lm", "a")]),
    ("two of a merchant's three batches", [a_line("l", 8, "SHOP 555123")],
     [an_item("555123:1", 3), an_item("555123:2", 5, due_on=date(2026, 3, 17)), an_item("555123:3", 9)], "subset",
     [("l", "555123:1 555123:2")]),
    ("the day on the line tells two of the same pence apart", [a_line("l", -9, "UNPAID 160326"), a_line("m", -9, "UNPAID 170326")],
     [an_item("x", -9, "unpaid"), an_item("y", -9, "unpaid", date(2026, 3, 17))], "amount-in-window", [("l", "x"), ("m", "y")]),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "items", "rule", "wanted"), [case[1:] for case in PAIRED], ids=[case[0] for case in PAIRED])
def test_what_is_together_is_matched_together_and_says_why(
    lines: list[Line], items: list[Item], rule: str, wanted: list[tuple[str, str]]
) -> None:
    found = match(lines, items, PACK).pairings
    assert {(frozenset(x.line_id for x in p.lines), frozenset(x.item_id for x in p.items)) for p in found} == {
        (frozenset(map(named, some)), frozenset(map(named, others.split()))) for some, others in wanted
    }
    assert {p.rule for p in found} == {rule}
    assert all(" on both sides" in p.evidence for p in found)


NEARLY = [
    # case, lines, items, kinds of differences
    ("the named payout has other pence", [a_line("l", 900, "CARD po_123")], [an_item("po_123", 1200, "card")], ["amount-differs"]),
    ("by no more than fees may", [a_line("l", 1150, "CARD po_123")], [an_item("po_123", 1200, "card")], ["fee-differs"]),
    ("what was counted", [a_line("l", 1150, "BAG 500123")], [an_item("500123", 1200, "bag")], ["cash-difference"]),
    ("too late", [a_line("l", 5, "CARD po_123", date(2026, 3, 27))], [an_item("po_123", 5, "card")], ["out-of-window"]),
    ("on another account", [a_line("l", 5, "CARD po_123", account="cash")], [an_item("po_123", 5, "card")], ["wrong-account"]),
    ("on another account, naming nothing", [a_line("l", 5, "CARD", account="cash")], [an_item("po_123", 5, "card")], ["wrong-account"]),
    ("there twice", [a_line("l", 5, "CARD po_123"), a_line("m", 5, "CARD po_123")], [an_item("po_123", 5, "card")], ["duplicate-line"] * 2),
    ("as one that is matched", [a_line("l", 5, "SHOP", is_repeated=True)], [], ["duplicate-line"]),
    ("the nearest of its source", [a_line("l", 1010, "SHOP")], [an_item("a", 1000), an_item("b", 1090)], ["amount-differs"]),
    ("nothing near", [a_line("l", 500, "SHOP")], [an_item("a", 1000)], []),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "items", "kinds"), [case[1:] for case in NEARLY], ids=[case[0] for case in NEARLY])
def test_what_is_nearly_something_is_named_and_never_matched(lines: list[Line], items: list[Item], kinds: list[str]) -> None:
    found = match(lines, items, PACK)
    assert [each.kind for each in found.differences] == kinds
    assert found.pairings == []


@pytest.mark.parametrize(
    ("line", "item"),
    [
        (a_line("l", 5, "CARD po_999"), an_item("po_123", 5, "card")),  # it says another payout, which is not here
        (a_line("l", 5, "BAG 500999"), an_item("500123", 5, "bag")),
        (a_line("l", 5, "BAG"), an_item("500123", 5, "bag")),  # bags are always named
        (a_line("l", -9, "UNPAID 170326"), an_item("x", -9, "unpaid")),
    ],
)
def test_the_same_pence_is_nothing_where_the_line_says_another_thing(line: Line, item: Item) -> None:
    assert match([line], [item], PACK).pairings == []


def test_a_line_that_names_a_payout_of_other_pence_is_not_another_s_by_its_pence() -> None:
    items = [an_item("po_123", 700, "card"), an_item("po_456", 500, "card")]
    assert match([a_line("l", 500, "CARD po_123")], items, PACK).pairings == []


def test_a_debit_that_names_a_payout_that_is_there_says_that_it_failed() -> None:
    paid = an_item("po_123", -500, "card")
    (found,) = match([a_line("l", -500, "CARD po_123")], [], PACK, paid=[paid]).differences
    assert (found.kind, found.item) == ("payout-failed", paid)


def test_what_a_person_parted_is_not_paired_again_but_with_others_it_may_be() -> None:
    lines, items = [a_line("l", 5, "CARD po_123")], [an_item("po_123", 5, "card")]
    parted = frozenset({(named("l"), named("po_123"))})
    assert match(lines, items, PACK, parted).pairings == []
    assert len(match([*lines, a_line("m", 5, "CARD po_123")], items, PACK, parted).pairings) == 1


AMOUNTS = st.lists(st.tuples(st.integers(1, 12), st.sampled_from("ab")), max_size=10)


@given(AMOUNTS, st.integers(1, 40))
def test_few_amounts_make_a_total_only_if_they_alone_do(amounts: list[tuple[int, str]], total: int) -> None:
    """Against every choice of two or three; what is alike is one choice."""
    wanted = set()
    for size in (2, 3):
        for places in combinations(range(len(amounts)), size):
            if sum(amounts[place][0] for place in places) == total:
                wanted.add(tuple(sorted(amounts[place] for place in places)))
    found = sole_subset(total, amounts)
    if len(amounts) > CANDIDATES_MAX or len(wanted) != 1:
        assert found is None
    else:
        assert found is not None
        assert tuple(sorted(amounts[place] for place in found)) == next(iter(wanted))

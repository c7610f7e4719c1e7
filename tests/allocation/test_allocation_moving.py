"""Money that people move: within a payment, back again, between accounts, out of suspense. Nothing is made, nothing lost."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_allocation.domain.books import Books, Movement, Refusal, Share
from ims_allocation.domain.ledger import Line
from ims_allocation.domain.moving import Undone, move, transfer, undo
from ims_allocation.domain.releasing import Item, Released, release
from ims_allocation.domain.vat import FundVat

BOOKS = Books(
    funds={"13": FundVat("S"), "14": FundVat("S", may_differ=True), "23": FundVat("O"), "suspense": FundVat("O")},
    rates={"S": Fraction(1, 5), "O": Fraction(0)},
    credit_note_funds=frozenset({"23"}),
)
TODAY = date(2026, 3, 18)
LINE = Share("13", "HALL", 1200)
positive = st.integers(1, 1_000_000)


def for_account(pence: int, fund: str = "23", code: str | None = "O", narrative: str = "") -> Share:
    return Share(fund, "770001478", pence, code, narrative=narrative)


def moved(journals: list[list[Movement]] | Refusal) -> list[Movement]:
    assert not isinstance(journals, Refusal), journals
    return [each for journal in journals for each in journal]


def test_a_move_credits_its_target_and_debits_the_line_it_came_from() -> None:
    got, given_ = moved(move(LINE, 1200, [for_account(1200, narrative="wrong fund")], BOOKS))
    assert got[:7] == ("23", "770001478", "journal-in", 1200, "O", 0, "wrong fund")
    assert given_[:7] == ("13", "HALL", "journal-out", -1200, "S", -200, "wrong fund")
    assert (BOOKS.line(got), BOOKS.line(given_)) == (Line("fund:23", "770001478", -1200, "O"), Line("fund:13", "HALL", 1200, "S"))


@pytest.mark.parametrize(
    ("targets", "reason"),
    [
        ([], "no-targets"),
        ([for_account(0)], "amount-zero"),
        ([for_account(-1)], "amount-negative"),
        ([for_account(700), for_account(501)], "total-exceeds-available"),
        ([for_account(1, "99")], "unknown-fund"),
        ([for_account(1, "14", None)], "unknown-vat-code"),
    ],
)
def test_a_move_that_cannot_be_is_refused_whole(targets: list[Share], reason: str) -> None:
    refusal = move(LINE, 1200, targets, BOOKS)
    assert isinstance(refusal, Refusal)
    assert refusal.reason == reason


@given(st.lists(positive, min_size=1, max_size=6))
def test_every_journal_of_a_move_sums_to_nothing(amounts: list[int]) -> None:
    journals = move(LINE, sum(amounts), [for_account(each) for each in amounts], BOOKS)
    assert not isinstance(journals, Refusal)
    assert [sum(BOOKS.line(each).amount_pence for each in journal) for journal in journals] == [0] * len(amounts)


def test_a_line_of_a_fund_that_nobody_knows_is_not_moved() -> None:
    assert move(LINE._replace(fund="99"), 1200, [for_account(1)], BOOKS) == Refusal("unknown-fund")


def test_what_is_undone_is_todays_and_whoevers_undoes_it() -> None:
    [journal] = move(LINE, 1200, [for_account(1200)], BOOKS)  # type: ignore[misc]
    done = undo(journal, False, TODAY, "officer-7")
    assert isinstance(done, Undone)
    assert (done.posted_on, done.by) == (TODAY, "officer-7")
    assert [each.amount_pence for each in done.movements] == [-1200, 1200]
    assert sum(each.vat_pence for each in (*journal, *done.movements)) == 0
    assert undo(journal, True, TODAY, "officer-7") == Refusal("already-undone")


@pytest.mark.parametrize(
    ("sources", "targets", "reason"),
    [
        ([100], [100], None),
        ([100], [60, 40], None),
        ([50, 25], [50, 25], None),
        ([100], [60], "not-balanced"),  # the predecessor let 40 vanish
        ([100], [60, 41], "total-exceeds-available"),
        ([100], [140, -40], "amount-negative"),
        ([-100], [-100], "amount-negative"),
        ([50, 25], [75], "count-mismatch"),
        ([50, 25], [25, 50], "amounts-differ"),
        ([], [100], "no-sources"),
        ([100], [], "no-targets"),
    ],
)
def test_what_leaves_must_arrive(sources: list[int], targets: list[int], reason: str | None) -> None:
    done = transfer([for_account(each) for each in sources], [for_account(each) for each in targets], BOOKS)
    if reason:
        assert isinstance(done, Refusal)
        assert done.reason == reason
    else:
        assert not isinstance(done, Refusal)
        assert sum(each.amount_pence for each in done) == 0
        assert sum(each.amount_pence for each in done if each.amount_pence > 0) == sum(sources)


def test_a_code_of_its_own_holds_only_where_the_fund_lets_it() -> None:
    out, into = transfer([for_account(1200, "14", "O")], [for_account(1200, "14", "S")], BOOKS)  # type: ignore[misc]
    assert (out.vat_pence, into.vat_pence) == (0, 200)
    out, into = transfer([for_account(1200, "13", "O")], [for_account(1200, "23", "S")], BOOKS)  # type: ignore[misc]
    assert (out.vat_pence, into.vat_pence) == (-200, 0)


ITEM = Item("BANK", 10000, "bank line 1")


def test_suspense_goes_to_the_accounts_it_was_meant_for() -> None:
    done = release([ITEM], [for_account(7000, narrative="march"), for_account(3000, "13", "S")], [], BOOKS)
    assert isinstance(done, Released)
    assert [(each.fund, each.amount_pence, each.vat_pence, each.narrative) for each in done.movements] == [
        ("suspense", -10000, 0, "bank line 1"),
        ("23", 7000, 0, "march"),
        ("13", 3000, 500, "bank line 1"),
    ]
    assert done.taken == [(0, 7000), (0, 3000)]
    assert BOOKS.line(done.movements[0]) == Line("suspense", None, 10000)


def test_a_credit_note_pays_what_suspense_does_not() -> None:
    done = release([ITEM], [for_account(7000), for_account(5000)], [for_account(2000)], BOOKS)
    assert isinstance(done, Released)
    assert [each.amount_pence for each in done.movements] == [-10000, 7000, 5000, -2000]
    assert done.taken == [(0, 7000), (0, 3000)]


def test_every_item_leaves_suspense_whole() -> None:
    """The predecessor took only the largest out, and so made money."""
    done = release([ITEM, Item("OTHER", 5000)], [for_account(15000)], [], BOOKS)
    assert isinstance(done, Released)
    assert [each.amount_pence for each in done.movements] == [-10000, -5000, 15000]
    assert done.taken == [(0, 10000), (1, 5000)]


@pytest.mark.parametrize(
    ("items", "targets", "notes", "reason"),
    [
        ([], [for_account(1)], [], "suspense-value-not-positive"),
        ([Item("B", -5000)], [for_account(-5000)], [], "suspense-value-not-positive"),
        ([ITEM], [for_account(6000)], [], "suspense-total-mismatch"),
        ([ITEM], [for_account(10001)], [], "suspense-total-mismatch"),
        ([ITEM], [for_account(10500), for_account(-500)], [], "amount-not-positive"),
        ([ITEM], [for_account(9500)], [for_account(-500)], "amount-not-positive"),
        ([ITEM], [for_account(10000, "suspense")], [], "target-is-suspense"),
        ([ITEM], [for_account(11000)], [for_account(1000, "13")], "credit-note-fund-not-enabled"),
        ([ITEM], [for_account(7000), for_account(3000, code="")], [], "vat-code-missing"),
        ([ITEM], [for_account(10000, "99")], [], "unknown-fund"),
    ],
)
def test_suspense_that_cannot_be_released_stays_whole(items: list[Item], targets: list[Share], notes: list[Share], reason: str) -> None:
    assert release(items, targets, notes, BOOKS) == Refusal(reason)


@given(st.lists(positive, min_size=1, max_size=4), st.lists(positive, max_size=3), st.data())
def test_releasing_makes_and_loses_nothing(held: list[int], notes: list[int], data: st.DataObject) -> None:
    total = sum(held) + sum(notes)
    first = data.draw(st.integers(1, total))
    targets = [for_account(each) for each in (first, total - first) if each]
    done = release([Item(f"B{at}", each) for at, each in enumerate(held)], targets, [for_account(each) for each in notes], BOOKS)
    assert isinstance(done, Released)
    assert sum(each.amount_pence for each in done.movements) == 0
    assert sum(pence for _, pence in done.taken) == sum(held)

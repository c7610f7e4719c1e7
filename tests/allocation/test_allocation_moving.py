"""Money that people move between accounts, or out of suspense. Nothing is made, nothing lost."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_allocation.domain.books import Books, Refusal, Share
from ims_allocation.domain.moving import transfer
from ims_allocation.domain.releasing import draw, fault_of_shares
from ims_allocation.domain.vat import FundVat

BOOKS = Books(
    funds={"13": FundVat("S"), "14": FundVat("S", may_differ=True), "23": FundVat("O")},
    rates={"S": Fraction(1, 5), "O": Fraction(0)},
    credit_note_funds=frozenset({"23"}),
)
positive = st.integers(1, 1_000_000)


def for_account(pence: int, fund: str = "23", code: str | None = "O") -> Share:
    return Share(fund, "770001478", pence, code)


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
        assert [each.amount_pence for each in done if each.amount_pence > 0] == sources


def test_a_code_of_its_own_holds_only_where_the_fund_lets_it() -> None:
    out, into = transfer([for_account(1200, "14", "O")], [for_account(1200, "14", "S")], BOOKS)  # type: ignore[misc]
    assert (out.vat_code, into.vat_code) == ("O", "S")
    out, into = transfer([for_account(1200, "13", "O")], [for_account(1200, "23", "S")], BOOKS)  # type: ignore[misc]
    assert (out.vat_code, into.vat_code) == ("S", "O")


@pytest.mark.parametrize(
    ("targets", "notes", "reason"),
    [
        ([for_account(10500), for_account(-500)], [], "amount-not-positive"),
        ([for_account(9500)], [for_account(-500)], "amount-not-positive"),
        ([for_account(10000, "suspense")], [], "target-is-suspense"),
        ([for_account(11000)], [for_account(1000, "13")], "credit-note-fund-not-enabled"),
        ([for_account(7000), for_account(3000, code="")], [], "vat-code-missing"),
        ([for_account(10000, "99")], [], "unknown-fund"),
        ([for_account(7000)], [for_account(1000)], None),
    ],
)
def test_what_cannot_get_or_give_says_why(targets: list[Share], notes: list[Share], reason: str | None) -> None:
    assert fault_of_shares(targets, notes, BOOKS) == reason


@given(st.lists(positive, max_size=4), st.lists(positive, max_size=4))
def test_every_account_draws_what_there_is_and_no_item_gives_more_than_it_has(held: list[int], wanted: list[int]) -> None:
    """The predecessor took only the largest of several items out, and so made money."""
    drawn = list(draw(held, wanted))
    assert sum(pence for *_, pence in drawn) == min(sum(held), sum(wanted))
    assert all(sum(pence for _, at, pence in drawn if at == item) <= there for item, there in enumerate(held))
    assert [item for _, item, _ in drawn] == sorted(item for _, item, _ in drawn)

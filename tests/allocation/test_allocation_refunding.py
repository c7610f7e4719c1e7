"""What of a payment can go back, and what a refund asks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_allocation.domain.refunding import Gone, PaidLine, Refund, available, refund

RENT = PaidLine("T1", "P1", "05", "61100000123", 6000)
TAX = PaidLine("T2", "P1", "23", "770001478", 4000)
SAME = PaidLine("T2", "P1", "05", "61100000123", 4000)
OTHER = PaidLine("T3", "P2", "23", "770001478", 4000)
CASH = PaidLine("T4", "P1", "23", "770001478", 4000, is_refundable=False)


@pytest.mark.parametrize(
    ("lines", "gone", "pending", "left", "total", "can_be"),
    [
        ([RENT, TAX], [], 0, [6000, 4000], 10000, True),
        ([RENT, TAX], [Gone(1000, account=("05", "61100000123")), Gone(1500, line_id="T1")], 0, [3500, 4000], 7500, True),
        ([RENT, TAX], [], 500, [5500, 3500], 9500, False),  # nobody knows yet, so it is kept back everywhere
        ([RENT, SAME], [Gone(1000, account=("05", "61100000123"))], 0, [5000, 4000], 9000, True),  # of the first, not of both
        ([RENT, SAME], [Gone(7000, account=("05", "61100000123"))], 0, [0, 3000], 3000, True),
        ([RENT, TAX], [Gone(6000, line_id="T1"), Gone(4000, line_id="T2")], 0, [0, 0], 0, False),
        ([CASH], [], 0, [4000], 4000, False),
    ],
)
def test_what_is_left_of_a_payment(
    lines: list[PaidLine], gone: list[Gone], pending: int, left: list[int], total: int, can_be: bool
) -> None:
    found = available(lines, gone, pending)
    assert [found.lines[line.line_id] for line in lines] == left
    assert (found.total_pence, found.can_be_refunded) == (total, can_be)


@given(st.lists(st.integers(1, 10_000), min_size=1, max_size=5), st.lists(st.integers(1, 20_000), max_size=5))
def test_lines_always_add_up_to_the_whole(amounts: list[int], gone: list[int]) -> None:
    lines = [PaidLine(f"T{at}", "P", "05", "A", pence) for at, pence in enumerate(amounts)]
    found = available(lines, [Gone(pence, account=("05", "A")) for pence in gone])
    assert sum(found.lines.values()) == found.total_pence == sum(amounts) - sum(gone)


@pytest.mark.parametrize(
    ("asked", "reason", "may_be_part", "outcome"),
    [
        ([("T1", 6000)], "paid twice", False, Refund(6000, [("T1", 6000)])),
        ([("T1", 4000)], "paid twice", True, Refund(4000, [("T1", 4000)])),
        ([("T1", 4000), ("T2", 4000)], "r", True, Refund(8000, [("T1", 4000), ("T2", 4000)])),
        ([("T1", -500), ("T1", 2000)], "r", True, Refund(2000, [("T1", 2000)])),
        ([("T1", 4000)], "r", False, "partial-refund-not-allowed"),
        ([("T1", 0)], "r", True, "amount-not-positive"),
        ([("T1", 6000)], " ", True, "reason-missing"),
        ([("T1", 6001)], "r", True, "refund-exceeds-remaining"),
        ([("T1", 3500), ("T1", 3500)], "r", True, "refund-exceeds-remaining"),  # the predecessor compared each by itself
        ([("T9", 1)], "r", True, "refund-exceeds-remaining"),
        ([("T1", 1), ("T3", 1)], "r", True, "several-payments"),
        ([("T4", 4000)], "r", True, "method-not-refundable"),
    ],
)
def test_a_refund_is_asked_for_or_refused(asked: list[tuple[str, int]], reason: str, may_be_part: bool, outcome: Refund | str) -> None:
    lines = [RENT, TAX, OTHER, CASH]
    assert refund(lines, available(lines, []).lines, asked, reason, may_be_part) == outcome


@given(st.lists(st.tuples(st.sampled_from(["T1", "T2"]), st.integers(-100, 7000)), max_size=5))
def test_no_more_goes_back_than_is_left_of_a_line(asked: list[tuple[str, int]]) -> None:
    done = refund([RENT, TAX], {"T1": 6000, "T2": 4000}, asked, "r", True)
    if isinstance(done, Refund):
        assert sum(pence for line, pence in done.parts if line == "T1") <= 6000
        assert sum(pence for line, pence in done.parts if line == "T2") <= 4000
        assert done.amount_pence == sum(pence for _, pence in done.parts)

"""VAT within gross amounts, and rounding by rules that have names."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_allocation.domain.rounding import Rounding, exact_pence, fraction, rounded
from ims_allocation.domain.vat import FundVat, code_of_line, vat_of_parts, vat_within

STANDARD, REDUCED, ONCE = Fraction(1, 5), Fraction(1, 20), Fraction(7, 40)
RULES: list[Rounding] = ["half-up", "half-even", "toward-zero"]
pence = st.integers(-10_000_000, 10_000_000)
rates = st.sampled_from([Fraction(0), STANDARD, REDUCED, ONCE, Fraction(1, 8)])
rules = st.sampled_from(RULES)


@pytest.mark.parametrize(
    ("gross", "rate", "half_up", "half_even"),
    [
        (1000, STANDARD, 167, 167),
        (999, STANDARD, 167, 166),  # 166.5: HMRC rounds up, .NET to the even penny
        (9999, STANDARD, 1667, 1666),
        (3, STANDARD, 1, 0),
        (-999, STANDARD, -167, -166),
        (10500, REDUCED, 500, 500),
        (11750, ONCE, 1750, 1750),
        (1000, Fraction(0), 0, 0),
    ],
)
def test_vat_is_within_the_gross(gross: int, rate: Fraction, half_up: int, half_even: int) -> None:
    assert (vat_within(gross, rate), vat_within(gross, rate, "half-even")) == (half_up, half_even)


@given(pence, rates, rules)
def test_vat_is_never_more_than_the_gross(gross: int, rate: Fraction, rule: Rounding) -> None:
    vat = vat_within(gross, rate, rule)
    assert 0 <= vat * (1 if gross >= 0 else -1) <= abs(gross)


@given(pence, rates, rules)
def test_vat_of_money_back_is_what_was_taken(gross: int, rate: Fraction, rule: Rounding) -> None:
    assert vat_within(-gross, rate, rule) == -vat_within(gross, rate, rule)


@given(st.lists(st.integers(1, 100_000), max_size=12), rates, rules)
def test_vat_of_parts_adds_up_to_the_vat_of_the_whole(parts: list[int], rate: Fraction, rule: Rounding) -> None:
    vat = vat_of_parts(parts, rate, rule)
    assert len(vat) == len(parts)
    assert sum(vat) == vat_within(sum(parts), rate, rule)


def test_parts_each_by_themselves_would_make_a_penny_of_vat() -> None:
    assert sum(vat_within(each, STANDARD) for each in (333, 333, 334)) == 168
    assert vat_of_parts([333, 333, 334], STANDARD) == [56, 55, 56]


@pytest.mark.parametrize(
    ("fund", "said", "code"),
    [
        (FundVat("S"), None, "S"),
        (FundVat("S"), "O", "S"),
        (FundVat("S", may_differ=True), "O", "O"),
        (FundVat("S", may_differ=True), None, None),
        (FundVat("S", may_differ=True), "", None),
    ],
)
def test_a_line_has_its_funds_code_unless_it_may_differ(fund: FundVat, said: str | None, code: str | None) -> None:
    assert code_of_line(fund, said) == code


@pytest.mark.parametrize(
    ("text", "half_up", "half_even", "toward_zero"),
    [
        ("0.125", 13, 12, 12),
        ("0.135", 14, 14, 13),
        ("-0.125", -13, -12, -12),
        ("-0.005", -1, 0, 0),
        ("10", 1000, 1000, 1000),
        ("10.", 1000, 1000, 1000),
        (" 0.999 ", 100, 100, 99),
    ],
)
def test_each_rule_rounds_in_its_own_way(text: str, half_up: int, half_even: int, toward_zero: int) -> None:
    assert [rounded(exact_pence(text), rule) for rule in RULES] == [half_up, half_even, toward_zero]


@given(st.fractions(), rules)
def test_rounding_moves_less_than_a_penny_and_mirrors(exact: Fraction, rule: Rounding) -> None:
    assert abs(rounded(exact, rule) - exact) < 1
    assert rounded(-exact, rule) == -rounded(exact, rule)


@pytest.mark.parametrize("text", ["", "1e5", "1/3", "1,000", "٣", "ten", "nan", "1.2.3", "- 1"])
def test_what_is_no_decimal_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="decimal"):
        fraction(text)

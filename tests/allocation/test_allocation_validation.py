"""Whether a payment may be taken for a reference: mask, rule, limits, account, one after the other."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocation.anytown import PACK
from ims_allocation.domain.check_digits import CheckDigit
from ims_allocation.domain.masks import Mask
from ims_allocation.domain.packs import pack
from ims_allocation.domain.validation import FundRules, Intended, Limits, ReferenceRule, Standing, basket_faults, validate

COUNCIL_TAX = CheckDigit(10, (3, 7, 1, 3, 7, 1, 3, 7), subtract=True)
CTAX = ReferenceRule(9, 9, "numeric", r"^77", (Mask("########@", COUNCIL_TAX),))


@pytest.mark.parametrize(
    ("mask", "reference", "fits"),
    [
        ("$", "A", True),
        ("$", "É", True),
        ("$", "1", False),
        ("#", "1", True),
        ("#", "A", False),
        ("?", "1", True),
        ("?", "A", True),
        ("?", "-", False),
        ("*", "/", True),
        ("*", "%", False),
        ("ALS/####/####", "als/1234/5678", True),
        ("ALS/####/####", "ALS-1234/5678", False),
        ("ALS/####/####", "ALS/1234/567", False),  # shorter: the predecessor let it pass
        ("ALS/####/####", "ALS/1234/56789", False),
        ("#*****", "1-AB/c", True),
        ("#*****", "1", True),  # free text may be as short as it likes
        ("#*****", "", False),
        ("#*****", "A12345", False),
        ("als", "ALS", False),  # what is typed becomes capitals, the mask does not
        ("", "", False),
        ("########@", "771234561", False),  # nobody said how the check digit is reckoned
    ],
)
def test_a_mask_says_what_may_stand_where(mask: str, reference: str, fits: bool) -> None:
    assert Mask(mask).fits(reference) == fits


@pytest.mark.parametrize(
    ("reference", "fault"),
    [
        ("771234561", None),
        (None, "length"),
        ("", "length"),
        ("         ", "length"),
        ("77123456", "length"),
        ("77123456A", "characters"),
        ("7712３4561", "characters"),  # a digit, but not one of ours
        ("77123456\n", "characters"),
        ("561234564", "pattern"),
        ("771234562", "mask"),
    ],
)
def test_a_rule_names_the_first_thing_that_is_wrong(reference: str | None, fault: str | None) -> None:
    assert CTAX.fault(reference) == fault


@pytest.mark.parametrize(
    ("characters", "good", "bad"),
    [
        ("alpha", "Ab", "1 É"),
        ("numeric", "09", "A٣ "),
        ("alphanumeric", "A1", "-É "),
        ("alpha-whitespace", "A b", "1-"),
        ("numeric-whitespace", "1 2", "A-"),
        ("alphanumeric-whitespace", "A 1", "-É"),
    ],
)
def test_a_class_lets_its_own_characters_pass(characters: str, good: str, bad: str) -> None:
    rule = ReferenceRule(characters=characters)  # type: ignore[arg-type]
    assert rule.has_characters(good)
    assert not any(rule.has_characters(f"{good}{each}") for each in bad)
    assert not rule.has_characters("")


def test_a_class_that_the_mask_contradicts_is_left_out() -> None:
    assert ReferenceRule(11, 11, "alpha", masks=(Mask("###########"),)).fault("12345678901") is None
    assert ReferenceRule(11, 11, "alpha", masks=(Mask("$##########"),)).fault("A2345678901") is None
    assert ReferenceRule(2, 2, "alpha", masks=(Mask("??"),)).fault("A1") == "characters"


@pytest.mark.parametrize(("field", "value"), [("characters", "letters"), ("pattern", "(")])
def test_a_rule_that_is_none_is_not_made(field: str, value: str) -> None:
    with pytest.raises(ValueError, match="no "):
        ReferenceRule(**{field: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("pence", "fault"),
    [
        (10000, "above-fund-maximum"),
        (9900, "above-method-maximum"),
        (Fraction(98999, 10), "above-method-maximum"),
        (9899, None),
        (9898, None),
        (9797, None),
        (9796, "below-method-minimum"),
    ],
)
def test_limits_are_included(pence: int | Fraction, fault: str | None) -> None:
    assert Limits(9999, 9899, 9797).fault(pence) == fault
    assert Limits().fault(pence) is None


THERE, STOPPED = Standing(), Standing(is_stopped=True)


@pytest.mark.parametrize(
    ("payment", "account", "reason"),
    [
        # what is asked for                          the account   why not
        (Intended("771234561", 100), THERE, None),
        (Intended("771234562", 100), THERE, "reference-invalid"),  # also where the account exists
        (Intended("77", 100), THERE, "reference-invalid"),
        (Intended("771234561", 100), None, "account-not-found"),
        (Intended("771234561", 100), STOPPED, "account-on-stop"),
        (Intended("771234561", 100, may_pay_stopped=True), STOPPED, None),
        (Intended("771234561", 50001), THERE, "above-fund-maximum"),
    ],
)
def test_a_payment_may_be_taken_or_not_and_why(payment: Intended, account: Standing | None, reason: str | None) -> None:
    assert validate(payment, FundRules(CTAX, Limits(50000), needs_account=True), account) == reason


def test_a_fund_without_a_rule_still_has_its_limits() -> None:
    assert validate(Intended("anything", 100), FundRules(limits=Limits(99))) == "above-fund-maximum"
    assert validate(Intended("anything", 99), FundRules(limits=Limits(99))) is None


@pytest.mark.parametrize(
    ("items", "may_repeat", "faults"),
    [
        ([("A", 1000), ("B", 500)], False, []),
        ([("A", 1000), ("A", 500)], False, ["duplicate-account-reference"]),
        ([("A", 1000), ("A", 500)], True, []),
        ([("A", Fraction(2001, 2)), ("B", Fraction(1, 3))], False, ["more-than-two-decimals"] * 2),
        ([("A", -100)], False, []),
    ],
)
def test_what_is_paid_together_names_each_account_once(
    items: list[tuple[str, int | Fraction]], may_repeat: bool, faults: list[str]
) -> None:
    assert basket_faults([Intended(*item) for item in items], may_repeat) == faults


KNOWN = "61100000123 BJ99518409 BJ9951434A LEISURE 3000000123 770001478 560000126".split()  # noqa: SIM905 - read as a sentence


@given(st.sampled_from(KNOWN), st.integers(0, 12), st.text("0123456789ABJ", max_size=2))
def test_what_is_read_and_what_is_validated_are_the_same(reference: str, at: int, instead: str) -> None:
    """One way for every way in: a fund's rule passes exactly what allocation takes as that fund's reference."""
    typed = reference[:at] + instead + reference[at + 1 :]
    rules = {fund: rules.reference for fund, rules in PACK.rules.items()}
    assert {fund for fund, _ in PACK.references.valid(typed)} == {f for f, rule in rules.items() if rule and rule.fault(typed) is None}


def written(**asked: object) -> dict[str, object]:
    fund = {"name": "Library", "line_of_business": "libraries", "masks": ["$$####"], "needs_account": False}
    return {"council": "E07999999", "version": "1", "funds": {"5M": fund | asked}}


def test_a_pack_may_ask_more_of_references_and_its_rule_holds_for_every_payment() -> None:
    pattern = pack(written(reference={"pattern": "^L"}, amount_max_pence=10000))
    assert pattern.references.read("la 1234", None).candidates == (("5M", "LA1234"),)
    assert pattern.references.read("KA1234", None).reason == "unknown-reference"
    assert validate(Intended("LA1234", 10001), pattern.rules["5M"]) == "above-fund-maximum"


def test_letters_of_a_mask_are_not_taken_for_digits() -> None:
    assert pack(written()).references.read("OI-O1I0", None).candidates == (("5M", "OI0110"),)


def test_a_pack_whose_rule_lets_nothing_pass_is_refused() -> None:
    with pytest.raises(ValueError, match="5M: no reference of its masks"):
        pack(written(reference={"characters": "alpha"}))


@given(st.text(max_size=40), st.text("#$?*@AB1/", max_size=12))
def test_whatever_is_typed_is_judged(reference: str, mask: str) -> None:
    rule = ReferenceRule(1, 30, "alphanumeric-whitespace", masks=(Mask(mask, COUNCIL_TAX),))
    assert rule.fault(reference) in {None, "length", "characters", "mask"}

"""A council's own rules that put right what was said of a payment."""

import pytest

from ims_allocation.domain.repairs import Condition, Repair, Said, compare, matches, repair

GIRO = "GIRO 0042 Smith rent week"


@pytest.mark.parametrize(
    ("operator", "text", "value", "holds"),
    [
        ("contain", GIRO, "0042", True),
        ("contain", GIRO, "0042Smith", False),
        ("contain", None, "", True),
        ("not_contain", GIRO, "0042", False),
        ("not_contain", None, "A", True),
        ("start_with", GIRO, "GIRO", True),
        ("start_with", GIRO, "giro", False),
        ("end_with", GIRO, "week", True),
        ("end_with", GIRO, "rent", False),
        ("equal", GIRO, GIRO, True),
        ("equal", "", None, True),
    ],
)
def test_text_is_compared_as_it_stands(operator: str, text: str | None, value: str | None, holds: bool) -> None:
    assert matches(operator, text, value) == holds


@pytest.mark.parametrize(
    ("amount", "value", "holding"),
    [
        ("0.9", "1", {"less_than"}),
        ("1", "1", {"equal"}),
        ("10.00", "10", {"equal"}),
        ("1.1", "1", {"greater_than"}),
        ("1", "one", set()),
    ],
)
def test_amounts_are_compared_as_numbers(amount: str, value: str, holding: set[str]) -> None:
    assert {operator for operator in ("less_than", "equal", "greater_than") if compare(operator, amount, value)} == holding


def fund_is(value: str, joined_by: str | None = None, group: int = 1) -> Condition:
    return Condition(group, "fund", "equal", value, joined_by)  # type: ignore[arg-type]


YES, NO = "99", "98"


@pytest.mark.parametrize(
    ("conditions", "applies"),
    [
        ((), True),
        ((fund_is(YES),), True),
        ((fund_is(NO),), False),
        ((fund_is(YES), fund_is(NO, "and")), False),
        ((fund_is(YES), fund_is(NO, "or")), True),
        ((fund_is(NO), fund_is(NO, "and"), fund_is(YES, "or")), True),  # from left to right
        ((fund_is(YES), fund_is(YES, "or"), fund_is(NO, "and")), False),
        ((fund_is(YES), fund_is(NO)), False),  # joined by nothing: what stood before is forgotten
        ((fund_is(NO), fund_is(YES, group=2)), True),  # one group is enough
        ((fund_is(YES, group=2), fund_is(NO), fund_is(NO, "and", group=2)), False),
    ],
)
def test_conditions_count_from_left_to_right_and_one_group_is_enough(conditions: tuple[Condition, ...], applies: bool) -> None:
    assert Repair(conditions, ()).applies(Said(fund=YES)) == applies


def test_a_misquoted_account_is_put_right() -> None:
    """The predecessor's own example: an account, and an amount that ends in two pence."""
    when = (Condition(0, "account_reference", "equal", "567749526"), Condition(0, "amount", "end_with", "2", "and"))
    rule = Repair(when, (("fund", "23"), ("account_reference", "774952620")))
    assert repair(Said("", "567749526", None, 2502), [rule]) == Said("23", "774952620", None, 2502)
    assert repair(Said("", "567749526", None, 2500), [rule]) == Said("", "567749526", None, 2500)


def test_later_rules_see_what_earlier_ones_set() -> None:
    first, second = Repair((), (("fund", "1"),)), Repair((fund_is("1"),), (("fund", "2"),))
    assert repair(Said(), [first, second]).fund == "2"
    assert repair(Said(), [second, first]).fund == "1"


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        (Repair((), (("amount", "1.00"),)), "an amount is never put right by a rule"),
        (Repair((Condition(1, "narrative", "greater_than", "1"),), ()), "no comparison is called greater_than"),
        (Repair((Condition(1, "amount", "greater_than", "1"),), ()), None),
    ],
)
def test_a_rule_that_may_not_be_used_says_why(rule: Repair, fault: str | None) -> None:
    assert rule.fault() == fault

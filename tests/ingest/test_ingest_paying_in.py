"""Paying-in returns: cash by kind, what a template lets be entered, and what may be submitted."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_ingest.domain.paying_in import ReferenceRule, TemplateRow, cash_fault, cash_total, cheques_fault, is_of_denomination

UNITS = [5000, 2000, 1000, 500, 200, 100, 50, 20, 10, 5, 2, 1]


@pytest.mark.parametrize(
    ("pence", "unit", "can_be"), [(3000, 2000, False), (8000, 2000, True), (0, 5000, True), (-10000, 5000, False), (3, 2, False)]
)
def test_an_amount_is_of_whole_notes_or_coins(pence: int, unit: int, can_be: bool) -> None:
    assert is_of_denomination(pence, unit) == can_be


@given(st.dictionaries(st.sampled_from(UNITS), st.integers(0, 500)))
def test_counted_notes_and_coins_come_to_their_total(counts: dict[int, int]) -> None:
    money: dict[int, int | None] = {unit: unit * count for unit, count in counts.items()}
    assert all(is_of_denomination(pence or 0, unit) for unit, pence in money.items())
    assert cash_total(money | {3: None}) == sum(unit * count for unit, count in counts.items())


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (TemplateRow("65476765765", "Swimming", "S"), None),
        (TemplateRow("65476******", "Swimming", "S", may_change_reference=True), None),
        (TemplateRow("", "Swimming", "S"), "reference-missing"),
        (TemplateRow("65476765765", " ", "S"), "description-missing"),
        (TemplateRow("65476765765", "Swimming", ""), "vat-code-missing"),
        (TemplateRow("6547676576", "Swimming", "S"), "reference-length"),
        (TemplateRow("65476******", "Swimming", "S"), "only-digits"),
        (TemplateRow("65476A*****", "Swimming", "S", may_change_reference=True), "only-digits-and-asterisks"),
    ],
)
def test_a_row_of_a_template_is_whole(row: TemplateRow, fault: str | None) -> None:
    assert row.fault(ReferenceRule(length=11, only_digits=True)) == fault


@pytest.mark.parametrize(
    ("reference", "may_change", "fault"),
    [
        ("LEISURE", False, None),
        ("BJ*******?", True, None),
        ("BJ*******?", False, "wildcards-may-not-change"),
        ("", True, "reference-missing"),
    ],
)
def test_a_council_whose_references_are_not_alike_has_no_rule_for_them(reference: str, may_change: bool, fault: str | None) -> None:
    assert TemplateRow(reference, "Swimming", "S", may_change).fault(ReferenceRule()) == fault


@pytest.mark.parametrize(
    ("reference", "may_change", "entered", "fault"),
    [
        ("123456", False, "123456", None),
        ("123456", False, None, ("reference-missing", None)),
        ("123456", False, "654321", ("reference-may-not-change", None)),
        ("123***", True, "123456", None),
        ("123***", True, "124456", ("mask-mismatch", 3)),
        ("***456", True, "1A3456", ("only-digits", 2)),
        ("***456", True, "1٣3456", ("only-digits", 2)),
        ("123***", True, "12345", ("reference-too-short", None)),
        ("123***", True, "1234567", ("reference-too-long", None)),
        ("BJ*?", True, "BJ1A", None),
        ("BJ*?", True, "BJ19", None),
        ("BJ*?", True, "BJ1a", ("only-digits-and-letters", 4)),
        ("BJ*?", True, "BJA1", ("only-digits", 3)),
    ],
)
def test_a_reference_is_entered_as_its_template_lets_it(
    reference: str, may_change: bool, entered: str | None, fault: tuple[str, int | None] | None
) -> None:
    assert TemplateRow(reference, "Swimming", "S", may_change).reference_fault(entered) == fault


@pytest.mark.parametrize(
    ("may_change", "entered", "fault"),
    [
        (False, "Swimming", None),
        (False, "Hall", "description-may-not-change"),
        (True, "Hall", None),
        (True, "", "description-missing"),
        (False, None, "description-missing"),
    ],
)
def test_a_description_is_the_templates_unless_it_may_change(may_change: bool, entered: str | None, fault: str | None) -> None:
    assert TemplateRow("65476765765", "Swimming", "S", may_change_description=may_change).description_fault(entered) == fault


@pytest.mark.parametrize(
    ("bag", "counted", "lines", "fault"),
    [
        ("109-5407", 1000, 1000, None),
        ("109-5407", 0, 0, None),
        ("109-5407", None, 1000, "cash-missing"),
        ("", 1000, 1000, "bag-number-missing"),
        ("109-5407", 1000, 999, "cash-does-not-balance"),
    ],
)
def test_cash_is_submitted_if_the_bag_holds_what_the_lines_say(bag: str, counted: int | None, lines: int, fault: str | None) -> None:
    assert cash_fault(bag, counted, lines) == fault


@pytest.mark.parametrize(
    ("cheques", "lines", "fault"),
    [
        ([20000, 8000, 3500], 31500, None),
        ([20000, 8000, 3500], 31499, "cheques-do-not-balance"),
        ([], 0, "cheques-missing"),
        ([0], 0, "cheques-total-not-positive"),
    ],
)
def test_cheques_are_submitted_if_they_come_to_what_the_lines_say(cheques: list[int], lines: int, fault: str | None) -> None:
    assert cheques_fault(cheques, lines) == fault

"""What payers type, and what it means: the shapes and check digits of one council's funds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocation.anytown import PACK
from ims_allocation.domain.references import CheckDigit
from ims_allocation.domain.suggesting import neighbours

READ = PACK.references.read

PUBLISHED = "BJ99518409 BJ99514805 BJ9951434A"


@pytest.mark.parametrize(
    ("typed", "means"),
    [
        # typed                              fund and reference, or why there is none
        ("770001478", ["23/770001478"]),
        ("770 001 889", ["23/770001889"]),
        ("77-000-1889", ["23/770001889"]),
        ("CTAX770001478", ["23/770001478"]),
        ("council tax 770001478 march", ["23/770001478"]),
        ("61100000123", ["05/61100000123"]),
        ("560000126", ["24/560000126"]),
        ("3000000123", ["19/3000000123"]),
        ("leisure", ["13/LEISURE"]),
        ("bj9003 4458", ["11/BJ90034458"]),
        ("bj9951 8409", ["11/BJ99518409"]),
        ("BJ995I84O9", ["11/BJ99518409"]),
        ("BJ9IOOIOI3", ["11/BJ91001013"]),
        ("BJ-9010109A", ["11/BJ9010109A"]),
        ("BJ90034458 BJ90045545", ["11/BJ90034458", "11/BJ90045545"]),
        ("BJ90034458,770001478", ["11/BJ90034458", "23/770001478"]),
        ("770009148", "unknown-reference"),
        ("BJ90138361", "unknown-reference"),
        ("QC12345678", "other-council"),
        ("qc 1234567a", "other-council"),
        ("7700014", "invalid-reference"),
        ("7700014780", "invalid-reference"),
        ("NOTPROVIDED", "no-reference"),
        ("my fine", "no-reference"),
        ("AT99 AAA", "no-reference"),
        ("", "no-reference"),
        (None, "no-reference"),
    ],
)
def test_what_a_payer_types_is_read(typed: str | None, means: list[str] | str) -> None:
    reading = READ(typed, None)
    assert (["/".join(each) for each in reading.candidates] or reading.reason) == means


@pytest.mark.parametrize("reference", PUBLISHED.split())
def test_published_references_of_a_real_council_are_valid(reference: str) -> None:
    assert READ(reference, None).candidates == (("11", reference),)


@pytest.mark.parametrize(
    ("reference", "narrative", "means"),
    [
        (None, "FPI MR B SAMPLE 770001148", "770001148"),
        ("MR SAMPLE", "MR SAMPLE 770001148 FPI", "770001148"),
        ("770001478", "770001148", "770001478"),
        ("770009148", "770001148", "unknown-reference"),  # the payer's own word is not overruled
        ("COUNCIL", "MR SAMPLE", "no-reference"),
    ],
)
def test_the_narrative_is_read_where_the_reference_says_nothing(reference: str | None, narrative: str, means: str) -> None:
    reading = READ(reference, narrative)
    assert (reading.candidates[0][1] if reading.candidates else reading.reason) == means


@pytest.mark.parametrize(
    ("modulus", "subtract", "remainder", "digit"),
    [(10, True, 0, "0"), (10, True, 3, "7"), (11, False, 9, "9"), (11, False, 10, None), (11, True, 0, "0"), (11, True, 1, None)],
)
def test_a_check_digit_comes_of_the_remainder(modulus: int, subtract: bool, remainder: int, digit: str | None) -> None:
    assert CheckDigit(modulus, (1, 1), subtract).of(f"{remainder // 2}{remainder - remainder // 2}") == digit


def test_a_misread_reference_has_neighbours_and_each_is_valid() -> None:
    found = neighbours("770009148", PACK.references)
    assert found["23", "770001148"] == "one-character-off"
    assert all(PACK.references.valid(reference) for _, reference in found)


def penalties() -> st.SearchStrategy[str]:
    digits = st.integers(0, 9_999_999).map(lambda n: f"BJ{n:07}")
    check = CheckDigit(11, (9, 8, 7, 6, 5, 4, 3, 2, 1), letters={"BJ": "05"}, results={10: "A"})
    return digits.map(lambda body: body + (check.of(body) or ""))


@given(penalties(), st.integers(2, 8), st.integers(1, 9))
def test_one_wrong_digit_of_a_penalty_is_never_another_penalty(reference: str, at: int, by: int) -> None:
    wrong = reference[:at] + str((int(reference[at]) + by) % 10) + reference[at + 1 :]
    assert READ(reference, None).candidates
    assert not READ(wrong, None).candidates


@given(penalties(), st.integers(2, 7))
def test_neighbours_swapped_in_a_penalty_are_never_another_penalty(reference: str, at: int) -> None:
    wrong = reference[:at] + reference[at + 1] + reference[at] + reference[at + 2 :]
    assert wrong == reference or not READ(wrong, None).candidates


@given(st.text(max_size=500))
def test_whatever_is_typed_is_read(text: str) -> None:
    reading = READ(text, text)
    assert bool(reading.candidates) != bool(reading.reason)


@given(st.one_of(*(st.from_regex(scheme.strict, fullmatch=True) for of in PACK.references.by_length.values() for scheme in of), st.text()))
def test_looking_only_at_schemes_that_start_so_finds_all_that_fit(typed: str) -> None:
    every = [scheme for of_length in PACK.references.by_length.values() for scheme in of_length]
    fitting = {(each.fund, typed) for each in every if each.strict.fullmatch(typed) and each.is_valid(typed)}
    assert set(PACK.references.valid(typed)) == fitting

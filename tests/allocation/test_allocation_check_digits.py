"""Check digits: what each scheme writes, and which mistypings it catches."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ims_allocation.domain.check_digits import CheckDigit

PARKING = CheckDigit(11, (9, 8, 7, 6, 5, 4, 3, 2, 1), letters={"BJ": "05"}, results={10: "A"})
COUNCIL_TAX = CheckDigit(10, (3, 7, 1, 3, 7, 1, 3, 7), subtract=True)
RENT = CheckDigit(10, (0, 0, 9, 7, 1, 4, 6, 3, 2, 8), subtract=True)
LIBRARY = CheckDigit(10, (2, 0) * 7, subtract=True, doubles=True)


@pytest.mark.parametrize(
    ("scheme", "reference"),
    [
        (PARKING, "BJ12345673"),
        (PARKING, "BJ99518409"),
        (PARKING, "BJ5550001A"),
        (COUNCIL_TAX, "771234561"),
        (COUNCIL_TAX, "770000000"),
        (COUNCIL_TAX, "561234564"),
        (RENT, "61100513680"),
        (RENT, "61234567892"),
        (LIBRARY, "21164000000009"),
        (LIBRARY, "99999999999993"),
        (LIBRARY, "21164123456781"),
    ],
)
def test_worked_examples_come_out(scheme: CheckDigit, reference: str) -> None:
    assert scheme.of(reference[:-1]) == reference[-1]


@pytest.mark.parametrize(
    ("why", "scheme", "body"),
    [
        ("no weights", CheckDigit(10, ()), "1"),
        ("a digit beyond the weights", CheckDigit(10, (1, 1)), "123"),
        ("ten has no digit", CheckDigit(11, (5, 5)), "11"),
        ("ten is never issued", CheckDigit(10, (1, 1), subtract=True, results={10: ""}), "55"),
    ],
)
def test_some_bodies_have_no_check_digit(why: str, scheme: CheckDigit, body: str) -> None:
    assert scheme.of(body) is None, why


def test_a_letter_keeps_its_place_and_counts_nothing() -> None:
    assert CheckDigit(10, (5, 3, 1)).of("A2B") == CheckDigit(10, (5, 3, 1)).of("020") == "6"


def test_what_the_first_characters_count_as_may_be_fixed() -> None:
    assert CheckDigit(11, (9, 8, 1), leading="12").of("QQ4") == CheckDigit(11, (9, 8, 1)).of("124")


def test_weights_that_cover_the_check_digit_see_all_of_it() -> None:
    scheme = CheckDigit(11, (2, 1, 1), covers_all=True)
    assert (scheme.body("157", 2), CheckDigit(11, (2, 1)).body("157", 2)) == ("157", "15")


@pytest.mark.parametrize("modulus", [1, 0, -10])
def test_a_modulus_must_tell_numbers_apart(modulus: int) -> None:
    with pytest.raises(ValueError, match="modulus"):
        CheckDigit(modulus, (1,))


def luhn(body: str) -> str:
    """The check digit by the standard, ISO/IEC 7812-1: doubled from the right, digits of products added up."""
    doubled = [int(sign) * (2 - at % 2) for at, sign in enumerate(reversed(body))]
    return str(-sum(each // 10 + each % 10 for each in doubled) % 10)


@given(st.text("0123456789", min_size=13, max_size=13))
def test_doubling_is_luhns_check(body: str) -> None:
    assert LIBRARY.of(body) == luhn(body)


def bodies(scheme: CheckDigit) -> st.SearchStrategy[str]:
    lead = "BJ" if scheme is PARKING else ""
    size = {id(PARKING): 7, id(COUNCIL_TAX): 8, id(LIBRARY): 13}[id(scheme)]
    return st.text("0123456789", min_size=size, max_size=size).map(lambda digits: lead + digits)


@given(st.sampled_from([PARKING, COUNCIL_TAX, LIBRARY]), st.data())
def test_one_wrong_digit_is_always_caught(scheme: CheckDigit, data: st.DataObject) -> None:
    """Weights without a factor in common with the modulus promise it; the rents' weights, with noughts and evens, do not."""
    body = data.draw(bodies(scheme))
    at = data.draw(st.integers(2 if scheme is PARKING else 0, len(body) - 1))
    wrong = body[:at] + str((int(body[at]) + data.draw(st.integers(1, 9))) % 10) + body[at + 1 :]
    assert scheme.of(wrong) != scheme.of(body)


def test_a_scheme_of_even_weights_misses_a_wrong_digit() -> None:
    assert RENT.of("6110051368") == RENT.of("7110051368")

"""VAT within what was paid: amounts are gross, and VAT and net always make the gross again."""

from collections.abc import Iterable
from fractions import Fraction
from itertools import accumulate, pairwise
from typing import NamedTuple

from ims_allocation.domain.rounding import Rounding, rounded


class FundVat(NamedTuple):
    """The VAT code of a fund, and whether a single line of it may have another."""

    code: str
    may_differ: bool = False


def vat_within(gross_pence: int, rate: Fraction, rounding: Rounding = "half-up") -> int:
    """The VAT in a gross amount, in pence; `rate` is 1/5 for 20%. Half a penny goes up (HMRC's VATREC12020), below nothing mirrored."""
    return rounded(Fraction(gross_pence * rate.numerator, rate.numerator + rate.denominator), rounding)


def vat_of_parts(parts_pence: Iterable[int], rate: Fraction, rounding: Rounding = "half-up") -> list[int]:
    """The VAT of each part of one amount, so that the parts' VAT is the VAT of the whole: what splits or refunds in parts
    neither makes nor loses a penny of it."""
    until = accumulate(parts_pence, initial=0)
    return [after - before for before, after in pairwise(vat_within(gross, rate, rounding) for gross in until)]


def code_of_line(fund: FundVat, said: str | None) -> str | None:
    """The VAT code that holds for a line: the fund's, unless the fund lets the line say another; none where it must and does not."""
    return (said or None) if fund.may_differ else fund.code

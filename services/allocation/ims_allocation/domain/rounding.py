"""Amounts that are written or reckoned finer than a penny, brought to whole pence by a rule that has a name; and pence in words."""

import re
from fractions import Fraction
from typing import Literal

type Rounding = Literal["half-up", "half-even", "toward-zero"]
"""Half a penny goes away from nothing (HMRC's rule for VAT), to the even penny (.NET's habit), or is dropped with all fractions."""

DECIMAL = re.compile(r"[-+]?[0-9]{1,15}(?:\.[0-9]{0,12})?")
HALF = Fraction(1, 2)


def exact_pence(pounds: str) -> Fraction:
    """Pounds as written, in pence and whatever fraction of one. Raises ValueError for what is no decimal number."""
    return fraction(pounds) * 100


def fraction(text: str) -> Fraction:
    """A decimal number as written. Raises ValueError for anything else, exponents too."""
    if not DECIMAL.fullmatch(text.strip()):
        raise ValueError("not a decimal number")
    return Fraction(text.strip().rstrip("."))


def rounded(exact: Fraction, rule: Rounding) -> int:
    """A whole number of pence; the same rule mirrored below nothing, so that money back is what was taken."""
    size = abs(exact)
    whole = {"half-up": int(size + HALF), "half-even": round(size), "toward-zero": int(size)}[rule]
    return -whole if exact < 0 else whole


def money(pence: int) -> str:
    """Pence as people write pounds: £1,234.50."""
    return f"{'-' if pence < 0 else ''}£{abs(pence) // 100:,}.{abs(pence) % 100:02}"

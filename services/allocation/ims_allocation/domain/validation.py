"""Whether a payment may be taken for a reference: one way for every way in."""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple

from ims_allocation.domain.masks import CHECK, KINDS, Mask, admits

type Characters = Literal["alpha", "numeric", "alphanumeric", "alpha-whitespace", "numeric-whitespace", "alphanumeric-whitespace"]
CLASSES = {"alpha": "A-Za-z", "numeric": "0-9", "alphanumeric": "A-Za-z0-9"}
SAMPLES = "AZ09 /-"
"""A character of every kind that a mask's signs tell apart."""


class Limits(NamedTuple):
    """The least and the most that is taken, both included; pence, or none where there is no limit."""

    fund_max_pence: int | Fraction | None = None
    method_max_pence: int | Fraction | None = None
    method_min_pence: int | Fraction | None = None

    def fault(self, amount_pence: int | Fraction) -> str | None:
        """The first limit that an amount does not keep."""
        if self.fund_max_pence is not None and amount_pence > self.fund_max_pence:
            return "above-fund-maximum"
        if self.method_max_pence is not None and amount_pence > self.method_max_pence:
            return "above-method-maximum"
        if self.method_min_pence is not None and amount_pence < self.method_min_pence:
            return "below-method-minimum"
        return None


@dataclass(frozen=True, slots=True)
class ReferenceRule:
    """What a fund asks of its references. What is not said is not asked."""

    length_min: int = 0
    length_max: int | None = None
    characters: Characters | None = None
    pattern: str | None = None
    """A regular expression that is found somewhere in the reference; anchors are its own affair."""
    masks: tuple[Mask, ...] = ()
    """Any of them is enough."""

    def __post_init__(self) -> None:
        """Raises ValueError for a class of characters or a pattern that is none."""
        if self.characters and self.characters.removesuffix("-whitespace") not in CLASSES:
            raise ValueError(f"no class of characters is called {self.characters!r}")
        try:
            re.compile(self.pattern or "")
        except re.error as error:
            raise ValueError(f"the pattern is no regular expression: {error}") from None

    def fault(self, reference: str | None) -> str | None:
        """The first thing that is wrong with a reference, the mask last."""
        return self.fault_before_mask(reference) or (None if self.fits_mask(reference or "") else "mask")

    def fault_before_mask(self, reference: str | None) -> str | None:
        """What length, characters or pattern have against a reference."""
        if reference is None or not self.has_length(reference):
            return "length"
        if not self.contradicts_itself and not self.has_characters(reference):
            return "characters"
        return None if self.has_pattern(reference) else "pattern"

    def has_length(self, reference: str | None) -> bool:
        """Spaces count, but they alone are no reference."""
        if reference is None:
            return False
        is_short = self.length_max is None or len(reference) <= self.length_max
        return bool(reference.strip()) and self.length_min <= len(reference) and is_short

    def has_characters(self, reference: str) -> bool:
        return self.characters is None or is_of(self.characters, reference)

    def has_pattern(self, reference: str) -> bool:
        return not self.pattern or re.search(self.pattern, reference) is not None

    def fits_mask(self, reference: str) -> bool:
        return not self.masks or any(mask.fits(reference) for mask in self.masks)

    @property
    def contradicts_itself(self) -> bool:
        """The masks want what the class of characters forbids, so that no reference could ever pass: then the masks, which say
        more, hold alone. (The predecessor's own sample data refused every council tax number this way.)"""
        if not self.masks or self.characters is None:
            return False
        return not any(all(some_is_of(self.characters, sign) for sign in mask.signs) for mask in self.masks)


def is_of(characters: Characters, reference: str) -> bool:
    """Whether all of a reference is of a class; nothing is of none."""
    kind, _, white = characters.partition("-")
    return re.fullmatch(f"[{CLASSES[kind]}{r'\s' if white else ''}]+", reference) is not None


def some_is_of(characters: Characters, sign: str) -> bool:
    candidates = SAMPLES if sign in KINDS else sign
    return any((sign == CHECK or admits(sign, each)) and is_of(characters, each) for each in candidates)


class Standing(NamedTuple):
    """An account that there is."""

    is_stopped: bool = False


class FundRules(NamedTuple):
    """What a fund asks before it takes a payment."""

    reference: ReferenceRule | None = None
    limits: Limits = Limits()
    needs_account: bool = False


class Intended(NamedTuple):
    """A payment that somebody wants to make or to move."""

    reference: str | None
    amount_pence: int | Fraction
    may_pay_stopped: bool = False
    """Whoever asks may take money for an account that its back office stopped."""


def validate(payment: Intended, fund: FundRules, account: Standing | None = None) -> str | None:
    """Why a payment may not be taken; none if it may. `account` is what the fund knows by this reference.

    The limits hold for a fund without a rule for references too, and a reference must be well formed even where its account exists.
    """
    if fault := fund.limits.fault(payment.amount_pence):
        return fault
    if fund.reference and fund.reference.fault_before_mask(payment.reference):
        return "reference-invalid"
    if fund.needs_account and account is None:
        return "account-not-found"
    if fund.needs_account and account and account.is_stopped and not payment.may_pay_stopped:
        return "account-on-stop"
    return "reference-invalid" if fund.reference and not fund.reference.fits_mask(payment.reference or "") else None


def basket_faults(items: Iterable[Intended], may_repeat: bool = False) -> list[str]:
    """What is wrong with payments made together: a fraction of a penny, or an account named twice (most likely by mistake)."""
    items = list(items)
    faults = ["more-than-two-decimals" for item in items if Fraction(item.amount_pence).denominator != 1]
    named = Counter(item.reference for item in items)
    if not may_repeat and any(count > 1 for count in named.values()):
        faults.append("duplicate-account-reference")
    return faults

"""What a template lets be entered in an e-return, and whether its cash or cheques come to what the lines say. What becomes of
an e-return, and its door, are in `ereturns.py`."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import NamedTuple

ANY_DIGIT, ANY_SIGN = "*", "?"
DIGITS = "0123456789"
SIGNS = DIGITS + "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def is_of_denomination(amount_pence: int | Fraction, unit_pence: int) -> bool:
    """Whether an amount can be of notes or coins of one kind. Nothing can; less than nothing cannot."""
    return amount_pence >= 0 and amount_pence % unit_pence == 0


def cash_total(by_denomination_pence: Mapping[int, int | None]) -> int:
    """What the notes and coins of a return come to in pence, by what each kind comes to."""
    return sum(amount or 0 for amount in by_denomination_pence.values())


class ReferenceRule(NamedTuple):
    """What the references of a council's templates are like, where they are all alike."""

    length: int | None = None
    only_digits: bool = False


class TemplateRow(NamedTuple):
    """One line of a template: which account takes what is entered, and what may be said otherwise."""

    reference: str
    description: str
    vat_code: str
    may_change_reference: bool = False
    """Each `*` of the reference then stands for a digit that is entered, each `?` for a digit or a capital letter."""
    may_change_description: bool = False

    def fault(self, rule: ReferenceRule) -> str | None:
        """What is wrong with the row itself."""
        for name, value in (("reference", self.reference), ("description", self.description), ("vat-code", self.vat_code)):
            if not value or not value.strip():
                return f"{name}-missing"
        if len(self.reference) != (rule.length or len(self.reference)):
            return "reference-length"
        if rule.only_digits and any(sign not in DIGITS + (ANY_DIGIT if self.may_change_reference else "") for sign in self.reference):
            return "only-digits-and-asterisks" if self.may_change_reference else "only-digits"
        if not self.may_change_reference and any(sign in self.reference for sign in (ANY_DIGIT, ANY_SIGN)):
            return "wildcards-may-not-change"
        return None

    def reference_fault(self, entered: str | None) -> tuple[str, int | None] | None:
        """What is wrong with the reference of an entry, and at which position, counted from one."""
        if not entered:
            return "reference-missing", None
        if not self.may_change_reference:
            return None if entered == self.reference else ("reference-may-not-change", None)
        for at, (sign, wanted) in enumerate(zip(entered, self.reference, strict=False), 1):
            if wanted == ANY_DIGIT and sign not in DIGITS:
                return "only-digits", at
            if wanted == ANY_SIGN and sign not in SIGNS:
                return "only-digits-and-letters", at
            if wanted not in (ANY_DIGIT, ANY_SIGN, sign):
                return "mask-mismatch", at
        if len(entered) != len(self.reference):
            return "reference-too-short" if len(entered) < len(self.reference) else "reference-too-long", None
        return None

    def description_fault(self, entered: str | None) -> str | None:
        """What is wrong with the description of an entry."""
        if not entered:
            return "description-missing"
        return None if self.may_change_description or entered == self.description else "description-may-not-change"


def cash_fault(bag_number: str | None, counted_pence: int | None, lines_pence: int) -> str | None:
    """Why a cash return may not be submitted: the bag must be named, and what is in it must be what the lines say. It may be nothing."""
    if counted_pence is None:
        return "cash-missing"
    if not bag_number or not bag_number.strip():
        return "bag-number-missing"
    return None if counted_pence == lines_pence else "cash-does-not-balance"


def cheques_fault(cheques_pence: Iterable[int], lines_pence: int) -> str | None:
    """Why a cheque return may not be submitted: there must be cheques, and they must come to what the lines say."""
    cheques = list(cheques_pence)
    if not cheques:
        return "cheques-missing"
    if sum(cheques) <= 0:
        return "cheques-total-not-positive"
    return None if sum(cheques) == lines_pence else "cheques-do-not-balance"

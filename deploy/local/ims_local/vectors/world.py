"""The council that the vectors are set in: its funds, codes and VAT, as the head of the predecessor's file describes them."""

from fractions import Fraction

from ims_allocation.domain.books import Books
from ims_allocation.domain.references import References, Scheme
from ims_allocation.domain.rounding import Rounding, exact_pence
from ims_allocation.domain.vat import FundVat

ROUNDING: Rounding = "half-even"
"""The predecessor's. Ours is HMRC's, half a penny up, unless a council says otherwise."""

BOOKS = Books(
    funds={
        "5": FundVat("N0"),
        "13": FundVat("W0", may_differ=True),
        "23": FundVat("N0"),
        "31": FundVat("W0"),
        "2R": FundVat("N0"),
    },
    rates={
        "W0": Fraction(1, 5),
        "N0": Fraction(0),
        "E0": Fraction(0),
        "M0": Fraction(0),
        "R5": Fraction(1, 20),
        "O7": Fraction(7, 40),
    },
    credit_note_funds=frozenset({"5", "13", "23"}),
)
REFUNDABLE = {"90"}

IMPORTED = References(
    [
        Scheme("05", "6##########", None),
        Scheme("03", "55########", None),
        Scheme("19", "9#########", None),
        Scheme("19", "3#########", None),
        Scheme("23", "77#######", None),
        Scheme("24", "56#######", None),
        Scheme("02", "70########", None),
        Scheme("25", "7#######", None),
    ]
)
"""How its importers know a fund by the shape of a reference alone."""
SUSPENSE = "SP"
KINDS = {
    "05": "housing_rents",
    "03": "old_ndr",
    "19": "sap_invoice",
    "23": "council_tax",
    "24": "business_rates",
    "02": "old_council_tax",
    "25": "benefit_overpayment",
    SUSPENSE: "suspense",
}


def fund_of(reference: str) -> str:
    """The fund a reference is of by its shape."""
    return next((fund for fund, _ in IMPORTED.valid(reference)), SUSPENSE)


def vat_code_of(fund: str) -> str:
    """The code its importers put on what they bring in."""
    return {"19": "11", SUSPENSE: "M0"}.get(fund, "N0")


def whole(amount: str) -> int:
    """Pounds as the vectors write them, in pence. Raises ValueError for a fraction of a penny."""
    exact = exact_pence(amount)
    if exact.denominator != 1:
        raise ValueError("a fraction of a penny")
    return int(exact)


def label(reason: str | None) -> str | None:
    """A reason of ours as the vectors would write it."""
    return reason and reason.replace("-", "_")


def pounds(pence: int) -> str:
    """Pence as the vectors write pounds: 1234.50."""
    return f"{'-' if pence < 0 else ''}{abs(pence) // 100}.{abs(pence) % 100:02}"


def verdict(reason: str | None, word: str = "valid") -> dict[str, object]:
    """Yes, or no and why."""
    return {word: reason is None} | ({"error": reason} if reason else {})


__all__ = ["BOOKS", "KINDS", "REFUNDABLE", "ROUNDING", "fund_of", "label", "pounds", "vat_code_of", "verdict", "whole"]

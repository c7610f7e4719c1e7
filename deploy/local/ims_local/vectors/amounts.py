"""Vectors of amounts: VAT, rounding, pence."""

from typing import Any

from ims_allocation.domain.baskets import fault_of_fee
from ims_allocation.domain.rounding import exact_pence, fraction, rounded
from ims_allocation.domain.vat import FundVat, code_of_line, vat_within
from ims_local.vectors.running import Answer, OnPurpose, Suite
from ims_local.vectors.world import ROUNDING, pounds, verdict, whole
from ims_notify.domain import letters

BEFORE = "A receipt is in pounds, with their sign, and what went back has its own sign before it, as people write it."


def run_vat(given: dict[str, Any]) -> Answer:
    return {"vat_amount": pounds(vat_within(whole(given["gross"]), fraction(given["rate"]), ROUNDING))}


def run_vat_of_line(given: dict[str, Any]) -> Answer:
    said = given["transaction_vat_code"]
    code = code_of_line(FundVat(given["fund_vat_code"], given["fund_allows_override"]), said)
    told = given["fund_rate"] if code == given["fund_vat_code"] else given["transaction_rate"]
    if code is None or told is None:
        return {"error": "vat_code_missing"}
    rate = fraction(told)
    amount = None if given["gross"] is None else pounds(vat_within(whole(given["gross"]), rate, ROUNDING))
    return {"vat_code": code, "vat_rate": float(rate), "vat_amount": amount}


def run_rounding(given: dict[str, Any]) -> Answer:
    return {"value": pounds(rounded(exact_pence(given["value"]), ROUNDING))}


def run_to_pence(given: dict[str, Any]) -> Answer:
    """What the predecessor tells a card provider: fractions of a penny are dropped."""
    return {"pence": rounded(exact_pence(given["pounds"]), "toward-zero")}


def run_fee(given: dict[str, Any]) -> Answer:
    """With us a fee is a line of the payment's basket, never an event after it: with no lines beside it, it is for nothing."""
    if given.get("fee") is None:
        return verdict("no-amount")
    return verdict(fault_of_fee(given["mop_incurs_fee"], is_alone=not given["processed_lines"]))


def run_receipt(given: dict[str, Any]) -> OnPurpose:
    """An amount as receipts have it."""
    return OnPurpose({"text": letters.pounds(whole(given["value"]))}, BEFORE)


SUITES = {
    "vat_amount": Suite(run_vat),
    "vat_transaction": Suite(run_vat_of_line),
    "round_two_places": Suite(run_rounding),
    "to_pence": Suite(run_to_pence),
    "fee": Suite(run_fee),
    "receipt_sign_trailing": Suite(run_receipt),
}

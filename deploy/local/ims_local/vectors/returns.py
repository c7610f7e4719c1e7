"""Vectors of paying-in returns: cash by kind, templates, what may be submitted, and what a return becomes."""

from fractions import Fraction
from typing import Any

from ims_allocation.domain.rounding import exact_pence
from ims_ingest.domain.paying_in import TemplateRow, becomes, cash_fault, cash_total, cheques_fault, is_of_denomination
from ims_local.vectors.running import Answer, Suite
from ims_local.vectors.world import label, pounds, verdict, whole

LABELS = {
    "reference-length": "reference_length_not_11",
    "only-digits": "only_digits_allowed",
    "only-digits-and-asterisks": "only_digits_and_asterisks_allowed",
    "reference-may-not-change": "reference_override_not_allowed",
    "description-may-not-change": "description_override_not_allowed",
}


def told(reason: str | None) -> str | None:
    return reason and (LABELS.get(reason) or label(reason))


def run_denomination(given: dict[str, Any]) -> Answer:
    amount = Fraction(0) if given["value"] is None else exact_pence(given["value"])
    return {"valid": is_of_denomination(amount, whole(given["denomination"]))}


def run_total(given: dict[str, Any]) -> Answer:
    by_kind = {whole(kind): None if amount is None else whole(amount) for kind, amount in given["money_by_denomination"].items()}
    return {"total": pounds(cash_total(by_kind))}


def run_template(given: dict[str, Any]) -> Answer:
    row = TemplateRow(given["reference"], given["description"], given["vat_code"], given["reference_override"])
    return verdict(told(row.fault()))


def run_reference(given: dict[str, Any]) -> Answer:
    row = TemplateRow(given["template_reference"], "", "", may_change_reference=given["reference_override"])
    reason, at = row.reference_fault(given["reference"]) or (None, None)
    return verdict(f"mask_mismatch_at:{at}" if reason == "mask-mismatch" else told(reason))


def run_description(given: dict[str, Any]) -> Answer:
    row = TemplateRow(given["template_reference"], given["template_description"], "", may_change_description=given["description_override"])
    return verdict(told(row.description_fault(given["description"])))


def run_submission(given: dict[str, Any]) -> Answer:
    lines = whole(given["lines_total"])
    if given["type"] == "Cheque":
        return verdict(told(cheques_fault(map(whole, given.get("cheques") or []), lines)), "allowed")
    cash = given.get("cash") or {}
    counted = None if cash.get("total") is None else whole(cash["total"])
    return verdict(told(cash_fault(cash.get("bag_number"), counted, lines)), "allowed")


STATES = {
    "New": "new",
    "InProgress": "in-progress",
    "Submitted": "submitted",
    "Authorised": "authorised",
    "Voided": "voided",
    "Deleted": "deleted",
}
ACTS = {"authorise": "approve"}


def run_transition(given: dict[str, Any]) -> Answer:
    state = STATES[given["status"]] if given["status"] else None
    after = becomes(state, ACTS.get(given["action"], given["action"]))
    if after is None:
        return verdict(f"status_is:{(given['status'] or 'none').lower()}", "allowed")
    return {"allowed": True, "new_status": next(theirs for theirs, ours in STATES.items() if ours == after)}


SUITES = {
    "cash_denomination": Suite(run_denomination),
    "cash_total": Suite(run_total),
    "template_row": Suite(
        run_template,
        frozenset(
            [
                "reference_missing",
                "description_missing",
                "vat_code_missing",
                "reference_length_not_11",
                "only_digits_allowed",
                "only_digits_and_asterisks_allowed",
            ]
        ),
    ),
    "ereturn_reference": Suite(
        run_reference,
        frozenset({"reference_missing", "reference_override_not_allowed", "mask_mismatch_at", "only_digits_allowed"}),
    ),
    "ereturn_description": Suite(run_description, frozenset({"description_missing", "description_override_not_allowed"})),
    "ereturn_submit": Suite(
        run_submission,
        frozenset({"cash_missing", "bag_number_missing", "cash_does_not_balance", "cheques_do_not_balance"}),
    ),
    "ereturn_transition": Suite(run_transition, frozenset({"status_is"})),
}

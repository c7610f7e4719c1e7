"""Vectors of paying-in returns: cash by kind, templates, what may be submitted, and what a return becomes."""

from fractions import Fraction
from typing import Any

from ims_allocation.domain.rounding import exact_pence
from ims_ingest.domain.ereturns import decide
from ims_ingest.domain.paying_in import ReferenceRule, TemplateRow, cash_fault, cash_total, cheques_fault, is_of_denomination
from ims_local.vectors.running import Answer, OnPurpose, Suite
from ims_local.vectors.world import label, pounds, verdict, whole

LABELS = {
    "reference-length": "reference_length_not_11",
    "only-digits": "only_digits_allowed",
    "only-digits-and-asterisks": "only_digits_and_asterisks_allowed",
    "reference-may-not-change": "reference_override_not_allowed",
    "description-may-not-change": "description_override_not_allowed",
}


PREDECESSORS = ReferenceRule(length=11, only_digits=True)


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
    return verdict(told(row.fault(PREDECESSORS)))


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


# What the predecessor tells apart is one state with us: entered and not yet submitted, and given up.
STATES = {
    None: "absent",
    "New": "new",
    "InProgress": "new",
    "Submitted": "submitted",
    "Authorised": "authorised",
    "Voided": "voided",
    "Deleted": "voided",
}
ACTIONS = {"create": "save", "update": "save", "submit": "submit", "authorise": "approve", "delete": "void"}
FEWER_STATES = "An e-return is new until it is submitted, and voided when it is given up."
AS_SUBMITTED = "What was submitted is not changed: it is voided and entered again, so that what is approved is what was submitted."


def run_transition(given: dict[str, Any]) -> Answer | OnPurpose:
    status, action = given["status"] or None, given["action"]
    decision = decide(STATES[status], ACTIONS[action], is_same=False)
    if decision.reason is not None:
        refused = verdict(f"status_is:{(status or 'none').lower()}", "allowed")
        return OnPurpose(refused, AS_SUBMITTED) if (status, action) == ("Submitted", "update") else refused
    allowed = {"allowed": True, "new_status": decision.state.capitalize()}
    return OnPurpose(allowed, FEWER_STATES, frozenset({"new_status"})) if action in ("update", "delete") else allowed


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

"""Vectors of GOV.UK Pay: what its states mean, and what of a payment it refunds."""

from typing import Any

from ims_allocation.domain.rounding import exact_pence, rounded
from ims_ingest.domain.govuk_pay import is_finished, payment_state, refund_fault, refund_state
from ims_local.vectors.running import Answer, Suite
from ims_local.vectors.world import label

PAYMENTS = {"awaited": "PENDING", "taken": "AUTHORISED", "refused": "REFUSED", "cancelled": "ERROR", "error": "ERROR"}
REFUNDS = {"submitted": "PENDING", "sent": "AUTHORISED", "failed": "ERROR", "unknown": "ERROR"}


def run_payment(given: dict[str, Any]) -> Answer:
    state = payment_state(given["status"])
    return {"error": "unknown"} if state == "unknown" else {"auth_result": PAYMENTS[state]}


def run_refund(given: dict[str, Any]) -> Answer:
    state = refund_state(given["status"])
    return {"auth_result": REFUNDS[state], "finished": is_finished(state)}


def run_gate(given: dict[str, Any]) -> Answer:
    """A case without amounts asks only whether anything can be refunded. What is asked is whole pence: less than a penny is dropped."""
    amount = given.get("amount")
    pence = 0 if amount is None else rounded(exact_pence(amount), "toward-zero")
    fault = refund_fault(given["refund_summary_status"], pence, given.get("available_pence", 0))
    return {"refundable": fault is None} | ({"error": label(fault)} if fault else {})


SUITES = {
    "govuk_pay_payment_state": Suite(run_payment),
    "govuk_pay_refund_gate": Suite(run_gate, frozenset({"payment_not_completed", "unknown"})),
    "govuk_pay_refund_state": Suite(run_refund),
}

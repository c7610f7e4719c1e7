"""A payment's story in words: what came, where it was put, by which rule, and why."""

from typing import Any

from ims_allocation.domain import Cause, Placement, Record

WORDS = {
    "account": "put on the account that its reference names",
    "discount": "settled the penalty at the discount",
    "full": "settled the penalty",
    "part": "paid part of the penalty",
    "late-discount": "was the discount amount, too late: it paid part of the penalty",
    "over": "settled the penalty, and more than was owed is due back",
    "duplicate": "came for a penalty already settled: due back",
    "closed": "came for a cancelled penalty: due back",
    "with-agent": "was taken for a penalty that an enforcement agent collects, to be forwarded",
    "reversed": "went back",
    "refunded": "was refunded",
}
REASONS = {
    "account-awaited": "the reference is valid, and its account is not known yet",
    "unknown-reference": "the reference fails its check digit",
    "invalid-reference": "the reference is of no fund's shape",
    "no-reference": "there is nothing to go by",
    "no-event": "only the settlement knows of it",
    "other-council": "the reference is another council's",
    "wrong-fund": "the reference is of another fund than the one that was paid",
    "several-accounts": "it names several accounts, and the amount does not say how to share it",
    "ambiguous": "what is given does not say enough to be sure of one account",
    "needs-person": "a rule leaves it to a person",
    "payment-awaited": "money went back of a payment that is not known",
    "overdrawn": "more went back than ever came",
}


def step(record: Record, row: Any) -> dict[str, Any]:
    """One revision, in words and in figures."""
    placed, payment = record.placement, record.payment
    assert placed, "what is recorded has been placed"
    return {
        "revision": record.revision,
        "posted_on": row["posted_on"],
        "decided_on": payment.decided_on if payment else None,
        "words": words(placed),
        "outcome": placed.outcome,
        "reason": placed.reason,
        "rule": placed.rule,
        "rule_version": row["rule_version"],
        "candidates": [f"{fund}/{reference}" for fund, reference in payment.reading.candidates] if payment else [],
        "parts": [part._asdict() for part in placed.parts],
        "refund_due_pence": placed.refund_due_pence,
        "suspended_pence": placed.suspended_pence,
        "due_before_pence": placed.due_before_pence,
        "balance_pence": placed.balance_pence,
        "went_back": [cause_words(cause) for cause in (*record.applied, *record.pending)],
    }


def words(placed: Placement) -> str:
    """A placement as an officer would say it."""
    if placed.outcome == "suspended":
        return f"held in suspense: {REASONS.get(placed.reason or '', placed.reason)}"
    beside = f"; beside it in suspense: {REASONS.get(placed.reason, placed.reason)}" if placed.reason else ""
    by_rule = placed.rule.removeprefix("rule:") if placed.rule.startswith("rule:") and placed.outcome == "account" else None
    where = f"put on an account by the rule {by_rule}" if by_rule else WORDS.get(placed.outcome, placed.outcome)
    return where + beside


def cause_words(cause: Cause) -> dict[str, Any]:
    return {"id": cause.cause_id, "reason": cause.reason, "amount_pence": cause.amount_pence, "on": cause.on}

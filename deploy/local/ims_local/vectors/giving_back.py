"""Vectors of money that goes back to a payer: what is left of a payment, and what may be asked of it."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from ims_allocation.domain import Cause, Part
from ims_allocation.domain.asked import Refunding
from ims_allocation.domain.giving_back import Refund, left_by_place, left_to_ask
from ims_local.settings import COUNCIL
from ims_local.vectors.deciding import TODAY, Done, decide, paid, placed
from ims_local.vectors.running import Answer, OnPurpose, Suite, Unsupported
from ims_local.vectors.world import REFUNDABLE, pounds, whole

STILL_THE_PAYERS = "What was moved to another account is still the payer's, and can go back from there."
ASKED_FOR = "What is asked for comes off the lines as it will when it is sent, first to last; the rest may be asked for meanwhile."
BY_HAND = "What came in a way that has no way back is asked for, approved and told all the same: a person sends it."
NOW = datetime(2026, 3, 18, 12, tzinfo=UTC)
FAULTS = {"payment_id": "several_psp_references", "reason": "reason_missing", "amount_pence": "amount_not_positive"}
"""A refund is of one payment, of something of it, and for a reason: by the field that says it."""


def run_available(given: dict[str, Any]) -> Answer | OnPurpose:
    lines = {ref: Part(fund, account, whole(amount)) for ref, account, fund, amount in given["lines"]}
    record = paid(1, sum(line.amount_pence for line in lines.values()), [*lines.values()])
    moves = [move(lines[ref], -whole(amount)) for ref, amount in given["journals_out"]]
    if moves:
        done = decide([record], moves=moves)
        assert isinstance(done, Done), "what is there can be moved"
        [record] = done.records
    gone = [Cause(UUID(int=at), "refund", -whole(pence), "90", TODAY, "sent") for at, (*_, pence) in enumerate(given["processed_refunds"])]
    asked = [refund(-whole(pence)) for pence in given["pending_refunds"]]
    left = left_by_place(placed(replace(record, applied=tuple(gone))), asked)
    alike = [ref for ref, line in lines.items() if line[:2] == lines.get(given["query_line"], ((), ()))[:2]]
    of_each = [each.left_pence for each in left if alike and (each.fund, each.account_reference) == lines[alike[0]][:2]]
    of_line = dict(zip(alike, of_each, strict=False)).get(given["query_line"], 0)
    total = sum(each.left_pence for each in left)
    answer = {"header": pounds(total), "line": pounds(of_line), "refund_enabled": total > 0}
    return OnPurpose(answer, ASKED_FOR if asked else STILL_THE_PAYERS) if asked or moves else answer


def move(line: Part, pence: int) -> dict[str, Any]:
    """What leaves a line for another account."""
    to = [{"fund": line.fund, "account_reference": "elsewhere", "amount_pence": pence}]
    return {"fund": line.fund, "account_reference": line.account_reference, "amount_pence": pence, "to": to}


def refund(pence: int) -> Refund:
    """One that an officer asked for, and nobody knows yet what became of it."""
    return Refund(COUNCIL, UUID(int=1), UUID(int=1), pence, "officer", "Ann", 1, None, None, None, "", "", None, NOW, TODAY)


def run_refund(given: dict[str, Any]) -> Answer | OnPurpose:
    lines = {each["ref"]: each for each in given["original_lines"] or []}
    wanted = [(ref, pence) for ref, amount in given["requests"] or [] if (pence := whole(amount)) > 0]
    payments = sorted({lines[ref]["psp"] for ref, _ in wanted})
    ids = [str(UUID(int=int(each.removeprefix("P")))) for each in payments]
    said = {"payment_id": ids[0] if len(ids) == 1 else ids, "amount_pence": sum(pence for _, pence in wanted), "reason": given["reason"]}
    try:
        asked = Refunding.model_validate(said)
    except ValidationError as error:
        return refused(FAULTS[str(error.errors()[0]["loc"][0])])
    parts = [Part("5", ref, whole(each["amount"])) for ref, each in lines.items() if each["psp"] in payments]
    if asked.amount_pence > left_to_ask(paid(1, sum(part.amount_pence for part in parts), parts), []):
        return refused("refund_exceeds_remaining")
    if not given["provider_says_success"]:
        raise Unsupported("What a provider answers is told later, by refund-sent or refund-failed.")
    pending = [{"amount": pounds(-pence), "status_id": "1", "processed": "-", "refund_reference": f"I{ref[1:]}"} for ref, pence in wanted]
    amount = pounds(asked.amount_pence)
    answer = {"status": "Accepted", "amount": amount, "sent_to_provider": amount, "pending": pending}
    return answer if all(lines[ref]["mop"] in REFUNDABLE for ref, _ in wanted) else OnPurpose(answer, BY_HAND)


def refused(error: str) -> Answer:
    return {"status": "Error", "amount": None, "sent_to_provider": None, "pending": [], "error": error}


SUITES = {
    "amount_available": Suite(run_available),
    "refund": Suite(run_refund, frozenset({"reason_missing", "refund_exceeds_remaining", "several_psp_references"})),
}

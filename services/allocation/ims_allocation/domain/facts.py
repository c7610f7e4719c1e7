"""What is told of a payment when its placement changes."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from uuid import UUID

from ims_allocation.domain import ledger
from ims_allocation.domain.payments import Cause, Placement, Record
from ims_allocation.domain.payments import Part as Share
from ims_allocation.domain.progress import Change
from ims_contracts.allocations import (
    JournalLine,
    JournalPosted,
    Part,
    PaymentAllocated,
    PaymentSuspended,
    PaymentUnallocated,
    RefundRequested,
    Suggestion,
)

type Telling = PaymentAllocated | PaymentSuspended | PaymentUnallocated | JournalPosted | RefundRequested


def tell(change: Change, version: str, posted_on: date, suggestions: list[Suggestion]) -> list[Telling]:
    """The facts of one change: where the money is now (or what went back), and what is due back to the payer."""
    first = tell_placement(change, version, posted_on, suggestions)
    before, after = change.before.placement, change.after.placement
    assert after, "a change ends in a placement"
    if after.refund_due_pence == (before.refund_due_pence if before else 0):
        return [first]
    refund = RefundRequested(
        council=change.after.council,
        payment_id=change.after.payment_id,
        revision=change.after.revision,
        amount_pence=after.refund_due_pence,
        reason=after.outcome,
        requested_on=posted_on,
    )
    return [first, refund]


def tell_placement(change: Change, version: str, posted_on: date, suggestions: list[Suggestion]) -> Telling:
    record, placement = change.after, change.after.placement
    assert placement, "a change ends in a placement"
    if record.payment is None or record.is_stood_for:
        return posted(change, posted_on)
    if change.cause:
        return unallocated(change, change.cause, posted_on)
    if placement.outcome == "suspended" and placement.suspended_pence > 0:
        return suspended(record, placement, posted_on, suggestions, ledger.written(change.lines, change.rejection))
    if placement.allocated_pence + placement.refund_due_pence > 0:
        return allocated(record, placement, (version, posted_on), ledger.written(change.lines, change.rejection))
    return posted(change, posted_on)


def allocated(
    record: Record, placement: Placement, by: tuple[str, date], lines: list[JournalLine]
) -> PaymentAllocated:
    """The payment has its home; `by` is the version of the rules and the posting day."""
    assert record.payment, "only a payment that is known is allocated"
    return PaymentAllocated(
        council=record.council,
        payment_id=record.payment_id,
        revision=record.revision,
        amount_pence=placement.allocated_pence + placement.refund_due_pence,
        parts=parts(placement.parts),
        refund_due_pence=placement.refund_due_pence,
        suspended_pence=max(0, placement.suspended_pence),
        outcome=placement.outcome,
        rule=placement.rule,
        rule_version=placement.version(by[0]),
        method_of_payment=record.payment.method_of_payment,
        decided_on=record.payment.decided_on,
        posted_on=by[1],
        due_before_pence=placement.due_before_pence,
        balance_pence=placement.balance_pence,
        next_due_on=placement.next_due_on,
        is_for_agent=placement.is_for_agent,
        lines=lines,
    )


def suspended(
    record: Record, placement: Placement, posted_on: date, suggestions: list[Suggestion], lines: list[JournalLine]
) -> PaymentSuspended:
    """The payment is held in suspense."""
    assert record.payment, "only a payment that is known is suspended"
    assert placement.reason, "suspense has a reason"
    return PaymentSuspended(
        council=record.council,
        payment_id=record.payment_id,
        revision=record.revision,
        amount_pence=placement.suspended_pence,
        reason=placement.reason,
        suggestions=suggestions,
        method_of_payment=record.payment.method_of_payment,
        posted_on=posted_on,
        lines=lines,
    )


def unallocated(change: Change, cause: Cause, posted_on: date) -> PaymentUnallocated:
    """Money of the payment went back; a penalty owes again what it costs at the stage it is in that day."""
    before, after = change.before.placement, change.after.placement
    assert before, "money goes back of a payment that was placed"
    assert after, "a change ends in a placement"
    return PaymentUnallocated(
        council=change.after.council,
        payment_id=change.after.payment_id,
        revision=change.after.revision,
        cause_id=cause.cause_id,
        reason=cause.reason,
        amount_pence=cause.amount_pence,
        parts=parts(taken_off(before.parts, after.parts)),
        balance_pence=change.owed_pence,
        posted_on=posted_on,
        lines=ledger.written(change.lines),
    )


def taken_off(before: Iterable[Share], after: Iterable[Share]) -> Iterator[Share]:
    """What went back of each part, without its VAT: of several on one account off the first of them first, as everywhere."""
    off = Counter[tuple[str, str]]()
    before = list(before)
    for part in before:
        off[part[:2]] += part.amount_pence
    for part in after:
        off[part[:2]] -= part.amount_pence
    for part in before:
        if (pence := min(part.amount_pence, off[part[:2]])) > 0:
            off[part[:2]] -= pence
            yield part._replace(amount_pence=pence, vat_code=None)


def posted(change: Change, posted_on: date) -> JournalPosted:
    """Money moved in the ledger and no payment was placed by it: what went back of an unknown payment, or a correction."""
    record, decision_id = change.after, decision_of(change)
    cause = record.applied[-1] if record.is_orphan else change.cause
    reason, cause_id = (cause.reason, cause.cause_id) if cause else ("correction", None)
    return JournalPosted(
        council=record.council,
        journal_id=ledger.journal_id(record),
        reason="decided" if decision_id else reason,
        payment_id=None if record.is_orphan else record.payment_id,
        cause_id=decision_id or cause_id,
        posted_on=posted_on,
        lines=ledger.written(change.lines, change.rejection),
    )


def decision_of(change: Change) -> UUID | None:
    """The decision that came into force, or went out of it, with this change."""
    was, is_ = (record.placement.decision_id if record.placement else None for record in (change.before, change.after))
    return (is_ or was) if is_ != was else None


def parts(shares: Iterable[Share]) -> list[Part]:
    return [
        Part(
            fund=s.fund, account_reference=s.account_reference, amount_pence=s.amount_pence, cost_centre=s.cost_centre,
            vat_code=s.vat_code, vat_pence=s.vat_pence if s.vat_code else None,
        )
        for s in shares
    ]  # fmt: skip

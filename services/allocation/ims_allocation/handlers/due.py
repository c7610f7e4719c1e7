"""What is due back is asked for, and stays asked for until it is sent: refunds follow the payments they are of."""

from collections.abc import Collection, Mapping
from uuid import UUID

from ims_allocation.domain import Change, Pack, Record
from ims_allocation.domain.giving_back import (
    Refund,
    another_try,
    approvals_needed,
    decision_behind,
    due_to_ask,
    left_to_ask,
    next_id,
)
from ims_allocation.store import decisions, placements, refunds
from ims_contracts.payments import RefundFailed, RefundSent
from ims_kit import Work

type Ended = RefundSent | RefundFailed
NOT_DUE = "it is no longer what is due back"


async def keep_up(changes: Collection[Change], ended: Collection[Ended], packs: Mapping[str, Pack], work: Work) -> None:
    """Keep how refunds ended, and bring those of the payments that changed up to date; the payments' locks are held."""
    concerned = {change.after.key for change in changes if has_due(change)}
    records = {change.after.key: change.after for change in changes if change.after.key in concerned}
    if others := {(each.council, each.payment_id) for each in ended} - set(records):
        records |= await placements.latest(sorted(others), work.connection)
    if not records:
        return
    await refunds.end([end(each) for each in ended], work)
    failed = {each.refund_id for each in ended if isinstance(each, RefundFailed)}
    for key, known in (await refunds.of_payments(work.connection, sorted(records))).items():
        tried = await try_again(records[key], known, failed, packs[key[0]], work)
        await follow(records[key], [*known, *tried], packs[key[0]], work)


def has_due(change: Change) -> bool:
    """Whether something is due back of a payment, was, or went back."""
    return change.cause is not None or any(
        record.placement is not None and record.placement.refund_due_pence for record in (change.before, change.after)
    )


def end(each: Ended) -> tuple[str, UUID, str, int, str | None]:
    if isinstance(each, RefundSent):
        return each.council, each.refund_id, "sent", each.amount_pence, None
    return each.council, each.refund_id, "failed", each.amount_pence, each.reason


async def try_again(
    record: Record, known: Collection[Refund], failed: Collection[UUID], pack: Pack, work: Work
) -> list[Refund]:
    """What an officer asked for and could not be sent is to be approved again: by another id, as of each its sender is asked once.
    Says what is asked for again."""
    tried: list[Refund] = []
    for each in known:
        pence = min(each.asked_pence or each.amount_pence, left_to_ask(record, [*known, *tried]))
        is_new = each.refund_id in failed and not any(other.again_of == each.refund_id for other in known)
        if is_new and each.state == "failed" and each.origin == "officer" and pence:
            tried.append(another_try(each, pence, [*known, *tried], pack, work.now))
            await refunds.request(tried[-1], work)
    return tried


async def follow(record: Record, known: Collection[Refund], pack: Pack, work: Work) -> None:
    """Have exactly that asked for which is due back of a payment and nobody else asks for; `known` are all its refunds."""
    standing = next((each for each in known if each.follows_due), None)
    pence, decision_id = due_to_ask(record, known), decision_behind(record)
    if standing and (standing.amount_pence, standing.decision_id) == (pence, decision_id):
        return
    if standing:
        await refunds.step(standing, "cancelled", "", work, NOT_DUE)
    if pence:
        await refunds.request(await due(record, known, pence, pack, work), work)


async def due(record: Record, known: Collection[Refund], pence: int, pack: Pack, work: Work) -> Refund:
    """The refund that a rule, or an officer's decision, asks for. The payer waits since what it stands in place of was asked for."""
    decision_id = decision_behind(record)
    held = await decisions.find(work.connection, record.council, decision_id) if decision_id else None
    assert record.placement, "what is due back is of a payment that was placed"
    before = next((each for each in reversed([*known]) if each.origin != "officer" and each.state not in ("sent", "cancelled")), None)
    return Refund(
        council=record.council,
        refund_id=next_id(record, known),
        payment_id=record.payment_id,
        amount_pence=pence,
        origin="decision" if held else "rule",
        requested_by=held.decided_by if held else "",
        approvals_needed=approvals_needed(pence, known, pack),
        refund_over_pence=pack.approvals.refund_over_pence,
        decision_id=held.decision_id if held else None,
        again_of=before and (before.refund_id if before.state == "failed" else before.again_of),
        content_sha256="",
        reason=held.reason if held else record.placement.outcome,
        note=None,
        requested_at=work.now,
        since_on=before.since_on if before else work.today,
    )

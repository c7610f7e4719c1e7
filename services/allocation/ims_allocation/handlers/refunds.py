"""The doors of refunds: what is due back or asked for, approval by others, cancelling, and which are overdue."""

from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from ims_allocation.domain import Pack, Record
from ims_allocation.domain.approvals import is_same_person
from ims_allocation.domain.asked import ApprovingRefund, Cancelling, Refunding
from ims_allocation.domain.days import age, aged
from ims_allocation.domain.giving_back import OPEN, Refund, State, approvals_needed, left_to_ask
from ims_allocation.domain.rounding import money
from ims_allocation.handlers.due import follow
from ims_allocation.handlers.enacting import refuse_stale
from ims_allocation.handlers.news import lock
from ims_allocation.handlers.officers import Command, Unwelcome, done, if_match, openapi, read, refuse_changed, service_of, tagged
from ims_allocation.handlers.pages import PenceAsked, after, cursor
from ims_allocation.journey import refund_words
from ims_allocation.store import placements, refunds
from ims_contracts.refunds import RefundApproved
from ims_kit import Work
from ims_kit.work import LONDON

router = APIRouter(prefix="/v1/refunds", tags=["refunds"])
type Packs = Mapping[str, Pack]


@router.post("", status_code=201, openapi_extra=openapi(Refunding))
async def post_refund(request: Request, response: Response) -> dict[str, Any]:
    """Ask that money of a payment goes back to whoever paid it: all that is left of it, or a part. It is first of what is due back, then
    of what is in suspense, then of the accounts, and it is taken off them when it has been sent. Another person has to approve. What is
    due back by rule or decision needs no asking: it is listed already."""
    command, asked = await read(request, Refunding)
    seen = if_match(request) or ""
    if (revision := asked.revision or (int(seen) if seen.isdecimal() else None)) is None:
        raise Unwelcome(428, "Say which revision of the payment was looked at", "Send `revision` with it, as the payment's page shows it.")
    made = await done(request, partial(ask, command, asked, revision, request.app.state.packs))
    response.status_code = 201 if made["is_new"] else 200
    return made


@router.post("/{refund_id}/approve", openapi_extra=openapi(ApprovingRefund))
async def post_approval(request: Request, response: Response, refund_id: UUID) -> dict[str, Any]:
    """Approve that a refund is sent, or a part of it; whoever asked for it may not. When enough people have (above the council's limit
    two), whoever took the payment is asked to send it, once. `If-Match` may name the refund as it was looked at."""
    command, approving = await read(request, ApprovingRefund)
    seen, packs = if_match(request), request.app.state.packs
    shown = await done(request, partial(approve, command, (refund_id, seen), approving.amount_pence, packs))
    return tagged(shown, response, "version")


@router.post("/{refund_id}/cancel", openapi_extra=openapi(Cancelling))
async def post_cancelling(request: Request, response: Response, refund_id: UUID) -> dict[str, Any]:
    """Say that what an officer asked for is not to be sent, while nobody was asked to send it. What is due back by rule or decision is
    not cancelled: decide where the money belongs, and it is due no longer."""
    command, cancelling = await read(request, Cancelling)
    seen, packs = if_match(request), request.app.state.packs
    shown = await done(request, partial(cancel, command, (refund_id, seen), cancelling.reason, packs))
    return tagged(shown, response, "version")


@router.get("/{refund_id}")
async def get_refund(request: Request, response: Response, refund_id: UUID, council: str) -> dict[str, Any]:
    """A refund: who asked for it and why, who approved it, and what became of it. Its `ETag` changes with it."""
    held = await there(council, refund_id, service_of(request).pool)
    return tagged(shown(held, request.app.state.packs[council], today()), response, "version")


@router.get("")
async def get_refunds(
    request: Request,
    council: str,
    state: State | None = None,
    origin: Literal["rule", "decision", "officer"] | None = None,
    by: str | None = None,
    payment_id: UUID | None = None,
    amount_min: PenceAsked | None = None,
    is_overdue: bool = False,
    after_: Annotated[str | None, Query(alias="after")] = None,
    count_max: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """Refunds, those that the payer waits for longest first; `is_overdue` asks for those alone that are waited for too long. `after` is
    `next` of the page before. `amount_min` is in pence."""
    pack = request.app.state.packs[council]
    wanted = [each for each in ([state] if state else OPEN) if not is_overdue or each in OPEN]
    asked = {
        "states": (wanted,) if state or is_overdue else None, "origin": origin, "by": by, "payment_id": payment_id,
        "amount_min": amount_min, "since_until": aged(max(1, pack.waits.refund_days), today()) if is_overdue else None,
        "after": after(after_, date.fromisoformat, UUID),
    }  # fmt: skip
    found = await refunds.page(service_of(request).pool, council, asked, count_max)
    last = found[-1] if len(found) == count_max else None
    return {
        "refunds": [shown(each, pack, today()) for each in found],
        "next": cursor([last.since_on.isoformat(), last.refund_id]) if last else None,
    }


async def ask(command: Command, asked: Refunding, revision: int, packs: Packs, work: Work) -> dict[str, Any]:
    """Keep that a refund is asked for; as it is shown, and whether it is new. Raises Unwelcome where there is not so much."""
    key, pack = (command.council, asked.payment_id), packs[command.council]
    await lock([(command.council, f"refund:{command.id}")], [key], work)
    if known := await refunds.find(work.connection, command.council, command.id):
        if known.content_sha256 != command.content_sha256:
            raise Unwelcome(422, "The Idempotency-Key was used for another command", "Send a new key for a new command.")
        return {"is_new": False} | shown(known, pack, work.today)
    record = payment((await placements.latest([key], work.connection)).get(key))
    if record.revision != revision:
        await refuse_stale([(key, revision)], 412, work)
    before = (await refunds.of_payments(work.connection, [key]))[key]
    check_left(asked.amount_pence, record, before, 422)
    held = Refund(
        council=command.council, refund_id=command.id, payment_id=asked.payment_id, amount_pence=asked.amount_pence, origin="officer",
        requested_by=command.by, approvals_needed=approvals_needed(asked.amount_pence, before, pack),
        refund_over_pence=pack.approvals.refund_over_pence, decision_id=None, again_of=None, content_sha256=command.content_sha256,
        reason=asked.reason, note=asked.note, requested_at=work.now, since_on=work.today,
    )  # fmt: skip
    await refunds.request(held, work)
    await follow(record, [*before, held], pack, work)
    return {"is_new": True} | shown(held, pack, work.today)


async def approve(command: Command, which: tuple[UUID, str | None], amount_pence: int | None, packs: Packs, work: Work) -> dict[str, Any]:
    """Let a refund, or a part of it, be sent as far as this person is asked. Raises Unwelcome where it may not be."""
    held, record = await hold(command.council, which[0], work)
    pack, by = packs[command.council], command.by
    if any(is_same_person(by, each) for each in held.approved_by):
        return shown(held, pack, work.today)
    refuse_changed(which[1], str(version(held)), refund_words(held, pack))
    if held.state not in ("requested", "approved"):
        raise Unwelcome(409, "The refund waits for no approval", f"It is {held.state}.")
    if is_same_person(held.requested_by, by):
        raise Unwelcome(403, "Who asked for a refund may not approve it", "Have another person approve it.")
    pence = amount_pence or held.approved_pence or held.amount_pence
    if pence > held.amount_pence:
        words = f"{money(held.amount_pence)} was asked for. What is more is another refund: ask for it by itself."
        raise Unwelcome(422, "It is more than was asked for; nothing was changed", words)
    if held.approved_pence not in (None, pence):
        words = f"They approved {money(held.approved_pence or 0)}: approve that, or cancel it."
        raise Unwelcome(409, "Another amount was approved by the other person", words)
    known = (await refunds.of_payments(work.connection, [record.key]))[record.key]
    check_left(pence, record, [each for each in known if each.refund_id != held.refund_id], 409)
    await refunds.step(held, "approved", by, work, pence)
    if len(held.approved_by) + 1 >= held.approvals_needed:
        await refunds.step(held, "asked", by, work, pence)
        work.tell(approved(held, record, pence, work.today))
    return await followed(held, record, pack, work)


def approved(held: Refund, record: Record, pence: int, today_: date) -> RefundApproved:
    return RefundApproved(
        council=held.council, refund_id=held.refund_id, payment_id=held.payment_id, revision=record.revision, amount_pence=pence,
        approved_on=today_,
    )  # fmt: skip


async def cancel(command: Command, which: tuple[UUID, str | None], reason: str, packs: Packs, work: Work) -> dict[str, Any]:
    """Cancel what an officer asked for. Raises Unwelcome where it is too late, or follows what is due."""
    held, record = await hold(command.council, which[0], work)
    pack = packs[command.council]
    if held.state == "cancelled":
        return shown(held, pack, work.today)
    refuse_changed(which[1], str(version(held)), refund_words(held, pack))
    if held.state not in ("requested", "approved"):
        raise Unwelcome(409, "The refund cannot be cancelled any more", f"It is {held.state}.")
    if held.follows_due:
        words = "Decide where the money belongs instead (POST /v1/decisions), or undo the decision that gives it back."
        raise Unwelcome(409, "The money is due back; nothing was changed", words)
    await refunds.step(held, "cancelled", command.by, work, reason)
    return await followed(held, record, pack, work)


async def followed(held: Refund, record: Record, pack: Pack, work: Work) -> dict[str, Any]:
    """A refund as it is now, once what is due back is asked for beside it."""
    known = (await refunds.of_payments(work.connection, [record.key]))[record.key]
    await follow(record, known, pack, work)
    return shown(next(each for each in known if each.refund_id == held.refund_id), pack, work.today)


async def hold(council: str, refund_id: UUID, work: Work) -> tuple[Refund, Record]:
    """A refund and its payment, with everyone else kept out of both."""
    found = await there(council, refund_id, work.connection)
    key = council, found.payment_id
    await lock([(council, f"refund:{refund_id}")], [key], work)
    return await there(council, refund_id, work.connection), payment((await placements.latest([key], work.connection)).get(key))


async def there(council: str, refund_id: UUID, connection: Any) -> Refund:
    """A refund as it is now. Raises Unwelcome where the council has no such one."""
    if (held := await refunds.find(connection, council, refund_id)) is None:
        raise Unwelcome(404, "There is no such refund", "Look for its id in the answer to it, or in the list.")
    return held


def payment(record: Record | None) -> Record:
    """A payment that can go back. Raises Unwelcome where nobody knows it, or it is a reversal by itself."""
    if record is None or record.payment is None or record.is_stood_for:
        raise Unwelcome(422, "There is no such payment", "Only of a payment that has come can money go back: look for its id.")
    return record


def check_left(pence: int, record: Record, others: Collection[Refund], status: int) -> None:
    """Raises Unwelcome where so much is not left of a payment, after all that went back and is to go back."""
    left = left_to_ask(record, others)
    if pence > left:
        words = f"{money(left) if left else 'Nothing'} is left: the rest went back, or is asked for by other refunds."
        raise Unwelcome(status, f"{money(pence)} is not left of the payment; nothing was changed", words)


def version(held: Refund) -> int:
    """How many things happened to a refund."""
    ends = (held.asked_pence, held.sent_pence, held.failed_because, held.cancelled_because)
    return 1 + len(held.approved_by) + sum(each is not None for each in ends)


def today() -> date:
    return datetime.now(UTC).astimezone(LONDON).date()


def shown(held: Refund, pack: Pack, on: date) -> dict[str, Any]:
    """A refund with its age in working days, and its story in words."""
    waits = age(held.since_on, on) if held.state in OPEN else None
    return {
        "refund_id": held.refund_id, "payment_id": held.payment_id, "state": held.state, "version": version(held),
        "amount_pence": held.asked_pence or held.amount_pence, "requested_pence": held.amount_pence, "origin": held.origin,
        "requested_by": held.requested_by or None, "requested_at": held.requested_at, "reason": held.reason, "note": held.note,
        "decision_id": held.decision_id, "again_of": held.again_of, "approvals_needed": held.approvals_needed,
        "approved_by": list(held.approved_by), "asked_at": held.asked_at, "sent_pence": held.sent_pence,
        "failed_because": held.failed_because, "cancelled_because": held.cancelled_because, "since_on": held.since_on, "age": waits,
        "is_overdue": waits is not None and waits >= pack.waits.refund_days, "words": refund_words(held, pack),
    }  # fmt: skip

"""The doors of decisions on payments: release from suspense, reallocation, splitting, what is to go back; approval, undoing."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from ims_allocation.domain import Accounts, Pack
from ims_allocation.domain.asked import Approving, Deciding, Group, Moving, Towards, Undoing
from ims_allocation.domain.by_line import plan
from ims_allocation.domain.deciding import Known, keys_of_group
from ims_allocation.handlers.enacting import approve, enact, named, proposed, refuse_stale, same, there, undo
from ims_allocation.handlers.news import lock
from ims_allocation.handlers.officers import Command, Unwelcome, done, if_match, openapi, read, service_of, tagged
from ims_allocation.handlers.pages import INSTANT, PenceAsked, after, cursor
from ims_allocation.journey import decision_words
from ims_allocation.store import accounts, decisions, placements
from ims_allocation.store.decisions import Held, Share
from ims_kit import Work

router = APIRouter(prefix="/v1/decisions", tags=["decisions"])

type State = Literal["proposed", "in-force", "withdrawn", "undone"]


@router.post("", status_code=201, openapi_extra=openapi(Deciding))
async def post_decision(request: Request, response: Response) -> dict[str, Any]:
    """Decide where the money of payments goes: from suspense, from an account where it should not be, or back to the payer. One
    command may name several payments and accounts; all of it happens, or nothing. Above the council's limits it is only proposed,
    until another person approves it. A payment that has changed since it was looked at (`revision`) is answered with 412 and what
    changed."""
    command, asked = await read(request, Deciding)
    asked = with_revisions(asked, if_match(request))
    made = await done(request, partial(decide, command, asked, request.app.state.packs))
    response.status_code = 201 if made["is_new"] else 200
    return made


@router.post("/{decision_id}/approve", openapi_extra=openapi(Approving))
async def post_approval(request: Request, response: Response, decision_id: UUID) -> dict[str, Any]:
    """Approve what another person decided: it takes effect now. Its author may not. If one of its payments has changed since, it
    has to be decided anew. `If-Match` may name the decision as it was looked at."""
    command, _ = await read(request, Approving)
    is_new = await done(request, partial(approve, command, (decision_id, if_match(request)), request.app.state.packs))
    return tagged({"is_new": is_new} | await of_id(command.council, decision_id, service_of(request).pool), response)


@router.post("/{decision_id}/undo", openapi_extra=openapi(Undoing))
async def post_undoing(request: Request, response: Response, decision_id: UUID) -> dict[str, Any]:
    """Take a decision back, once: what was only proposed is withdrawn; of what is in force the payments are placed as if it had not
    been. What needed approval needs it again to be undone. The answer is the undoing, itself a decision. `If-Match` may name the
    decision as it was looked at."""
    command, undoing = await read(request, Undoing)
    own_id = await done(request, partial(undo, command, (decision_id, if_match(request)), undoing, request.app.state.packs))
    return tagged(await of_id(command.council, own_id, service_of(request).pool), response)


@router.get("/{decision_id}")
async def get_decision(request: Request, response: Response, decision_id: UUID, council: str) -> dict[str, Any]:
    """A decision: what it says of each payment, who decided and approved it, and whether it is in force. Its `ETag` changes with it."""
    return tagged(await of_id(council, decision_id, service_of(request).pool), response)


@router.get("")
async def get_decisions(
    request: Request,
    council: str,
    kind: Literal["payments", "journal", "undo"] | None = None,
    state: State | None = None,
    by: str | None = None,
    payment_id: UUID | None = None,
    amount_min: PenceAsked | None = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    before: str | None = None,
    count_max: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """Decisions, the newest first; `before` is `next` of the page before. `amount_min` is in pence."""
    asked = {
        "kind": kind, "state": state, "by": by, "payment_id": payment_id, "amount_min": amount_min, "since": since, "until": until,
        "before": after(before, INSTANT.validate_python, UUID),
    }  # fmt: skip
    return await listed(council, asked, count_max, service_of(request).pool)


def with_revisions(asked: Deciding, seen: str | None) -> Deciding:
    """The revision of a single payment may be said by `If-Match`. Raises Unwelcome where one is not said at all."""
    of = [each for group in asked.decisions for each in group.payments]
    if len(of) == 1 and of[0].revision is None and seen and seen.isdecimal():
        group = asked.decisions[0]
        group = group.model_copy(update={"payments": [of[0].model_copy(update={"revision": int(seen)})]})
        return asked.model_copy(update={"decisions": [group]})
    if any(each.revision is None for each in of):
        raise Unwelcome(428, "Say which revision of each payment was looked at", "Send `revision` with it, as the payment's page shows it.")
    return asked


async def decide(command: Command, asked: Deciding, packs: Mapping[str, Pack], work: Work) -> dict[str, Any]:
    """Keep a decision, and let it take effect if it needs nobody else; as it is shown, and whether it is new. Raises Unwelcome with
    every fault."""
    pack = packs[command.council]
    keys = [key for group in asked.decisions for key in keys_of_group(group, pack)]
    named_there = {each.account_reference for group in asked.decisions for each in named_in(group)}
    references = [(command.council, reference) for reference in sorted(named_there)]
    reached = await lock([*references, (command.council, named(command.id))], keys, work)
    if known := await decisions.find(work.connection, command.council, command.id):
        return {"is_new": False} | await of_id(command.council, same(known, command).decision_id, work.connection)
    records = await placements.latest(keys, work.connection)
    seen = {(command.council, of.payment_id): of.revision or 0 for group in asked.decisions for of in group.payments}
    if stale := [(key, revision) for key, revision in seen.items() if key in records and records[key].revision != revision]:
        await refuse_stale(stale, 412, work)
    kept = {(command.council, part.account_reference) for record in records.values() if record.placement for part in record.placement.parts}
    found = Accounts(await accounts.find({*references, *kept}, work.connection))
    alone = await decisions.alone(work.connection, command.council, [key[1] for key in keys])
    made = plan(command.id, asked.decisions, Known(records, found, pack, work.today, alone))
    if isinstance(made, list):
        raise Unwelcome(422, "It cannot be decided so; nothing was changed", *made)
    held = proposed(command, asked, made.amounts, pack, work)
    await decisions.keep(held, [Share(key, seen[key], decided) for key, decided in made.decided.items()], made.lines, work)
    if not held.needs_approval:
        await enact(held, command.by, reached, packs, work)
    return {"is_new": True} | await of_id(command.council, held.decision_id, work.connection)


def named_in(group: Group) -> list[Towards | Moving]:
    """Every account that a group names."""
    return [*group.to, *group.credit_notes, *group.moves, *(each for move in group.moves for each in move.to)]


async def of_id(council: str, decision_id: UUID, connection: Any) -> dict[str, Any]:
    """A decision as it is now, with all that it says. Raises Unwelcome where there is none."""
    return (await with_shares([await there(council, decision_id, connection)], connection))[0]


async def listed(council: str, asked: Mapping[str, Any], count_max: int, connection: Any) -> dict[str, Any]:
    """A page of decisions, and where the next one begins."""
    found = await decisions.page(connection, council, asked, count_max)
    last = found[-1] if len(found) == count_max else None
    return {
        "decisions": await with_shares(found, connection),
        "next": cursor([last.decided_at.isoformat(), last.decision_id]) if last else None,
    }


async def with_shares(held: list[Held], connection: Any) -> list[dict[str, Any]]:
    """Decisions as they are shown, each with its payments and the lines it journals."""
    if not held:
        return []
    ids = [each.decision_id for each in held]
    shares = await decisions.shares(connection, held[0].council, ids)
    lines = await decisions.lines(connection, held[0].council, ids)
    return [
        one(each)
        | {"payments": [of_payment(share) for share in shares if share.decided.decision_id == each.decision_id]}
        | {"lines": [line._asdict() for line in lines.get(each.decision_id, ())]}
        for each in held
    ]


def one(held: Held) -> dict[str, Any]:
    """Who decided, when and why; who approved it; and its state."""
    is_approved = held.needs_approval and held.verdict == "in-force"
    return {
        "decision_id": held.decision_id, "kind": held.kind, "state": held.state, "amount_pence": held.amount_pence,
        "overdrawn_pence": held.overdrawn_pence, "reason": held.reason, "note": held.note, "by": held.decided_by, "at": held.decided_at,
        "needs_approval": held.needs_approval, "words": decision_words(held),
        "approved_by": held.given_by if is_approved else None, "approved_at": held.given_at if is_approved else None,
        "withdrawn_by": held.given_by if held.verdict == "withdrawn" else None, "undoes": held.undoes, "undone_by": held.undone_by,
    }  # fmt: skip


def of_payment(share: Share) -> dict[str, Any]:
    return {
        "payment_id": share.key[1],
        "revision": share.revision,
        "parts": [part._asdict() for part in share.decided.parts],
        "refund_due_pence": share.decided.refund_due_pence,
    }

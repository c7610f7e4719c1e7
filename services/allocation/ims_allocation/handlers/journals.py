"""The doors of journals: money moved from account to account, where no payment is moved; approval, undoing."""

from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from ims_allocation.domain import Accounts, Pack
from ims_allocation.domain.approvals import Amounts
from ims_allocation.domain.asked import Approving, Journalling, Undoing
from ims_allocation.domain.deciding import Known
from ims_allocation.domain.journalling import journal
from ims_allocation.handlers.decisions import State, listed, of_id, post_approval, post_undoing
from ims_allocation.handlers.enacting import enact, named, overdrawn_by, proposed, same
from ims_allocation.handlers.officers import Command, Unwelcome, done, openapi, read, service_of, tagged
from ims_allocation.handlers.pages import INSTANT, PenceAsked, after
from ims_allocation.store import accounts, decisions
from ims_kit import Work

router = APIRouter(prefix="/v1/journals", tags=["journals"])
# A journal is approved and undone as every decision is.
router.post("/{decision_id}/approve", openapi_extra=openapi(Approving))(post_approval)
router.post("/{decision_id}/undo", openapi_extra=openapi(Undoing))(post_undoing)


@router.post("", status_code=201, openapi_extra=openapi(Journalling))
async def post_journal(request: Request, response: Response) -> dict[str, Any]:
    """Move money between accounts: one may give to several; several give to as many, each to the one at its own place. What is given
    and what is got must come to the same. Above the council's limit, or where it takes more off an account than was put on it, it is only
    proposed, until another person approves it."""
    command, asked = await read(request, Journalling)
    made = await done(request, partial(move, command, asked, request.app.state.packs))
    response.status_code = 201 if made["is_new"] else 200
    return made


@router.get("/{decision_id}")
async def get_journal(request: Request, response: Response, decision_id: UUID, council: str) -> dict[str, Any]:
    """A journal: its lines, who decided and approved it, and whether it is in force. Its `ETag` changes with it."""
    return tagged(await of_id(council, decision_id, service_of(request).pool), response)


@router.get("")
async def get_journals(
    request: Request,
    council: str,
    state: State | None = None,
    by: str | None = None,
    amount_min: PenceAsked | None = None,
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    before: str | None = None,
    count_max: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """Journals between accounts, the newest first; `before` is `next` of the page before. `amount_min` is in pence."""
    asked = {
        "kind": "journal", "state": state, "by": by, "amount_min": amount_min, "since": since, "until": until,
        "before": after(before, INSTANT.validate_python, UUID),
    }  # fmt: skip
    return await listed(council, asked, count_max, service_of(request).pool)


async def move(command: Command, asked: Journalling, packs: Mapping[str, Pack], work: Work) -> dict[str, Any]:
    """Keep a journal, and post it if it needs nobody else; it is shown, and whether it is new. Raises Unwelcome with every fault."""
    pack = packs[command.council]
    await work.lock([f"{command.council}/{named(command.id)}"])
    if known := await decisions.find(work.connection, command.council, command.id):
        return {"is_new": False} | await of_id(command.council, same(known, command).decision_id, work.connection)
    references = {(command.council, each.account_reference) for each in (*asked.sources, *asked.targets)}
    found = Accounts(await accounts.find(references, work.connection))
    made = journal(asked, Known({}, found, pack, work.today))
    if isinstance(made, list):
        raise Unwelcome(422, "It cannot be journalled so; nothing was changed", *made)
    overdrawn_pence = await overdrawn_by(made.lines, command.council, work)
    held = proposed(command, asked, Amounts(journalled_pence=made.amount_pence, overdrawn_pence=overdrawn_pence), pack, work)
    await decisions.keep(held, (), made.lines, work)
    if not held.needs_approval:
        await enact(held, command.by, set(), packs, work)
    return {"is_new": True} | await of_id(command.council, held.decision_id, work.connection)

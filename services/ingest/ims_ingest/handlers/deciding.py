"""A person decides about a file: one that was held is accepted or rejected, a whole import is taken back."""

import asyncio
from datetime import date
from typing import Annotated
from uuid import UUID

import structlog
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field, ValidationError

from ims_contracts.acceptance import tidy
from ims_ingest.domain.refusing import decided
from ims_ingest.domain.taking_back import Import, further, remittance_reversed, told
from ims_ingest.handlers.files import answer, find
from ims_ingest.handlers.importing import take_in
from ims_ingest.handlers.publishers import Answer, Unwelcome, body_of, reasons_of
from ims_ingest.store import corrections, decisions, files, imports
from ims_ingest.store.decisions import Decision, held
from ims_ingest.store.payments import reverse
from ims_kit import Service

router = APIRouter(prefix="/v1", tags=["decisions"])
log = structlog.get_logger()

BODY_BYTES_MAX = 16 << 10
# As in the import itself: a transaction of a thousand facts is some tens of milliseconds.
CHUNK = 1_000
LOOK_SECONDS = 5.0
# What a file may be held for and still have one clear meaning.
CLEAR = ("overlap", "drop")
NO_PAYMENT = UUID(int=0)


class Said(BaseModel):
    """Who decided, and why."""

    reason: Annotated[str, Field(min_length=1, max_length=500)]
    by: Annotated[str, Field(min_length=1, max_length=140)]


@router.post("/files/{file_id}/accept")
async def accept_file(request: Request, file_id: UUID) -> Response:
    """Take in a file that was held, as it is: of one that overlaps others only what they did not tell, of a full file of accounts
    all that it closes. The body says who decided and why: `{"by": …, "reason": …}`."""
    service: Service = request.app.state.service
    await decide(request, file_id, "accepted")
    return answer(await take_in(service, file_id), True).response()


@router.post("/files/{file_id}/reject")
async def reject_file(request: Request, file_id: UUID) -> Response:
    """Close a file that was held, or refused: nothing of it is ever counted. The body says who decided and why."""
    await decide(request, file_id, "rejected")
    return Answer(200, {"file_id": str(file_id), "state": "rejected"}).response()


async def decide(request: Request, file_id: UUID, verdict: str) -> None:
    """Remember a decision about a file that is held, or that a refused one is done with. Raises Unwelcome where there is nothing to
    decide, or nothing clear."""
    service: Service = request.app.state.service
    decision = await decision_of(request)
    found = await find(request, file_id)
    async with service.begin() as work:
        state, held_for = await held(file_id, work)
        if state != "conflict" and (state, verdict) != ("refused", "rejected"):
            raise Unwelcome(409, "This file is not held", f"It is {state}: there is nothing to decide.")
        if verdict == "accepted" and held_for not in CLEAR and not await corrections.taken_back(found.head, work):
            raise Unwelcome(409, "This file cannot be taken in as it is", "It says otherwise what another file told under the same name: "
                            "take that one back first, or reject this one.")  # fmt: skip
        await decisions.decide(file_id, verdict, decision, work)
        if verdict == "rejected" and held_for != "drop":
            work.tell(decided(found.head, verdict, work.today))
    log.warning("file decided", file_id=str(file_id), verdict=verdict)


@router.post("/files/{file_id}/reverse")
async def reverse_file(request: Request, file_id: UUID) -> Response:
    """Take a whole import back: each of its payments is reversed, once, as far as it has not gone back already. Asked again, it
    says what was taken back. The body says who decided and why: `{"by": …, "reason": …}`."""
    service: Service = request.app.state.service
    decision = await decision_of(request)
    found = await find(request, file_id)
    async with service.begin() as work:
        parts = await files.remittances(file_id, work.connection)
        if found.state != "received" or not parts:
            raise Unwelcome(409, "This file's payments cannot be taken back", why_not(found.state))
        await imports.keep([begun(found, part, decision, work.today) for part in parts], work)
    reversed_ = [await take_back(service, part) for part in parts]
    return Answer(200, {"file_id": str(file_id)} | told(reversed_)).response()


async def decision_of(request: Request) -> Decision:
    try:
        said = Said.model_validate_json(await body_of(request, BODY_BYTES_MAX))
    except ValidationError as error:
        raise Unwelcome(422, "Say who decided, and why", *reasons_of(error)) from None
    return Decision(tidy(said.by), tidy(said.reason))


def why_not(state: str) -> str:
    return {
        "received": "It holds no payments of its own; statements, settlements and accounts are corrected by their next file.",
        "known": "Its payments came in another file: take that one back.",
        "refused": "Nothing of it was counted.",
        "waiting": "Nothing of it is counted yet: it waits for the day on which its money moves.",
        "conflict": "Nothing of it was counted: accept or reject it.",
    }.get(state, "It is not taken in to its end yet: try again in a moment.")


def begun(found: files.Known, remittance_id: UUID, decision: Decision, today: date) -> Import:
    head = found.head
    return Import(
        head.file_id, head.council, head.source, remittance_id, decision.reason, decision.by, today, NO_PAYMENT, 0, 0, 0, 0, False
    )


async def finish_reversals(service: Service) -> None:
    """Go on with every import that a crash left half taken back."""
    while True:
        for remittance_id in await imports.unfinished(service.pool):
            await take_back(service, remittance_id)
        await asyncio.sleep(LOOK_SECONDS)


async def take_back(service: Service, remittance_id: UUID) -> Import:
    """Take an import back to its end, a transaction a chunk. Each takes up where the last one ended, whoever ended it."""
    while True:
        async with service.begin() as work:
            whole = await imports.hold(remittance_id, work)
            if whole.is_done:
                return whole
            whole, reversals = further(whole, await imports.next_payments(whole, CHUNK, work), CHUNK)
            await reverse(reversals, work)
            await imports.advance(whole, work)
            if whole.is_done:
                work.tell(remittance_reversed(whole))
        if whole.is_done:
            log.warning("import reversed", file_id=str(whole.file_id), payments=whole.payment_count, pence=whole.payments_pence)

"""The file door: bytes are kept before they are taken in; the same bytes twice change nothing, and the answer says so."""

import asyncio
import tempfile
from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from ims_ingest.domain.taking_back import told as taken_back
from ims_ingest.handlers.arriving import Arrival, Sender, arrive
from ims_ingest.handlers.intake import Intake
from ims_ingest.handlers.publishers import Answer, Unwelcome, caller_of, problem
from ims_ingest.store import files, imports
from ims_ingest.store.decisions import decisions
from ims_ingest.store.files import MEMORY_MAX, Known
from ims_kit import Service

router = APIRouter(prefix="/v1", tags=["files"])

STATUS = {"received": 201, "waiting": 202, "known": 200}


@router.post("/files", status_code=201)
async def post_file(
    request: Request,
    council: Annotated[str | None, Query(pattern=r"^[EWSN][0-9]{8}$")] = None,
    source: Annotated[str | None, Query(min_length=1, max_length=64)] = None,
    business_on: date | None = None,
    accounts: Literal["delta", "full"] = "delta",
) -> Response:
    """Hand in a file as the request's body. It is taken in whole, or not at all, with every fault and its line. Rows that have
    no day are of `business_on`, else of today. Accounts that are not in a `full` file of accounts are closed. A gzip, or a zip of
    many, is its files: each is taken in by itself."""
    service: Service = request.app.state.service
    caller = caller_of(request)
    if council is not None and council != caller.council:
        raise Unwelcome(403, "The council is not yours", f"You may speak for {caller.council}.")
    with tempfile.SpooledTemporaryFile(MEMORY_MAX) as spool:
        intake = Intake(spool, service.settings.file_bytes_max)  # type: ignore[arg-type]
        async for piece in request.stream():
            await asyncio.to_thread(intake.take, piece)
        await asyncio.to_thread(intake.end)
        sender = Sender(caller.council, lambda of_format: caller.source(source or of_format), business_on, accounts == "full")
        return answer_all(await arrive(service, intake, sender)).response()


def answer_all(arrival: Arrival) -> Answer:
    """What became of what came at once."""
    answers = [answer(each.known, each.is_new) for each in arrival.files]
    return answer_together(answers) if arrival.is_archive else answers[0]


def answer_together(answers: list[Answer]) -> Answer:
    """What became of each file of an archive; the status is the worst of theirs."""
    status = max(each.status for each in answers)
    told = {"members": [each.body | {"member": number, "status": each.status} for number, each in enumerate(answers, 1)]}
    if status < 400:
        return Answer(status, told)
    title = "Not every file of the archive was taken in; those that were are counted"
    return Answer(status, problem(status, title).body | told)


def answer(known: Known, is_new: bool) -> Answer:
    """What became of the file; one whose bytes were known before has no effect, and the answer says so."""
    head, state = known.head, known.state
    told = {"file_id": str(head.file_id), "format": head.format or None, "source": head.source, "is_new": is_new}
    if state == "refused":
        return Answer(422, problem(422, "The file is refused whole; nothing was counted").body | told | known.summary)
    if state == "conflict":
        title = "The file contradicts what came before; a person will decide, nothing was counted"
        return Answer(409, problem(409, title, *known.summary["contradicted"]).body | told)
    if state == "rejected":
        return Answer(409, problem(409, "A person rejected this file; nothing was counted").body | told)
    return Answer(STATUS[state] if is_new else 200, told | {"state": state if is_new else "known"} | known.summary)


@router.get("/files/{file_id}")
async def get_file(request: Request, file_id: UUID) -> Response:
    """What became of a file: its state, what is in it, and every fault."""
    found = await find(request, file_id)
    head = found.head
    told = {"file_id": str(head.file_id), "format": head.format or None, "source": head.source, "state": found.state}
    async with request.app.state.service.pool.acquire() as connection:
        reversals = await imports.find(connection, file_id)
        decided = await decisions(file_id, connection)
    reversal = {"reversal": taken_back(reversals)} if reversals else {}
    people = reversal | ({"decisions": decided} if decided else {})
    return Answer(200, told | {"received_at": head.received_at.isoformat()} | found.summary | people).response()


@router.get("/files/{file_id}/content")
async def get_content(request: Request, file_id: UUID) -> Response:
    """The file's bytes as they were kept: without card numbers."""
    found = await find(request, file_id)
    async with request.app.state.service.pool.acquire() as connection:
        with await files.content(connection, found.head.file_id) as stream:
            if not (content := stream.read()):
                raise Unwelcome(410, "The file's bytes were not kept", "GET /v1/files/{file_id} says why; its sender has them.")
            return Response(content, media_type="application/octet-stream")


async def find(request: Request, file_id: UUID) -> Known:
    """The caller's council's file; another's is not there for it."""
    caller = caller_of(request)
    async with request.app.state.service.pool.acquire() as connection:
        found = await files.find(connection, file_id)
    if found is None or found.head.council != caller.council:
        raise Unwelcome(404, "There is no such file", "Look for the file_id in the answer to its upload.")
    return found

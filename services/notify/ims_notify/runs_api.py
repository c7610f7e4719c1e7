"""What is answered of runs over HTTP, and how a back office answers one."""

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from ims_notify import taking
from ims_notify.doors import Unwelcome, body_of, caller_of, service_of, setup_of
from ims_notify.runs import make_run
from ims_notify.store import answer_files, ledger_reports, run_reports, runs
from ims_notify.store.run_reports import Wanted
from ims_notify.taking import read_answer, there

router = APIRouter(prefix="/v1", tags=["runs"])

State = Literal["due", "delivered", "acknowledged", "failed"]
AnswerState = Literal["taken", "refused"]
COUNT_MAX = 500


@router.get("/runs")
async def get_runs(
    request: Request,
    destination: str | None = None,
    state: State | None = None,
    is_test: bool | None = None,
    after: UUID | None = None,
    count_max: int = Query(100, ge=1, le=COUNT_MAX),
) -> dict[str, Any]:
    """The caller's runs, the newest first. `after` is `next` of the page before."""
    caller = caller_of(request)
    if destination is not None:
        setup_of(request, destination)
    names = [destination] if destination is not None else caller.destinations
    found = await run_reports.listed(service_of(request).pool, Wanted(caller.council, names, state, is_test), after, count_max)
    return {"runs": found, "next": found[-1]["run_id"] if len(found) == count_max else None}


@router.get("/runs/{destination}")
async def get_waiting(request: Request, destination: str) -> dict[str, Any]:
    """What waits for the next run of a destination, and the lines (of a ledger, journals) that its layout could not write, with why."""
    to = setup_of(request, destination).destination
    waiting = run_reports.waiting if to.kind == "postings" else ledger_reports.waiting
    return await waiting(service_of(request).pool, to)


@router.post("/runs/{destination}", status_code=201)
async def post_run(request: Request, destination: str) -> dict[str, Any]:
    """Make a run now of all that waits, without waiting for its time: it goes as every run does. A second one at once finds nothing."""
    setup = setup_of(request, destination)
    async with service_of(request).begin() as work:
        await runs.hold(setup.destination, work)
        number = await make_run(setup, work.now, work)
    if number is None:
        raise Unwelcome(409, "Nothing waits that can be written", f"Look at `GET /v1/runs/{destination}` for what waits, and why.")
    return {"number": number, "is_test": setup.destination.is_test}


@router.get("/runs/{destination}/answers")
async def get_answers(
    request: Request, destination: str, state: AnswerState | None = None, after: UUID | None = None,
    count_max: int = Query(100, ge=1, le=COUNT_MAX),
) -> dict[str, Any]:
    """The files that were picked up as answers, the newest first; of those that could not be taken, why. `after` is `next` of the page
    before."""
    to = setup_of(request, destination).destination
    found = await answer_files.listed(service_of(request).pool, to, state, after, count_max)
    return {"answers": found, "next": found[-1]["file_id"] if len(found) == count_max else None}


@router.get("/runs/{destination}/{number}")
async def get_run(request: Request, destination: str, number: int, is_test: bool = False) -> dict[str, Any]:
    """A run: its totals, how far it has come, what was accepted, and what rejected and why (the first 500)."""
    setup = setup_of(request, destination)
    found = await run_reports.run(service_of(request).pool, setup.destination, number, is_test)
    return there(found)


@router.get("/runs/{destination}/{number}/content")
async def get_content(request: Request, destination: str, number: int, is_test: bool = False) -> Response:
    """The file, byte for byte as it was made; `ETag` is its SHA-256."""
    setup = setup_of(request, destination)
    found = there(await run_reports.content(service_of(request).pool, setup.destination, number, is_test))
    headers = {"ETag": f'"{found["sha256"]}"', "Content-Disposition": f'attachment; filename="{found["file_name"]}"'}
    return Response(found["content"], media_type="application/octet-stream", headers=headers)


@router.post("/runs/{destination}/{number}/resend", status_code=202)
async def post_resend(request: Request, destination: str, number: int, is_test: bool = False) -> dict[str, str]:
    """Send a run once more: the same bytes under the same name and number."""
    setup = setup_of(request, destination)
    async with service_of(request).begin() as work:
        there(await run_reports.run(work.connection, setup.destination, number, is_test))
        if not await runs.again(setup.destination, number, is_test, work):
            raise Unwelcome(409, "The run is on its way already", "Look at it again later.")
    return {"state": "due"}


@router.post("/runs/{destination}/{number}/answer")
async def post_answer(request: Request, destination: str, number: int, is_test: bool = False) -> dict[str, Any]:
    """Take what the back office says of a run's lines: whole, once, or not at all. The same again is known."""
    setup = setup_of(request, destination)
    said = read_answer(setup, await body_of(request), number)
    async with service_of(request).begin() as work:
        return await taking.take(setup, said, is_test, work)

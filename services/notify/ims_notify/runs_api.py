"""What is answered of runs over HTTP, and how a back office answers one."""

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from ims_kit import Service
from ims_notify.domain.answering import Unreadable, Verdict, read
from ims_notify.doors import Unwelcome, body_of, caller_of, service_of, setup_of
from ims_notify.pack import FileSetup
from ims_notify.store import answers, ledger_reports, run_reports, runs
from ims_notify.store.answers import Said
from ims_notify.store.run_reports import Wanted

router = APIRouter(prefix="/v1", tags=["runs"])

State = Literal["due", "delivered", "failed"]
COUNT_MAX = 500
SEQUENCES_SHOWN = 20


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
    verdicts = read_answer(setup, await body_of(request), number)
    if is_test:
        found = there(await run_reports.run(service_of(request).pool, setup.destination, number, is_test))
        check_sequences(verdicts, found["line_count"], number)
        rejected_count = sum(not each.is_accepted for each in verdicts)
        return {"is_new": False, "is_test": True, "accepted_count": len(verdicts) - rejected_count, "rejected_count": rejected_count}
    return await keep_answer(service_of(request), setup, number, verdicts)


def read_answer(setup: FileSetup, content: bytes, number: int) -> list[Verdict]:
    """The answer, as the destination's layout describes it. Raises Unwelcome."""
    if setup.answers is None:
        raise Unwelcome(409, "This destination has no layout of answers", "Name one under `answers` in the council pack.")
    try:
        return read(setup.answers, content, number)
    except Unreadable as unreadable:
        raise Unwelcome(422, "The answer cannot be read; nothing of it was taken", *unreadable.faults) from None


async def keep_answer(service: Service, setup: FileSetup, number: int, verdicts: list[Verdict]) -> dict[str, Any]:
    """Keep it, and tell what is new in it. Raises Unwelcome where it is of lines that were not sent, or says another thing than before."""
    to, is_rest_accepted = setup.destination, setup.answers is not None and setup.answers.unmentioned == "accepted"
    said = Said(number, verdicts, is_rest_accepted)
    async with service.begin() as work:
        run = there(await answers.hold(to, number, work))
        check_sequences(verdicts, run.line_count, number)
        if against := await answers.contradicted(to, said, work):
            raise Unwelcome(409, "The answer says another thing than one before; nothing of it was taken", lines_called(against))
        count = await answers.keep(to, run, said, work)
        come_to = await run_reports.answered(work.connection, to, number)
    return {"is_new": count > 0, "is_test": False} | come_to


def check_sequences(verdicts: list[Verdict], line_count: int, number: int) -> None:
    if unknown := sorted(each.sequence for each in verdicts if not 0 < each.sequence <= line_count):
        raise Unwelcome(422, "The answer is of lines that were not sent; nothing of it was taken", f"run {number}: {lines_called(unknown)}")


def lines_called(sequences: list[int]) -> str:
    more = len(sequences) - SEQUENCES_SHOWN
    return f"lines {', '.join(map(str, sequences[:SEQUENCES_SHOWN]))}" + (f" and {more} more" if more > 0 else "")


def there[Found](found: Found | None) -> Found:
    """Raises Unwelcome where there is no such run."""
    if found is None:
        raise Unwelcome(404, "There is no such run of this destination", "Look for its number in the list of runs.")
    return found

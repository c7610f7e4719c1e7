"""What became of what was sent, for publishers; totals and laws, for those who run the council's system."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from ims_ingest.domain.identity import from_source
from ims_ingest.handlers.publishers import Unwelcome, caller_of
from ims_ingest.store import reports

router = APIRouter(prefix="/v1", tags=["answers"])

Council = Annotated[str, Query(description="The council's ONS code", pattern=r"^[EWSN]\d{8}$")]


@router.get("/submissions/{source}/{source_payment_id:path}")
async def get_submission(request: Request, source: str, source_payment_id: str) -> dict[str, Any]:
    """What became of a payment that a source submitted: known, or refused with every reason."""
    caller = caller_of(request)
    caller.source(source)
    async with request.app.state.service.pool.acquire() as connection:
        derived = from_source(caller.council, source, source_payment_id)
        found = await reports.submission(connection, (caller.council, source, source_payment_id), derived)
    if found is None:
        raise Unwelcome(404, "Nothing came under this id", "What is sent to the topic is here a moment later.")
    return found


@router.get("/totals")
async def get_totals(request: Request, council: Council) -> dict[str, Any]:
    """Received, reversed, refunded, refused and in conflict: how many, and how many pence."""
    async with request.app.state.service.pool.acquire() as connection:
        return await reports.totals(connection, council)


@router.get("/conflicts")
async def get_conflicts(request: Request, council: Council, most: Annotated[int, Query(ge=1, le=5000)] = 500) -> list[dict[str, Any]]:
    """What a person has to decide, the newest first."""
    async with request.app.state.service.pool.acquire() as connection:
        return await reports.conflicts(connection, council, most)


@router.get("/laws")
async def get_laws(request: Request) -> list[dict[str, Any]]:
    """What must hold of all that was taken in, and whether it does."""
    async with request.app.state.service.pool.acquire() as connection:
        return await reports.laws(connection)

"""What Bacs told of instructions and submissions, for the back office that keeps the council's Direct Debits."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from ims_ingest.handlers.publishers import caller_of
from ims_ingest.store.advices import advices_since

router = APIRouter(prefix="/v1", tags=["advices"])

NUMBER_MAX = 2**63 - 1


@router.get("/advices")
async def get_advices(
    request: Request,
    since: Annotated[int, Query(ge=0, le=NUMBER_MAX, description="The number of the last advice that you have")] = 0,
    most: Annotated[int, Query(ge=1, le=5000)] = 500,
) -> list[dict[str, Any]]:
    """Instructions that payers' banks ended, moved or refused, and what became of submissions, in the order in which they came.
    Only of the sources that you speak for: they name payers' bank accounts."""
    caller = caller_of(request)
    async with request.app.state.service.pool.acquire() as connection:
        return await advices_since(connection, caller.council, caller.sources, (since, most))

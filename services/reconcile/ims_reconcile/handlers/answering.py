"""Answers over HTTP what people and commands ask."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel

from ims_reconcile.domain.ageing import aged
from ims_reconcile.handlers.officers import officer_of
from ims_reconcile.handlers.paging import next_link, place_after, place_of
from ims_reconcile.store import laws, reports

router = APIRouter(prefix="/v1", tags=["reconcile"])
books = APIRouter(prefix="/v1", tags=["reconcile"])
"""Sums, which name nobody: open to whoever reaches the service, as its health is."""

Council = Annotated[str, Query(description="The council's ONS code", pattern=r"^[EWSN]\d{8}$")]
Most = Annotated[int, Query(ge=1, le=5000, description="How many at most")]


@router.get("/matches/{match_id}")
async def get_match(request: Request, match_id: UUID, page: Annotated[int, Query(ge=1)] = 1) -> dict[str, Any]:
    """One bank line and what it is made of, a page at a time."""
    found = await reports.match(request.app.state.service.pool, match_id, page)
    if found is None or found["council"] != officer_of(request)[1].council:
        raise HTTPException(404, "There is no such match.")
    return found


class LineFilter(BaseModel):
    """Which bank lines; each left out: whatever it is."""

    council: Council
    state: Literal["open", "awaiting", "from-bank", "matched"] | None = None
    bank_account: str | None = None
    source: str | None = None
    first_on: date | None = None
    last_on: date | None = None
    most: Most = 500
    after: str | None = None
    """Where the page before ended, as its link says."""


@router.get("/lines")
async def get_lines(request: Request, response: Response, asked: Annotated[LineFilter, Query()]) -> list[dict[str, Any]]:
    """Bank lines, the newest first: `open`, `awaiting` a source's file, `from-bank` (a payment that only the bank knows), or `matched`;
    with the ids of their matches. The next page is in the header `Link`."""
    place = place_of(asked.after)
    wanted = reports.WantedLines(*(getattr(asked, name) for name in reports.WantedLines._fields))
    rows = await reports.lines(request.app.state.service.pool, wanted, (place[0], place[2]) if place else None, asked.most)
    if len(rows) == asked.most:
        response.headers["Link"] = next_link("/v1/lines", asked, place_after(rows[-1]["booked_on"], 0, rows[-1]["line_id"]))
    return rows


@books.get("/totals")
async def get_totals(request: Request, council: Council) -> dict[str, Any]:
    """Reconciled, unsettled and broken: how many, and how many pence."""
    return await reports.totals(request.app.state.service.pool, council)


@books.get("/unsettled")
async def get_unsettled(request: Request, council: Council) -> list[dict[str, Any]]:
    """What was received and is not proved at the bank yet, by source and by age in working days of the banks."""
    service = request.app.state.service
    async with service.begin() as work:
        today = work.today
        left = await reports.unsettled(work.connection, council)
    return [
        {
            "source": each.source,
            "working_days": each.working_days,
            "count": each.item_count,
            "pence": each.pence,
            "oldest_on": each.oldest_on,
        }
        for each in aged(left, today)
    ]


@books.get("/laws")
async def get_laws(request: Request) -> list[dict[str, Any]]:
    """What must hold, and where it does not."""
    async with request.app.state.service.pool.acquire() as connection:
        return await laws(connection)

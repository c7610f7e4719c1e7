"""The clearing and bank accounts as seen from here: what stays on them, by age and source."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from ims_reconcile.domain import band_of, working_days_between
from ims_reconcile.domain.ageing import Left, aged
from ims_reconcile.domain.explaining import Band, opened_between
from ims_reconcile.handlers.answering import Council, Most
from ims_reconcile.handlers.paging import next_link, place_after, place_of
from ims_reconcile.handlers.printing import Document, Section, form_of, shown
from ims_reconcile.store import clearing
from ims_reconcile.store.clearing import Wanted

router = APIRouter(prefix="/clearing")


class Filter(BaseModel):
    """Which items; each left out: whatever it is."""

    council: Council
    account: Literal["clearing", "bank"] | None = None
    source: str | None = None
    working_days: Band | None = None
    most: Most = 500
    after: str | None = None
    """Where the page before ended, as its link says."""
    format: Literal["json", "csv"] | None = None


@router.get("", response_model=None)
async def get_clearing(request: Request, asked: Annotated[Filter, Query()]) -> Response:
    """What keeps the clearing accounts (`unsettled`: received, not at the bank yet; `untold`: paid over, and nobody told of it) and the
    bank account (`unmatched`) from nothing: balances by source and age, and the items, the oldest first. The next page is in the header
    `Link`. CSV has the items."""
    place = place_of(asked.after)
    async with request.app.state.service.begin() as work:
        today = work.today
        first_on, last_on = opened_between(asked.working_days, today) if asked.working_days else (date.min, date.max)
        wanted = Wanted(asked.council, asked.account, asked.source, first_on, last_on)
        items = [with_age(row, today) for row in await clearing.items(work.connection, wanted, place, asked.most)]
        balances = [] if place else balances_of(await clearing.balances(work.connection, wanted), today)
    if form_of(request, asked.format) == "csv":
        answer = await shown(Document("Clearing", "", {"council": asked.council}, [Section("items", "What stays", items)]), "csv")
    else:
        answer = JSONResponse({"as_of": today.isoformat(), "balances": balances, "items": items})
    if len(items) == asked.most:
        answer.headers["Link"] = next_link("/v1/clearing", asked, place_after(items[-1]["since"], items[-1]["pence"], items[-1]["id"]))
    return answer


def with_age(row: dict[str, Any], today: date) -> dict[str, Any]:
    """An item as it is answered."""
    days = working_days_between(row["since"], today)
    return row | {"id": str(row["id"]), "since": row["since"].isoformat(), "age_working_days": days, "working_days": band_of(days)}


def balances_of(rows: Sequence[Any], today: date) -> list[dict[str, Any]]:
    """What each account has of each source, by age."""
    found = []
    for account in ("clearing", "bank"):
        left = [Left(row["source"], row["since"], row["item_count"], row["pence"]) for row in rows if row["account"] == account]
        found += [{"account": account, **each._asdict(), "oldest_on": each.oldest_on.isoformat()} for each in aged(left, today)]
    return found

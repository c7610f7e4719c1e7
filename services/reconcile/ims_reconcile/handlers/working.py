"""Breaks as officers work them: found by filters, owned, noted, explained."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query, Request, Response
from pydantic import BaseModel, StringConstraints

from ims_reconcile.domain import TYPE_OF, TYPES, band_of, working_days_between
from ims_reconcile.domain.explaining import CODES, Band, opened_between
from ims_reconcile.handlers.answering import Council, Most
from ims_reconcile.handlers.officers import officer_of
from ims_reconcile.handlers.paging import next_link, place_after, place_of
from ims_reconcile.store import working
from ims_reconcile.store.working import Wanted

router = APIRouter(prefix="/v1/breaks", tags=["breaks"])
type Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]


class Owning(BaseModel):
    """Who works on a break from now on."""

    owner: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=64)]


class Noting(BaseModel):
    """What was found out. No payer's data."""

    note: Said


class Explaining(BaseModel):
    """Why two records differ, by its code."""

    code: str


class Filter(BaseModel):
    """Which breaks; each left out: whatever it is."""

    council: Council
    open_only: bool = True
    type: str | None = None
    kind: str | None = None
    source: str | None = None
    owner: str | None = None
    code: str | None = None
    is_explained: bool | None = None
    working_days: Band | None = None
    most: Most = 500
    after: str | None = None
    """Where the page before ended, as its link says."""


@router.get("")
async def get_breaks(request: Request, response: Response, asked: Annotated[Filter, Query()]) -> list[dict[str, Any]]:
    """What should agree and does not, the oldest first: of which type, and since how many working days of the banks. The next page is
    in the header `Link`."""
    place = place_of(asked.after)
    async with request.app.state.service.begin() as work:
        today = work.today
        rows = await working.breaks(work.connection, wanted(asked, today), place, asked.most)
    if len(rows) == asked.most:
        after = place_after(rows[-1]["opened_on"], rows[-1]["amount_pence"], rows[-1]["break_id"])
        response.headers["Link"] = next_link("/v1/breaks", asked, after)
    return [aged(row, today) for row in rows]


def wanted(asked: Filter, today: date) -> Wanted:
    """The filter as the store knows it. A kind of another type finds nothing."""
    kinds: Sequence[str] | None = TYPES.get(asked.type, ()) if asked.type else None
    if asked.kind:
        kinds = [asked.kind] if kinds is None or asked.kind in kinds else []
    first_on, last_on = opened_between(asked.working_days, today) if asked.working_days else (date.min, date.max)
    return Wanted(
        asked.council, asked.open_only, kinds, asked.source, asked.owner, asked.code, asked.is_explained, first_on, last_on
    )  # fmt: skip


def aged(row: dict[str, Any], today: date) -> dict[str, Any]:
    """With its type, and its age on the day it was closed, or today."""
    days = working_days_between(row["opened_on"], row["closed_on"] or today)
    return row | {"type": TYPE_OF[row["kind"]], "age_working_days": days, "working_days": band_of(days)}


@router.get("/{break_id}")
async def get_break(request: Request, break_id: UUID) -> dict[str, Any]:
    """A break, who owns it, and all that was said of it."""
    async with request.app.state.service.begin() as work:
        return aged(await theirs(work.connection, break_id, officer_of(request)[1].council), work.today)


@router.post("/{break_id}/owner")
async def post_owner(request: Request, break_id: UUID, asked: Owning) -> dict[str, Any]:
    """Give a break to an officer."""
    return await said(request, break_id, "owner", asked.owner)


@router.post("/{break_id}/notes")
async def post_note(request: Request, break_id: UUID, asked: Noting) -> dict[str, Any]:
    """Write down what was found out. No note is ever changed."""
    return await said(request, break_id, "note", asked.note)


@router.post("/{break_id}/explanation")
async def post_explanation(request: Request, break_id: UUID, asked: Explaining) -> dict[str, Any]:
    """Explain a break by a code. It holds for these pence: where the break becomes one of others, it is to be explained again."""
    if asked.code not in CODES:
        codes = "; ".join(f"{code}: {why}" for code, why in CODES.items())
        raise HTTPException(422, f"There is no such explanation code. Send one of {codes}.")
    return await said(request, break_id, "explanation", asked.code)


async def said(request: Request, break_id: UUID, kind: str, what: str) -> dict[str, Any]:
    """What an officer says of a break of their council, and the break with it."""
    name, officer = officer_of(request)
    async with request.app.state.service.begin() as work:
        broken = await theirs(work.connection, break_id, officer.council)
        await working.say(work.connection, broken, kind, what, name)
        return aged(await theirs(work.connection, break_id, officer.council), work.today)


async def theirs(connection: Any, break_id: UUID, council: str) -> dict[str, Any]:
    """The break, if it is this council's."""
    found = await working.one(connection, break_id)
    if found is None or found["council"] != council:
        raise HTTPException(404, "There is no such break.")
    return found

"""The doors of what is placed without a person: the day's sample of it, what is stopped, and the officers' own switch."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request

from ims_allocation.domain import Pack
from ims_allocation.domain.approvals import is_same_person
from ims_allocation.domain.asked import Stopping
from ims_allocation.handlers import pages
from ims_allocation.handlers.officers import Command, Unwelcome, done, openapi, read, service_of
from ims_allocation.handlers.shelf import today
from ims_allocation.journey import stopped_words
from ims_allocation.store import evidence, stopping
from ims_allocation.store.stopping import Way
from ims_kit import Work

router = APIRouter(prefix="/v1/automatic", tags=["suspense"])


@router.get("/sample")
async def get_sample(
    request: Request, council: str, on: date, after: str | None = None, count_max: Annotated[int, Query(ge=1, le=500)] = 100
) -> dict[str, Any]:
    """One in twenty of a day's allocations that were repaired or had little margin, always the same ones, for a person to look at. `after`
    is `next` of the page before."""
    last = pages.after(after, UUID) or (UUID(int=0),)
    rows = await evidence.tagged((council, on), last[0], count_max, service_of(request).pool)
    return {"payments": rows, "next": pages.cursor([rows[-1]["payment_id"]]) if len(rows) == count_max else None}


@router.get("/stopped")
async def get_stopped(request: Request, council: str) -> list[dict[str, Any]]:
    """What people found wrong within 30 days of what was placed without them, by fund and way (`repaired`, `by-payer`): how much, of how
    many, and whether that way is stopped for the fund, for that or by an officer. What was wrong stops it until the days are over; an
    officer, until another lets it go on; and a pack can switch it off for good."""
    return await shown(council, service_of(request).pool)


@router.post("/stop", openapi_extra=openapi(Stopping))
async def post_stop(request: Request) -> list[dict[str, Any]]:
    """Stop a way of placing payments without a person for a fund, at once and by yourself: from the next batch on, what it would place is
    in suspense, with its suggestion. What it has placed stays: decide on what is wrong of it. The answer is all that is stopped."""
    command, asked = await read(request, Stopping)
    return await done(request, partial(stop, command, asked, request.app.state.packs))


@router.post("/resume", openapi_extra=openapi(Stopping))
async def post_resume(request: Request) -> list[dict[str, Any]]:
    """Let a way go on that another officer stopped; who stopped it may not. What waits in suspense meanwhile stays there for a person."""
    command, asked = await read(request, Stopping)
    return await done(request, partial(resume, command, asked))


async def stop(command: Command, asked: Stopping, packs: Mapping[str, Pack], work: Work) -> list[dict[str, Any]]:
    """Keep that it is stopped, unless it is. Raises Unwelcome where the council has no such fund."""
    if asked.fund not in packs[command.council].funds:
        raise Unwelcome(422, "There is no such fund; nothing was changed", f"fund {asked.fund}: look at the council's reference data.")
    if not is_stopped(await held(command, asked, work)):
        await stopping.stop(way_of(command, asked), command.id, (command.by, asked.reason), work)
    return await shown(command.council, work.connection)


async def resume(command: Command, asked: Stopping, work: Work) -> list[dict[str, Any]]:
    """Keep that it goes on. Raises Unwelcome where no officer stopped it, or this one did."""
    last = await held(command, asked, work)
    is_by_them = last and last["resumed_by"] and is_same_person(last["resumed_by"], command.by)
    if is_by_them or await stopping.is_resumed(command.council, command.id, work):
        return await shown(command.council, work.connection)
    if not is_stopped(last):
        raise Unwelcome(409, "No officer stopped it; nothing was changed", "GET /v1/automatic/stopped says what is stopped, and why.")
    if is_same_person(last["stopped_by"], command.by):
        raise Unwelcome(403, "Who stopped it may not let it go on", "Have another person do so.")
    await stopping.resume(last, command.id, (command.by, asked.reason), work)
    return await shown(command.council, work.connection)


async def held(command: Command, asked: Stopping, work: Work) -> Any:
    """The last time that it was stopped, with everyone else kept out."""
    council, fund, way = way_of(command, asked)
    await work.lock([f"{council}/automatic:{fund}/{way}"])
    return await stopping.last((council, fund, way), work.connection)


def way_of(command: Command, asked: Stopping) -> Way:
    return command.council, asked.fund, asked.way


def is_stopped(last: Any) -> bool:
    return last is not None and last["resumed_by"] is None


async def shown(council: str, connection: Any) -> list[dict[str, Any]]:
    """All that was found wrong, or is stopped by an officer, by fund and way, and in words."""
    found: dict[tuple[str, str], dict[str, Any]] = {
        (each["fund"], each["tag"]): each for each in await evidence.wrong([council], today(), connection)
    }
    for each in await stopping.by_hand([council], connection):
        none = {"council": council, "fund": each["fund"], "tag": each["tag"], "wrong": 0, "placed": None, "is_stopped": True}
        by = {"stopped_by": each["stopped_by"], "reason": each["reason"], "stopped_at": each["stopped_at"]}
        found[each["fund"], each["tag"]] = found.get((each["fund"], each["tag"]), none) | by | {"is_stopped": True}
    return [each | {"words": stopped_words(each)} for _, each in sorted(found.items())]

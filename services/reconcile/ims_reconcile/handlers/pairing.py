"""The officers' door for what the machine leaves to people: which files, payouts or returns some bank lines are."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, Field

from ims_kit import Work
from ims_reconcile.domain import Line, Pack, Pairing
from ims_reconcile.domain.pairing import nearest_first, refusal
from ims_reconcile.handlers.matching import undo_payments_from_bank
from ims_reconcile.handlers.officers import officer_of
from ims_reconcile.handlers.working import Said
from ims_reconcile.store import matches, open_items, pairing
from ims_reconcile.store.turns import wait_for_turn

router = APIRouter(prefix="/v1", tags=["reconcile"])
CANDIDATES_MAX = 50
type Ids = Annotated[list[UUID], Field(min_length=1, max_length=50)]


class Deciding(BaseModel):
    """Which lines are which items, and why. No payer's data."""

    line_ids: Ids
    item_ids: Ids
    reason: Said


@router.get("/lines/{line_id}/candidates")
async def get_candidates(request: Request, line_id: UUID) -> list[dict[str, Any]]:
    """What is open that a line may be, whatever its source, day or account: the nearest in pence first, and then in days."""
    async with request.app.state.service.begin() as work:
        lines = await lines_of(work, [line_id], officer_of(request)[1].council)
        items = await pairing.items(work.connection, lines, request.app.state.pack, work.now)
    return [item._asdict() for item in nearest_first(lines[0], items)[:CANDIDATES_MAX]]


@router.post("/matches")
async def post_match(request: Request, asked: Deciding) -> dict[str, Any]:
    """Match lines with files, payouts, returns or refunds of the very pence, which no rule would. Asked again, it says the same. A
    difference in pence is written off on its break instead."""
    name, officer = officer_of(request)
    wanted = (asked.line_ids, asked.item_ids, officer.council)
    async with request.app.state.service.begin() as work:
        await wait_for_turn(work.connection)
        done = await pairing.matched(work.connection, *wanted)
        if is_new := len(done) < len(set(asked.item_ids)):
            decided = await decided_by(work, asked, officer.council, request.app.state.pack)
            await matches.write_pairings(work.connection, [decided], request.app.state.pack, by=name)
            await undo_payments_from_bank(work, [decided])
            done = await pairing.matched(work.connection, *wanted)
        return {"match_ids": done, "is_new": is_new}


async def decided_by(work: Work, asked: Deciding, council: str, pack: Pack) -> Pairing:
    """What the officer asks for, if it may be. Raises HTTPException."""
    lines = await lines_of(work, asked.line_ids, council)
    found = {item.item_id: item for item in await pairing.items(work.connection, lines, pack, work.now)}
    items = [found[each] for each in dict.fromkeys(asked.item_ids) if each in found]
    if len(items) < len(set(asked.item_ids)):
        raise HTTPException(404, "Not all of these are files, payouts, returns or refunds that are whole and at no bank yet.")
    if why := refusal(lines, items, await open_items.parted(work.connection, lines)):
        raise HTTPException(409, why)
    decided = Pairing(tuple(lines), tuple(items), "person", asked.reason)
    if not await matches.without_settled(work.connection, [decided]):
        raise HTTPException(409, "A payment of the file is proved by another bank line already. Take that match apart first.")
    return decided


async def lines_of(work: Work, line_ids: list[UUID], council: str) -> list[Line]:
    """The lines. Raises HTTPException where one is not this council's, or is matched."""
    lines = await pairing.lines(work.connection, line_ids, council, work.now)
    if len(lines) < len(set(line_ids)):
        raise HTTPException(404, "Not all of these are bank lines that nothing is matched with.")
    return lines

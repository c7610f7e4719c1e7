"""Differences that officers write off: given up by one, or above a limit by two; and then nothing of them stays on a clearing or bank
account."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel

from ims_reconcile.domain import Item, Line, Pack, Pairing, derived_id
from ims_reconcile.domain.explaining import given_up_as
from ims_reconcile.domain.wording import BROKEN, pounds
from ims_reconcile.handlers.officers import officer_of
from ims_reconcile.handlers.working import Said, aged, theirs
from ims_reconcile.settings import Settings
from ims_reconcile.store import matches, open_items, working, writing_off
from ims_reconcile.store.matches import WrittenOff
from ims_reconcile.store.turns import wait_for_turn

router = APIRouter(prefix="/v1/breaks", tags=["breaks"])
# Of a line that differs from what it is for, and of one that is for nothing, such as the bank's charges.
DIFFERENCES, ALONE = ("amount-differs", "fee-differs", "cash-difference"), "bank-debit-unexplained"


class WritingOff(BaseModel):
    """Why a difference is given up."""

    reason: Said


@router.post("/{break_id}/write-off")
async def post_write_off(request: Request, break_id: UUID, asked: WritingOff) -> dict[str, Any]:
    """Give a difference up. Above the limit another officer must approve it before it counts."""
    name, officer = officer_of(request)
    settings: Settings = request.app.state.service.settings
    async with request.app.state.service.begin() as work:
        await wait_for_turn(work.connection)
        broken = await theirs(work.connection, break_id, officer.council)
        if not broken["is_open"]:
            raise HTTPException(409, "This break is closed: nothing is left to write off.")
        needs_approval = abs(broken["amount_pence"]) > settings.write_off_limit_pence
        write_off_id = derived_id("write-off", break_id, broken["amount_pence"])
        await working.write_off(work.connection, broken, (write_off_id, asked.reason, needs_approval), name)
        await give_up(work.connection, request.app.state.pack, broken, name)
        return aged(await theirs(work.connection, break_id, officer.council), work.today)


@router.post("/{break_id}/write-off/approve")
async def post_approval(request: Request, break_id: UUID) -> dict[str, Any]:
    """Approve what another officer asked to write off, of the pence that the break has now."""
    name, officer = officer_of(request)
    async with request.app.state.service.begin() as work:
        await wait_for_turn(work.connection)
        broken = await theirs(work.connection, break_id, officer.council)
        asked = next((each for each in broken["write_offs"] if each["amount_pence"] == broken["amount_pence"]), None)
        if asked is None:
            now = pounds(broken["amount_pence"])
            raise HTTPException(409, f"Nobody asked to write off {now}, which this break is of now. Ask for that first.")
        if asked["asked_by"] == name:
            raise HTTPException(403, "You asked for this. Another officer must approve it.")
        await working.approve(work.connection, asked["write_off_id"], name)
        await give_up(work.connection, request.app.state.pack, broken, name)
        return aged(await theirs(work.connection, break_id, officer.council), work.today)


async def give_up(connection: Any, pack: Pack, broken: dict[str, Any], officer: str) -> None:
    """Where the write-off counts: match the line with what it nearly is, or with nothing, and what is written off with both; but not
    what a person has taken apart."""
    counts = (await theirs(connection, broken["break_id"], broken["council"]))["code"] == "written-off"
    found = await writing_off.open_line(connection, broken) if counts and broken["is_open"] else None
    if found is None:
        return
    line, pence, subject_id = Line(*found), broken["amount_pence"], derived_id("written-off", broken["break_id"])
    item = await item_of(connection, pack, broken, line, subject_id)
    if item is None or (line.line_id, item.item_id) in await open_items.parted(connection, [line]):
        return
    account = pack.account_of(given_up_as(broken["kind"], pence, explanation_of(broken)))
    evidence = f"{pounds(abs(pence))} written off to {account}, of {BROKEN[broken['kind']]}; see the break {broken['break_id']}"
    pairing = Pairing((line,), (item,), "written-off", evidence)
    if await matches.without_settled(connection, [pairing]):
        given_up = WrittenOff(matches.match_of(line, item), line.council, subject_id, pence, account)
        await matches.write_pairings(connection, [pairing], pack, [given_up], officer)


def explanation_of(broken: dict[str, Any]) -> str | None:
    """The code by which an officer explained the pence that a break has now."""
    said = [each["said"] for each in broken["history"] if (each["kind"], each["amount_pence"]) == ("explanation", broken["amount_pence"])]
    return said[-1] if said else None


async def item_of(connection: Any, pack: Pack, broken: dict[str, Any], line: Line, subject_id: UUID) -> Item | None:
    """What the line is, of the line's own pence; none: there is no more such a difference."""
    if broken["kind"] == ALONE:
        return Item(subject_id, "write-off", line.council, "bank", "", line.amount_pence, line.booked_on)
    if broken["kind"] not in DIFFERENCES or (found := await writing_off.open_item(connection, broken)) is None:
        return None
    *said, gross_pence = found
    item = Item(*said)._replace(source=broken["source"])
    told_pence = gross_pence if pack.by_name[item.source].pays == "gross" else item.amount_pence
    return item._replace(amount_pence=line.amount_pence) if line.amount_pence - told_pence == broken["amount_pence"] else None

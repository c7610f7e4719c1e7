"""The officers' door: a person takes a match apart, for a reason."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, HTTPException, Request
from pydantic import BaseModel, StringConstraints

from ims_reconcile.domain.unmatching import refusal
from ims_reconcile.handlers.officers import officer_of
from ims_reconcile.store import unmatching
from ims_reconcile.store.turns import wait_for_turn

router = APIRouter(prefix="/v1", tags=["reconcile"])


class Unmatching(BaseModel):
    """Why a match is taken apart."""

    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=500)]


@router.post("/matches/{match_id}/un-match")
async def post_unmatching(request: Request, match_id: UUID, asked: Unmatching) -> dict[str, Any]:
    """Take a match apart, with those that share its bank lines: what they proved is proved no more, and the machine does not pair
    the same again. Asked again, it says the same."""
    name, officer = officer_of(request)
    async with request.app.state.service.begin() as work:
        await wait_for_turn(work.connection)
        held = await unmatching.together(work.connection, match_id)
        if not held or held[0].council != officer.council:
            raise HTTPException(404, "There is no such match.")
        if done := next((each.undone_by for each in held if each.match_id == match_id and each.undone_by), None):
            return {"match_id": match_id, "undone_by": [done], "is_new": False}
        if why := refusal(held):
            raise HTTPException(409, why)
        return {"match_id": match_id, "undone_by": await unmatching.undo(work.connection, held, asked.reason, name), "is_new": True}

"""Hears of disputes, and answers what is at risk."""

from collections.abc import Iterable
from typing import Any

from fastapi import APIRouter, Request

from ims_contracts.payments import PaymentDisputed
from ims_kit import Work
from ims_reconcile.domain import band_of, working_days_between
from ims_reconcile.handlers.answering import Council
from ims_reconcile.store import disputes as store

router = APIRouter(prefix="/v1", tags=["reconcile"])

STAGES = ("open", "under-review", "won", "lost")
"""How far a dispute has come. A state that is new to us comes after `open`."""


async def keep_disputes(heard: Iterable[PaymentDisputed], work: Work) -> None:
    """Remember the furthest that is told of each."""
    rows = {
        (d.council, d.payment_id, d.dispute_id): (
            d.council, d.payment_id, d.dispute_id, d.state, stage_of(d.state), d.amount_pence, d.disputed_on,
        )
        for d in sorted(heard, key=lambda each: stage_of(each.state))
    }  # fmt: skip
    await store.keep_disputes(work.connection, list(rows.values()))


def stage_of(state: str) -> int:
    return STAGES.index(state) if state in STAGES else 1


@router.get("/at-risk")
async def get_at_risk(request: Request, council: Council) -> dict[str, Any]:
    """Card payments that their payers dispute: the money is counted until a dispute is lost, and then goes back."""
    async with request.app.state.service.begin() as work:
        today = work.today
        rows = await store.at_risk(work.connection, council)
    ages = [working_days_between(row["disputed_on"], today) for row in rows]
    shown = [{**row, "working_days": band_of(age)} for row, age in zip(rows, ages, strict=True)]
    return {"count": len(shown), "pence": sum(row["amount_pence"] for row in rows), "disputes": shown}

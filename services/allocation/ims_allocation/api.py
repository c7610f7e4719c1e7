"""What allocation answers over HTTP: a payment's story, an account, suspense, and whether the books balance."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, HTTPException, Query, Request

from ims_allocation.domain import Accounts, Intended, Pack, Standing, validate
from ims_allocation.domain.validation import FundRules
from ims_allocation.handlers.news import suggest_for
from ims_allocation.handlers.shelf import today
from ims_allocation.journey import step
from ims_allocation.store import accounts, placements, reports
from ims_kit import Service

router = APIRouter(prefix="/v1")


def pool_of(request: Request) -> Any:
    service: Service = request.app.state.service
    return service.pool


@router.get("/payments/{payment_id}", tags=["payments"])
async def payment(request: Request, payment_id: UUID, council: str) -> dict[str, Any]:
    """Where a payment is, how it came there, and every line of the ledger that says so."""
    rows, lines = await reports.story(pool_of(request), council, payment_id)
    if not rows:
        raise HTTPException(404, "No payment of that id is known.")
    last = rows[-1]
    amounts = {name: last[name] for name in last.keys() if name.endswith("_pence")}  # noqa: SIM118 - a database record
    head = {"payment_id": payment_id, "council": council, "kind": last["kind"], "channel": last["channel"]}
    return head | amounts | {"steps": [step(placements.record(row), row) for row in rows], "lines": [dict(line) for line in lines]}


@router.get("/accounts/{council}/{fund}/{reference}", tags=["accounts"])
async def account(request: Request, council: str, fund: str, reference: str) -> dict[str, Any]:
    """An account as it was last told, and what payments put on it."""
    pool = pool_of(request)
    found = [a for a in await accounts.find([(council, reference)], pool) if a.fund == fund]
    paid_pence, rows = await reports.on_account(pool, (council, fund, reference))
    payments = [dict(row) for row in rows]
    if not found and not payments:
        raise HTTPException(404, "No account of that fund and reference is known.")
    told = found[0] if found else None
    return {
        "council": council,
        "fund": fund,
        "account_reference": reference,
        "status": told.status if told else None,
        "stages": [stage._asdict() for stage in told.stages] if told else [],
        "paid_pence": paid_pence,
        "payments": payments,
    }


@router.get("/validation", tags=["accounts"])
async def validation(
    request: Request, council: str, fund: str, reference: str, amount_pence: Annotated[int, Query(ge=1)],
    method_of_payment: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Whether a payment may be taken for a reference, and if not, why: for whoever is about to take one. A back office's stop is
    not known here."""
    pack = request.app.state.packs[council]
    rules = asked_of(pack, fund, method_of_payment)
    if isinstance(rules, str):
        return {"is_valid": False, "reason": rules}
    found = await accounts.find([(council, reference)], pool_of(request))
    standing = Standing() if any(account.fund == fund for account in found) else None
    reason = validate(Intended(reference, amount_pence), rules, standing)
    return {"is_valid": reason is None, "reason": reason}


def asked_of(pack: Pack, fund: str, method: str | None) -> FundRules | str:
    """What a fund asks of a payment by a method today, or why it can ask nothing."""
    if fund not in pack.rules:
        return "unknown-fund"
    rules = pack.rules[fund]
    limits = pack.tables.limits(rules.limits, method, today()) if method else rules.limits
    return rules._replace(limits=limits) if limits else "unknown-method-of-payment"


@router.get("/suspense", tags=["suspense"])
async def suspense(
    request: Request, council: str, count_max: Annotated[int, Query(ge=1, le=500)] = 100
) -> list[dict[str, Any]]:
    """What is in suspense, the oldest first: why, since when, and which accounts it may be for."""
    pool, packs = pool_of(request), request.app.state.packs
    rows = await reports.suspense(pool, council, count_max)
    records = {record.key: record for record in map(placements.record, rows)}
    puzzles = {key: record.payment for key, record in records.items() if record.payment}
    hints = await suggest_for(puzzles, packs, Accounts([]), pool)
    shown = ("payment_id", "kind", "suspended_pence", "reason", "posted_on", "decided_on", "channel", "typed", "narrative")
    return [
        {name: row[name] for name in shown} | {"suggestions": hints.get((council, row["payment_id"]), [])} for row in rows
    ]


@router.get("/balances", tags=["books"])
async def balances(request: Request, council: str) -> dict[str, Any]:
    """Received, reversed, refunded, allocated, suspended and due back: by the placements, by the ledger, and the difference."""
    return await reports.balances(pool_of(request), council)


@router.get("/laws", tags=["books"])
async def laws(request: Request) -> list[dict[str, Any]]:
    """What must always hold, and by how much it does not."""
    return await reports.laws(pool_of(request))

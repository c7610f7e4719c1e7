"""What allocation answers over HTTP: a payment's story, an account, and whether the books balance."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response

from ims_allocation.domain import Account, Intended, Pack, Standing, validate
from ims_allocation.domain.giving_back import Refund, left_by_place
from ims_allocation.domain.penalties import owed_on
from ims_allocation.domain.validation import FundRules
from ims_allocation.handlers import pages
from ims_allocation.handlers.officers import Unwelcome
from ims_allocation.handlers.shelf import today
from ims_allocation.journey import came, decision_words, learned_words, refund_words, step
from ims_allocation.store import accounts, decisions, payers, placements, refunds, reports, suspense, taxes
from ims_allocation.wording import NOT_TAKEN
from ims_kit import Service

router = APIRouter(prefix="/v1")
books = APIRouter(prefix="/v1")
"""What names nobody: sums, and whether a payment may be taken. Open to whoever reaches the service, as its health is."""


def pool_of(request: Request) -> Any:
    service: Service = request.app.state.service
    return service.pool


@router.get("/payments/{payment_id}", tags=["payments"])
async def payment(request: Request, response: Response, payment_id: UUID, council: str) -> dict[str, Any]:
    """Where a payment is, how it came there, what was decided of it, and every line of the ledger that says so; and what of it is `left`,
    place by place, to be moved or sent back beside what refunds claim. Its `ETag` is the revision that a decision on it has to name."""
    pool = pool_of(request)
    rows, lines = await reports.story(pool, council, payment_id)
    if not rows:
        raise Unwelcome(404, "No payment of that id is known", "Look for its id in suspense, at its account, or where it was taken in.")
    last, story = rows[-1], [placements.record(row) for row in rows]
    amounts = {name: last[name] for name in last.keys() if name.endswith("_pence")}  # noqa: SIM118 - a database record
    head = {"payment_id": payment_id, "council": council, "kind": last["kind"], "channel": last["channel"]}
    response.headers["etag"] = f'"{last["revision"]}"'
    asked_for = (await refunds.of_payments(pool, [(council, payment_id)]))[council, payment_id]
    return head | amounts | {
        "revision": last["revision"],
        "came": came(story[-1], request.app.state.packs[council]),
        "steps": [step(record, row) for record, row in zip(story, rows, strict=True)],
        "decisions": [decision(each) for each in await decisions.of_payment(pool, council, payment_id)],
        "refunds": [refund(each, request.app.state.packs[council]) for each in asked_for],
        "left": [each._asdict() for each in left_by_place(story[-1], asked_for)],
        "payer": [learned(each) for each in await payers.of_payment(pool, council, payment_id)],
        "notes": await suspense.notes(pool, (council, payment_id)),
        "lines": [dict(line) for line in lines],
    }


def decision(held: decisions.Held) -> dict[str, Any]:
    return {"decision_id": held.decision_id, "at": held.decided_at, "state": held.state, "words": decision_words(held)}


def refund(held: Refund, pack: Pack) -> dict[str, Any]:
    return {"refund_id": held.refund_id, "at": held.requested_at, "state": held.state, "words": refund_words(held, pack)}


def learned(held: payers.Held) -> dict[str, Any]:
    return {"learning_id": held.learning_id, "at": held.learned_at, "state": held.state, "words": learned_words(held)}


@router.get("/accounts/{council}/{fund}/{reference}", tags=["accounts"])
async def account(
    request: Request, council: str, fund: str, reference: str, before: str | None = None,
    count_max: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> dict[str, Any]:  # fmt: skip
    """An account as it was last told, and what payments and journals put on it each day, the newest first: `before` is `next` of the page
    before; `paid_pence` is of all of it, `owed_pence` what is owed of a penalty today, if all its payments are on this page and say so."""
    pool, last = pool_of(request), pages.after(before, date.fromisoformat, UUID)
    found = [a for a in await accounts.find([(council, reference)], pool) if a.fund == fund]
    paid_pence, rows = await reports.on_account(pool, (council, fund, reference), last and (last[0], last[1]), count_max)
    end = rows[-1] if len(rows) == count_max else None
    if not found and not rows and not last:
        raise Unwelcome(404, "No account of that fund and reference is known", "Look for a mistyped character, or another fund.")
    told = found[0] if found else None
    return {
        "council": council,
        "fund": fund,
        "account_reference": reference,
        "status": told.status if told else None,
        "stages": [stage._asdict() for stage in told.stages] if told else [],
        "owed_pence": await owed(told, rows, request) if told and not (last or end) else None,
        "is_stopped": told.is_stopped if told else False,
        "stop_reason": told.stop_reason if told else None,
        "paid_pence": paid_pence,
        "payments": [dict(row) for row in rows],
        "next": pages.cursor([end["posted_on"], end["payment_id"] or reports.NO_PAYMENT]) if end else None,
    }


async def owed(told: Account, rows: Sequence[Any], request: Request) -> int | None:
    """What is still owed of a penalty today, these being all its payments; none of a running account."""
    if not request.app.state.packs[told.council].is_penalty(told.fund):
        return None
    keys = [(told.council, row["payment_id"]) for row in rows if row["payment_id"]]
    found = await placements.latest(keys, pool_of(request))
    return owed_on(told, [each.placement for each in found.values() if each.placement], today())


@books.get("/validation", tags=["accounts"])
async def validation(
    request: Request, council: str, fund: str, reference: str, amount_pence: Annotated[int, Query(ge=1)],
    method_of_payment: str | None = None, may_pay_stopped: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Whether a payment may be taken for a reference, and if not, why: for whoever is about to take one. Of an account that its back
    office stopped `message` says what to tell the payer; `may_pay_stopped` is for those who take money all the same, such as finance."""
    pack = request.app.state.packs[council]
    rules = asked_of(pack, fund, method_of_payment)
    if isinstance(rules, str):
        return {"is_valid": False, "reason": rules, "words": NOT_TAKEN[rules], "message": None}
    found = await accounts.find([(council, reference)], pool_of(request))
    account = next((each for each in found if each.fund == fund), None)
    standing = Standing(account.is_stopped) if account else None
    reason = validate(Intended(reference, amount_pence, may_pay_stopped), rules, standing)
    message = account.stop_reason if account and account.is_stopped else None
    return {"is_valid": reason is None, "reason": reason, "words": NOT_TAKEN[reason] if reason else None, "message": message}


def asked_of(pack: Pack, fund: str, method: str | None) -> FundRules | str:
    """What a fund asks of a payment by a method today, or why it can ask nothing."""
    if fund not in pack.rules:
        return "unknown-fund"
    rules = pack.rules[fund]
    limits = pack.tables.limits(rules.limits, method, today()) if method else rules.limits
    return rules._replace(limits=limits) if limits else "unknown-method-of-payment"


@books.get("/balances", tags=["books"])
async def balances(request: Request, council: str) -> dict[str, Any]:
    """Received, reversed, refunded, allocated, suspended and due back: by the placements, by the ledger, and the difference."""
    return await reports.balances(pool_of(request), council)


@books.get("/laws", tags=["books"])
async def laws(request: Request) -> list[dict[str, Any]]:
    """What must always hold, and by how much it does not."""
    pool = pool_of(request)
    return [*await reports.laws(pool), *await taxes.laws(request.app.state.packs, pool)]

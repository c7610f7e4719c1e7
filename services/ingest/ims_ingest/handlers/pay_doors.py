"""Doors to what is asked of GOV.UK Pay: how far its accounts are swept, a sweep on demand, what became of approved refunds."""

import json
from datetime import UTC, date, datetime, time
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ValidationError

from ims_ingest.domain.by_hand import SOURCE as BY_HAND
from ims_ingest.domain.govuk_pay import SOURCE
from ims_ingest.handlers.publishers import Answer, Caller, Unwelcome, body_of, caller_of, reasons_of
from ims_ingest.settings import PayAccount, Settings
from ims_ingest.store import asked_refunds, sweeps
from ims_ingest.store.sweeps import Mark
from ims_kit import Service

router = APIRouter(prefix="/v1", tags=["GOV.UK Pay"])

BODY_BYTES_MAX = 1 << 10


class Wanted(BaseModel):
    """From when to sweep, where that is before the account's mark."""

    since: date | None = None


@router.get("/sweeps")
async def get_sweeps(request: Request) -> list[dict[str, Any]]:
    """The caller's council's accounts at GOV.UK Pay: until when each is swept, what the last sweep found, and why it fails, where it
    does. Counted as known is what was told before, by webhooks or an earlier sweep: it had no effect."""
    caller, service = speaker(request), service_of(request)
    accounts = accounts_of(service, caller)
    found = await sweeps.marks([(each.council, each.name) for each in accounts], service.pool)
    marks = {mark.account: mark for mark in found}
    return [shown(each, marks.get(each.name)) for each in accounts]


@router.post("/sweeps/{name}", status_code=202)
async def post_sweep(request: Request, name: str) -> Response:
    """Have an account swept as soon as may be: from its mark, or from an earlier day, `{"since": "2026-03-01"}`. It is answered before it
    begins; `GET /v1/sweeps` shows how far it is."""
    caller, service = speaker(request), service_of(request)
    account = next((each for each in accounts_of(service, caller) if each.name == name), None)
    if account is None:
        raise Unwelcome(404, "There is no such account", "GET /v1/sweeps lists your council's.")
    wanted = await read_wanted(request)
    now = datetime.now(UTC)
    since = datetime.combine(wanted.since, time(), UTC) if wanted.since else None
    if since and not account.begins <= since <= now:
        raise Unwelcome(422, "That day cannot be swept from", f"Name a day from {account.since} until today.")
    async with service.begin() as work:
        await sweeps.mark(account.council, account.name, account.begins, work)
        await sweeps.again(account.council, account.name, since or now, work)
    return Answer(202, {"account": name, "state": "asked"}).response()


@router.get("/refunds")
async def get_refunds(
    request: Request,
    state: Annotated[str | None, Query(pattern="^(approved|asking|submitted|by-hand|sent|failed)$")] = None,
    payment_id: UUID | None = None,
    after: Annotated[int, Query(ge=0, description="The `number` of the last one that you have")] = 0,
) -> list[dict[str, Any]]:
    """What became of the refunds that were approved for the caller's council, in the order in which they were heard of; a hundred at
    once."""
    caller, service = caller_of(request), service_of(request)
    if not {SOURCE, BY_HAND} & set(caller.sources):
        raise Unwelcome(403, "Refunds are not yours to see", f"Only who speaks for {SOURCE} or {BY_HAND} may.")
    return await asked_refunds.listed(caller.council, after, state, payment_id, service.pool)


def shown(account: PayAccount, mark: Mark | None) -> dict[str, Any]:
    said: dict[str, Any] = {"account": account.name, "since": account.since.isoformat(), "every_seconds": account.every_seconds}
    mark = mark or Mark(account.council, account.name, account.begins)
    return said | {
        "swept_until": mark.swept_until.isoformat(), "looked_at": mark.looked_at and mark.looked_at.isoformat(),
        "failures": mark.failures, "error": mark.error, "found": json.loads(mark.found),
    }  # fmt: skip


async def read_wanted(request: Request) -> Wanted:
    try:
        return Wanted.model_validate_json(await body_of(request, BODY_BYTES_MAX) or b"{}")
    except ValidationError as error:
        raise Unwelcome(422, "The body cannot be read", *reasons_of(error)) from None


def speaker(request: Request) -> Caller:
    """A publisher that speaks for GOV.UK Pay."""
    caller = caller_of(request)
    caller.source(SOURCE)
    return caller


def accounts_of(service: Service, caller: Caller) -> list[PayAccount]:
    settings: Settings = service.settings
    return [account for account in settings.govuk_pay_accounts if account.council == caller.council]


def service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service

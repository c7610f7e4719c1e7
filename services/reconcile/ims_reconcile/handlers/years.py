"""The year: cut off by two officers, as a day is closed; what is heard of it afterwards is reported as the prior year's."""

import json
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, HTTPException, Path, Request, Response
from fastapi.responses import JSONResponse

from ims_reconcile.domain.chain import BEGINNING, Signature, canonical, chained
from ims_reconcile.domain.control_sheet import Sheet, late_rows
from ims_reconcile.domain.year_sheet import Year, year_objections, year_sheet
from ims_reconcile.handlers.answering import Council
from ims_reconcile.handlers.closing import BankAccount, Closing, answer, elsewhere_of, sign_off
from ims_reconcile.handlers.officers import officer_of
from ims_reconcile.handlers.printing import Form, form_of, shown
from ims_reconcile.handlers.sheets import year_document_of
from ims_reconcile.store import days, years
from ims_reconcile.store.days import Day

router = APIRouter(prefix="/years")
Ending = Annotated[int, Path(ge=2000, le=2999, description="The calendar year on whose 31 March it ends")]


@router.get("/{bank_account}/{year}", response_model=None)
async def get_year(request: Request, bank_account: BankAccount, year: Ending, council: Council, format: Form | None = None) -> Response:
    """What the closed days of a year come to, and what was in transit on 31 March, by source: of a year that is cut off as it was
    signed, with what was settled and heard of it since. A page to print, PDF, CSV or Parquet with `?format=` or `Accept`."""
    asked = Year(council, bank_account, year)
    async with request.app.state.service.begin() as work:
        await days.at_once(work.connection)
        sheet = await year_as_asked(request, work.connection, asked)
    form = form_of(request, format)
    return JSONResponse(sheet) if form == "json" else await shown(year_document_of(sheet), form)


async def year_as_asked(request: Request, connection: Any, asked: Year) -> Sheet:
    """The frozen sheet or the one of now, with what came since, and its sign-off."""
    now = await years.transit(connection, asked, elsewhere_of(request, asked.bank_account))
    done = await years.closed(connection, asked)
    sheet: Sheet = json.loads(done["evidence"]) if done else year_sheet(asked, await years.days_of(connection, asked), now)
    known = {row["source"]: row["received_pence"] for row in sheet["in_transit"]}
    more = {each.source: each.received_pence - known.get(each.source, 0) for each in now}
    since = [
        {"source": each.source, "settled_since_pence": each.since_pence, "left_pence": each.pence - each.since_pence}
        for each in sorted(now) if each.since_pence or each.pence
    ]  # fmt: skip
    prior = late_rows(await days.late(connection, Day(asked.council, asked.bank_account, asked.last_on)), more)
    return sheet | {"since": since, "prior_year": prior, "sign_off": [sign_off(done) if done else {"state": "open"}]}


@router.post("/{bank_account}/{year}/prepare")
async def post_year_prepared(request: Request, bank_account: BankAccount, year: Ending) -> dict[str, Any]:
    """Freeze the year as it is now, for another officer to sign. Again: the same, if nothing came in between."""
    name, officer = officer_of(request)
    asked = Year(officer.council, bank_account, year)
    try:
        async with request.app.state.service.begin() as work:
            await days.at_once(work.connection)
            if await years.closed(work.connection, asked):
                raise HTTPException(409, "This year is cut off: what is heard of it now is reported as the prior year's.")
            closed = await years.days_of(work.connection, asked)
            sheet = year_sheet(asked, closed, await years.transit(work.connection, asked, elsewhere_of(request, bank_account)))
            before = closed[-1].signed_sha256 if closed else BEGINNING
            evidence = canonical(sheet)
            digest = chained(before, evidence)
            await years.prepare(work.connection, asked, (digest, before, evidence), name)
            kept = await years.prepared(work.connection, asked, digest)
    except (asyncpg.SerializationError, asyncpg.UniqueViolationError):
        raise HTTPException(503, "Another officer prepared this year at the same moment. Try again.") from None
    return {"evidence_sha256": digest, "prepared_by": kept["prepared_by"], "objections": year_objections(sheet)}


@router.post("/{bank_account}/{year}/close")
async def post_year_closed(request: Request, bank_account: BankAccount, year: Ending, signed: Closing) -> dict[str, Any]:
    """Cut the year off by signing what another officer prepared. Asked again, it says the same."""
    name, officer = officer_of(request)
    asked = Year(officer.council, bank_account, year)
    async with request.app.state.service.begin() as work:
        await work.lock([f"{asked.council}/{bank_account}"])
        done = await years.closed(work.connection, asked)
        if done and done["evidence_sha256"] == signed.evidence_sha256:
            return answer(done["evidence_sha256"], done["closed_by"], is_new=False)
        kept = await years.prepared(work.connection, asked, signed.evidence_sha256)
        if kept is None:
            raise HTTPException(404, "Nothing of this year was prepared under that hash. Prepare it, and sign what you are given.")
        closed = await years.days_of(work.connection, asked)
        if done or kept["previous_sha256"] != (closed[-1].signed_sha256 if closed else BEGINNING):
            raise HTTPException(409, "The year was cut off, or a day of it closed, since this was prepared. Look at it again.")
        if kept["prepared_by"] == name:
            raise HTTPException(403, "You prepared this year. Another officer must sign it.")
        if found := year_objections(json.loads(kept["evidence"])):
            raise HTTPException(409, f"The year cannot be cut off. {' '.join(found)} Then prepare it again.")
        await years.close(work.connection, Signature(kept["evidence_sha256"], kept["prepared_by"], kept["prepared_at"], name, work.now))
    return answer(signed.evidence_sha256, name, is_new=True)

"""The day: its control sheet, who prepared it, and who signed it off."""

import json
from datetime import date
from typing import Annotated, Any

import asyncpg
from fastapi import APIRouter, HTTPException, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from ims_contracts.reconciliations import DayClosed
from ims_reconcile.domain import Pack
from ims_reconcile.domain.chain import BEGINNING, Signature, canonical, chained, moment
from ims_reconcile.domain.control_sheet import Sheet, objections, sheet_of
from ims_reconcile.handlers.answering import Council
from ims_reconcile.handlers.officers import officer_of
from ims_reconcile.handlers.printing import Form, form_of, shown
from ims_reconcile.handlers.sheets import document_of
from ims_reconcile.store import days, years
from ims_reconcile.store.days import Closed, Day

router = APIRouter(prefix="/v1/days", tags=["days"])
BankAccount = Annotated[str, Path(description="Sort code and account number", min_length=1, max_length=64)]


class Closing(BaseModel):
    """What is signed: the hash of the evidence that was prepared."""

    evidence_sha256: str = Field(pattern="^[0-9a-f]{64}$")


@router.get("/{bank_account}/{day}", response_model=None)
async def get_day(request: Request, bank_account: BankAccount, day: date, council: Council, format: Form | None = None) -> Response:
    """The control sheet: of a closed day as it was signed, of an open one as it is now, with all that no closed day has counted. A page
    to print, PDF, CSV or Parquet with `?format=` or `Accept`."""
    asked = Day(council, bank_account, day)
    async with request.app.state.service.begin() as work:
        await days.at_once(work.connection)
        sheet = await sheet_as_asked(request, work.connection, asked)
    form = form_of(request, format)
    return JSONResponse(sheet) if form == "json" else await shown(document_of(sheet), form)


async def sheet_as_asked(request: Request, connection: Any, asked: Day) -> Sheet:
    """The frozen sheet, or the one of now; each with its sign-off."""
    if done := await days.closed(connection, asked):
        sheet: Sheet = json.loads(done["evidence"])
        return sheet | {"sign_off": [sign_off(done)]}
    last = await days.last_closed(connection, asked)
    sheet = await sheet_now(request, connection, asked, last)
    newest = await days.newest(connection, asked)
    if newest is None:
        return sheet | {"sign_off": [{"state": "open"}]}
    is_as_prepared = chained(previous(last), canonical(sheet)) == newest["evidence_sha256"]
    signed = {"evidence_sha256": newest["evidence_sha256"], "prepared_by": newest["prepared_by"]}
    times = {"prepared_at": moment(newest["prepared_at"])}
    return sheet | {"sign_off": [{"state": "prepared", **signed, **times, "is_as_prepared": is_as_prepared}]}


async def sheet_now(request: Request, connection: Any, asked: Day, last: Closed | None) -> Sheet:
    """The sheet of what is known now. Raises HTTPException for a day that later closed days have left behind."""
    if last and last.day >= asked.day:
        raise HTTPException(409, f"{last.day} is closed, and this day was not before it: what belongs to it is counted in the open day.")
    cut = await years.last_cut(connection, asked.council, asked.bank_account)
    if cut and cut.last_on >= asked.day:
        raise HTTPException(409, f"The year to {cut.last_on} is cut off: what belongs to it is counted in the open day.")
    return sheet_of(await days.counted(connection, asked, last, elsewhere_of(request, asked.bank_account)))


def elsewhere_of(request: Request, bank_account: str) -> list[str]:
    """The sources that pay into other accounts."""
    pack: Pack = request.app.state.pack
    return [source.name for source in pack.sources if source.bank_account not in (None, bank_account)]


def sign_off(done: Any) -> dict[str, Any]:
    """Who prepared and who signed, when, and the hashes, as they are printed."""
    signed = {name: done[name] for name in ("evidence_sha256", "previous_sha256", "signed_sha256", "prepared_by", "closed_by")}
    return {"state": "closed", **signed, **{name: moment(done[name]) for name in ("prepared_at", "closed_at")}}


def previous(last: Closed | None) -> str:
    return last.signed_sha256 if last else BEGINNING


@router.post("/{bank_account}/{day}/prepare")
async def post_prepared(request: Request, bank_account: BankAccount, day: date) -> dict[str, Any]:
    """Freeze the sheet as it is now, as evidence for another officer to sign. Again: the same, if nothing came in between."""
    name, officer = officer_of(request)
    asked = Day(officer.council, bank_account, day)
    try:
        async with request.app.state.service.begin() as work:
            await days.at_once(work.connection)
            last = await days.last_closed(work.connection, asked)
            sheet = await sheet_now(request, work.connection, asked, last)
            evidence = canonical(sheet)
            digest = chained(previous(last), evidence)
            await days.prepare(work.connection, asked, (digest, previous(last), evidence), name)
            kept = await days.prepared(work.connection, asked, digest)
    except (asyncpg.SerializationError, asyncpg.UniqueViolationError):
        raise HTTPException(503, "Another officer prepared this day at the same moment. Try again.") from None
    return {"evidence_sha256": digest, "prepared_by": kept["prepared_by"], "objections": objections(sheet)}


@router.post("/{bank_account}/{day}/close")
async def post_closed(request: Request, bank_account: BankAccount, day: date, signed: Closing) -> dict[str, Any]:
    """Sign what another officer prepared. Told once; asked again, it says the same."""
    name, officer = officer_of(request)
    asked = Day(officer.council, bank_account, day)
    async with request.app.state.service.begin() as work:
        await work.lock([f"{asked.council}/{bank_account}"])
        done = await days.closed(work.connection, asked)
        if done and done["evidence_sha256"] == signed.evidence_sha256:
            return answer(done["evidence_sha256"], done["closed_by"], is_new=False)
        kept = await days.prepared(work.connection, asked, signed.evidence_sha256)
        if kept is None:
            raise HTTPException(404, "Nothing of this day was prepared under that hash. Prepare it, and sign what you are given.")
        last = await days.last_closed(work.connection, asked)
        cut = await years.last_cut(work.connection, asked.council, bank_account)
        if done or kept["previous_sha256"] != previous(last) or (cut and cut.last_on >= day):
            raise HTTPException(
                409,
                "A day was closed, or its year cut off, since this was prepared. Look at the day again; if it is open, prepare it again.",
            )
        if kept["prepared_by"] == name:
            raise HTTPException(403, "You prepared this day. Another officer must sign it.")
        sheet = json.loads(kept["evidence"])
        if found := objections(sheet):
            raise HTTPException(409, f"The day cannot be closed. {' '.join(found)} Then prepare it again.")
        await days.close(work.connection, Signature(signed.evidence_sha256, kept["prepared_by"], kept["prepared_at"], name, work.now))
        work.tell(day_closed(asked, sheet, signed.evidence_sha256))
    return answer(signed.evidence_sha256, name, is_new=True)


def answer(evidence_sha256: str, closed_by: str, is_new: bool) -> dict[str, Any]:
    return {"evidence_sha256": evidence_sha256, "closed_by": closed_by, "is_new": is_new}


def day_closed(asked: Day, sheet: Sheet, evidence_sha256: str) -> DayClosed:
    stated = sheet["statement"][0]
    return DayClosed(
        council=asked.council,
        bank_account=asked.bank_account,
        day=asked.day,
        opening_pence=stated["opening_pence"],
        closing_pence=stated["closing_pence"],
        evidence_sha256=evidence_sha256,
    )

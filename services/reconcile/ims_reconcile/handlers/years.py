"""The year: cut off by two officers, as a day is closed; what is heard of it afterwards is reported as the prior year's."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request, Response
from fastapi.responses import JSONResponse

from ims_contracts.reconciliations import YearClosed
from ims_reconcile.domain.chain import BEGINNING
from ims_reconcile.domain.control_sheet import Sheet, late_rows
from ims_reconcile.domain.year_sheet import SignedDay, Transit, Year, year_objections, year_sheet
from ims_reconcile.handlers.answering import Council, Most
from ims_reconcile.handlers.closing import BankAccount, elsewhere_of
from ims_reconcile.handlers.officers import officer_of
from ims_reconcile.handlers.printing import Form, form_of, shown
from ims_reconcile.handlers.sheets import year_document_of
from ims_reconcile.handlers.signing import Closing, Made, Signing, as_asked, close, prepare
from ims_reconcile.store import days, signing, years
from ims_reconcile.store.days import Day

router = APIRouter(prefix="/years")
Ending = Annotated[int, Path(ge=2000, le=2999, description="The calendar year on whose 31 March it ends")]


async def make_year(request: Request, connection: Any, asked: Year, transit: list[Transit] | None = None) -> Made:
    """The sheet of what is known now, with what is in transit, where it was read already. Raises HTTPException for a year that is cut
    off."""
    if await signing.closed(connection, asked):
        raise HTTPException(409, "This year is cut off: what is heard of it now is reported as the prior year's.")
    closed = await years.days_of(connection, asked)
    now = await transit_of(request, connection, asked) if transit is None else transit
    return Made(year_sheet(asked, closed, now), previous(closed))


async def transit_of(request: Request, connection: Any, asked: Year) -> list[Transit]:
    return await years.transit(connection, asked, elsewhere_of(request, asked.bank_account))


def previous(closed: list[SignedDay]) -> str:
    return closed[-1].signed_sha256 if closed else BEGINNING


async def year_goes_on_from(connection: Any, asked: Year) -> str:
    return previous(await years.days_of(connection, asked))


def year_closed(asked: Year, sheet: Sheet, evidence_sha256: str) -> YearClosed:
    stated = sheet["statement"][0]
    return YearClosed(
        council=asked.council,
        bank_account=asked.bank_account,
        ended_on=asked.last_on,
        opening_pence=stated["opening_pence"],
        closing_pence=stated["closing_pence"],
        in_transit_pence=sheet["movement"][0]["in_transit_pence"],
        evidence_sha256=evidence_sha256,
    )


YEAR = Signing("year", make_year, year_goes_on_from, year_objections, year_closed)


@router.get("/{bank_account}")
async def get_closed_years(
    request: Request, bank_account: BankAccount, council: Council, before: int | None = None, most: Most = 500
) -> list[dict[str, Any]]:
    """The years that were cut off, the newest first, by whom, and their hashes. The next page: `before` the last of them."""
    last = str(before) if before else None
    return await signing.listed(request.app.state.service.pool, Year, (council, bank_account), last, most)


@router.get("/{bank_account}/{year}", response_model=None)
async def get_year(request: Request, bank_account: BankAccount, year: Ending, council: Council, format: Form | None = None) -> Response:
    """What the closed days of a year come to, and what was in transit on 31 March, by source: of a year that is cut off as it was
    signed, with what was settled and heard of it since. A page to print, PDF, CSV or Parquet with `?format=` or `Accept`."""
    asked = Year(council, bank_account, year)
    async with request.app.state.service.begin() as work:
        await days.at_once(work.connection)
        transit = await transit_of(request, work.connection, asked)
        sheet = await as_asked(request, work.connection, replace(YEAR, make=partial(make_year, transit=transit)), asked)
        sheet |= await heard_since(work.connection, asked, sheet, transit)
    form = form_of(request, format)
    return JSONResponse(sheet) if form == "json" else await shown(year_document_of(sheet), form)


async def heard_since(connection: Any, asked: Year, sheet: Sheet, now: list[Transit]) -> Sheet:
    """What was settled and heard of the year since the sheet was made."""
    known = {row["source"]: row["received_pence"] for row in sheet["in_transit"]}
    more = {each.source: each.received_pence - known.get(each.source, 0) for each in now}
    since = [
        {"source": each.source, "settled_since_pence": each.since_pence, "left_pence": each.pence - each.since_pence}
        for each in sorted(now) if each.since_pence or each.pence
    ]  # fmt: skip
    prior = late_rows(await days.late(connection, Day(asked.council, asked.bank_account, asked.last_on)), more)
    return {"since": since, "prior_year": prior}


@router.post("/{bank_account}/{year}/prepare")
async def post_year_prepared(request: Request, bank_account: BankAccount, year: Ending) -> dict[str, Any]:
    """Freeze the year as it is now, for another officer to sign. Again: the same, if nothing came in between."""
    return await prepare(request, YEAR, Year(officer_of(request)[1].council, bank_account, year))


@router.post("/{bank_account}/{year}/close")
async def post_year_closed(request: Request, bank_account: BankAccount, year: Ending, signed: Closing) -> dict[str, Any]:
    """Cut the year off by signing what another officer prepared. Told once; asked again, it says the same."""
    return await close(request, YEAR, Year(officer_of(request)[1].council, bank_account, year), signed.evidence_sha256)

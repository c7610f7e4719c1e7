"""The day: its control sheet, who prepared it, and who signed it off."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Request, Response
from fastapi.responses import JSONResponse

from ims_contracts.reconciliations import DayClosed
from ims_reconcile.domain import Pack
from ims_reconcile.domain.chain import BEGINNING
from ims_reconcile.domain.control_sheet import Sheet, objections, sheet_of
from ims_reconcile.handlers.answering import Council, Most
from ims_reconcile.handlers.officers import officer_of
from ims_reconcile.handlers.printing import Form, form_of, shown
from ims_reconcile.handlers.sheets import document_of
from ims_reconcile.handlers.signing import Closing, Made, Signing, as_asked, close, prepare
from ims_reconcile.store import days, signing, years
from ims_reconcile.store.days import Closed, Day

router = APIRouter(prefix="/v1/days", tags=["days"])
BankAccount = Annotated[str, Path(description="Sort code and account number", min_length=1, max_length=64)]


async def make_day(request: Request, connection: Any, asked: Day) -> Made:
    """The sheet of what is known now. Raises HTTPException for a day that later closed days have left behind."""
    last = await days.last_closed(connection, asked)
    if last and last.day >= asked.day:
        raise HTTPException(409, f"{last.day} is closed, and this day was not before it: what belongs to it is counted in the open day.")
    if cut_on := await years.cut_off_on(connection, asked):
        raise HTTPException(409, f"The year to {cut_on} is cut off: what belongs to it is counted in the open day.")
    counted = await days.counted(connection, asked, last, elsewhere_of(request, asked.bank_account))
    return Made(sheet_of(counted), previous(last))


def elsewhere_of(request: Request, bank_account: str) -> list[str]:
    """The sources that pay into other accounts."""
    pack: Pack = request.app.state.pack
    return [source.name for source in pack.sources if source.bank_account not in (None, bank_account)]


def previous(last: Closed | None) -> str:
    return last.signed_sha256 if last else BEGINNING


async def day_goes_on_from(connection: Any, asked: Day) -> str | None:
    if await years.cut_off_on(connection, asked):
        return None
    return previous(await days.last_closed(connection, asked))


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


DAY = Signing("day", make_day, day_goes_on_from, objections, day_closed)


@router.get("")
async def get_accounts(request: Request, council: Council) -> list[dict[str, Any]]:
    """The council's bank accounts: the last day that a final statement is of, and the last that was closed; none: none yet."""
    return await signing.accounts(request.app.state.service.pool, council)


@router.get("/{bank_account}")
async def get_closed_days(
    request: Request, bank_account: BankAccount, council: Council, before: date | None = None, most: Most = 500
) -> list[dict[str, Any]]:
    """The days that were closed, the newest first, by whom, and their hashes. The next page: `before` the last of them."""
    last = before.isoformat() if before else None
    return await signing.listed(request.app.state.service.pool, Day, (council, bank_account), last, most)


@router.get("/{bank_account}/{day}", response_model=None)
async def get_day(request: Request, bank_account: BankAccount, day: date, council: Council, format: Form | None = None) -> Response:
    """The control sheet: of a closed day as it was signed, of an open one as it is now, with all that no closed day has counted. A page
    to print, PDF, CSV or Parquet with `?format=` or `Accept`."""
    async with request.app.state.service.begin() as work:
        await days.at_once(work.connection)
        sheet = await as_asked(request, work.connection, DAY, Day(council, bank_account, day))
    form = form_of(request, format)
    return JSONResponse(sheet) if form == "json" else await shown(document_of(sheet), form)


@router.post("/{bank_account}/{day}/prepare")
async def post_prepared(request: Request, bank_account: BankAccount, day: date) -> dict[str, Any]:
    """Freeze the sheet as it is now, as evidence for another officer to sign. Again: the same, if nothing came in between."""
    return await prepare(request, DAY, Day(officer_of(request)[1].council, bank_account, day))


@router.post("/{bank_account}/{day}/close")
async def post_closed(request: Request, bank_account: BankAccount, day: date, signed: Closing) -> dict[str, Any]:
    """Sign what another officer prepared. Told once; asked again, it says the same."""
    return await close(request, DAY, Day(officer_of(request)[1].council, bank_account, day), signed.evidence_sha256)

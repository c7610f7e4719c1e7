"""Plots for people, each with the table of its figures beside it: unsettled money by age, and how much of each day is matched."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Literal, NamedTuple

from fastapi import APIRouter, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse

from ims_reconcile.domain.ageing import Aged, aged
from ims_reconcile.domain.drawing import WHOLE, Series, Words, bars, lines
from ims_reconcile.domain.explaining import BAND_NAMES
from ims_reconcile.domain.wording import pounds
from ims_reconcile.handlers.answering import Council
from ims_reconcile.handlers.printing import POLICY, Document, Section, form_of, shown
from ims_reconcile.store import reports

router = APIRouter(prefix="/plots")

type Form = Literal["svg", "html", "json", "csv"]
DAYS_SHOWN, DAYS_MAX = 30, 366


class Plot(NamedTuple):
    """A drawing and its figures."""

    title: str
    svg: str
    rows: list[dict[str, Any]]


@router.get("/unsettled", response_model=None)
async def get_unsettled_plot(request: Request, council: Council, format: Form | None = None) -> Response:
    """What was received and is not proved at the bank yet, by source and age in working days of the banks: a page of a drawing and its
    table, or one of them with `?format=svg|json|csv`."""
    async with request.app.state.service.begin() as work:
        found = aged(await reports.unsettled(work.connection, council), work.today)
        title = f"Unsettled money by source and age, {work.today}"
    return await answer(request, format, unsettled_plot(found, title))


def unsettled_plot(found: Sequence[Aged], title: str) -> Plot:
    """A bar for each source and band."""
    pence = {(each.source, each.working_days): each.pence for each in found}
    sources = sorted({each.source for each in found})
    rows = [(source, [pence.get((source, band), 0) for band in BAND_NAMES]) for source in sources]
    total = sum(pence.values())
    words = Words(
        title, f"A bar for each source and age in working days. In all {pounds(total)} of {len(sources)} sources. The table has it."
    )
    table = [each._asdict() | {"oldest_on": each.oldest_on.isoformat()} for each in found]
    return Plot(title, bars(words, [f"{band} working days" for band in BAND_NAMES], rows, pounds), table)


@router.get("/match-rate", response_model=None)
async def get_match_rate_plot(
    request: Request,
    council: Council,
    bank_account: str | None = None,
    first_on: Annotated[date | None, Query(description="Thirty days before the last, if left out")] = None,
    last_on: Annotated[date | None, Query(description="Today, if left out")] = None,
    format: Form | None = None,
) -> Response:
    """How much of each day's credits at the bank is matched with what was told of them, by count and by value. What only the bank knew
    is not matched, and shown beside. A page, or `?format=svg|json|csv`."""
    async with request.app.state.service.begin() as work:
        last = last_on or work.today
        first = first_on or last - timedelta(DAYS_SHOWN)
        if not first <= last <= first + timedelta(DAYS_MAX):
            raise HTTPException(422, f"Ask for at most {DAYS_MAX} days, with `first_on` not after `last_on`.")
        found = await reports.rates(work.connection, council, bank_account, (first, last))
    title = f"Matched of each day's credits, {first} to {last}"
    return await answer(request, format, match_rate_plot(found, title))


def match_rate_plot(found: Sequence[dict[str, Any]], title: str) -> Plot:
    """A line by count and a line by value."""
    table = [with_rates(row) for row in found]
    days = [row["booked_on"] for row in table]
    series = [
        Series(f"by {name}", [share(row[f"matched_{unit}"], row[f"line_{unit}"]) for row in found])
        for name, unit in (("count", "count"), ("value", "pence"))
    ]
    words = Words(title, f"Two lines over {len(days)} days: the share of credits matched, by count and by value. The table has it.")
    return Plot(title, lines(words, days, series), table)


def with_rates(row: dict[str, Any]) -> dict[str, Any]:
    """A day's figures with their shares, as people write them."""
    shares = {f"{name}_percent": percent(share(row[f"matched_{unit}"], row[f"line_{unit}"]))
              for name, unit in (("by_count", "count"), ("by_value", "pence"))}  # fmt: skip
    return row | {"booked_on": row["booked_on"].isoformat()} | shares


def share(part: int, whole: int) -> int:
    """In hundredths of a percent, rounded down: it is all only if all is there."""
    return WHOLE * part // whole


def percent(hundredths: int) -> str:
    """As a decimal number, such as 99.50."""
    return f"{hundredths // 100}.{hundredths % 100:02d}"


async def answer(request: Request, asked: Form | None, plot: Plot) -> Response:
    """The drawing with its table, or what of it was asked for."""
    form = form_of(request, asked, {"image/svg+xml": "svg"})
    if form == "svg":
        return Response(plot.svg, media_type="image/svg+xml", headers=dict(POLICY))
    if form == "json":
        return JSONResponse(plot.rows)
    section = Section("figures", "Figures", plot.rows, drawing=plot.svg)
    council = request.query_params["council"]
    return await shown(
        Document(plot.title, f"Council {council}. The table and the drawing say the same.", {"council": council}, [section]), form
    )

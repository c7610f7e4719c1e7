"""What became of what was sent, for publishers; totals and laws, for those who run the council's system."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic_core import from_json

from ims_contracts.conformance import faults_of_record
from ims_ingest.domain.identity import from_source, reversal_from_source
from ims_ingest.handlers.publishers import Unwelcome, caller_of
from ims_ingest.store import reports

router = APIRouter(prefix="/v1", tags=["answers"])

Council = Annotated[str, Query(description="The council's ONS code", pattern=r"^[EWSN]\d{8}$")]


@router.get("/submissions/{source}/{source_payment_id:path}")
async def get_submission(request: Request, source: str, source_payment_id: str) -> dict[str, Any]:
    """What became of a payment or reversal that a source submitted: known, or refused with every reason. `set_aside` is what came
    over the topic and could not be read."""
    caller = caller_of(request)
    caller.source(source)
    names = caller.council, source, source_payment_id
    nothing = Unwelcome(404, "Nothing came under this id", "What is sent to the topic is here a moment later.")
    if "\x00" in source_payment_id:  # no text of a database has one
        raise nothing
    async with request.app.state.service.pool.acquire() as connection:
        found = await reports.submission(connection, names, (from_source(*names), reversal_from_source(*names)))
        records = [record for record in await reports.unreadable(connection, caller.council, names[2]) if may_be_of(source, record)]
    found["set_aside"] = [{"set_aside_at": record["set_aside_at"], "reasons": reasons_of_record(record)} for record in records]
    if not any(found[kind] for kind in ("payments", "reversals", "refusals", "set_aside")):
        raise nothing
    return found


def may_be_of(source: str, record: Any) -> bool:
    """Whether a record does not name another source than this."""
    try:
        said = from_json(record["body"] or b"")
    except ValueError:
        return True
    data = said.get("data", said) if isinstance(said, dict) else None
    return not isinstance(data, dict) or data.get("source") in (None, source)


def reasons_of_record(record: Any) -> list[str]:
    """Every reason why it was set aside, as the contract's own check has them; or the one that was noted then."""
    faults = faults_of_record(dict(from_json(record["headers"])), record["body"] or b"", record["set_aside_at"].date())
    return [str(fault) for fault in faults][:100] or [record["reason"]]


@router.get("/totals")
async def get_totals(request: Request, council: Council) -> dict[str, Any]:
    """Received, reversed, refunded, refused and in conflict: how many, and how many pence."""
    async with request.app.state.service.pool.acquire() as connection:
        return await reports.totals(connection, council)


@router.get("/conflicts")
async def get_conflicts(request: Request, council: Council, most: Annotated[int, Query(ge=1, le=5000)] = 500) -> list[dict[str, Any]]:
    """What a person has to decide, the newest first."""
    async with request.app.state.service.pool.acquire() as connection:
        return await reports.conflicts(connection, council, most)


@router.get("/laws")
async def get_laws(request: Request) -> list[dict[str, Any]]:
    """What must hold of all that was taken in, and whether it does."""
    async with request.app.state.service.pool.acquire() as connection:
        return await reports.laws(connection)

"""What notify answers over HTTP: which receipts and postings went, and which did not."""

from collections.abc import Collection
from datetime import date
from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request
from pydantic import AwareDatetime, BaseModel

from ims_notify.domain.facts import receipt_number
from ims_notify.doors import Unwelcome, caller_of, council_of, service_of
from ims_notify.pack import FileSetup
from ims_notify.store import copies, deliveries, ledger_reports, reports
from ims_notify.store.reports import Wanted

router = APIRouter(prefix="/v1")

State = Literal["waiting", "due", "sent", "delivered", "acknowledged", "failed", "no-contact"]
Channel = Literal["email", "sms", "letter", "webhook"]
COUNT_MAX = 500


@router.get("/receipts/{payment_id}", tags=["receipts"])
async def receipt(request: Request, payment_id: UUID, council: str) -> dict[str, Any]:
    """What became of the receipt for a payment; never to whom it went."""
    found = await reports.receipt(service_of(request).pool, council, payment_id)
    if found is None:
        raise Unwelcome(404, "There is no receipt of that payment", "It has not been received and placed, or it is another council's.")
    state = "issued" if found["state"] in ("sent", "delivered") else found["state"]
    number = receipt_number(found["receipt_id"]) if found["receipt_id"] else None
    return found | {"state": state, "number": number}


@router.post("/receipts/{payment_id}/re-issue", tags=["receipts"], status_code=202)
async def re_issue(request: Request, payment_id: UUID) -> dict[str, Any]:
    """Send a receipt again to whom it went, as a copy with the same number, saying what is so now."""
    council = council_of(request)
    async with service_of(request).begin() as work:
        copied = await copies.copy(council, payment_id, work)
    if copied is None:
        raise Unwelcome(409, "No receipt for that payment has gone", "Look at GET /v1/receipts/{payment_id}; a copy is of one that went.")
    if copied.delivery_id is None:
        raise Unwelcome(409, "Nobody can be written to", "The address is not known any more; the payment is in the account of its payer.")
    return {"delivery_id": copied.delivery_id, "copy_of": copied.copy_of, "is_new": copied.is_new, "state": "due"}


@router.get("/deliveries", tags=["deliveries"])
async def listed(
    request: Request, state: State | None = None, channel: Channel | None = None, payment_id: UUID | None = None,
    after: UUID | None = None, count_max: int = Query(100, ge=1, le=COUNT_MAX),
) -> dict[str, Any]:
    """The caller's receipts, notices and postings in one state: where neither that nor a payment is said, those that failed. `after` is
    `next` of the page before: it holds whatever happens meanwhile."""
    caller = caller_of(request)
    wanted = Wanted(caller.council, caller.destinations, state or (None if payment_id else "failed"), after, channel, payment_id)
    found = await reports.listed(service_of(request).pool, wanted, count_max)
    return {"deliveries": found, "next": found[-1]["delivery_id"] if len(found) == count_max else None}


@router.get("/deliveries/{delivery_id}", tags=["deliveries"])
async def delivery(request: Request, delivery_id: UUID) -> dict[str, Any]:
    """A delivery of the caller's, and the evidence: when each attempt was answered, with which code, by which id of the receiver's."""
    caller = caller_of(request)
    found = await reports.delivery(service_of(request).pool, caller.council, caller.destinations, delivery_id)
    if found is None:
        raise Unwelcome(404, "There is no such delivery of yours", "Look for its id in GET /v1/deliveries.")
    return found


@router.post("/deliveries/{delivery_id}/acknowledge", tags=["deliveries"])
async def acknowledge(request: Request, delivery_id: UUID) -> dict[str, str]:
    """A back office says that it has dealt with a posting that it was told; said again, it is known."""
    caller = caller_of(request)
    async with service_of(request).begin() as work:
        if not (state := await deliveries.acknowledge(caller.council, caller.destinations, delivery_id, work)):
            raise Unwelcome(409, "No posting of that id has been delivered to you", "Look for it in GET /v1/deliveries?state=delivered.")
    return {"state": state}


@router.post("/deliveries/{delivery_id}/retry", tags=["deliveries"])
async def retry(request: Request, delivery_id: UUID) -> dict[str, str]:
    """Try a failed delivery of the caller's again, with as much patience as the first time."""
    caller = caller_of(request)
    async with service_of(request).begin() as work:
        if not await deliveries.retry(caller.council, caller.destinations, delivery_id, work):
            raise Unwelcome(409, "No delivery of that id has failed", "What is under way goes on by itself: see its state.")
    return {"state": "due"}


class Range(BaseModel, extra="forbid"):
    """What was told to a destination from one instant to before another."""

    destination: str
    since: AwareDatetime
    until: AwareDatetime


@router.post("/deliveries/replay", tags=["deliveries"], status_code=202)
async def replay(request: Request, wanted: Range) -> dict[str, int]:
    """Post all of a range to a back office once more, such as one that has lost what it took. What is under way is not begun anew."""
    caller, to = caller_of(request), request.app.state.pack.destinations.get(wanted.destination)
    if to is None or to.council != caller.council or (caller.destinations is not None and to.name not in caller.destinations):
        raise Unwelcome(404, "There is no such destination of yours that takes webhooks", "Look for its name in the council pack.")
    async with service_of(request).begin() as work:
        return {"count": await deliveries.replay(to.council, to.name, wanted.since, wanted.until, work)}


@router.get("/totals", tags=["reports"])
async def totals(request: Request, council: str) -> dict[str, dict[str, dict[str, int]]]:
    """How many receipts and postings are in each state, and of how much money."""
    return await reports.totals(service_of(request).pool, council)


@router.get("/ledger/totals", tags=["reports"])
async def ledger_totals(request: Request, council: str, day: date | None = None) -> list[dict[str, Any]]:
    """Of each destination that takes the ledger: what was heard, exported and waits, by accounting day and ledger account."""
    setups: Collection[FileSetup] = request.app.state.files.values()
    return [
        {
            "destination": to.name, "is_test": to.is_test, "first_day": None if to.ledger_from == date.min else to.ledger_from,
            "accounts": await ledger_reports.by_account(service_of(request).pool, to, day),
        }
        for to in (setup.destination for setup in setups) if to.kind == "ledger" and to.council == council
    ]  # fmt: skip


@router.get("/laws", tags=["reports"])
async def laws(request: Request) -> list[dict[str, Any]]:
    """Whether what must always be true of receipts and postings is true now."""
    return await reports.laws(service_of(request).pool)

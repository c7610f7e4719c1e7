"""What officers see of alerts over HTTP, and how they say that one is known."""

from typing import Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Request

from ims_notify.domain.alert_words import notice
from ims_notify.domain.alerting import LASTING, MEASURED, Kind
from ims_notify.doors import Unwelcome, officer_of, service_of
from ims_notify.store import alert_reports
from ims_notify.store.alert_reports import Wanted

router = APIRouter(prefix="/v1", tags=["alerts"])

State = Literal["open", "acknowledged", "closed"]
COUNT_MAX = 500


@router.get("/alerts")
async def get_alerts(
    request: Request,
    state: State | None = None,
    kind: Kind | None = None,
    subject: str | None = None,
    after: UUID | None = None,
    count_max: int = Query(100, ge=1, le=COUNT_MAX),
) -> dict[str, Any]:
    """The alerts of the officer's council, the newest first: what happened, what to do, who was told and how that went.

    `after` is `next` of the page before."""
    _, officer = officer_of(request)
    found = await alert_reports.listed(service_of(request).pool, Wanted(officer.council, kind, subject, state), after, count_max)
    return {"alerts": [worded(each) for each in found], "next": found[-1]["alert_id"] if len(found) == count_max else None}


@router.get("/alerts/{alert_id}/cases")
async def get_cases(
    request: Request, alert_id: UUID, after: str = "", count_max: int = Query(100, ge=1, le=COUNT_MAX)
) -> dict[str, Any]:
    """Each thing that an alert is made of, by its id: the payment that was made twice, the file, the delivery, the break.

    `after` is `next` of the page before."""
    _, officer = officer_of(request)
    found = await alert_reports.cases(service_of(request).pool, officer.council, alert_id, after, count_max)
    return {"cases": found, "next": found[-1]["case_name"] if len(found) == count_max else None}


@router.post("/alerts/{alert_id}/acknowledge")
async def post_acknowledge(request: Request, alert_id: UUID) -> dict[str, Any]:
    """Say that all which was raised of an alert so far is known: nobody is told again until there is more. The same again is known."""
    name, officer = officer_of(request)
    async with service_of(request).begin() as work:
        found = await alert_reports.acknowledge(officer.council, alert_id, name, work)
    if found is None:
        raise Unwelcome(404, "There is no such alert of your council", "Look for its id in the list of alerts.")
    return found


def worded(alert: dict[str, Any]) -> dict[str, Any]:
    """An alert with what it says."""
    detail, is_going_on = alert.pop("detail"), alert["kind"] in LASTING - MEASURED and alert["going_on"]
    said = notice(alert["kind"], alert["subject"], alert["going_on"] if is_going_on else alert["raised"], "first", detail)
    return alert | said._asdict()

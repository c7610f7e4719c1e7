"""The alarm for files that do not come: each source has a calendar, and what is late is said once."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import structlog
import yaml
from fastapi import APIRouter, Query, Request
from pydantic import TypeAdapter

from ims_contracts.remittances import RemittanceLate
from ims_ingest.domain.calendars import Calendar, late
from ims_ingest.domain.submissions import LONDON
from ims_ingest.store.late import last_received, not_said_yet
from ims_kit import Service

router = APIRouter(prefix="/v1", tags=["answers"])
log = structlog.get_logger()

LOOK_SECONDS = 60.0
CALENDARS: TypeAdapter[list[Calendar]] = TypeAdapter(list[Calendar])


def read_calendars(path: Path | None) -> list[Calendar]:
    """The calendars in a file of YAML or JSON; none without a file. Raises ValidationError, with what is wrong, and OSError."""
    return CALENDARS.validate_python(yaml.safe_load(path.read_text(encoding="utf-8"))) if path else []


@router.get("/late")
async def get_late(
    request: Request, council: Annotated[str | None, Query(description="Only this council's", pattern=r"^[EWSN]\d{8}$")] = None
) -> list[dict[str, Any]]:
    """The sources whose file should have come and has not, by when it was due, and when the last one came."""
    state = request.app.state
    calendars = [each for each in state.calendars if council in (None, each.council)]
    async with state.service.pool.acquire() as connection:
        missing = await missing_of(calendars, connection, datetime.now(UTC))
    return [
        {"council": each.council, "source": each.source, "due_at": due.isoformat(), "last_received_at": last and last.isoformat()}
        for each, due, last in missing
    ]


type Missing = tuple[Calendar, datetime, datetime | None]
"""Of which source, by when its file was due, and when its last one came."""


async def missing_of(calendars: Sequence[Calendar], connection: Any, now: datetime) -> list[Missing]:
    last = await last_received(connection, list({(each.council, each.source) for each in calendars}))
    found = ((each, last[each.council, each.source]) for each in calendars)
    return [(each, due, came) for each, came in found if (due := late(each, came, now))]


async def watch_calendars(service: Service) -> None:
    """Look every minute for what is late."""
    while calendars := service.api.state.calendars:
        await raise_alarms(service, calendars)
        await asyncio.sleep(LOOK_SECONDS)


async def raise_alarms(service: Service, calendars: Sequence[Calendar]) -> None:
    """Tell of each file that is late that it is, once for its source and day, whichever process finds it."""
    async with service.begin() as work:
        missing = await missing_of(calendars, work.connection, work.now)
        days = {(each.council, each.source, due.astimezone(LONDON).date()) for each, due, _ in missing}
        new = await not_said_yet(sorted(days), work)
        for council, source, day in new:
            work.tell(RemittanceLate(council=council, source=source, expected_on=day, looked_at=work.now))
    for council, source, day in new:
        log.warning("file is late", council=council, source=source, expected_on=day.isoformat())

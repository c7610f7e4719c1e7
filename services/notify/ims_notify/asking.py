"""Ask GOV.UK Notify what has become of what it took, where no report came: it tells of each only six times, within half an hour."""

import asyncio

import structlog

from ims_kit import Service
from ims_notify.channels.calls import NoAnswer
from ims_notify.channels.govuk_notify import Account
from ims_notify.store import reported
from ims_notify.store.reported import Report

log = structlog.get_logger()

LOOK_SECONDS = 60.0


async def ask(service: Service, account: Account, council: str) -> None:
    """Every minute, of those that have been silent for hours."""
    try:
        while True:
            while await ask_some(service, account, council):
                pass
            await asyncio.sleep(LOOK_SECONDS)
    finally:
        await account.rest()


async def ask_some(service: Service, account: Account, council: str) -> bool:
    """Ask of a page of them, one after another; whether there may be more, and it answers."""
    async with service.begin() as work:
        silent = await reported.silent(council, work)
    for delivery_id, notification_id in silent:
        try:
            status = await account.status(notification_id)
        except NoAnswer as error:
            log.warning("GOV.UK Notify does not say what has become of something", error=str(error))
            return False
        if status:
            async with service.begin() as work:
                await reported.keep(council, Report(notification_id, status, str(delivery_id)), work)
    return len(silent) == reported.SILENT_MAX

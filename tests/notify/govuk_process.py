"""A process that hands receipts to GOV.UK Notify as fast as it can, to be killed at any moment: database, its settings as JSON."""

import asyncio
import json
import sys
from datetime import timedelta
from typing import Any

from notify.notify_world import notifying


async def work_on(url: str, setting: dict[str, Any]) -> None:
    async with notifying(url, **setting) as notify, notify.delivering(lease=timedelta(seconds=0.5)):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(work_on(sys.argv[1], json.loads(sys.argv[2])))

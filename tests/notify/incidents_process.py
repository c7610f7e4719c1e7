"""A process that sends incident messages as fast as it can, to be killed at any moment: database, port of the mail server."""

import asyncio
import sys
from datetime import timedelta

from notify.incidents_world import courier
from notify.notify_world import notifying


async def work_on(url: str, port: str) -> None:
    async with notifying(url, smtp_host="127.0.0.1", smtp_port=int(port)) as notify:
        await courier(notify, lease=timedelta(seconds=0.2), connections=3).run(notify.service)


if __name__ == "__main__":
    asyncio.run(work_on(*sys.argv[1:]))

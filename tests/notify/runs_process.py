"""A process that makes and delivers runs as fast as it can, to be killed at any moment: database, folder, destination."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from ims_kit import begin
from ims_notify.channels.folder import FolderChannel
from ims_notify.runs import make_run
from ims_notify.store import runs
from notify.notify_world import notifying
from notify.runs_world import runner, setup


async def work_on(url: str, folder: Path, name: str) -> None:
    """A run for every second that has none yet."""
    found = setup(folder, name)
    async with notifying(url) as notify:
        found_runner = runner(found, FolderChannel(folder / "out"), lease=timedelta(0))
        while True:
            async with begin(notify.pool) as work:
                done_until = await runs.hold(found.destination, work)
                await make_run(found, done_until + timedelta(seconds=1), work)
            while await found_runner.deliver(notify.service):
                pass


if __name__ == "__main__":
    asyncio.run(work_on(sys.argv[1], Path(sys.argv[2]), sys.argv[3]))

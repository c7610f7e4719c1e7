"""A process that tells officers is killed at each step: what was to be said is said, at most once more a crash."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from notify.alerts_world import chatting, empty, hear, late, refused
from notify.notify_world import notifying, until


async def start(*words: str) -> asyncio.subprocess.Process:
    tests = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": f"{tests}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "notify.alerts_process", *words, cwd=tests, env=environment, stdout=asyncio.subprocess.DEVNULL
    )


@pytest.mark.parametrize(("step", "posted"), [("said", 1), ("claimed", 1), ("sent", 2)])
async def test_sigkill_loses_nothing_and_repeats_at_most_one_a_crash(notify_url, step, posted) -> None:
    async with chatting() as chat, notifying(notify_url) as notify:
        await empty(notify)
        await hear(notify, late(), refused())
        first = await start(notify_url, chat.url, step)
        assert await first.wait() == -9
        second = await start(notify_url, chat.url, "none")
        try:
            await until(lambda: notify.value("SELECT count(*) = 1 FROM alert_message WHERE state = 'delivered'"), 20)
        finally:
            second.kill()
            await second.wait()
        assert len(chat.bodies) == posted
        assert all(body == chat.bodies[0] for body in chat.bodies)
        assert await notify.value("SELECT count(*) FROM alert_said") == 2
        assert await notify.value("SELECT count(*) FROM alert_message") == 1

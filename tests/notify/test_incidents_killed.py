"""Processes that send incident messages are killed again and again: everybody is written to, and at most a round more a crash."""

import asyncio
import os
import random
import sys
from collections import Counter
from pathlib import Path

from notify.alerts_world import client
from notify.incidents_world import ANN, CAT, OFFICERS, body, empty, path, twice
from notify.notify_world import mail_server, notifying, until

PAYERS, KILLS, ROUND = 60, 4, 3


async def start(*words: str) -> asyncio.subprocess.Process:
    tests = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": f"{tests}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "notify.incidents_process", *words, cwd=tests, env=environment, stdout=asyncio.subprocess.DEVNULL
    )


async def test_sigkill_loses_nobody_and_repeats_at_most_a_round_a_crash(notify_url) -> None:
    chance = random.Random(11)
    async with mail_server() as (mailbox, smtp), notifying(notify_url, officers=OFFICERS, **smtp) as notify:
        await empty(notify)
        await twice(notify, *(f"p{number}" for number in range(PAYERS)))
        async with client(notify, ANN) as ann, client(notify, CAT) as cat:
            await ann.put(path(), json=body())
            await cat.post(path("/approve"))
        for number in range(KILLS):
            process = await start(notify_url, str(smtp["smtp_port"]))
            reached = len(mailbox.mails) + chance.randrange(1, 10)

            async def is_there(count: int = reached) -> bool:
                return len(mailbox.mails) >= count

            await until(is_there, 30)
            process.kill()
            assert await process.wait() == -9, number
        last = await start(notify_url, str(smtp["smtp_port"]))
        try:
            await until(lambda: notify.value("SELECT NOT EXISTS (SELECT FROM incident_message WHERE state <> 'sent')"), 30)
        finally:
            last.kill()
            await last.wait()
        taken = Counter(to for to, _ in mailbox.mails)
        assert len(taken) == PAYERS
        assert sum(taken.values()) - PAYERS <= KILLS * ROUND
        # A repeat is known again.
        assert len({mail["Message-ID"] for _, mail in mailbox.mails}) == PAYERS

"""Processes that make and deliver runs are killed again and again, two at a time, while facts are heard."""

import asyncio
import os
import random
import sys
from pathlib import Path

import pytest

from ims_notify.store import reports
from notify.notify_world import notifying, until
from notify.runs_world import hear_many, setup

KILLS, BATCHES, BATCH = 4, 8, 25


async def start(url: str, folder: Path, name: str) -> asyncio.subprocess.Process:
    tests = Path(__file__).parents[1]
    environment = os.environ | {"PYTHONPATH": f"{tests}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "notify.runs_process", url, str(folder), name,
        cwd=tests, env=environment, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


@pytest.mark.parametrize(("name", "told"), [("revenues", "posting_line"), ("finance", "ledger_journal")])
async def test_sigkill_loses_doubles_and_renumbers_nothing(notify_url, tmp_path, name: str, told: str) -> None:
    (tmp_path / "out").mkdir()
    chance = random.Random(7)
    async with notifying(notify_url) as notify:
        await notify.empty()
        found = setup(tmp_path, name)
        for number in range(BATCHES // 2):
            await hear_many(notify, found, [f"{number}-{each}" for each in range(BATCH)])
        working = [await start(notify_url, tmp_path, name) for _ in range(2)]
        killed, number = 0, BATCHES // 2
        try:
            while killed < KILLS:
                await until(lambda: notify.value("SELECT count(*) > 0 FROM run_schedule"), 60)
                await asyncio.sleep(chance.uniform(0.5, 2))
                which = chance.randrange(2)
                working[which].kill()
                await working[which].wait()
                killed += 1
                if number < BATCHES:
                    await hear_many(notify, found, [f"{number}-{each}" for each in range(BATCH)])
                    number += 1
                working[which] = await start(notify_url, tmp_path, name)
            await until(lambda: notify.value(f"SELECT NOT EXISTS (SELECT FROM {told} WHERE number IS NULL)"), 60)
            await until(lambda: notify.value("SELECT NOT EXISTS (SELECT FROM run_delivery WHERE state <> 'delivered')"), 60)
        finally:
            for process in working:
                process.kill()
                await process.wait()

        assert await notify.value(f"SELECT count(*) FROM {told} WHERE number IS NOT NULL") == BATCHES * BATCH
        numbers = [row[0] for row in await notify.rows("SELECT number FROM run ORDER BY 1")]
        assert numbers == [*range(1, len(numbers) + 1)]
        kept = dict(await notify.rows("SELECT file_name, content FROM run"))
        assert {path.name: path.read_bytes() for path in (tmp_path / "out").glob("[RL]*")} == kept
        assert [law["law"] for law in await reports.laws(notify.pool) if not law["holds"]] == []

"""Whatever a process was doing when it was killed: nothing is lost, and only what may have gone goes once more, known as such."""

import asyncio
import json
import os
import sys
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from ims_notify.store import reports
from notify.alerts_world import client
from notify.govuk_world import govuk_notify
from notify.incidents_world import ANN, CAT, OFFICERS, body, empty, path, twice
from notify.notify_world import Notify, back_office, mail_server, notifying
from notify.steps_process import FILES, INCIDENTS, steps_of

# Behind four of its steps an attempt is known to have been made, and not what came of it; at two of them something had gone.
UNANSWERED, GONE = 4, 2
REPEATS = {"mail": GONE, "webhook": GONE, "incident": GONE, "govuk": 0, "incident-govuk": 0}
UNKNOWN = "SELECT (SELECT sum(attempts) FROM delivery) - count(*) FROM delivery_attempt"


async def killed_at_each_step(url: str, way: str, setting: dict[str, Any], folder: Path) -> None:
    tests, said = Path(__file__).parents[1], json.dumps(setting, default=str)
    environment = os.environ | {"PYTHONPATH": f"{tests}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "notify.steps_process", url, way, said, str(folder),
        cwd=tests, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    _, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()[-2000:]


async def approved(notify: Notify, count: int) -> None:
    """An incident message to so many."""
    await twice(notify, *(f"p{number}" for number in range(count)))
    async with client(notify, ANN) as ann, client(notify, CAT) as cat:
        await ann.put(path(), json=body())
        assert (await cat.post(path("/approve"))).status_code == 200


@pytest.mark.parametrize("way", REPEATS)
async def test_of_messages_none_is_lost_and_a_crash_repeats_at_most_one(notify_url, tmp_path, monkeypatch, way) -> None:
    count = len(steps_of(way)) + 1
    async with AsyncExitStack() as stack:
        receiver, setting = await stack.enter_async_context(
            back_office() if way == "webhook" else govuk_notify(tmp_path, monkeypatch) if "govuk" in way else mail_server()
        )
        notify = await stack.enter_async_context(notifying(notify_url, officers=OFFICERS, **setting))
        await empty(notify)
        if way in INCIDENTS:
            await approved(notify, count)
        await killed_at_each_step(notify_url, way, setting, tmp_path)

        match way:
            case "webhook":
                taken = Counter(str(webhook_id) for webhook_id, _ in receiver.heard)
            case "mail" | "incident":
                taken = Counter(mail["Message-ID"] for _, mail in receiver.mails)
            case _:
                taken = receiver.references
        assert (len(taken), taken.total() - len(taken), max(taken.values())) == (count, REPEATS[way], 2 if REPEATS[way] else 1)
        if way in INCIDENTS:
            assert await notify.value("SELECT sum(attempts) FROM incident_message") == count + UNANSWERED
            return
        assert await notify.value(UNKNOWN) == UNANSWERED
        told = Counter(fact["type"] for fact in await notify.told())
        assert told == {"posting-delivered" if way == "webhook" else "receipt-issued": count}


@pytest.mark.parametrize("way", FILES)
async def test_of_files_each_is_there_once_as_it_was_made(notify_url, tmp_path, way) -> None:
    (tmp_path / "out").mkdir()
    async with notifying(notify_url) as notify:
        await notify.empty()
        await killed_at_each_step(notify_url, way, {}, tmp_path)

        kept = dict(await notify.rows("SELECT file_name, content FROM run"))
        assert {each.name: each.read_bytes() for each in (tmp_path / "out").iterdir() if each.is_file()} == kept
        # What was being made when it died is in the next one: no number is left out.
        numbers = [row[0] for row in await notify.rows("SELECT number FROM run ORDER BY 1")]
        assert numbers == [*range(1, len(steps_of(way)) + 1)]
        told = "ledger_journal" if way == "finance" else "posting_line"
        assert await notify.value(f"SELECT count(*) FROM {told} WHERE number IS NOT NULL") == 3 * (len(steps_of(way)) + 1)
        assert await notify.value(UNKNOWN.replace("delivery)", "run_delivery)")) == UNANSWERED
        assert Counter(fact["type"] for fact in await notify.told()) == {"run-delivered": len(numbers)}
        assert [law["law"] for law in await reports.laws(notify.pool) if not law["holds"]] == []

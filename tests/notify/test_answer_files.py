"""Answers that are laid down where files go: each is taken once; what is none is refused with words, and stops nothing."""

import asyncio
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from ims_notify.app import build
from ims_notify.channels.folder import FolderChannel
from ims_notify.channels.laid import Away, Laid
from ims_notify.collecting import Collector
from ims_notify.doors import ANSWER_BYTES_MAX
from ims_notify.settings import Place, Settings
from notify.notify_world import Notify, notifying, payment
from notify.runs_world import client, hear, make, placed, settings, setup
from notify.test_run_answers import answer

GOOD = answer("1 Y", "2 N no-account")


class Folder:
    """A folder of answers, and who looks into it."""

    def __init__(self, notify: Notify, path: Path, **changes: Any) -> None:
        self.notify, self.path = notify, path / "answers"
        self.path.mkdir(exist_ok=True)
        self.setup = setup(path, **changes)
        self.collector = self.another()

    def another(self) -> Collector:
        return Collector(self.setup, FolderChannel(self.path.parent / "out", self.path))

    def lay(self, name: str, content: bytes) -> None:
        (self.path / name).write_bytes(content)

    async def look(self, collector: Collector | None = None) -> None:
        """Twice: what is being written is left for the next time."""
        for _ in range(2):
            await (collector or self.collector).look(self.notify.service)

    async def picked_up(self) -> list[tuple[Any, ...]]:
        return await self.notify.rows("SELECT name, state, number, reasons FROM answer_file ORDER BY name, version")

    async def told(self) -> list[tuple[int, int]]:
        return [(fact["accepted_count"], fact["rejected_count"]) for fact in await self.notify.told()]


@pytest.fixture
async def folder(notify_url, tmp_path: Path):
    """Notify with a run of two lines, and an empty folder for answers."""
    async with notifying(notify_url, **settings(tmp_path)) as notify:
        await notify.empty()
        found = Folder(notify, tmp_path)
        for number, name in enumerate(("one", "two")):
            await hear(notify, found.setup, payment(name), placed(name, 1000 + number))
        await make(notify, found.setup)
        yield found


async def test_an_answer_that_lies_still_is_taken_once(folder: Folder) -> None:
    folder.lay("run-1.csv", GOOD)
    await folder.collector.look(folder.notify.service)
    assert await folder.picked_up() == [], "it may still be being written"
    for _ in range(3):
        await folder.look()
        await folder.look(folder.another())

    assert await folder.picked_up() == [("run-1.csv", "taken", 1, "")]
    assert await folder.told() == [(1, 1)]
    assert (folder.path / "run-1.csv").exists(), "it is the back office's"


async def test_the_same_answer_under_another_name_says_nothing_new(folder: Folder) -> None:
    folder.lay("run-1.csv", GOOD)
    await folder.look()
    folder.lay("run-1 again.csv", GOOD)
    await folder.look()

    assert [row[:2] for row in await folder.picked_up()] == [("run-1 again.csv", "taken"), ("run-1.csv", "taken")]
    assert await folder.told() == [(1, 1)]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"\xff\xfe", "the file is no text in UTF-8"), (b"", "does not say which run it answers"),
        (answer("1 Y", count=2), "says it has 2 lines, but has 1"), (answer("1 Y", "3 Y"), "of lines that were not sent"),
        (answer("1 Y").replace(b"A,1", b"A,9").replace(b"T,1", b"T,9"), "There is no such run"),
        (answer("1 Y", "2 Y").replace(b"A,1,2", b"A,2,2"), "line 2: is not of run 1"),
    ],
)  # fmt: skip
async def test_what_is_no_answer_is_refused_with_words_and_left_and_the_others_are_taken(folder: Folder, content: bytes, why: str) -> None:
    folder.lay("a-bad.csv", content)
    folder.lay("b-good.csv", GOOD)
    for _ in range(2):
        await folder.look()

    [bad, good] = await folder.picked_up()
    assert (bad[0], bad[1]) == ("a-bad.csv", "refused")
    assert why in bad[3]
    assert (good[0], good[1]) == ("b-good.csv", "taken")
    assert await folder.told() == [(1, 1)]
    assert (folder.path / "a-bad.csv").read_bytes() == content


async def test_what_contradicts_is_refused_and_a_file_that_was_put_right_is_taken(folder: Folder) -> None:
    folder.lay("1.csv", answer("1 Y"))
    await folder.look()
    folder.lay("2.csv", answer("1 N closed", "2 Y"))
    await folder.look()
    folder.lay("2.csv", answer("1 Y", "2 Y"))
    os.utime(folder.path / "2.csv", (1, 1))
    await folder.look()

    assert sorted(row[1] for row in await folder.picked_up()) == ["refused", "taken", "taken"]
    assert await folder.told() == [(1, 0), (2, 0)]


async def test_two_that_look_at_once_take_it_once(folder: Folder) -> None:
    folder.lay("run-1.csv", GOOD)
    await asyncio.gather(*(folder.look(folder.another()) for _ in range(3)))

    assert await folder.picked_up() == [("run-1.csv", "taken", 1, "")]
    assert await folder.told() == [(1, 1)]


async def test_an_answer_to_a_test_run_is_only_tried(notify_url, tmp_path: Path) -> None:
    async with notifying(notify_url, **settings(tmp_path)) as notify:
        await notify.empty()
        folder = Folder(notify, tmp_path, is_test=True)
        for name in ("one", "two"):
            await hear(notify, folder.setup, payment(name), placed(name))
        await make(notify, folder.setup)
        folder.lay("run-1.csv", GOOD)
        await folder.look()

        assert await folder.picked_up() == [("run-1.csv", "taken", 1, "")]
        assert (await notify.told(), await notify.rows("SELECT FROM run_answer")) == ([], [])


class Odd:
    """A place that is away, then has a file that is too large, and one that goes away before it is fetched."""

    def __init__(self) -> None:
        self.is_away = True

    async def laid(self) -> list[Laid]:
        if self.is_away:
            raise Away("sftp: ConnectionLost")
        return [Laid("large.csv", "1", ANSWER_BYTES_MAX + 1), Laid("unsteady.csv", "1", 1)]

    async def fetch(self, name: str) -> bytes:
        raise Away("sftp: SFTPNoSuchFile")


async def test_a_place_that_is_away_is_asked_later_and_what_is_too_large_is_refused_unread(folder: Folder) -> None:
    odd = Odd()
    collector = Collector(folder.setup, odd)
    await folder.look(collector)
    odd.is_away = False
    await folder.look(collector)

    [found] = await folder.picked_up()
    assert found[:2] == ("large.csv", "refused")
    assert "too large" in found[3]


async def test_what_was_picked_up_is_listed_page_by_page(folder: Folder) -> None:
    for number in range(5):
        folder.lay(f"{number}.csv", GOOD if number == 2 else b"none")
    await folder.look()

    async with client(folder.notify) as asking:
        seen, after = [], None
        while True:
            page = (await asking.get("/v1/runs/revenues/answers", params={"count_max": 2} | ({"after": after} if after else {}))).json()
            seen += [each["name"] for each in page["answers"]]
            if not (after := page["next"]):
                break
        refused = (await asking.get("/v1/runs/revenues/answers", params={"state": "refused"})).json()["answers"]
        assert (await asking.get("/v1/runs/nobody/answers")).status_code == 404

    assert sorted(seen) == [f"{number}.csv" for number in range(5)]
    assert len(refused) == 4
    assert refused[0]["reasons"][0] == "The answer cannot be read; nothing of it was taken"


@pytest.mark.parametrize(
    ("answers", "why"),
    [("/out", "another folder"), ("answers", "whole path"), ("/an swers", "match pattern")],
)
def test_a_place_says_where_answers_lie_apart_from_what_they_answer(answers: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Place(url="file:///out", answers=answers)


def test_answers_need_a_layout_and_are_looked_for_where_the_place_says_so(tmp_path: Path) -> None:
    found = settings(tmp_path)
    place = found["places"]["revenues"] | {"answers": f"{tmp_path}/answers"}
    plain: dict[str, Any] = {"kafka_bootstrap": "127.0.0.1:9", "database_url": "postgresql://127.0.0.1/none"}
    service = build(Settings(**plain | found | {"places": {"revenues": place}}))
    assert "answers of revenues" in service.work_behind

    with pytest.raises(ValueError, match="names no layout"):
        build(Settings(**plain | found | {"places": {"finance": place}}))

"""The watched folder: a file is taken when it is whole, moved when its end is committed, and counted once whatever dies."""

import asyncio
import gzip
import json
import os
from pathlib import Path

import pytest

from ims_contracts.payments import PaymentReceived
from ims_ingest.handlers import folders
from ims_ingest.handlers.folders import Watch, look
from ims_ingest.settings import Folder
from ims_ingest.store import files
from ingest.ingest_world import COUNCIL, SAMPLES, Ingest, allpay

DAY = "17/03/2026"
ONE = allpay([f"770000547 60.00 T {DAY}"])


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    (tmp_path / "inbound").mkdir()
    return Watch(Folder(path=tmp_path, council=COUNCIL))


def lay_down(watch: Watch, name: str, content: bytes = ONE) -> Path:
    path = watch.folder.path / "inbound" / name
    path.write_bytes(content)
    return path


def lying(watch: Watch) -> dict[str, list[str]]:
    """What lies where; folders without a file left out."""
    found = {each.name: sorted(path.name for path in each.iterdir()) for each in watch.folder.path.iterdir()}
    return {name: names for name, names in found.items() if names}


async def looks(ingest: Ingest, watch: Watch, times: int = 2) -> None:
    for _ in range(times):
        await look(ingest.service, watch)


async def test_a_file_is_taken_when_its_size_is_the_same_for_two_looks(ingest: Ingest, watch: Watch) -> None:
    path = lay_down(watch, "a.txt", ONE[:10])
    await looks(ingest, watch, 1)
    path.write_bytes(ONE)
    await looks(ingest, watch, 1)
    assert lying(watch) == {"inbound": ["a.txt"]}
    await looks(ingest, watch, 1)
    assert lying(watch) == {"archive": ["a.txt"]}
    assert (watch.folder.path / "archive" / "a.txt").read_bytes() == ONE
    assert await ingest.names_told() == {"PaymentReceived": 1, "RemittanceReceived": 1}


async def test_a_file_is_taken_at_once_when_its_marker_is_there(ingest: Ingest, watch: Watch) -> None:
    lay_down(watch, "a.txt")
    lay_down(watch, "a.txt.done", b"")
    await looks(ingest, watch, 1)
    assert lying(watch) == {"archive": ["a.txt"]}


async def test_where_markers_are_used_a_file_waits_for_its_own(ingest: Ingest, tmp_path: Path) -> None:
    (tmp_path / "inbound").mkdir()
    watch = Watch(Folder(path=tmp_path, council=COUNCIL, done_suffix=".ok"))
    lay_down(watch, "a.txt")
    await looks(ingest, watch, 3)
    assert lying(watch) == {"inbound": ["a.txt"]}
    lay_down(watch, "a.txt.ok", b"")
    await looks(ingest, watch, 1)
    assert lying(watch) == {"archive": ["a.txt"]}


async def test_what_is_no_file_of_money_is_left_where_it_is(ingest: Ingest, watch: Watch) -> None:
    for name in (".hidden", "a.txt.part", "b.filepart", "c.tmp"):
        lay_down(watch, name)
    (watch.folder.path / "inbound" / "folder").mkdir()
    outside = watch.folder.path / "outside"
    outside.write_bytes(ONE)
    (watch.folder.path / "inbound" / "link.txt").symlink_to(outside)
    outside.unlink()
    await looks(ingest, watch, 3)
    assert lying(watch) == {"inbound": [".hidden", "a.txt.part", "b.filepart", "c.tmp", "folder", "link.txt"]}
    assert await ingest.told() == []


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (allpay([f"770000547 60.00 T {DAY}"], total="61.00"), "6100p"),
        (b"", "empty"),
        (b"what is this", "no format"),
        (gzip.compress(ONE, mtime=0)[:-3], "damaged"),
    ],
)
async def test_a_file_with_faults_lies_in_quarantine_with_them(ingest: Ingest, watch: Watch, content: bytes, why: str) -> None:
    lay_down(watch, "a.txt", content)
    await looks(ingest, watch)
    assert lying(watch) == {"quarantine": ["a.txt", "a.txt.faults.json"]}
    told = (watch.folder.path / "quarantine" / "a.txt.faults.json").read_text()
    assert why in told
    assert "770000547" not in told


async def test_an_archive_with_one_bad_file_lies_in_quarantine_and_the_good_one_is_counted(ingest: Ingest, watch: Watch) -> None:
    lay_down(watch, "day.zip", (SAMPLES / "allpay.txt").read_bytes())
    from ingest.test_packed import zipped

    lay_down(watch, "day.zip", zipped(ONE, b"what is this"))
    await looks(ingest, watch, 3)
    told = json.loads((watch.folder.path / "quarantine" / "day.zip.faults.json").read_text())
    assert [each["status"] for each in told["members"]] == [201, 422]
    assert len(await ingest.told(PaymentReceived)) == 1


async def test_files_of_one_name_are_all_kept(ingest: Ingest, watch: Watch) -> None:
    for number in range(3):
        lay_down(watch, "today.txt", allpay([f"77000054{number} 60.00 T {17 + number}/03/2026"]))
        await looks(ingest, watch)
    assert len(lying(watch)["archive"]) == 3
    lay_down(watch, "today.txt", allpay(["770000542 60.00 T 19/03/2026"]))
    await looks(ingest, watch)
    assert len(lying(watch)["archive"]) == 3
    assert len(await ingest.told(PaymentReceived)) == 3


@pytest.mark.parametrize("killed_at", ["arrive", "put_away", "advance", "replace"])
async def test_a_crash_anywhere_loses_nothing_and_doubles_nothing(
    ingest: Ingest, watch: Watch, killed_at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    lay_down(watch, "a.txt", allpay([f"{770000000 + number} 1.00 P {DAY}" for number in range(1500)]))
    lay_down(watch, "b.txt", b"what is this")
    place = {"advance": files, "replace": os}.get(killed_at, folders)
    monkeypatch.setattr(place, killed_at, killed)
    await looks(ingest, watch, 1)
    with pytest.raises(KeyboardInterrupt):
        await looks(ingest, watch, 1)
    monkeypatch.undo()
    await looks(ingest, Watch(watch.folder), 3)
    assert lying(watch) == {"archive": ["a.txt"], "quarantine": ["b.txt", "b.txt.faults.json"]}
    assert await ingest.names_told() == {"PaymentReceived": 1500, "RemittanceReceived": 1, "RemittanceRefused": 1}


async def test_a_file_of_the_same_name_that_comes_meanwhile_is_another(
    ingest: Ingest, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrive = folders.arrive

    async def arrive_while_another_comes(*given):
        monkeypatch.undo()
        lay_down(watch, "a.txt", allpay(["770000712 1.00 P 18/03/2026"]))
        return await arrive(*given)

    lay_down(watch, "a.txt")
    monkeypatch.setattr(folders, "arrive", arrive_while_another_comes)
    await looks(ingest, watch, 4)
    assert {fact.amount_pence for fact in await ingest.told(PaymentReceived)} == {6000, 100}
    assert len(lying(watch)["archive"]) == 2


async def test_a_file_that_grows_while_it_is_taken_in_stays(ingest: Ingest, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    arrive = folders.arrive

    async def arrive_while_it_grows(*given):
        monkeypatch.undo()
        with (watch.folder.path / ".taking" / "a.txt").open("ab") as stream:
            stream.write(ONE[10:])
        return await arrive(*given)

    lay_down(watch, "a.txt", ONE[:10])
    monkeypatch.setattr(folders, "arrive", arrive_while_it_grows)
    await looks(ingest, watch, 3)
    assert lying(watch) == {"archive": ["a.txt"]}
    assert len(await ingest.told(PaymentReceived)) == 1


async def test_a_file_that_cannot_be_read_keeps_no_other_waiting_and_health_says_so(
    ingest: Ingest, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_file = folders.copy_file

    def copy_unless_broken(path: Path, intake: object) -> None:
        if path.name == "a.txt":
            raise PermissionError(13, "Permission denied")
        copy_file(path, intake)  # type: ignore[arg-type]

    lay_down(watch, "a.txt", b"?")
    lay_down(watch, "b.txt")
    monkeypatch.setattr(folders, "copy_file", copy_unless_broken)
    await looks(ingest, watch)
    assert lying(watch) == {".taking": ["a.txt"], "archive": ["b.txt"]}
    assert "a.txt: Permission denied" in ingest.service.background_errors[f"folder {watch}"]
    monkeypatch.undo()
    await looks(ingest, watch)
    assert lying(watch) == {"archive": ["b.txt"], "quarantine": ["a.txt", "a.txt.faults.json"]}
    assert f"folder {watch}" not in ingest.service.background_errors


async def test_one_process_at_a_time_looks_into_a_folder(ingest: Ingest, watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    looking, most = [], 0

    async def look_slowly(*_: object) -> None:
        nonlocal most
        looking.append(1)
        most = max(most, len(looking))
        await asyncio.sleep(0.05)
        looking.pop()

    monkeypatch.setattr(folders, "look", look_slowly)
    monkeypatch.setattr(folders, "LOOK_SECONDS", 0.001)
    service = ingest.service
    monkeypatch.setattr(service, "settings", service.settings.model_copy(update={"folders": [watch.folder]}))
    watching = [asyncio.ensure_future(folders.watch_folders(service)) for _ in range(3)]
    await asyncio.sleep(0.5)
    for each in watching:
        each.cancel()
    await asyncio.gather(*watching, return_exceptions=True)
    assert most == 1

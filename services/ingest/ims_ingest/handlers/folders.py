"""The watched folder: what lies in `inbound` is taken in, and moved away once the database has its end."""

import asyncio
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import structlog

from ims_ingest.handlers.arriving import Sender, arrive
from ims_ingest.handlers.files import answer_all
from ims_ingest.handlers.intake import Intake, Kept, copy
from ims_ingest.handlers.publishers import Answer, Unwelcome
from ims_ingest.settings import Folder, Place, Settings
from ims_ingest.store import files
from ims_kit import Service

log = structlog.get_logger()

LOOK_SECONDS = 5.0
# What is being taken in lies here, so that a file of the same name that comes meanwhile is another.
INBOUND, TAKING, ARCHIVE, QUARANTINE = "inbound", ".taking", "archive", "quarantine"
DONE = ".done"
# How programs that send files call them until they are whole.
UNFINISHED = (".part", ".partial", ".filepart", ".tmp")


class Seen(NamedTuple):
    """A file at one look: as long as it stays like this, nobody writes it."""

    inode: int
    size: int
    modified_ns: int


class Watch:
    """A folder, and what was in it at the last look."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.seen: dict[str, Seen] = {}

    def __str__(self) -> str:
        return str(self.folder.path)


async def watch_folders(service: Service) -> None:
    """Look into each folder every few seconds. One process at a time does, whichever comes first."""
    settings: Settings = service.settings
    watches = [Watch(folder) for folder in settings.folders]
    while watches:
        for watch in watches:
            async with files.alone(service.pool, watch, files.A_PLACE) as is_alone:
                if is_alone:
                    await look(service, watch)
        await asyncio.sleep(LOOK_SECONDS)


async def look(service: Service, watch: Watch) -> None:
    """Take in what a crash left half done, then what is ready. A file that cannot be read keeps no other waiting; health says so."""
    errors = []
    for find in (left_over, ready):
        try:
            for path in await asyncio.to_thread(find, watch):
                try:
                    await take_one(service, watch.folder, path)
                except OSError as error:
                    errors.append(f"{path.name}: {error.strerror}")
        except OSError as error:
            errors.append(str(error.strerror))
    if errors:
        log.warning("folder cannot be read", folder=str(watch), errors=errors)
        service.background_errors[f"folder {watch}"] = "; ".join(errors)
    else:
        service.background_errors.pop(f"folder {watch}", None)


def left_over(watch: Watch) -> list[Path]:
    """What was being taken in when the last process ended."""
    for name in (INBOUND, TAKING, ARCHIVE, QUARANTINE):
        (watch.folder.path / name).mkdir(exist_ok=True)
    return sorted((watch.folder.path / TAKING).iterdir())


def ready(watch: Watch) -> list[Path]:
    """The files that are whole, the oldest first, out of their senders' way."""
    folder, before = watch.folder, watch.seen
    found = {entry.name: seen(entry.stat()) for entry in os.scandir(folder.path / INBOUND) if entry.is_file(follow_symlinks=False)}
    suffix = folder.done_suffix or DONE
    marked = {name.removesuffix(suffix) for name in found if name.endswith(suffix)}
    watch.seen = {name: each for name, each in found.items() if is_file_of_money(name, suffix)}
    whole = [
        (each.modified_ns, name) for name, each in watch.seen.items()
        if name in marked or (folder.done_suffix is None and before.get(name) == each)
    ]  # fmt: skip
    return [claimed for _, name in sorted(whole) if (claimed := claim(folder.path, name, suffix))]


def seen(stat: os.stat_result) -> Seen:
    return Seen(stat.st_ino, stat.st_size, stat.st_mtime_ns)


def is_file_of_money(name: str, suffix: str) -> bool:
    return not (name.startswith(".") or name.endswith((suffix, *UNFINISHED)))


def claim(path: Path, name: str, suffix: str) -> Path | None:
    """Take a file out of `inbound`, and then its marker; none while one of its name is still in work."""
    claimed = path / TAKING / name
    if claimed.exists():
        return None
    os.rename(path / INBOUND / name, claimed)
    (path / INBOUND / f"{name}{suffix}").unlink(missing_ok=True)
    return claimed


async def take_one(service: Service, folder: Folder, path: Path) -> None:
    """Take a file in, and move it away when that is committed: to the archive, or with its faults to quarantine. After a crash
    between the two its bytes are known, and it is only moved."""
    settings: Settings = service.settings
    before = seen(await asyncio.to_thread(os.stat, path))
    with tempfile.SpooledTemporaryFile(files.MEMORY_MAX) as spool:
        intake = Intake(spool, settings.file_bytes_max)  # type: ignore[arg-type]
        given, kept = await taken_in(service, intake, path, folder)
        if before != seen(await asyncio.to_thread(os.stat, path)):
            return  # somebody still writes it: it is looked at again, from its start
        where = await asyncio.to_thread(put_away, path, given, kept, intake)
    log.info("file put away", folder=str(folder.path), name=path.name, where=where, status=given.status, kept=kept.value)


async def taken_in(service: Service, intake: Intake, path: Path, place: Place) -> tuple[Answer, Kept]:
    """What became of the file, and how it may be kept."""
    try:
        await asyncio.to_thread(copy_file, path, intake)
        arrival = await arrive(service, intake, sender(place))
        return answer_all(arrival), arrival.kept
    except Unwelcome as error:
        return error.answer, intake.kept


def copy_file(path: Path, intake: Intake) -> None:
    with path.open("rb") as stream:
        copy(stream, intake)


def sender(place: Place) -> Sender:
    """Files of a place are in the name that is set for it, else of who sends such files."""
    return Sender(place.council, lambda of_format: place.source or of_format or "unknown", is_full=place.accounts == "full")


def put_away(path: Path, given: Answer, kept: Kept, intake: Intake) -> str:
    """Move a file to where it stays; beside one in quarantine lies why. Of one that holds a card number there is only what may be
    kept, and the reason. Returns the folder's name."""
    where, digest = ARCHIVE if given.status < 400 else QUARANTINE, intake.digest.hexdigest()
    target = path.parent.parent / where / path.name
    if target.exists():
        target = target.with_name(f"{path.stem}.{digest[:12]}{path.suffix}")
    told = given.body | {"kept": kept.value, "content_sha256": digest}
    if where == QUARANTINE:
        write(target.with_name(f"{target.name}.faults.json"), told)
    elif kept is Kept.NOT:
        write(target.with_name(f"{target.name}.not-kept.json"), told)
    if kept in (Kept.AS_IT_CAME, Kept.UNSEARCHED):  # what nobody can search lies there as its sender laid it down
        os.replace(path, target)
        return where
    if kept is Kept.REDACTED:
        intake.spool.seek(0)
        with unfinished(target).open("wb") as stream:
            shutil.copyfileobj(intake.spool, stream)
        os.replace(unfinished(target), target)
    path.unlink()
    return where


def unfinished(path: Path) -> Path:
    return path.with_name(f".{path.name}")


def write(path: Path, told: dict[str, Any]) -> None:
    """Whole or not at all."""
    unfinished(path).write_text(json.dumps(told, indent=2), encoding="utf-8")
    os.replace(unfinished(path), path)

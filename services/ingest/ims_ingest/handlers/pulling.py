"""Files that are fetched from elsewhere, by SFTP or from S3: each once, whatever fails, as often as its place is looked at."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import structlog
from fastapi import APIRouter, Request

from ims_ingest.handlers.arriving import arrive
from ims_ingest.handlers.files import answer_all
from ims_ingest.handlers.folders import is_file_of_money, sender
from ims_ingest.handlers.intake import Intake
from ims_ingest.handlers.publishers import Answer, Unwelcome
from ims_ingest.settings import PayAccount, Pull, Settings
from ims_ingest.store import files, pulls
from ims_ingest.store.pulls import Listed, State
from ims_ingest.store.sweeps import Mark
from ims_kit import Service

router = APIRouter(prefix="/v1", tags=["answers"])
log = structlog.get_logger()

LOOK_SECONDS = 5.0
# A place that fails is tried again after half a minute, then ever later, but not later than always.
AGAIN_SECONDS, DOUBLED_MAX = 30, 6
MARKER = ".done"


class Unreachable(Exception):
    """A place that does not answer, or does not let us in; says why, without a secret."""


class Remote(Protocol):
    """A place elsewhere, while it is open."""

    is_atomic: bool
    """Whether a file is there whole or not at all."""

    async def listed(self) -> list[Listed]:
        """The files that lie there. Raises Unreachable."""

    def pieces(self, name: str) -> AsyncIterator[bytes]:
        """The bytes of one. Raises Unreachable."""


@contextlib.asynccontextmanager
async def opened(pull: Pull) -> AsyncIterator[Remote]:
    """The place, while the block lasts. Its library is loaded only where it is used."""
    if pull.kind == "sftp":
        from ims_ingest.handlers.pulling_sftp import sftp

        async with sftp(pull) as remote:
            yield remote
    else:
        from ims_ingest.handlers.pulling_s3 import Bucket

        yield Bucket(pull)


def place_of(pull: Pull) -> str:
    return f"{pull.council} {pull.endpoint or ''}{pull.url}"


async def keep_pulling(service: Service) -> None:
    """Look at each place when its time has come; one process at a time does, whichever comes first."""
    settings: Settings = service.settings
    async with asyncio.TaskGroup() as group:
        for pull in settings.pulls:
            group.create_task(keep_looking(service, pull))


async def keep_looking(service: Service, pull: Pull) -> None:
    place = place_of(pull)
    while True:
        async with files.alone(service.pool, place, files.A_PLACE) as is_alone:
            state = (await pulls.states([place], service.pool))[place]
            if is_alone and is_due(pull, state, datetime.now(UTC)):
                await look(service, pull)
        await asyncio.sleep(min(LOOK_SECONDS, pull.every_seconds))


def is_due(pull: Pull | PayAccount, state: State | Mark, now: datetime) -> bool:
    again = AGAIN_SECONDS << min(state.failures - 1, DOUBLED_MAX) if state.failures else pull.every_seconds
    return state.looked_at is None or now >= state.looked_at + timedelta(seconds=min(again, pull.every_seconds))


async def look(service: Service, pull: Pull) -> None:
    """Fetch what was not fetched before, and remember whether the place answered. A file that cannot be read keeps no other waiting."""
    errors = []
    try:
        async with opened(pull) as remote:
            for each in await whole(service, pull, remote):
                try:
                    await fetch(service, pull, remote, each)
                except Unreachable as unreachable:
                    errors.append(f"{each.name}: {unreachable}")
    except Unreachable as unreachable:
        errors.append(str(unreachable))
    async with service.begin() as work:
        await pulls.looked(place_of(pull), errors[0][:500] if errors else None, work)
    if errors:
        log.warning("place cannot be pulled from", place=place_of(pull), error=errors[0])
        service.background_errors[f"pull {pull.url}"] = errors[0]
    else:
        service.background_errors.pop(f"pull {pull.url}", None)


async def whole(service: Service, pull: Pull, remote: Remote) -> list[Listed]:
    """The files that were not fetched before and that nobody writes any more."""
    listed = [each for each in await remote.listed() if is_file_of_money(each.name.rpartition("/")[2], MARKER)]
    new = await pulls.not_taken(place_of(pull), listed, service.pool)
    if new and not remote.is_atomic:
        await asyncio.sleep(pull.settle_seconds)
        still = set(await remote.listed())
        new = [each for each in new if each in still]
    return sorted(new, key=lambda each: (each.modified, each.name))


async def fetch(service: Service, pull: Pull, remote: Remote, each: Listed) -> None:
    """Take one file in, then remember it. After a crash between the two it is fetched again, and its bytes are known."""
    settings: Settings = service.settings
    with tempfile.SpooledTemporaryFile(files.MEMORY_MAX) as spool:
        intake = Intake(spool, settings.file_bytes_max)  # type: ignore[arg-type]
        given = await taken_in(service, pull, intake, (remote, each))
    if given is None:
        return
    async with service.begin() as work:
        await pulls.keep(place_of(pull), each, given.status, work)
    log.info("file pulled", place=place_of(pull), name=each.name, status=given.status)


async def taken_in(service: Service, pull: Pull, intake: Intake, source: tuple[Remote, Listed]) -> Answer | None:
    """What became of the file; none if it is not the one that was listed any more."""
    remote, each = source
    try:
        async for piece in remote.pieces(each.name):
            await asyncio.to_thread(intake.take, piece)
        if intake.size != each.size:
            return None
        await asyncio.to_thread(intake.end)
        return answer_all(await arrive(service, intake, sender(pull)))
    except Unwelcome as error:
        return error.answer


@router.get("/pulls")
async def get_pulls(request: Request) -> list[dict[str, Any]]:
    """The places from which files are fetched: when each was looked at, what it gave, and why it fails, where it does."""
    service: Service = request.app.state.service
    settings: Settings = service.settings
    found = await pulls.states([place_of(pull) for pull in settings.pulls], service.pool)
    shown = {"kind", "url", "council", "source", "every_seconds"}
    return [pull.model_dump(include=shown) | found[place_of(pull)]._asdict() for pull in settings.pulls]

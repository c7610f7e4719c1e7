"""Pick up the answers that a back office lays down where its files go: each once, however often we look."""

import asyncio
import hashlib

import structlog

from ims_kit import Service, Work
from ims_notify.channels.laid import Away, Laid, Shelf
from ims_notify.doors import ANSWER_BYTES_MAX, Unwelcome
from ims_notify.pack import FileSetup
from ims_notify.store import answer_files
from ims_notify.store.answer_files import PickedUp
from ims_notify.taking import read_answer, take

log = structlog.get_logger()

LOOK_SECONDS = 15.0


class Collector:
    """Looks into the folder of one destination's answers."""

    def __init__(self, setup: FileSetup, shelf: Shelf) -> None:
        self.setup, self.to, self.shelf = setup, setup.destination, shelf
        self.before: set[Laid] = set()
        """What lay there at the last look: what was the same then is not being written now."""

    async def run(self, service: Service) -> None:
        """Look again and again; a place that is away is asked later."""
        while True:
            await self.look(service)
            await asyncio.sleep(LOOK_SECONDS)

    async def look(self, service: Service) -> None:
        """Take every file that lies still and is new. One that is no answer is refused, and keeps no other waiting."""
        try:
            now = set(await self.shelf.laid())
            still, self.before = sorted(now & self.before), now
            known = await answer_files.known(service.pool, self.to, still)
            for each in still:
                if each not in known:
                    content = await self.shelf.fetch(each.name) if each.size <= ANSWER_BYTES_MAX else None
                    await self.pick_up(each, content, service)
        except Away as away:
            log.warning("answers cannot be looked for", destination=self.to.name, reason=str(away))

    async def pick_up(self, file: Laid, content: bytes | None, service: Service) -> None:
        """Take a file, or keep why not; both once."""
        try:
            async with service.begin() as work:
                await self.take(file, content, work)
        except Unwelcome as no:  # nothing of it was kept
            reasons = [str(no), *no.reasons]
            async with service.begin() as work:
                await answer_files.keep(self.to, PickedUp(file, sha256(content), None, "refused", reasons), work)
            log.warning("answer refused", destination=self.to.name, reasons=len(reasons))

    async def take(self, file: Laid, content: bytes | None, work: Work) -> None:
        """Take a file. Raises Unwelcome."""
        if content is None:
            raise Unwelcome(413, "The file is too large for an answer", f"It has {file.size} bytes; {ANSWER_BYTES_MAX} are the most.")
        said = await asyncio.to_thread(read_answer, self.setup, content)
        if await answer_files.keep(self.to, PickedUp(file, sha256(content), said.number, "taken", []), work):
            await take(self.setup, said, self.to.is_test, work)


def sha256(content: bytes | None) -> str | None:
    return hashlib.sha256(content).hexdigest() if content is not None else None

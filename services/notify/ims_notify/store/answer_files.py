"""The files that were picked up as answers: each once, and whether it was taken."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from ims_kit import Insert, Work
from ims_notify.channels.laid import Laid
from ims_notify.domain.facts import NAMESPACE
from ims_notify.domain.postings import FileDestination
from ims_notify.store.run_tables import AnswerFileRow

KEEP = Insert(AnswerFileRow, "file_id council destination name version sha256 number state reasons picked_up_at", returning="file_id")
KNOWN = "SELECT file_id FROM answer_file WHERE file_id = ANY($1::uuid[])"
LISTED = """SELECT file_id, name, sha256, number, state, reasons, picked_up_at FROM answer_file
WHERE council = $1 AND destination = $2 AND ($3::text IS NULL OR state = $3)
  AND ($4::uuid IS NULL OR (picked_up_at, file_id) < (SELECT picked_up_at, file_id FROM answer_file WHERE file_id = $4))
ORDER BY picked_up_at DESC, file_id DESC LIMIT $5"""


class PickedUp(NamedTuple):
    """A file, and what became of it."""

    file: Laid
    sha256: str | None
    number: int | None
    """The run that it answers."""
    state: str
    reasons: list[str]
    """Why it was refused."""


def file_id(to: FileDestination, file: Laid) -> UUID:
    return uuid5(NAMESPACE, f"answer|{to.council}|{to.name}|{file.version}|{file.name}")


async def known(connection: Any, to: FileDestination, files: Iterable[Laid]) -> set[Laid]:
    """Those that were picked up before, as they are now."""
    by_id = {file_id(to, file): file for file in files}
    return {by_id[row[0]] for row in await connection.fetch(KNOWN, list(by_id))}


async def keep(to: FileDestination, found: PickedUp, work: Work) -> bool:
    """Keep what became of a file; whether nobody has before."""
    file, reasons = found.file, "\n".join(found.reasons)
    row = (
        file_id(to, file), to.council, to.name, file.name, file.version, found.sha256, found.number, found.state, reasons, work.now,
    )  # fmt: skip
    return bool(await KEEP(work.connection, [row]))


async def listed(connection: Any, to: FileDestination, state: str | None, after: UUID | None, count_max: int) -> list[dict[str, Any]]:
    """The newest first, from behind the one that is named."""
    rows = await connection.fetch(LISTED, to.council, to.name, state, after, count_max)
    return [dict(row) | {"reasons": row["reasons"].splitlines()} for row in rows]

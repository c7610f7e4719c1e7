"""Files that did not come: what came last of each source, and of which it was said already."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from ims_ingest.store.tables import LateFile
from ims_kit import Insert, Work

SAY = Insert(LateFile, "council source expected_on found_at", returning="council source expected_on")
# A file that is refused has not come; one that is for a person has.
LAST = """SELECT council, source, (SELECT max(received_at) FROM file WHERE (file.council, file.source) = (asked.council, asked.source)
    AND state IN ('received', 'waiting', 'conflict'))
  FROM unnest($1::text[], $2::text[]) AS asked (council, source)"""

type SourceKey = tuple[str, str]
"""Council, source."""


async def last_received(connection: Any, sources: Sequence[SourceKey]) -> dict[SourceKey, datetime | None]:
    """When the last file of each source came that said something new."""
    if not sources:
        return {}
    found = await connection.fetch(LAST, *zip(*sources, strict=True))
    return {(each[0], each[1]): each[2] for each in found}


async def not_said_yet(missing: Sequence[tuple[str, str, date]], work: Work) -> list[tuple[str, str, date]]:
    """Those of these (council, source, day) of which nobody has said that they are late; from now on it is said."""
    return [tuple(found) for found in await SAY(work.connection, [(*each, work.now) for each in missing])]

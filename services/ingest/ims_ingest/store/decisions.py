"""What a person decided of files that were held."""

import json
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from ims_ingest.store.tables import Decision as Row
from ims_kit import Insert, Work

KEEP = Insert(Row, "file_id decided_at verdict decided_by reason")


class Decision(NamedTuple):
    """Who decided, and why."""

    by: str
    reason: str


async def held(file_id: UUID, work: Work) -> tuple[str, str | None]:
    """The file's state, kept as it is until the commit, and what it is held for, where it is."""
    state, summary = await work.connection.fetchrow("SELECT state, summary FROM file WHERE file_id = $1 FOR UPDATE", file_id)
    return state, json.loads(summary).get("held_for")


async def decide(file_id: UUID, verdict: str, decision: Decision, work: Work) -> None:
    """Remember the decision; an accepted file is taken in from here on."""
    await KEEP(work.connection, [(file_id, work.now, verdict, decision.by, decision.reason)])
    state = "reading" if verdict == "accepted" else "rejected"
    await work.connection.execute("UPDATE file SET state = $2 WHERE file_id = $1", file_id, state)


async def accepted_at(file_id: UUID, connection: Any) -> datetime | None:
    """When a file that was held was accepted; none: it was not."""
    at: datetime | None = await connection.fetchval(
        "SELECT max(decided_at) FROM decision WHERE file_id = $1 AND verdict = 'accepted'", file_id
    )
    return at


async def decisions(file_id: UUID, connection: Any) -> list[dict[str, Any]]:
    """All that was decided of a file, in its order."""
    found = await connection.fetch(
        "SELECT verdict, decided_by AS by, reason, decided_at FROM decision WHERE file_id = $1 ORDER BY decided_at", file_id
    )
    return [dict(each) | {"decided_at": each["decided_at"].isoformat()} for each in found]

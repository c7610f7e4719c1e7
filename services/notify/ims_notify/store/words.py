"""The words that deliveries were written in, by version: what somebody read can be said for ever."""

from collections.abc import Mapping
from typing import Any

from pydantic_core import to_json

from ims_kit import Service
from ims_notify.domain.letters import Council

KEEP = """INSERT INTO wording (council, language, version, words, kept_at) VALUES ($1, $2, $3, $4::jsonb, $5)
ON CONFLICT DO NOTHING"""

FIND = "SELECT language, words::text, kept_at FROM wording WHERE council = $1 AND version = $2"


async def keep(service: Service, councils: Mapping[tuple[str, str], Council]) -> None:
    """At the start: those there are now."""
    async with service.begin() as work:
        for (council, language), said in councils.items():
            kept = to_json(said.said()).decode()
            await work.connection.execute(KEEP, council, language, said.words.version, kept, work.now)


async def find(connection: Any, council: str, version: str) -> tuple[str, str, Any] | None:
    """Of a version: language, words as JSON, since when."""
    row = await connection.fetchrow(FIND, council, version)
    return (row[0], row[1], row[2]) if row else None

"""Why things are told: the bank lines that they are about, as events that were heard."""

import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from ims_kit.telling import Cause

OF_LINES = "SELECT line_id, because FROM bank_line WHERE line_id = ANY($1) AND because IS NOT NULL"


def story(found: Cause | None) -> str | None:
    """A cause as it is kept with a line: what is told of it later goes on with it."""
    return to_json(found).decode() if found else None


async def of_lines(connection: Any, line_ids: Iterable[UUID]) -> dict[UUID, Cause]:
    """The causes of these, where they are bank lines whose telling was heard."""
    ids = list(line_ids)
    rows = await connection.fetch(OF_LINES, ids) if ids else []
    return {line_id: Cause(*json.loads(because)) for line_id, because in rows}


def cause(kept: str | None) -> Cause | None:
    return Cause(*json.loads(kept)) if kept else None

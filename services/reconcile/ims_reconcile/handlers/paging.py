"""Where a page of a list ends, and where the next begins."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import date
from urllib.parse import urlencode
from uuid import UUID

from fastapi import HTTPException
from pydantic import BaseModel

type Place = tuple[date, int, UUID]
"""A day, pence below nothing, an id: the oldest first, and then the largest."""


def place_after(day: object, pence: int, id: object) -> str:
    """The place after an item. Nothing that a caller should read or make."""
    return urlsafe_b64encode(json.dumps([str(day), -abs(pence), str(id)]).encode()).decode()


def place_of(after: str | None) -> Place | None:
    """The place that `after` says. Raises HTTPException for one that we did not give."""
    if after is None:
        return None
    try:
        day, pence, id = json.loads(urlsafe_b64decode(after))
        return date.fromisoformat(day), int(pence), UUID(id)
    except (ValueError, TypeError, AttributeError):
        raise HTTPException(400, "`after` is none that we gave: follow the link of the page before, or leave it out.") from None


def next_link(path: str, asked: BaseModel, after: str) -> str:
    """The header `Link` of the next page."""
    return f'<{path}?{urlencode(asked.model_dump(exclude_none=True) | {"after": after})}>; rel="next"'

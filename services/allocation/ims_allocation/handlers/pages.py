"""Where the next page of a list begins."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import AwareDatetime, TypeAdapter

from ims_allocation.handlers.officers import Unwelcome
from ims_contracts.message import PENCE_MAX

type PenceAsked = Annotated[int, Query(ge=-PENCE_MAX, le=PENCE_MAX)]
INSTANT: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)
"""An instant with its zone."""


def cursor(last: Sequence[Any]) -> str:
    """The place after this item. Nothing that a caller should read or make."""
    return urlsafe_b64encode(json.dumps(last, default=str).encode()).decode()


def after(given: str | None, *kinds: Callable[[Any], Any]) -> tuple[Any, ...] | None:
    """What a cursor says, each value of its kind. Raises Unwelcome for one that we did not give."""
    if given is None:
        return None
    try:
        said = json.loads(urlsafe_b64decode(given))
        return tuple(kind(each) for kind, each in zip(kinds, said, strict=True))
    except (ValueError, TypeError, AttributeError):
        raise Unwelcome(400, "The cursor is none that we gave", "Send `next` of the page before, as it is; or none.") from None

"""Tell facts: written in the transaction that makes them true, in commit order."""

from collections.abc import Iterable
from datetime import datetime
from hashlib import sha1
from typing import Any, ClassVar, NamedTuple, Protocol

from pydantic_core import to_json

# A topic of a managed broker takes a megabyte; 256 KB with room for headers keeps a page readable everywhere.
BODY_MAX = 250_000


class Tellable(Protocol):
    """What a message must offer to be told: the kit knows no message by name."""

    type: ClassVar[str]
    topic: ClassVar[str]

    @property
    def key(self) -> str: ...
    @property
    def event_id(self) -> str: ...
    def model_dump_json(self, *, exclude_none: bool = ...) -> str: ...


class Cause(NamedTuple):
    """Why something is told: the event that was heard, and the story it belongs to."""

    event_id: str
    correlation_id: str
    traceparent: str


class Fact(NamedTuple):
    """A fact as it is written: CloudEvents attributes as a JSON object of strings, and its body."""

    topic: str
    key: str
    headers: str
    body: bytes


def begun_by(event_id: str) -> str:
    """The beginning of a trace (W3C Trace Context) where nobody began one: the same however often the event is heard."""
    digest = sha1(event_id.encode(), usedforsecurity=False).hexdigest()
    return f"00-{digest[:32]}-{digest[24:]}-01"


def body_of(fact: Tellable) -> bytes:
    """The fact alone, as it is told: JSON, without what is not known."""
    return fact.model_dump_json(exclude_none=True).encode()


def write(fact: Tellable, told_at: str, cause: Cause | None, body: bytes | None) -> Fact:
    """Make a fact ready to be told, at an instant (ISO 8601). Raises ValueError if it is too large for a topic."""
    event_id = fact.event_id
    headers = {"ce_id": event_id, "ce_type": fact.type, "ce_time": told_at}
    if cause:
        headers["ce_causationid"] = cause.event_id
        headers["ce_correlationid"], headers["traceparent"] = cause.correlation_id, cause.traceparent
    else:
        headers["ce_correlationid"], headers["traceparent"] = event_id, begun_by(event_id)
    body = body or body_of(fact)
    if len(body) > BODY_MAX:
        raise ValueError(f"{fact.type} of {len(body)} bytes: more than {BODY_MAX} do not fit a topic, tell it in pages")
    return Fact(fact.topic, fact.key, to_json(headers).decode(), body)


async def tell(connection: Any, facts: Iterable[Fact]) -> None:
    """The last statement of its transaction: from here to the commit no one else of the service can tell. By COPY, which is half the
    work of an insert, here and at the server."""
    if facts := list(facts):
        await connection.copy_records_to_table("told", records=facts, columns=Fact._fields)


async def resend(connection: Any, since: datetime, until: datetime) -> int:
    """Tell again, with the same ids, what was told between two instants; returns how many. Readers know them again."""
    answer = await connection.execute(
        """INSERT INTO told (topic, key, headers, body)
           SELECT topic, key, headers, body FROM told WHERE told_at >= $1 AND told_at < $2 ORDER BY id""",
        since,
        until,
    )
    return int(answer.split()[-1])

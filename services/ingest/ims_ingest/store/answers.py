"""What came over HTTP, its bytes, and what was answered."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from ims_ingest.domain.cards import redacted
from ims_ingest.domain.identity import derive
from ims_ingest.store.tables import Answer, Event
from ims_kit import Insert, Work

type AnswerKey = tuple[str, str]
"""Publisher, idempotency key."""

# An answer that is there stays there until the commit, so that it is not let go before it is given again.
RESERVE = Insert(
    Answer,
    "publisher idempotency_key content_sha256 status body answered_at",
    returning="publisher idempotency_key",
    conflict="(publisher, idempotency_key) DO UPDATE SET status = answer.status WHERE false",
)
PURGE = """DELETE FROM answer WHERE (publisher, idempotency_key) IN (
  SELECT publisher, idempotency_key FROM answer WHERE answered_at < now() - make_interval(days => $1)
  LIMIT 10000 FOR UPDATE SKIP LOCKED)"""
# An event that could not be read is tried again when it comes again: a later release may read it.
KEEP_EVENT = Insert(
    Event,
    "event_id council source received_at content fault",
    returning="event_id",
    conflict="(event_id) DO UPDATE SET fault = excluded.fault WHERE event.fault IS NOT NULL",
)
FIND = """SELECT publisher, idempotency_key, content_sha256, status, body FROM answer
  JOIN unnest($1::text[], $2::text[]) AS asked (p, k) ON publisher = p AND idempotency_key = k"""
ANSWER = """UPDATE answer SET status = new.status, body = new.body
  FROM unnest($1::text[], $2::text[], $3::int[], $4::text[]) AS new (publisher, key, status, body)
  WHERE answer.publisher = new.publisher AND answer.idempotency_key = new.key"""


class Asked(NamedTuple):
    """A request: who sent it, under which key, for whom, and its bytes."""

    publisher: str
    idempotency_key: str
    council: str
    source: str
    raw: bytes

    @property
    def key(self) -> AnswerKey:
        return self.publisher, self.idempotency_key

    @property
    def content_sha256(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def event_id(self) -> UUID:
        return derive("event", self.council, self.source, self.content_sha256)


async def reserve(asked: Sequence[Asked], work: Work) -> set[AnswerKey]:
    """Take the keys that nobody used yet. Who is asked with the same key meanwhile waits here for our commit."""
    rows = [(*each.key, each.content_sha256, 0, "", work.now) for each in sorted(asked, key=lambda each: each.key)]
    return {(found[0], found[1]) for found in await RESERVE(work.connection, rows)}


async def answers(keys: Sequence[AnswerKey], work: Work) -> dict[AnswerKey, tuple[str, int, str]]:
    """What was answered before: the digest of what was asked, the status and the body."""
    if not keys:
        return {}
    found = await work.connection.fetch(FIND, *zip(*keys, strict=True))
    return {(each[0], each[1]): (each[2], each[3], each[4]) for each in found}


async def keep_answers(given: Mapping[AnswerKey, tuple[int, str]], work: Work) -> None:
    rows = [(*key, status, body) for key, (status, body) in given.items()]
    if rows:
        await work.connection.execute(ANSWER, *zip(*rows, strict=True))


async def keep_events(asked: Sequence[Asked], work: Work, faults: Mapping[UUID, str] | None = None) -> set[UUID]:
    """Keep the bytes, without card numbers; returns which were not known yet."""
    rows = [
        (each.event_id, each.council, each.source, work.now, redacted(each.raw), (faults or {}).get(each.event_id))
        for each in {each.event_id: each for each in asked}.values()
    ]
    return {found[0] for found in await KEEP_EVENT(work.connection, rows)}

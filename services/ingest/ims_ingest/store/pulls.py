"""Places from which files are fetched: what was taken from each, and whether it answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ims_ingest.store.tables import Pulled, PullState
from ims_kit import Insert, Work

KEEP = Insert(Pulled, "place name size modified status pulled_at")
LOOKED = Insert(
    PullState,
    "place looked_at failures error",
    conflict="(place) DO UPDATE SET looked_at = excluded.looked_at, error = excluded.error,"
    " failures = CASE WHEN excluded.error IS NULL THEN 0 ELSE pull.failures + 1 END",
)
TAKEN = """SELECT name, size, modified FROM pulled
  JOIN unnest($2::text[], $3::bigint[], $4::text[]) AS lies (n, s, m) ON (name, size, modified) = (n, s, m) WHERE place = $1"""
STATES = """SELECT place, looked_at, failures, error,
    (SELECT count(*) FROM pulled WHERE pulled.place = pull.place) AS files,
    (SELECT count(*) FROM pulled WHERE pulled.place = pull.place AND status >= 400) AS not_taken_in
  FROM pull WHERE place = ANY($1)"""


class Listed(NamedTuple):
    """A file as it lies elsewhere: if any of this is another, it is another file."""

    name: str
    size: int
    modified: str


class State(NamedTuple):
    """How a place is: when it was looked at, how often it failed since it answered last and why, and how many files it gave."""

    looked_at: datetime | None = None
    failures: int = 0
    error: str | None = None
    files: int = 0
    not_taken_in: int = 0


async def not_taken(place: str, listed: Sequence[Listed], connection: Any) -> list[Listed]:
    """Those of the files that were not fetched before."""
    if not listed:
        return []
    taken = {Listed(*found) for found in await connection.fetch(TAKEN, place, *zip(*listed, strict=True))}
    return [each for each in listed if each not in taken]


async def keep(place: str, each: Listed, status: int, work: Work) -> None:
    """Remember that a file was fetched, and what it was answered."""
    await KEEP(work.connection, [(place, *each, status, work.now)])


async def looked(place: str, error: str | None, work: Work) -> None:
    """Remember that a place was looked at, and why it failed, if it did."""
    await LOOKED(work.connection, [(place, work.now, 1 if error else 0, error)])


async def states(places: Sequence[str], connection: Any) -> dict[str, State]:
    found = {row[0]: State(*row[1:]) for row in await connection.fetch(STATES, list(places))}
    return {place: found.get(place, State()) for place in places}

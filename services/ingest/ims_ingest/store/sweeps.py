"""How far each account of a provider was swept."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ims_ingest.store.pay_tables import Sweep
from ims_kit import Insert, Work

BEGIN = Insert(Sweep, "council account swept_until")
FIND = """SELECT council, account, swept_until, looked_at, failures, error, found, request_count FROM sweep
  WHERE (council, account) IN (SELECT * FROM unnest($1::text[], $2::text[]))"""
# Only from where we saw it: whoever asked for an earlier day meanwhile is not passed over.
MOVE = "UPDATE sweep SET swept_until = $4 WHERE council = $1 AND account = $2 AND swept_until = $3 RETURNING account"
LOOKED = """UPDATE sweep SET looked_at = $3, error = $4, failures = CASE WHEN $4::text IS NULL THEN 0 ELSE failures + 1 END,
    found = coalesce($5, found) WHERE council = $1 AND account = $2 AND request_count = $6"""
AGAIN = """INSERT INTO sweep (council, account, swept_until) VALUES ($1, $2, $3) ON CONFLICT (council, account) DO UPDATE
  SET looked_at = NULL, swept_until = least(sweep.swept_until, excluded.swept_until), request_count = sweep.request_count + 1"""


class Mark(NamedTuple):
    """How far an account is swept: until when, UTC; when that was tried last, how often it failed since and why, what was found."""

    council: str
    account: str
    swept_until: datetime
    looked_at: datetime | None = None
    failures: int = 0
    error: str | None = None
    found: str = "{}"
    request_count: int = 0
    """How often somebody asked for a sweep."""


async def mark(council: str, account: str, since: datetime, work: Work) -> Mark:
    """Where the account stands; at its beginning where it was never swept."""
    await BEGIN(work.connection, [(council, account, since)])
    return (await marks([(council, account)], work.connection))[0]


async def marks(accounts: Sequence[tuple[str, str]], connection: Any) -> list[Mark]:
    return [Mark(*found) for found in await connection.fetch(FIND, *zip(*accounts, strict=True))] if accounts else []


async def move(held: Mark, until: datetime, work: Work) -> bool:
    """Remember that all until then is swept; false if the mark is not where it was."""
    return await work.connection.fetchval(MOVE, held.council, held.account, held.swept_until, until) is not None


async def looked(held: Mark, error: str | None, found: Mapping[str, int] | None, work: Work) -> None:
    """Remember that it was tried, why it failed if it did, and what it found; unless somebody asked for more meanwhile."""
    counts = json.dumps(found) if found is not None else None
    await work.connection.execute(LOOKED, held.council, held.account, work.now, error, counts, held.request_count)


async def again(council: str, account: str, since: datetime, work: Work) -> None:
    """Have it swept as soon as may be, from an instant on where that is before its mark."""
    await work.connection.execute(AGAIN, council, account, since)

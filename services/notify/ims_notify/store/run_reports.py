"""What is reported of runs: lists, single ones, their bytes, and what waits."""

from typing import Any, NamedTuple
from uuid import UUID

from ims_notify.domain.postings import FileDestination
from ims_notify.store import evidence

# Once every line is answered, a run that went is acknowledged.
STATE = "CASE WHEN d.state = 'delivered' AND d.acknowledged_at IS NOT NULL THEN 'acknowledged' ELSE d.state END"
SHOWN = f"""run_id, destination, kind, is_test, number, made_at, layout, file_name, sha256, length(content) AS bytes,
  credit_count + debit_count AS line_count, credit_pence, debit_pence, credit_pence - debit_pence AS net_pence,
  {STATE} AS state, d.attempts, d.due_at, d.delivered_at, d.acknowledged_at, d.reason"""

LISTED = f"""SELECT {SHOWN} FROM run r JOIN run_delivery d USING (run_id)
WHERE r.council = $1 AND ($2::text[] IS NULL OR r.destination = ANY($2)) AND ($3::text IS NULL OR {STATE} = $3)
  AND ($4::bool IS NULL OR r.is_test = $4)
  AND ($5::uuid IS NULL OR (r.made_at, r.run_id) < (SELECT made_at, run_id FROM run WHERE council = $1 AND run_id = $5))
ORDER BY r.made_at DESC, r.run_id DESC LIMIT $6"""  # noqa: S608 - built of constants

RUN = f"""SELECT {SHOWN} FROM run r JOIN run_delivery d USING (run_id)
WHERE r.council = $1 AND r.destination = $2 AND r.number = $3 AND r.is_test = $4"""  # noqa: S608 - built of constants

CONTENT = """SELECT file_name, sha256, content FROM run WHERE council = $1 AND destination = $2 AND number = $3 AND is_test = $4"""

ANSWERED = """SELECT count(*) FILTER (WHERE is_accepted) AS accepted_count,
  coalesce(sum(amount_pence) FILTER (WHERE is_accepted), 0)::bigint AS accepted_pence,
  count(*) FILTER (WHERE NOT is_accepted) AS rejected_count,
  coalesce(sum(amount_pence) FILTER (WHERE NOT is_accepted), 0)::bigint AS rejected_pence
FROM run_answer WHERE council = $1 AND destination = $2 AND number = $3"""

REJECTED = """SELECT a.sequence, l.*, a.reason FROM (
  SELECT sequence, reason FROM run_answer WHERE council = $1 AND destination = $2 AND number = $3 AND NOT is_accepted
  ORDER BY 1 LIMIT 500) AS a, LATERAL (
  SELECT payment_id, fund, account_reference, amount_pence FROM posting_line l
  WHERE l.council = $1 AND l.destination = $2 AND l.number = $3 AND l.sequence = a.sequence OFFSET 0) AS l ORDER BY 1"""

WAITING = """SELECT count(*) AS line_count, coalesce(sum(amount_pence), 0)::bigint AS net_pence,
  count(*) FILTER (WHERE unfit IS NOT NULL) AS unfit_count
FROM posting_line WHERE council = $1 AND destination = $2 AND number IS NULL"""

UNFIT = """SELECT line_id, payment_id, fund, account_reference, amount_pence, unfit AS reason
FROM posting_line WHERE council = $1 AND destination = $2 AND number IS NULL AND unfit IS NOT NULL ORDER BY line_id LIMIT 500"""


class Wanted(NamedTuple):
    """Which runs are asked for; none of a thing: all."""

    council: str
    destinations: list[str] | None
    state: str | None
    is_test: bool | None


async def listed(connection: Any, wanted: Wanted, after: UUID | None, count_max: int) -> list[dict[str, Any]]:
    """Runs, the newest first, from behind the one that is named."""
    return [dict(row) for row in await connection.fetch(LISTED, *wanted, after, count_max)]


async def run(connection: Any, to: FileDestination, number: int, is_test: bool) -> dict[str, Any] | None:
    """A run and what was said of it; none if there is none of that number."""
    row = await connection.fetchrow(RUN, to.council, to.name, number, is_test)
    if row is None:
        return None
    found = dict(row) | {"tried": await evidence.of(connection, row["run_id"])}
    if is_test:
        return found
    rejected = await connection.fetch(REJECTED, to.council, to.name, number)
    return found | await answered(connection, to, number) | {"rejected": [dict(each) for each in rejected]}


async def answered(connection: Any, to: FileDestination, number: int) -> dict[str, int]:
    """What was accepted and rejected of a run so far, in lines and pence."""
    return dict(await connection.fetchrow(ANSWERED, to.council, to.name, number))


async def content(connection: Any, to: FileDestination, number: int, is_test: bool) -> dict[str, Any] | None:
    """A run's bytes, with its name and digest."""
    row = await connection.fetchrow(CONTENT, to.council, to.name, number, is_test)
    return dict(row) if row else None


async def waiting(connection: Any, to: FileDestination) -> dict[str, Any]:
    """What the next run would have, and what it could not."""
    row = await connection.fetchrow(WAITING, to.council, to.name)
    unfit = await connection.fetch(UNFIT, to.council, to.name)
    return {"destination": to.name, "is_test": to.is_test} | dict(row) | {"unfit": [dict(each) for each in unfit]}

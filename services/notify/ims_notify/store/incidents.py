"""Incident messages: what was drafted for whom, who approved it, and whether it was stopped."""

import json
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from pydantic_core import to_json

from ims_kit import Work
from ims_notify.domain.incidents import Concerned, Origin
from ims_notify.store import evidence

ORIGIN = """INSERT INTO payment_origin (council, source, remittance_id, paid_on, received_on, payment_ids)
VALUES ($1, $2, $3, $4, $5, $6)"""

DRAFT = """INSERT INTO incident (incident_id, council, drafted, drafted_by, drafted_at, unknown_count) VALUES ($1, $2, $3, $4, $5, 0)
ON CONFLICT DO NOTHING RETURNING incident_id"""

FROM_ORIGIN = """SELECT DISTINCT payment_id FROM payment_origin, unnest(payment_ids) AS payment_id
WHERE council = $1 AND ($2::uuid IS NULL OR remittance_id = $2) AND ($3::text IS NULL OR source = $3)
  AND ($4::date IS NULL OR paid_on = $4) AND ($5::date IS NULL OR received_on = $5)"""

CHOOSE = """WITH asked AS (SELECT DISTINCT unnest($3::uuid[]) AS payment_id),
known AS (
  INSERT INTO incident_payment (incident_id, payment_id)
  SELECT $1, payment_id FROM asked JOIN payment p USING (payment_id) WHERE p.council = $2 AND p.heard_revision > 0 RETURNING payment_id)
UPDATE incident SET unknown_count = (SELECT count(*) FROM asked) - (SELECT count(*) FROM known) WHERE incident_id = $1"""

# Whoever can be written to, by address. A payment whose amount has not been heard yet cannot be spoken of.
# An address that is sealed is known again by its key.
ADDRESS = "coalesce(p.email_key, lower(p.email), c.email_key, lower(c.email))"
BY_ADDRESS = f"""SELECT incident_id, i.council, address, min(payment_id::text)::uuid AS payment_id,
  coalesce(min(language), 'en') AS language, sum(amount_pence)::bigint AS amount_pence, count(*)::int AS payment_count
FROM (SELECT i.*, payment_id, amount_pence, language, {ADDRESS} AS address
  FROM incident i JOIN incident_payment USING (incident_id) JOIN payment p USING (council, payment_id)
  LEFT JOIN contact c USING (council, fund, account_reference) WHERE incident_id = $1) AS i
WHERE address IS NOT NULL AND amount_pence IS NOT NULL GROUP BY incident_id, i.council, address"""  # noqa: S608 - built of constants

PREVIEW = f"""SELECT count(*)::int AS address_count, coalesce(sum(payment_count), 0)::int AS reached_count,
  count(*) FILTER (WHERE language = 'cy')::int AS welsh_count,
  (SELECT count(*)::int FROM incident_payment WHERE incident_id = $1) AS payment_count
FROM ({BY_ADDRESS}) AS a"""  # noqa: S608 - built of constants

EXAMPLES = f"""SELECT language, amount_pence, payment_count FROM ({BY_ADDRESS}) AS a ORDER BY payment_id LIMIT 3"""  # noqa: S608 - built of constants

APPROVE = """INSERT INTO incident_approval (incident_id, drafted_by, approved_by, approved_at)
SELECT incident_id, drafted_by, $3, $4 FROM incident WHERE council = $1 AND incident_id = $2 ON CONFLICT DO NOTHING RETURNING incident_id"""

ADDRESS_KEY = "sha256(convert_to(salt::text || {0}, 'UTF8'))"

MESSAGES = f"""INSERT INTO incident_message
  (incident_id, council, payment_id, address_key, language, amount_pence, payment_count, since, due_at)
SELECT incident_id, a.council, payment_id, {ADDRESS_KEY.format("address")}, language, amount_pence, payment_count, $2::timestamptz, $2
FROM ({BY_ADDRESS}) AS a JOIN incident USING (incident_id)"""  # noqa: S608 - built of constants

# The approval's row is held, so that one switches at a time.
HOLD = """SELECT incident_id FROM incident_approval JOIN incident USING (incident_id) WHERE council = $1 AND incident_id = $2
FOR UPDATE OF incident_approval"""

SWITCH = """INSERT INTO incident_switch (incident_id, number, is_stopped, officer, switched_at)
SELECT $1, coalesce(max(number), 0) + 1, $2, $3, $4 FROM incident_switch WHERE incident_id = $1
HAVING coalesce((array_agg(is_stopped ORDER BY number DESC))[1], false) <> $2 RETURNING incident_id"""

MOVE = """UPDATE incident_message SET state = $2, due_at = CASE WHEN $2 = 'due' THEN greatest(due_at, $4) ELSE due_at END
WHERE incident_id = $1 AND state = $3"""


class Choice(NamedTuple):
    """Which payments: those of one file, of one source and day, or named."""

    remittance_id: UUID | None = None
    source: str | None = None
    paid_on: date | None = None
    received_on: date | None = None
    payment_ids: list[UUID] | None = None


async def keep_origins(found: list[tuple[Origin, list[UUID]]], work: Work) -> None:
    """Keep where the payments of a batch came from."""
    if found:
        await work.connection.executemany(ORIGIN, [(*origin, ids) for origin, ids in found])


async def draft(incident_id: UUID, council: str, drafted: dict[str, Any], officer: str, work: Work) -> bool:
    """Keep a draft; False where that id has one already."""
    return bool(await work.connection.fetchval(DRAFT, incident_id, council, to_json(drafted).decode(), officer, work.now))


async def choose(incident_id: UUID, council: str, choice: Choice, work: Work) -> None:
    """Keep once and for all which payments it is about; those that nobody has heard of are counted."""
    ids = choice.payment_ids
    if ids is None:
        ids = [row[0] for row in await work.connection.fetch(FROM_ORIGIN, council, *choice[:4])]
    await work.connection.execute(CHOOSE, incident_id, council, ids)


async def preview(connection: Any, incident_id: UUID) -> dict[str, Any]:
    """Who would be written to now."""
    return dict(await connection.fetchrow(PREVIEW, incident_id))


async def examples(connection: Any, incident_id: UUID) -> list[Concerned]:
    """What three of the messages would say of their readers, whoever they are."""
    return [Concerned(*row) for row in await connection.fetch(EXAMPLES, incident_id)]


async def approve(council: str, incident_id: UUID, officer: str, work: Work) -> bool:
    """Approve, and make a message due to each address; False where it has been approved. The database refuses who drafted it."""
    if not await work.connection.fetchval(APPROVE, council, incident_id, officer, work.now):
        return False
    await work.connection.execute(MESSAGES, incident_id, work.now)
    return True


async def switch(council: str, incident_id: UUID, officer: str, is_stopped: bool, work: Work) -> bool:
    """Stop what has not gone, or go on with it; the same again changes nothing. False where nothing was approved."""
    if not await work.connection.fetchval(HOLD, council, incident_id):
        return False
    if await work.connection.fetchval(SWITCH, incident_id, is_stopped, officer, work.now):
        states = ("stopped", "due") if is_stopped else ("due", "stopped")
        await work.connection.execute(MOVE, incident_id, *states, work.now)
    return True


SHOWN = """SELECT i.incident_id, drafted, i.drafted_by, drafted_at, unknown_count, approved_by, approved_at,
  CASE WHEN approved_at IS NULL THEN 'drafted' WHEN s.is_stopped THEN 'stopped'
    WHEN EXISTS (SELECT FROM incident_message m WHERE m.incident_id = i.incident_id AND m.state = 'due') THEN 'sending'
    ELSE 'done' END AS state,
  s.officer AS switched_by, s.switched_at
FROM incident i LEFT JOIN incident_approval a USING (incident_id) LEFT JOIN LATERAL (
  SELECT is_stopped, officer, switched_at FROM incident_switch s WHERE s.incident_id = i.incident_id ORDER BY number DESC LIMIT 1)
  AS s ON true"""

ONE = f"{SHOWN} WHERE council = $1 AND i.incident_id = $2"
LISTED = f"""SELECT * FROM (
  {SHOWN} WHERE council = $1 AND ($3::uuid IS NULL
    OR (i.drafted_at, i.incident_id) < (SELECT drafted_at, incident_id FROM incident WHERE council = $1 AND incident_id = $3))) AS shown
WHERE $2::text IS NULL OR state = $2 ORDER BY drafted_at DESC, incident_id DESC LIMIT $4"""  # noqa: S608 - built of constants

COUNTED = "SELECT state, count(*)::int FROM incident_message WHERE incident_id = $1 GROUP BY 1 ORDER BY 1"

MESSAGES_LISTED = """SELECT message_id, payment_id, language, state, attempts, due_at, finished_at, reason FROM incident_message
WHERE council = $1 AND incident_id = $2 AND ($3::text IS NULL OR state = $3) AND ($4::uuid IS NULL OR message_id > $4)
ORDER BY message_id LIMIT $5"""


async def one(connection: Any, council: str, incident_id: UUID) -> dict[str, Any] | None:
    """An incident's message as it stands, with how many of them are in which state."""
    row = await connection.fetchrow(ONE, council, incident_id)
    return read(row) | {"messages": dict(await connection.fetch(COUNTED, incident_id))} if row else None


async def listed(connection: Any, council: str, state: str | None, after: UUID | None, count_max: int) -> list[dict[str, Any]]:
    """Incidents, the newest first, from behind the one that is named."""
    return [read(row) for row in await connection.fetch(LISTED, council, state, after, count_max)]


async def messages(connection: Any, about: tuple[str, UUID], state: str | None, after: UUID | None, count_max: int) -> list[dict[str, Any]]:
    """The messages of an incident, each by the payment it is about, with what its attempts were answered; never to whom."""
    rows = await connection.fetch(MESSAGES_LISTED, *about, state, after, count_max)
    answers = await evidence.of_each(connection, [row["message_id"] for row in rows])
    return [{**row, "evidence": answers[row["message_id"]]} for row in rows]


def read(row: Any) -> dict[str, Any]:
    return dict(row) | {"drafted": json.loads(row["drafted"])}

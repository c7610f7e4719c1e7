"""The queue of incident messages, lent out at the rate that is set, whichever processes send them."""

import json
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from ims_kit import Work
from ims_notify.domain.incidents import Wording
from ims_notify.store.deliveries import Queue
from ims_notify.store.incidents import ADDRESS, ADDRESS_KEY
from ims_notify.store.vault import PLAIN, Vault

HOLD = "SELECT pg_try_advisory_xact_lock(7, 1)"

LENT = """SELECT count(*), count(*) FILTER (WHERE lent_at > $1::timestamptz - interval '1 second') FROM incident_message
WHERE lent_at > $1::timestamptz - interval '1 minute'"""

# Only to the address that was approved: one that has changed since, or been removed, is not written to.
CLAIM = f"""WITH next AS MATERIALIZED (
  SELECT message_id FROM incident_message WHERE state = 'due' AND due_at <= $1 ORDER BY due_at, message_id LIMIT $2
  FOR UPDATE SKIP LOCKED),
lent AS (
  UPDATE incident_message m SET attempts = attempts + 1, due_at = $3, lent_at = $1, since = CASE WHEN attempts = 0 THEN $1 ELSE since END
  FROM next WHERE m.message_id = next.message_id RETURNING m.*)
SELECT message_id, lent.council, lent.language, lent.amount_pence, payment_count, attempts, since, drafted,
  CASE WHEN address_key = {ADDRESS_KEY.format(ADDRESS)} THEN coalesce(p.email, c.email) END AS email
FROM lent JOIN incident USING (incident_id) JOIN payment p ON p.council = lent.council AND p.payment_id = lent.payment_id
LEFT JOIN contact c ON (c.council, c.fund, c.account_reference) = (p.council, p.fund, p.account_reference)
ORDER BY message_id"""  # noqa: S608 - built of constants

# A yes counts even where it was stopped meanwhile, or the lease has run out.
SETTLE = """UPDATE incident_message m SET state = n.state, due_at = n.due_at, reason = n.reason,
  finished_at = CASE WHEN n.state = 'due' THEN NULL ELSE $1::timestamptz END
FROM unnest($2::uuid[], $3::int[], $4::text[], $5::timestamptz[], $6::text[]) AS n (message_id, attempts, state, due_at, reason)
WHERE m.message_id = n.message_id
  AND ((m.state = 'due' AND m.attempts = n.attempts) OR (m.state IN ('due', 'stopped') AND n.state = 'delivered'))"""


class IncidentDue(NamedTuple):
    """A message that is to be tried now."""

    message_id: UUID
    council: str
    language: str
    amount_pence: int
    payment_count: int
    attempts: int
    """With this one."""
    since: datetime
    words: dict[str, Wording]
    email: str | None
    """None: it has changed since it was approved, or has been removed."""

    @property
    def channel(self) -> str:
        return "email"


class Pace:
    """What a courier borrows from, at no more than so many a minute, evenly."""

    def __init__(self, per_minute: int, vault: Vault = PLAIN) -> None:
        self.per_minute, self.per_second, self.vault = per_minute, -(-per_minute // 60), vault

    async def claim(self, queue: Queue, count_max: int, lease: timedelta, work: Work) -> list[IncidentDue]:
        """Borrow what is due, oldest first; nothing while the rate is reached or another process borrows."""
        if not count_max or not await work.connection.fetchval(HOLD):
            return []
        in_minute, in_second = await work.connection.fetchrow(LENT, work.now)
        count = min(count_max, self.per_minute - in_minute, self.per_second - in_second)
        if count <= 0:
            return []
        found = [due(row) for row in await work.connection.fetch(CLAIM, work.now, count, work.now + lease)]
        return [each._replace(email=await self.vault.opened(each.council, each.email, work)) for each in found]

    async def settle(self, results: list[Any], work: Work) -> None:
        """Keep what attempts came to."""
        rows = [(each.due.message_id, each.due.attempts, *each.settled[:3]) for each in results]
        if rows:
            await work.connection.execute(SETTLE, work.now, *zip(*rows, strict=True))


def due(row: Any) -> IncidentDue:
    words = {language: Wording(**said) for language, said in json.loads(row["drafted"])["words"].items() if said}
    known = {name: row[name] for name in IncidentDue._fields if name != "words"}
    return IncidentDue(**known, words=words)

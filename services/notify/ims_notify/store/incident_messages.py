"""The queue of incident messages, lent out at the rate that is set, whichever processes send them."""

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from ims_kit import Work
from ims_notify.domain.attempts import Sending
from ims_notify.domain.incidents import Wording
from ims_notify.domain.manners import Manners, digest, quiet_until
from ims_notify.store import evidence, opt_outs
from ims_notify.store.deliveries import Queue
from ims_notify.store.incidents import ADDRESS, ADDRESS_KEY
from ims_notify.store.vault import PLAIN, Vault

NO_MANNERS: Mapping[str, Manners] = MappingProxyType({})
HOLD = "SELECT pg_try_advisory_xact_lock(7, 1)"

LENT = """SELECT count(*), count(*) FILTER (WHERE lent_at > $1::timestamptz - interval '1 second') FROM incident_message
WHERE lent_at > $1::timestamptz - interval '1 minute'"""

# Only to the address that was approved: one that has changed since, or been removed, is not written to.
CLAIM = f"""WITH next AS MATERIALIZED (
  SELECT message_id FROM incident_message
  WHERE state = 'due' AND due_at <= $1 AND ($4::text[] IS NULL OR council = ANY($4)) AND council <> ALL($5::text[])
  ORDER BY due_at, message_id LIMIT $2 FOR UPDATE SKIP LOCKED),
lent AS (
  UPDATE incident_message m SET attempts = attempts + 1, due_at = $3, lent_at = $1, since = CASE WHEN attempts = 0 THEN $1 ELSE since END
  FROM next WHERE m.message_id = next.message_id RETURNING m.*)
SELECT message_id, lent.council, lent.language, lent.amount_pence, payment_count, attempts, since, notification_id, drafted,
  CASE WHEN address_key = {ADDRESS_KEY.format(ADDRESS)} THEN coalesce(p.email, c.email) END AS email
FROM lent JOIN incident USING (incident_id) JOIN payment p ON p.council = lent.council AND p.payment_id = lent.payment_id
LEFT JOIN contact c ON (c.council, c.fund, c.account_reference) = (p.council, p.fund, p.account_reference)
ORDER BY message_id"""  # noqa: S608 - built of constants

# A yes counts even where it was stopped meanwhile, or the lease has run out.
SETTLE = """UPDATE incident_message m SET state = n.state, due_at = n.due_at, reason = n.reason,
  finished_at = CASE WHEN n.state = 'due' THEN NULL ELSE $1::timestamptz END, since = coalesce(n.since, m.since),
  notification_id = coalesce(n.notification_id, m.notification_id)
FROM unnest($2::uuid[], $3::int[], $4::text[], $5::timestamptz[], $6::text[], $7::timestamptz[], $8::uuid[])
  AS n (message_id, attempts, state, due_at, reason, since, notification_id)
WHERE m.message_id = n.message_id
  AND ((m.state = 'due' AND m.attempts = n.attempts) OR (m.state IN ('due', 'stopped') AND n.state = 'sent'))"""

# As of deliveries: a report may come before we have kept that it was taken, and a failure counts of what was taken last.
END = """UPDATE incident_message SET state = $3, reason = $4, finished_at = $5, notification_id = $6
WHERE council = $1 AND message_id = $2 AND CASE WHEN $3 = 'delivered' THEN state IN ('due', 'stopped', 'sent', 'failed')
  WHEN $7::timestamptz IS NOT NULL THEN state IN ('due', 'stopped', 'sent') AND since = $7 AND notification_id IS NULL
  ELSE (state = 'sent' AND notification_id = $6)
    OR (state IN ('due', 'stopped') AND notification_id IS DISTINCT FROM $6) END"""


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
    notification_id: UUID | None
    """What GOV.UK Notify took of it before, and said has failed."""
    words: dict[str, Wording]
    email: str | None
    """None: it has changed since it was approved, or has been removed."""
    is_opted_out: bool = False
    kind: str = "incident"
    channel: str = "email"

    @property
    def delivery_id(self) -> UUID:
        return self.message_id

    @property
    def to(self) -> str | None:
        return self.email


class Pace:
    """What a courier borrows from, at no more than so many a minute, evenly."""

    def __init__(self, per_minute: int, vault: Vault = PLAIN, manners: Mapping[str, Manners] = NO_MANNERS) -> None:
        self.per_minute, self.per_second, self.vault, self.manners = per_minute, -(-per_minute // 60), vault, manners

    async def claim(self, queue: Queue, count_max: int, lease: timedelta, work: Work) -> list[IncidentDue]:
        """Borrow what is due, oldest first; nothing while the rate is reached or another process borrows, and nothing of a council
        whose people are left in peace now."""
        if not count_max or not await work.connection.fetchval(HOLD):
            return []
        in_minute, in_second = await work.connection.fetchrow(LENT, work.now)
        count = min(count_max, self.per_minute - in_minute, self.per_second - in_second)
        if count <= 0:
            return []
        but = [*queue.but, *(council for council, own in self.manners.items() if quiet_until(own.quiet, "email", work.now))]
        rows = await work.connection.fetch(CLAIM, work.now, count, work.now + lease, queue.only, but)
        return [await self.opened(due(row), work) for row in rows]

    async def opened(self, lent: IncidentDue, work: Work) -> IncidentDue:
        """With its address as it is written, and whether whoever has it does not want to be written to."""
        email = await self.vault.opened(lent.council, lent.email, work)
        is_out = bool(email and await opt_outs.out([digest(lent.council, email)], work.connection))
        return lent._replace(email=email, is_opted_out=is_out)

    async def settle(self, results: list[Any], work: Work) -> None:
        """Keep what attempts came to."""
        rows = [(each.due.message_id, each.due.attempts, *each.settled[:5]) for each in results]
        if rows:
            await evidence.keep([each.evidence for each in results], work)
            await work.connection.execute(SETTLE, work.now, *zip(*rows, strict=True))


def due(row: Any) -> IncidentDue:
    words = {language: Wording(**said) for language, said in json.loads(row["drafted"])["words"].items() if said}
    known = {name: value for name, value in row.items() if name != "drafted"}
    return IncidentDue(**known, words=words)


async def end(council: str, message_id: UUID, ended: tuple[str, str], sent: Sending, work: Work) -> None:
    """What GOV.UK Notify, or mail that came back, says has become of a message, if it is one of ours."""
    await work.connection.execute(END, council, message_id, *ended, work.now, *sent)

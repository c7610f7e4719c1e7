"""The queue of deliveries: lent out for an attempt, and settled after it."""

import json
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from pydantic_core import to_json

from ims_kit import Cause, Work
from ims_notify.domain.attempts import Answer, Due, Evidence, Settled, told
from ims_notify.store import evidence

# The attempt is committed before anything leaves the house: whatever happens then, we know that it may have been made.
# A newer revision waits while an older one of the same payment is still to be told there.
CLAIM = """WITH next AS MATERIALIZED (
  SELECT delivery_id FROM delivery d
  WHERE channel = $1 AND destination = $2 AND state = 'due' AND due_at <= $3 AND NOT (d.revision > 1 AND EXISTS (
    SELECT FROM delivery older WHERE older.council = d.council AND older.payment_id = d.payment_id AND older.channel = d.channel
      AND older.destination = d.destination AND older.revision < d.revision AND older.state = 'due'))
  ORDER BY due_at LIMIT $4 FOR UPDATE SKIP LOCKED),
lent AS (
  UPDATE delivery d SET attempts = attempts + 1, due_at = $5 FROM next WHERE d.delivery_id = next.delivery_id RETURNING d.*)
SELECT lent.delivery_id, council, payment_id, lent.channel, lent.destination, lent.attempts, lent.since,
  coalesce(lent.amount_pence, p.amount_pence), lent.facts::text, coalesce(p.email, c.email), c.language, p.channel, p.paid_on,
  p.reference, p.outcome, fund, account_reference, p.account_references, p.refund_due_pence, p.balance_pence, p.next_due_on, c.vat_code,
  p.because
FROM lent JOIN payment p USING (council, payment_id) LEFT JOIN contact c USING (council, fund, account_reference)
ORDER BY lent.since"""

# A yes counts even if the lease has run out meanwhile; anything else then is the word of whoever has it now.
SETTLE = """UPDATE delivery d SET state = n.state, due_at = n.due_at, reason = n.reason,
  finished_at = CASE WHEN n.state = 'due' THEN NULL ELSE $1::timestamptz END
FROM unnest($2::uuid[], $3::int[], $4::text[], $5::timestamptz[], $6::text[]) AS n (delivery_id, attempts, state, due_at, reason)
WHERE d.delivery_id = n.delivery_id AND d.state = 'due' AND (d.attempts = n.attempts OR n.state = 'delivered')
RETURNING d.delivery_id"""

AGAIN = """UPDATE delivery SET state = 'due', since = $3, due_at = $3, finished_at = NULL
WHERE council = $1 AND delivery_id = $2 AND state = 'failed' AND ($4::text[] IS NULL OR destination = ANY($4)) RETURNING delivery_id"""


ACKNOWLEDGE = """UPDATE delivery SET state = 'acknowledged' WHERE council = $1 AND delivery_id = $2 AND channel = 'webhook'
AND state IN ('delivered', 'acknowledged') AND ($3::text[] IS NULL OR destination = ANY($3)) RETURNING state"""


class Queue(NamedTuple):
    """All that is due to one receiver."""

    channel: str
    destination: str


class Result(NamedTuple):
    """What an attempt came to."""

    due: Due
    settled: Settled
    answer: Answer
    answered_at: datetime

    @property
    def evidence(self) -> Evidence:
        due, answer = self.due, self.answer
        return Evidence(due.delivery_id, due.attempts, self.answered_at, answer.verdict, answer.code, answer.their_id, answer.reason)


async def claim(queue: Queue, count_max: int, lease: timedelta, work: Work) -> list[Due]:
    """Borrow what is due to one receiver, oldest first. Once this is committed, it may leave the house."""
    rows = await work.connection.fetch(CLAIM, *queue, work.now, count_max, work.now + lease)
    return [Due(*row) for row in rows]


async def settle(results: list[Result], work: Work) -> None:
    """Keep what attempts came to, and tell those that ended something, once."""
    if not results:
        return
    columns = zip(*((r.due.delivery_id, r.due.attempts, *r.settled) for r in results), strict=True)
    await evidence.keep([each.evidence for each in results], work)
    open_ids = {row[0] for row in await work.connection.fetch(SETTLE, work.now, *columns)}
    for due, settled, *_ in results:
        fact = told(due, settled.state, settled.reason, work.today) if due.delivery_id in open_ids else None
        if fact:
            work.tell(fact, because=cause(due.because))


def story(found: Cause | None) -> str | None:
    """A cause as it is kept: what couriers tell much later goes on with it."""
    return to_json(found).decode() if found else None


def cause(kept: str | None) -> Cause | None:
    return Cause(*json.loads(kept)) if kept else None


async def acknowledge(council: str, destinations: list[str] | None, delivery_id: UUID, work: Work) -> str | None:
    """A back office says that it has dealt with what it was told; returns the state it is then in, None where it never was delivered."""
    state: str | None = await work.connection.fetchval(ACKNOWLEDGE, council, delivery_id, destinations)
    return state


async def retry(council: str, destinations: list[str] | None, delivery_id: UUID, work: Work) -> bool:
    """A person asks for a failed delivery to be tried again, with as much patience as the first time."""
    return bool(await work.connection.fetch(AGAIN, council, delivery_id, work.now, destinations))

"""The queue of deliveries: lent out for an attempt, and settled after it."""

import json
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from pydantic_core import to_json

from ims_contracts.notifications import DeliveryFailed
from ims_kit import Cause, Work
from ims_notify.domain.attempts import Answer, Due, Evidence, Settled, told
from ims_notify.domain.facts import ATTENDED
from ims_notify.domain.manners import Quiet, digest
from ims_notify.store import alerts, evidence, opt_outs
from ims_notify.store.vault import PLAIN, Vault

# All that is known of deliveries that were just changed, as `lent`.
DUE_FIELDS = """lent.delivery_id, council, payment_id, lent.kind, lent.channel, lent.destination, lent.attempts, lent.since,
  coalesce(lent.amount_pence, p.amount_pence), lent.facts::text, coalesce(p.email, c.email), c.language, p.channel, p.paid_on,
  p.reference, p.outcome, fund, account_reference, p.account_references, p.refund_due_pence, p.balance_pence, p.next_due_on, c.vat_code,
  p.because, coalesce(p.phone, c.phone), c.address, lent.notification_id, p.vat_pence"""
DUE_FROM = "FROM lent JOIN payment p USING (council, payment_id) LEFT JOIN contact c USING (council, fund, account_reference)"

# The attempt is committed before anything leaves the house: whatever happens then, we know that it may have been made.
# A newer revision waits while an older one of the same payment is still to be told there.
CLAIM = f"""WITH next AS MATERIALIZED (
  SELECT delivery_id FROM delivery d
  WHERE channel = $1 AND destination = $2 AND state = 'due' AND due_at <= $3
    AND ($6::text[] IS NULL OR council = ANY($6)) AND council <> ALL($7::text[]) AND NOT (d.kind = 'posting' AND d.revision > 1 AND EXISTS (
    SELECT FROM delivery older WHERE older.council = d.council AND older.payment_id = d.payment_id AND older.kind = 'posting'
      AND older.destination = d.destination AND older.revision < d.revision AND older.state = 'due'))
  ORDER BY due_at LIMIT $4 FOR UPDATE SKIP LOCKED),
lent AS (
  UPDATE delivery d SET attempts = attempts + 1, due_at = $5, since = CASE WHEN attempts = 0 THEN $3 ELSE since END,
    said_revision = p.placed_revision, said_outcome = p.outcome
  FROM next, payment p
  WHERE d.delivery_id = next.delivery_id AND p.council = d.council AND p.payment_id = d.payment_id RETURNING d.*)
SELECT {DUE_FIELDS} {DUE_FROM} ORDER BY lent.since"""  # noqa: S608 - built of constants


# A yes counts even if the lease has run out meanwhile; anything else then is the word of whoever has it now. Of a first yes the
# moment is kept: only that is told.
SETTLE = """UPDATE delivery d SET state = n.state, due_at = n.due_at, reason = n.reason,
  finished_at = CASE WHEN n.state IN ('due', 'sent') THEN NULL ELSE $1::timestamptz END, since = coalesce(n.since, d.since),
  issued_at = CASE WHEN n.state IN ('sent', 'delivered') THEN coalesce(d.issued_at, $1) ELSE d.issued_at END,
  notification_id = coalesce(n.notification_id, d.notification_id), template = coalesce(n.template, d.template)
FROM unnest($2::uuid[], $3::int[], $4::text[], $5::timestamptz[], $6::text[], $7::timestamptz[], $8::uuid[], $9::text[])
  AS n (delivery_id, attempts, state, due_at, reason, since, notification_id, template)
WHERE d.delivery_id = n.delivery_id AND d.state = 'due' AND (d.attempts = n.attempts OR n.state IN ('sent', 'delivered'))
RETURNING d.delivery_id, d.state = 'failed' OR d.issued_at = $1"""

HUSH = """UPDATE delivery d SET due_at = $4 FROM payment p
WHERE d.channel = $1 AND d.destination = '' AND d.state = 'due' AND d.due_at <= $3 AND d.council = $2
  AND p.council = d.council AND p.payment_id = d.payment_id AND NOT (d.kind IN ('receipt', 'copy') AND p.channel = ANY($5::text[]))"""

AGAIN = """UPDATE delivery SET state = 'due', since = $3, due_at = $3, finished_at = NULL
WHERE council = $1 AND delivery_id = $2 AND state = 'failed' AND ($4::text[] IS NULL OR destination = ANY($4)) RETURNING delivery_id"""

# By when each came to its end first: a replay moves nothing into or out of a range.
REPLAY = """UPDATE delivery SET state = 'due', since = $5, due_at = $5, finished_at = NULL
WHERE council = $1 AND channel = 'webhook' AND destination = $2 AND state IN ('delivered', 'acknowledged', 'failed')
  AND coalesce(issued_at, finished_at) >= $3 AND coalesce(issued_at, finished_at) < $4"""

ACKNOWLEDGE = """UPDATE delivery SET state = 'acknowledged' WHERE council = $1 AND delivery_id = $2 AND kind = 'posting'
AND state IN ('delivered', 'acknowledged') AND ($3::text[] IS NULL OR destination = ANY($3)) RETURNING state"""


class Queue(NamedTuple):
    """All that is due to one receiver."""

    channel: str
    destination: str
    only: list[str] | None = None
    """Of these councils; None: of all."""
    but: tuple[str, ...] = ()
    """Councils that are served by another."""

    @property
    def name(self) -> str:
        """For people."""
        return " ".join([self.channel, self.destination, *(self.only or [])]).replace("  ", " ").rstrip()


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


async def claim(queue: Queue, count_max: int, lease: timedelta, work: Work, vault: Vault = PLAIN) -> list[Due]:
    """Borrow what is due to one receiver, oldest first. Once this is committed, it may leave the house."""
    rows = await work.connection.fetch(
        CLAIM, queue.channel, queue.destination, work.now, count_max, work.now + lease, queue.only, queue.but
    )
    return await asked(await vault.open([Due(*row) for row in rows], work), work)


class Opened:
    """Deliveries, whose addresses are opened as they are borrowed."""

    def __init__(self, vault: Vault) -> None:
        self.vault = vault

    async def claim(self, queue: Queue, count_max: int, lease: timedelta, work: Work) -> list[Due]:
        """As `claim`."""
        return await claim(queue, count_max, lease, work, self.vault)

    async def settle(self, results: list[Result], work: Work) -> None:
        """As `settle`."""
        await settle(results, work)


async def asked(due: list[Due], work: Work) -> list[Due]:
    """The same, and who of them does not want it."""
    digests = [digest(each.council, each.to) if each.to else "" for each in due]
    out = await opt_outs.out(filter(None, digests), work.connection) if any(digests) else set()
    return [each._replace(is_opted_out=found in out) for each, found in zip(due, digests, strict=True)]


async def hush(queue: Queue, council: str, quiet: Quiet, until: datetime, work: Work) -> None:
    """Let what is due to a council's people wait until quiet is over."""
    spared = list(ATTENDED) if quiet.spares_receipts else []
    await work.connection.execute(HUSH, queue.channel, council, work.now, until, spared)


async def settle(results: list[Result], work: Work) -> None:
    """Keep what attempts came to, and tell those that ended something, once."""
    if not results:
        return
    columns = zip(*((r.due.delivery_id, r.due.attempts, *r.settled) for r in results), strict=True)
    await evidence.keep([each.evidence for each in results], work)
    open_ids = {row[0] for row in await work.connection.fetch(SETTLE, work.now, *columns) if row[1]}
    failed = []
    for due, settled, *_ in results:
        fact = told(due, settled.state, settled.reason, work.today) if due.delivery_id in open_ids else None
        if fact:
            work.tell(fact, because=cause(due.because))
        if isinstance(fact, DeliveryFailed):
            failed.append(fact)
    await alerts.sound(failed, work)


def story(found: Cause | None) -> str | None:
    """A cause as it is kept: what couriers tell much later goes on with it."""
    return to_json([*found]).decode() if found else None


def cause(kept: str | None) -> Cause | None:
    return Cause(*json.loads(kept)) if kept else None


async def acknowledge(council: str, destinations: list[str] | None, delivery_id: UUID, work: Work) -> str | None:
    """A back office says that it has dealt with what it was told; returns the state it is then in, None where it never was delivered."""
    state: str | None = await work.connection.fetchval(ACKNOWLEDGE, council, delivery_id, destinations)
    return state


async def retry(council: str, destinations: list[str] | None, delivery_id: UUID, work: Work) -> bool:
    """A person asks for a failed delivery to be tried again, with as much patience as the first time."""
    return bool(await work.connection.fetch(AGAIN, council, delivery_id, work.now, destinations))


async def replay(council: str, destination: str, since: datetime, until: datetime, work: Work) -> int:
    """A back office wants all that it was told, or should have been, from one instant to before another once more, with the same ids and
    bodies and in the same order. Returns how many."""
    answer: str = await work.connection.execute(REPLAY, council, destination, since, until, work.now)
    return int(answer.split()[-1])

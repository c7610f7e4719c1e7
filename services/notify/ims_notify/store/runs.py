"""The lines that wait, the runs that were made of them, and how far each has come."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid5

from ims_contracts.notifications import DeliveryFailed, RunDelivered
from ims_kit import Insert, Work
from ims_notify.domain.attempts import Evidence, Settled
from ims_notify.domain.facts import NAMESPACE
from ims_notify.domain.postings import FileDestination, Kept, Line
from ims_notify.domain.writing import Totals, Written
from ims_notify.store import alerts, evidence
from ims_notify.store.run_tables import PostingLineRow

# What a run may hold: more waits for the next, so that a file always fits into memory.
LINES_MAX = 1_000_000
PAGE = 5_000

KEEP = Insert(
    PostingLineRow,
    "line_id council destination payment_id journal_id revision fund account_reference amount_pence method_of_payment reason outcome"
    " balance_pence posted_on",
)

DONE_UNTIL = "SELECT done_until FROM run_schedule WHERE council = $1 AND destination = $2"

HOLD = """INSERT INTO run_schedule (council, destination, done_until) VALUES ($1, $2, $3)
ON CONFLICT (council, destination) DO UPDATE SET done_until = run_schedule.done_until RETURNING done_until"""

# A payment that we have not heard of yet: its line waits, as it cannot say when it was paid. The order is the same whenever we look.
WAITING = """SELECT l.line_id, l.fund, l.account_reference, l.amount_pence, l.method_of_payment, l.reason, l.outcome, l.balance_pence,
  l.posted_on, l.payment_id, coalesce(p.paid_on, l.posted_on), p.channel, CASE WHEN l.amount_pence < 0 THEN (
    SELECT o.line_id FROM posting_line o WHERE o.council = l.council AND o.payment_id = l.payment_id AND o.destination = l.destination
      AND o.fund = l.fund AND o.account_reference = l.account_reference AND o.amount_pence > 0
      AND o.revision < coalesce(l.revision, 2147483647) ORDER BY o.revision DESC LIMIT 1) END
FROM posting_line l LEFT JOIN payment p ON p.council = l.council AND p.payment_id = l.payment_id
WHERE l.council = $1 AND l.destination = $2 AND l.number IS NULL AND (l.payment_id IS NULL OR p.heard_revision > 0)
ORDER BY l.posted_on, coalesce(l.payment_id, l.journal_id), l.revision, l.line_id LIMIT $3"""

NUMBER = """SELECT greatest(coalesce(max(number), 0) + 1, $4) FROM run WHERE council = $1 AND destination = $2 AND is_test = $3"""

MAKE = """INSERT INTO run (run_id, council, destination, is_test, kind, number, slot, made_at, layout, file_name,
  credit_count, debit_count, credit_pence, debit_pence, sha256, content)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"""

DUE = "INSERT INTO run_delivery (run_id, since, due_at) VALUES ($1, $2, $2)"

# Whoever makes a run holds the destination's row of `run_schedule`, so that all of them still wait. By their key alone, for the planner
# takes those that wait to be few where they came lately.
NUMBERED = """UPDATE posting_line l SET number = $2, sequence = n.sequence, unfit = NULL
FROM unnest($1::uuid[]) WITH ORDINALITY AS n (line_id, sequence) WHERE l.line_id = n.line_id"""

UNFIT = """UPDATE posting_line l SET unfit = n.unfit FROM unnest($1::uuid[], $2::text[]) AS n (line_id, unfit)
WHERE l.line_id = n.line_id AND l.unfit IS DISTINCT FROM n.unfit"""

DONE = "UPDATE run_schedule SET done_until = $3 WHERE council = $1 AND destination = $2"

# Runs go in the order of their numbers: a newer one waits for an older one that is still to go.
CLAIM = """WITH next AS (
  SELECT d.run_id FROM run_delivery d JOIN run r USING (run_id) WHERE r.council = $1 AND r.destination = $2 AND d.state = 'due'
  ORDER BY r.is_test, r.number LIMIT 1 FOR UPDATE OF d),
lent AS (
  UPDATE run_delivery d SET attempts = d.attempts + 1, due_at = $4 FROM next
  WHERE d.run_id = next.run_id AND d.state = 'due' AND d.due_at <= $3 RETURNING d.*)
SELECT run_id, council, destination, is_test, number, file_name, content, lent.attempts, lent.since,
  credit_count, debit_count, credit_pence, debit_pence
FROM lent JOIN run USING (run_id)"""

SETTLE = """UPDATE run_delivery d SET state = $3, due_at = $4, reason = $5,
  delivered_at = CASE WHEN $3 = 'delivered' THEN coalesce(d.delivered_at, $6) ELSE d.delivered_at END
FROM (SELECT run_id, delivered_at FROM run_delivery WHERE run_id = $1 FOR UPDATE) was
WHERE d.run_id = was.run_id AND d.state = 'due' AND (d.attempts = $2 OR $3 = 'delivered') RETURNING was.delivered_at IS NULL"""

AGAIN = """UPDATE run_delivery d SET state = 'due', since = $5, due_at = $5 FROM run r
WHERE r.run_id = d.run_id AND r.council = $1 AND r.destination = $2 AND r.is_test = $3 AND r.number = $4 AND d.state <> 'due'
RETURNING d.run_id"""


class RunDue(NamedTuple):
    """A run that is to be delivered now."""

    run_id: UUID
    council: str
    destination: str
    is_test: bool
    number: int
    file_name: str
    content: bytes
    attempts: int
    """With this one."""
    since: datetime
    credit_count: int
    debit_count: int
    credit_pence: int
    debit_pence: int

    @property
    def channel(self) -> str:
        return "file"


class Made(NamedTuple):
    """A run that is to be kept."""

    number: int
    slot: datetime
    layout: str
    file_name: str
    written: Written


async def keep(lines: list[Kept], work: Work) -> None:
    """Keep lines of facts; those that are known already change nothing."""
    by_id = {line.line_id: line for line in lines}
    await KEEP(work.connection, [by_id[each] for each in sorted(by_id)])


async def is_done(to: FileDestination, slot: datetime, work: Work) -> bool:
    """Whether a time has had its run, as far as can be seen without keeping others out."""
    done_until = await work.connection.fetchval(DONE_UNTIL, to.council, to.name)
    return done_until is not None and done_until >= slot


async def hold(to: FileDestination, work: Work) -> datetime:
    """Be the only one who makes a run for a destination; returns until when its times are done. A new one begins now."""
    done_until: datetime = await work.connection.fetchval(HOLD, to.council, to.name, work.now)
    return done_until


async def waiting(to: FileDestination, work: Work) -> AsyncIterator[list[Line]]:
    """What is to be told, in pages: a transaction that is idle for long is ended by the server."""
    cursor = await work.connection.cursor(WAITING, to.council, to.name, LINES_MAX)
    while rows := await cursor.fetch(PAGE):
        yield [Line(*row) for row in rows]


async def next_number(to: FileDestination, work: Work) -> int:
    """The number that a run would have. Numbers of a destination, and of its tests, have no gaps."""
    number: int = await work.connection.fetchval(NUMBER, to.council, to.name, to.is_test, to.first_number)
    return number


def run_id(to: FileDestination, number: int) -> UUID:
    return uuid5(NAMESPACE, f"run|{to.council}|{to.name}|{to.is_test}|{number}")


async def make(to: FileDestination, made: Made, work: Work) -> None:
    """Keep a run, to be delivered."""
    known, totals = run_id(to, made.number), made.written.totals
    await work.connection.execute(
        MAKE, known, to.council, to.name, to.is_test, to.kind, made.number, made.slot, work.now, made.layout, made.file_name, *totals,
        made.written.sha256, made.written.content,
    )  # fmt: skip
    await work.connection.execute(DUE, known, work.now)


async def number_lines(number: int, line_ids: list[UUID], work: Work) -> None:
    """These lines are in this run, in this order, and in no other."""
    await work.connection.execute(NUMBERED, line_ids, number)


async def keep_unfit(unfit: dict[UUID, str], work: Work) -> None:
    """Keep why lines could not be written."""
    if unfit:
        await work.connection.execute(UNFIT, list(unfit), list(unfit.values()))


async def done(to: FileDestination, slot: datetime, work: Work) -> None:
    """The times until this one have had their run."""
    await work.connection.execute(DONE, to.council, to.name, slot)


async def claim(to: FileDestination, lease: timedelta, work: Work) -> RunDue | None:
    """Borrow the next run that is due. Once this is committed, it may leave the house."""
    row = await work.connection.fetchrow(CLAIM, to.council, to.name, work.now, work.now + lease)
    return RunDue(*row) if row else None


async def settle(due: RunDue, settled: Settled, known: Evidence, work: Work) -> None:
    """Keep what an attempt came to, and tell of a run that went, or will not go, once. Of a test nothing is told."""
    await evidence.keep([known], work)
    answer = await work.connection.fetchval(SETTLE, due.run_id, due.attempts, *settled[:3], work.now)
    if answer is None or due.is_test:
        return
    if settled.state == "delivered" and answer:
        work.tell(delivered(due, work))
    elif settled.state == "failed":
        fact = failed(due, settled, work)
        work.tell(fact)
        await alerts.sound([fact], work)


def failed(due: RunDue, settled: Settled, work: Work) -> DeliveryFailed:
    return DeliveryFailed(
        council=due.council, delivery_id=due.run_id, channel=due.channel, destination=due.destination, reason=settled.reason,
        attempts=due.attempts, failed_on=work.today,
    )  # fmt: skip


def delivered(due: RunDue, work: Work) -> RunDelivered:
    totals = Totals(due.credit_count, due.debit_count, due.credit_pence, due.debit_pence)
    return RunDelivered(
        council=due.council, run_id=due.run_id, destination=due.destination, number=due.number, line_count=totals.line_count,
        net_pence=totals.net_pence, delivered_on=work.today,
    )  # fmt: skip


async def again(to: FileDestination, number: int, is_test: bool, work: Work) -> bool:
    """A person asks for a run to go once more, byte for byte; whether there is one that is not on its way."""
    return bool(await work.connection.fetchval(AGAIN, to.council, to.name, is_test, number, work.now))

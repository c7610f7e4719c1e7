"""Measure what is held against thresholds, and raise and end the alarms of what passes them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ims_kit import Work
from ims_notify.domain.alert_levels import Heard, Held, Level, Waiting
from ims_notify.domain.alerting import MEASURED, Alarm
from ims_notify.store.alerts import raise_alarms

# The same fact twice moves it once.
MOVE = """WITH heard AS (DELETE FROM suspense_heard RETURNING *)
INSERT INTO suspense_move (council, subject_id, cause_id, revision, amount_pence, posted_on, is_payment)
SELECT m.* FROM heard h, unnest(h.council, h.subject_id, h.cause_id, h.revision, h.amount_pence, h.posted_on, h.is_payment) AS m
ON CONFLICT DO NOTHING"""

# All of suspense counts; only what a payment has there has an age: a reversal that nobody knows ends in another journal's name.
SUSPENSE = """SELECT count(*) FILTER (WHERE is_payment AND pence <> 0), coalesce(sum(pence), 0)::bigint,
  min(since) FILTER (WHERE is_payment AND pence > 0)
FROM (SELECT subject_id, bool_or(is_payment) AS is_payment, sum(amount_pence) AS pence, min(posted_on) AS since
  FROM suspense_move WHERE council = $1 GROUP BY subject_id) AS subject"""

BREAKS = """SELECT count(*), coalesce(sum(abs(amount_pence)), 0)::bigint, min(opened_on) FROM known_break WHERE council = $1 AND is_open"""

WAITING = """SELECT coalesce(nullif(destination, ''), channel), count(*), min(since) FROM delivery
WHERE council = $1 AND state = 'due' AND since < $2 GROUP BY 1
UNION ALL
SELECT destination, count(*), min(since) FROM run_delivery JOIN run USING (run_id)
WHERE council = $1 AND state = 'due' AND since < $2 AND NOT is_test GROUP BY 1 ORDER BY 1"""

DONE_UNTIL = "SELECT destination, done_until FROM run_schedule WHERE council = $1"

SET_ASIDE = "SELECT count(*) FROM set_aside WHERE retried_at IS NULL"

# The kit's own record of how far each topic has been heard, and when it last moved.
MOVED = """SELECT substr(topic, $1::int + 1), max(moved_at) FROM heard WHERE topic = ANY($2::text[]) GROUP BY 1"""

WAIT = """INSERT INTO service_wait (service, moved_at, since) SELECT * FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[])
ON CONFLICT (service) DO UPDATE SET moved_at = excluded.moved_at, since = excluded.since
WHERE excluded.moved_at <> service_wait.moved_at"""
WAIT_NO_MORE = "DELETE FROM service_wait WHERE service <> ALL($1::text[])"
WAITS = "SELECT service, moved_at, since FROM service_wait ORDER BY 1"

OPEN = """SELECT kind, subject, count(*) FROM alarm WHERE council = $1 AND kind = ANY($2) AND ended_at IS NULL GROUP BY 1, 2"""

END = """UPDATE alarm SET ended_at = $4 FROM unnest($2::text[], $3::text[]) AS n (kind, subject)
WHERE alarm.council = $1 AND alarm.kind = n.kind AND alarm.subject = n.subject AND alarm.ended_at IS NULL"""


async def take_moves(work: Work) -> None:
    """Add up what moved in suspense since we last looked."""
    await work.connection.execute(MOVE)


async def suspense(council: str, work: Work) -> Held:
    return Held(*await work.connection.fetchrow(SUSPENSE, council))


async def breaks(council: str, work: Work) -> Held:
    return Held(*await work.connection.fetchrow(BREAKS, council))


async def waiting(council: str, patience: timedelta, work: Work) -> list[Waiting]:
    """What has been due for longer than it should be, by receiver."""
    return [Waiting(*row) for row in await work.connection.fetch(WAITING, council, work.now - patience)]


async def runs_done(council: str, work: Work) -> dict[str, datetime]:
    """Until when the times of each file destination have had their runs."""
    return dict(await work.connection.fetch(DONE_UNTIL, council))


async def set_aside(work: Work) -> int:
    """How many messages notify could not handle, and nobody has tried again."""
    count: int = await work.connection.fetchval(SET_ASIDE)
    return count


async def moved(prefix: str, topics: Iterable[str], work: Work) -> dict[str, datetime]:
    """When each topic last moved, by its name without the prefix."""
    found = await work.connection.fetch(MOVED, len(prefix), [prefix + topic for topic in topics])
    return dict(found)


async def wait_for(behind: Mapping[str, datetime], work: Work) -> list[Heard]:
    """Keep since when services are waited for, by when they were last heard of; those that are not waited for are forgotten."""
    names = sorted(behind)
    await work.connection.execute(WAIT_NO_MORE, names)
    await work.connection.execute(WAIT, names, [behind[name] for name in names], [work.now] * len(names))
    return [Heard(*row) for row in await work.connection.fetch(WAITS)]


async def keep(council: str, levels: Sequence[Level], work: Work) -> None:
    """Raise an alarm for each threshold that is passed, another each time it has doubled since, and end those that are not passed."""
    found: list[Any] = await work.connection.fetch(OPEN, council, sorted(MEASURED))
    before = {(kind, subject): count for kind, subject, count in found}
    await raise_alarms(
        [
            Alarm(council, level.kind, level.subject, f"{work.now.isoformat()}|{step}", work.today, level.detail)
            for level in levels
            for step in range(before.get((level.kind, level.subject), 0), level.doublings + 1)
        ],
        work,
    )
    if ended := sorted(before.keys() - {(level.kind, level.subject) for level in levels}):
        await work.connection.execute(END, council, *zip(*ended, strict=True), work.now)

"""What may still be to be said of alerts, and what is said now: one transaction, one process at a time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from pydantic_core import to_json

from ims_kit import Work
from ims_notify.domain.alert_rounds import InPlay, Message
from ims_notify.domain.alert_words import Digest, written
from ims_notify.domain.alerting import Standing, Told
from ims_notify.domain.facts import NAMESPACE

# Of its own class: the watch must keep nobody waiting who hears.
HOLD = "SELECT pg_try_advisory_xact_lock(7, 0)"

LATE_CAME = """UPDATE alarm a SET ended_at = $1 FROM file_arrival f
WHERE a.kind = 'file-late' AND a.ended_at IS NULL AND (f.council, f.source) = (a.council, a.subject) AND f.last_on >= a.happened_on"""

# The case names the break and its revision: what was opened anew since is another alarm.
BREAK_CLOSED = """UPDATE alarm a SET ended_at = $1 FROM known_break b
WHERE a.kind = 'statement-unproved' AND a.ended_at IS NULL AND b.council = a.council
  AND b.break_id = split_part(a.case_name, '|', 1)::uuid
  AND NOT (b.is_open AND b.revision = split_part(a.case_name, '|', 2)::int)"""

NEW = """SELECT DISTINCT council, kind, subject FROM alarm a WHERE alert_id IS NULL AND NOT EXISTS (
  SELECT FROM alert WHERE (alert.council, alert.kind, alert.subject) = (a.council, a.kind, a.subject) AND closed_at IS NULL)"""

BEGIN = """INSERT INTO alert (alert_id, council, kind, subject, began_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[]) ON CONFLICT DO NOTHING"""

JOIN_ALERT = """UPDATE alarm a SET alert_id = alert.alert_id FROM alert
WHERE a.alert_id IS NULL AND closed_at IS NULL AND (alert.council, alert.kind, alert.subject) = (a.council, a.kind, a.subject)"""

IN_PLAY = """SELECT alert_id, alert.council, alert.kind, alert.subject, count(*), count(*) FILTER (WHERE ended_at IS NULL), began_at,
  max(raised_at), max(ended_at),
  coalesce((SELECT max(k.raised) FROM alert_acknowledged k WHERE k.alert_id = alert.alert_id), 0),
  (array_agg(detail ORDER BY raised_at DESC, case_name DESC))[1]
FROM alert JOIN alarm USING (alert_id) WHERE closed_at IS NULL GROUP BY alert_id ORDER BY began_at, alert_id"""

TOLD = """SELECT DISTINCT ON (alert_id, receiver) alert_id, receiver, said_at, times, s.raised, saying
FROM alert_said s JOIN alert USING (alert_id) WHERE closed_at IS NULL ORDER BY alert_id, receiver, times DESC"""

LAST = "SELECT receiver, max(since) FROM alert_message WHERE receiver = ANY($1) GROUP BY 1"

SAY = """INSERT INTO alert_message (message_id, council, receiver, content, since, due_at) VALUES ($1, $2, $3, $4, $5, $5)"""

SAID = """INSERT INTO alert_said (alert_id, receiver, times, message_id, saying, raised, said_at)
SELECT n.alert_id, $1, n.times, $2, n.saying, n.raised, $3 FROM unnest($4::uuid[], $5::int[], $6::text[], $7::int[])
  AS n (alert_id, times, saying, raised)"""

CLOSE = "UPDATE alert SET closed_at = $2 WHERE alert_id = ANY($1)"


async def hold(work: Work) -> bool:
    """Be the only one who decides what is said, until the commit; whether nobody else is at it."""
    is_held: bool = await work.connection.fetchval(HOLD)
    return is_held


async def settle_alarms(work: Work) -> None:
    """End alarms whose reason is gone, whichever was heard first, and give each new one its alert."""
    await work.connection.execute(LATE_CAME, work.now)
    await work.connection.execute(BREAK_CLOSED, work.now)
    groups = [tuple(row) for row in await work.connection.fetch(NEW)]
    if groups:
        ids = [uuid5(NAMESPACE, f"alert|{'|'.join(group)}|{work.now.isoformat()}") for group in groups]
        await work.connection.execute(BEGIN, ids, *zip(*groups, strict=True), [work.now] * len(ids))
    await work.connection.execute(JOIN_ALERT)


async def in_play(work: Work) -> list[InPlay]:
    """The alerts of which something may still be to be said."""
    told: dict[UUID, dict[str, Told]] = {}
    for alert_id, receiver, *said in await work.connection.fetch(TOLD):
        told.setdefault(alert_id, {})[receiver] = Told(*said)
    return [InPlay(row[0], Standing(*row[1:]), told.get(row[0], {})) for row in await work.connection.fetch(IN_PLAY)]


async def last_told(receivers: Sequence[str], work: Work) -> dict[str, datetime]:
    """When each receiver was last told anything."""
    return dict(await work.connection.fetch(LAST, receivers))


async def say(message: Message, content: Digest, work: Work) -> None:
    """Keep a message, to be delivered, with what it says of which alert."""
    receiver = message.receiver
    message_id = uuid5(NAMESPACE, f"alert-message|{receiver.council}|{receiver.name}|{work.now.isoformat()}")
    await work.connection.execute(SAY, message_id, receiver.council, receiver.name, to_json(written(content)).decode(), work.now)
    said: list[Any] = [
        (each.alert_id, each.told[receiver.name].times + 1 if receiver.name in each.told else 1, saying, each.alert.raised)
        for each, saying in message.said
    ]
    await work.connection.execute(SAID, receiver.name, message_id, work.now, *zip(*said, strict=True))


async def close(alert_ids: list[UUID], work: Work) -> None:
    """Nothing more is to be said of these: what is raised from now on begins another."""
    if alert_ids:
        await work.connection.execute(CLOSE, alert_ids, work.now)

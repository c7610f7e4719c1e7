"""What GOV.UK Notify reports of what it took, each report once, and mail that came back: what becomes of the delivery by it."""

from typing import NamedTuple
from uuid import UUID

from ims_contracts.notifications import DeliveryFailed
from ims_kit import Work
from ims_notify.domain.attempts import Due, Sending, State, told
from ims_notify.domain.bounces import Bounce
from ims_notify.domain.govuk import reported
from ims_notify.store import alerts, evidence, incident_messages
from ims_notify.store.deliveries import DUE_FIELDS, DUE_FROM, cause

KEEP = """INSERT INTO delivery_report (notification_id, status, council, reference, reported_at, is_known)
VALUES ($1, $2, $3, $4, $5, EXISTS (SELECT FROM delivery WHERE council = $3 AND delivery_id::text = $4))
ON CONFLICT DO NOTHING RETURNING is_known"""

# It may come before we have kept that it was taken (or instead of it, after a crash): then it is the proof of it. A failure counts of
# what was taken last (by GOV.UK Notify's id, or of mail since when it is tried): what failed before a person asked for it again is over.
END = f"""WITH lent AS (
  UPDATE delivery d SET state = $3, reason = $4, finished_at = $5::timestamptz, due_at = $5, notification_id = $6,
    issued_at = CASE WHEN $3 = 'delivered' THEN coalesce(d.issued_at, $5) ELSE d.issued_at END
  WHERE council = $1 AND delivery_id = $2 AND CASE WHEN $3 = 'delivered' THEN d.state IN ('due', 'sent', 'failed')
    WHEN $7::timestamptz IS NOT NULL THEN d.state IN ('due', 'sent') AND d.since = $7 AND d.notification_id IS NULL
    ELSE (d.state = 'sent' AND d.notification_id = $6) OR (d.state = 'due' AND d.notification_id IS DISTINCT FROM $6) END
  RETURNING d.*)
SELECT {DUE_FIELDS}, lent.issued_at = $5 {DUE_FROM}"""  # noqa: S608 - built of constants


SILENT_MAX = 500
# Asked of at most every so often, and while it still knows: it forgets after seven days.
SILENT = """UPDATE delivery SET due_at = $2::timestamptz WHERE delivery_id IN (
  SELECT delivery_id FROM delivery WHERE council = $1 AND state = 'sent' AND due_at < $2::timestamptz - interval '2 hours'
    AND issued_at > $2::timestamptz - interval '7 days' AND notification_id IS NOT NULL
  ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING delivery_id, notification_id"""
SILENT_INCIDENTS = """UPDATE incident_message SET due_at = $2::timestamptz WHERE message_id IN (
  SELECT message_id FROM incident_message WHERE council = $1 AND state = 'sent' AND due_at < $2::timestamptz - interval '2 hours'
    AND finished_at > $2::timestamptz - interval '7 days' AND notification_id IS NOT NULL
  ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED)
RETURNING message_id, notification_id"""


class Report(NamedTuple):
    """What became of something that GOV.UK Notify took."""

    notification_id: UUID
    status: str
    reference: str


async def keep(council: str, report: Report, work: Work) -> None:
    """Keep a report; of a reference that is not ours too, and nothing more of it."""
    is_delivery = await work.connection.fetchval(
        KEEP, report.notification_id, report.status, council, report.reference[:140], work.now
    )
    ended = reported(report.status)
    if is_delivery and ended:
        await end(council, UUID(report.reference), ended, Sending(report.notification_id), work)
    elif is_delivery is not None and ended and (message_id := uuid_of(report.reference)):
        await incident_messages.end(council, message_id, ended, Sending(report.notification_id), work)


def uuid_of(reference: str) -> UUID | None:
    """A reference of ours; None of anybody else's."""
    try:
        return UUID(reference)
    except ValueError:
        return None


async def bounced(council: str, bounce: Bounce, work: Work) -> None:
    """Keep that mail came back: it ends what the mail server took, unless a person has asked for that again."""
    ended: tuple[State, str] = "failed", bounce.reason
    message_id, sent = bounce.ours.message_id, Sending(since=bounce.ours.since)
    await evidence.bounced(council, bounce, work)
    await end(council, message_id, ended, sent, work)
    await incident_messages.end(council, message_id, ended, sent, work)


async def end(council: str, delivery_id: UUID, ended: tuple[State, str], sent: Sending, work: Work) -> None:
    """A delivery has come to its end, and that is told, once."""
    state, reason = ended
    row = await work.connection.fetchrow(END, council, delivery_id, state, reason, work.now, *sent)
    if row is None:
        return
    *values, is_first = row
    due = Due(*values)
    fact = told(due, state, reason, work.today) if state == "failed" or is_first else None
    if fact:
        work.tell(fact, because=cause(due.because))
    if isinstance(fact, DeliveryFailed):
        await alerts.sound([fact], work)


async def silent(council: str, work: Work) -> list[tuple[UUID, UUID]]:
    """Deliveries, or else incident messages, of which nothing has been heard for hours since they were taken, or asked of: the ids,
    ours and GOV.UK Notify's."""
    asked = (council, work.now, SILENT_MAX)
    rows = await work.connection.fetch(SILENT, *asked) or await work.connection.fetch(SILENT_INCIDENTS, *asked)
    return [(row[0], row[1]) for row in rows]

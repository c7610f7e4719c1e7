"""The queue of messages to officers: lent out for an attempt, settled after it. One that fails raises no alarm; it is seen in the list."""

import json
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from ims_kit import Work
from ims_notify.domain.alert_words import Digest, read
from ims_notify.domain.attempts import Settled

CLAIM = """WITH next AS MATERIALIZED (
  SELECT message_id FROM alert_message WHERE receiver = $1 AND state = 'due' AND due_at <= $2 ORDER BY due_at LIMIT 1
  FOR UPDATE SKIP LOCKED)
UPDATE alert_message m SET attempts = attempts + 1, due_at = $3 FROM next WHERE m.message_id = next.message_id
RETURNING m.message_id, receiver, content, attempts, since"""

# A yes counts even if the lease has run out meanwhile; anything else then is the word of whoever has it now.
SETTLE = """UPDATE alert_message SET state = $3, due_at = $4, reason = $5,
  finished_at = CASE WHEN $3 = 'due' THEN NULL ELSE $6::timestamptz END
WHERE message_id = $1 AND state = 'due' AND (attempts = $2 OR $3 IN ('sent', 'delivered'))"""


class AlertDue(NamedTuple):
    """A message that is to be tried now."""

    message_id: UUID
    receiver: str
    content: Digest
    attempts: int
    """With this one."""
    since: datetime

    @property
    def channel(self) -> str:
        """It is tried as long as a mail, whichever way it goes: later it is no news."""
        return "email"


async def claim(receiver: str, lease: timedelta, work: Work) -> AlertDue | None:
    """Borrow the oldest that is due to a receiver. Once this is committed, it may leave the house."""
    row = await work.connection.fetchrow(CLAIM, receiver, work.now, work.now + lease)
    return AlertDue(row[0], row[1], read(json.loads(row[2])), row[3], row[4]) if row else None


async def settle(due: AlertDue, settled: Settled, work: Work) -> None:
    """Keep what an attempt came to."""
    await work.connection.execute(SETTLE, due.message_id, due.attempts, settled.state, settled.due_at, settled.reason, work.now)

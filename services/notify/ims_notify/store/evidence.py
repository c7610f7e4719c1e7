"""What was answered to each attempt, at every delivery, run and incident message: it only grows."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from ims_kit import Insert, Work
from ims_notify.domain.attempts import Evidence
from ims_notify.domain.bounces import Bounce
from ims_notify.store.tables import DeliveryAttemptRow

KEEP = Insert(DeliveryAttemptRow, "delivery_id attempt answered_at verdict code their_id reason")
OF = """SELECT delivery_id, attempt, answered_at, verdict, code, their_id, reason FROM delivery_attempt
WHERE delivery_id = ANY($1::uuid[]) ORDER BY delivery_id, attempt, answered_at"""

# Beside the answer that took it: the first yes since then.
BOUNCED = """INSERT INTO delivery_attempt (delivery_id, attempt, answered_at, verdict, reason)
SELECT delivery_id, attempt, $3, 'bounced', $4 FROM delivery_attempt
WHERE delivery_id = $1 AND verdict = 'sent' AND answered_at >= $2
  AND (EXISTS (SELECT FROM delivery WHERE delivery_id = $1 AND council = $5)
    OR EXISTS (SELECT FROM incident_message WHERE message_id = $1 AND council = $5))
ORDER BY attempt LIMIT 1 ON CONFLICT DO NOTHING"""


async def keep(found: Iterable[Evidence], work: Work) -> None:
    """Keep what attempts were answered, once each."""
    await KEEP(work.connection, [*found])


async def bounced(council: str, bounce: Bounce, work: Work) -> None:
    """Keep that mail came back, with the attempt that sent it, whatever was tried since; once."""
    await work.connection.execute(BOUNCED, *bounce.ours, work.now, bounce.reason, council)


async def of(connection: Any, delivery_id: UUID) -> list[dict[str, Any]]:
    """The attempts at a delivery, in order. One that is missing had no answer before a crash."""
    return (await of_each(connection, [delivery_id]))[delivery_id]


async def of_each(connection: Any, delivery_ids: Iterable[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The same of several."""
    found: dict[UUID, list[dict[str, Any]]] = {delivery_id: [] for delivery_id in delivery_ids}
    for delivery_id, *answer in await connection.fetch(OF, list(found)):
        found[delivery_id].append(dict(zip(("attempt", "answered_at", "verdict", "code", "their_id", "reason"), answer, strict=True)))
    return found

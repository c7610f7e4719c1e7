"""What was answered to each attempt, at every delivery and run: it only grows."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from ims_kit import Insert, Work
from ims_notify.domain.attempts import Evidence
from ims_notify.store.tables import DeliveryAttemptRow

KEEP = Insert(DeliveryAttemptRow, "delivery_id attempt answered_at verdict code their_id reason")
OF = """SELECT attempt, answered_at, verdict, code, their_id, reason FROM delivery_attempt WHERE delivery_id = $1 ORDER BY attempt"""


async def keep(found: Iterable[Evidence], work: Work) -> None:
    """Keep what attempts were answered, once each."""
    await KEEP(work.connection, [*found])


async def of(connection: Any, delivery_id: UUID) -> list[dict[str, Any]]:
    """The attempts at a delivery, in order. One that is missing had no answer before a crash."""
    return [dict(row) for row in await connection.fetch(OF, delivery_id)]

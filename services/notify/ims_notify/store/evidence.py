"""What was answered to each attempt, at every delivery, run and incident message: it only grows."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from ims_kit import Insert, Work
from ims_notify.domain.attempts import Evidence
from ims_notify.store.tables import DeliveryAttemptRow

KEEP = Insert(DeliveryAttemptRow, "delivery_id attempt answered_at verdict code their_id reason")
OF = """SELECT delivery_id, attempt, answered_at, verdict, code, their_id, reason FROM delivery_attempt
WHERE delivery_id = ANY($1::uuid[]) ORDER BY delivery_id, attempt"""


async def keep(found: Iterable[Evidence], work: Work) -> None:
    """Keep what attempts were answered, once each."""
    await KEEP(work.connection, [*found])


async def of(connection: Any, delivery_id: UUID) -> list[dict[str, Any]]:
    """The attempts at a delivery, in order. One that is missing had no answer before a crash."""
    return (await of_each(connection, [delivery_id]))[delivery_id]


async def of_each(connection: Any, delivery_ids: Iterable[UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """The same of several."""
    found: dict[UUID, list[dict[str, Any]]] = {delivery_id: [] for delivery_id in delivery_ids}
    for delivery_id, *answer in await connection.fetch(OF, list(found)):
        found[delivery_id].append(dict(zip(("attempt", "answered_at", "verdict", "code", "their_id", "reason"), answer, strict=True)))
    return found

"""Disputes of payments: each state told once, and what is lost taken back."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from ims_contracts.payments import PaymentDisputed, PaymentReversed
from ims_ingest.store.pay_tables import Dispute
from ims_ingest.store.payments import reverse
from ims_kit import Insert, Work

KEEP = Insert(Dispute, "council dispute_id state payment_id amount_pence disputed_at", returning="council dispute_id state")
OLDEST_OPEN = """SELECT min(disputed_at) FROM dispute WHERE council = $1 AND NOT EXISTS (
    SELECT FROM dispute AS ended WHERE (ended.council, ended.dispute_id) = (dispute.council, dispute.dispute_id)
      AND ended.state IN ('won', 'lost'))"""


class Seen(NamedTuple):
    """A dispute in the state that it was seen in; lost, what went back by it."""

    disputed: PaymentDisputed
    disputed_at: datetime
    lost: PaymentReversed | None


async def dispute(seen: Sequence[Seen], work: Work) -> int:
    """Tell each state of each dispute once, and reverse what was lost. Returns how many were new."""
    rows = [
        (each.council, each.dispute_id, each.state, each.payment_id, each.amount_pence, at) for each, at, _ in seen
    ]
    new = {tuple(found) for found in await KEEP(work.connection, rows)}
    count = len(new)
    for each, _, _ in seen:
        key = (each.council, each.dispute_id, each.state)
        if key in new:
            new.remove(key)
            work.tell(each)
    await reverse([lost for _, _, lost in seen if lost], work)
    return count


async def oldest_open(council: str, connection: Any) -> datetime | None:
    """Since when there is a dispute that is neither won nor lost."""
    found: datetime | None = await connection.fetchval(OLDEST_OPEN, council)
    return found

"""Payments whose refunds are to be read from their provider: an event said that one was refunded, and not which refund."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from ims_ingest.store.pay_tables import RefundLook
from ims_kit import Insert, Work

LOOK = Insert(
    RefundLook,
    "council provider_payment_id look_at hinted_at hint_count",
    conflict="(council, provider_payment_id) DO UPDATE SET look_at = least(refund_look.look_at, excluded.look_at),"
    " hinted_at = excluded.hinted_at, hint_count = refund_look.hint_count + 1",
)
DUE = """SELECT council, provider_payment_id, hint_count, hinted_at FROM refund_look
  WHERE look_at <= $1 AND council = ANY($2) ORDER BY look_at LIMIT $3"""
DONE = "DELETE FROM refund_look WHERE council = $1 AND provider_payment_id = $2 AND hint_count = $3"
LATER = "UPDATE refund_look SET look_at = $4 WHERE council = $1 AND provider_payment_id = $2 AND hint_count = $3"


class Look(NamedTuple):
    """A payment to look at. Its number tells whether more was said of it since."""

    council: str
    provider_payment_id: str
    hint_count: int
    hinted_at: datetime

    @property
    def key(self) -> tuple[str, str, int]:
        return self.council, self.provider_payment_id, self.hint_count


async def look_again(payments: Collection[tuple[str, str]], at: datetime, work: Work) -> None:
    """Have the refunds of payments, (council, provider's id) each, read at an instant, or earlier if that was said already."""
    await LOOK(work.connection, [(*each, at, work.now, 1) for each in sorted(payments)])


async def due(councils: Collection[str], now: datetime, most: int, connection: Any) -> list[Look]:
    return [Look(*found) for found in await connection.fetch(DUE, now, list(councils), most)]


async def done(look: Look, work: Work) -> None:
    """Forget it, unless more was said since."""
    await work.connection.execute(DONE, *look.key)


async def later(look: Look, at: datetime, work: Work) -> None:
    await work.connection.execute(LATER, *look.key, at)

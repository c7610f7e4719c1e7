"""What people said of refunds that no provider sends: once each."""

from typing import Any
from uuid import UUID

from ims_ingest.domain.by_hand import Held, NotSent, Sent
from ims_ingest.store.pay_tables import SentByHand
from ims_kit import Insert, Work

KEEP = Insert(
    SentByHand,
    "refund_id council approved_pence state amount_pence ended_on method_of_payment bank_reference reason said_by said_at",
    returning="refund_id",
)
HOLD = """SELECT refund_id, council, payment_id, amount_pence, approved_on, state, is_by_hand FROM asked_refund
  WHERE council = $1 AND refund_id = $2 FOR UPDATE"""
SAID = "SELECT * FROM refund_by_hand WHERE refund_id = $1"
END = "UPDATE asked_refund SET state = $2, changed_at = $3, reason = coalesce($4, reason) WHERE refund_id = $1 AND state = 'by-hand'"


async def hold(council: str, refund_id: UUID, work: Work) -> Held | None:
    """A refund that was approved, with what was said of it; nobody else says anything of it until the commit."""
    row = await work.connection.fetchrow(HOLD, council, refund_id)
    said = await work.connection.fetchrow(SAID, refund_id)
    return Held(*row)._replace(said=said_of(said) if said else None) if row else None


def said_of(row: Any) -> Sent | NotSent:
    if row["state"] == "failed":
        return NotSent(failed_on=row["ended_on"], reason=row["reason"], by=row["said_by"])
    return Sent(
        amount_pence=row["amount_pence"], sent_on=row["ended_on"], method_of_payment=row["method_of_payment"],
        bank_reference=row["bank_reference"], by=row["said_by"],
    )  # fmt: skip


async def end(held: Held, said: Sent | NotSent, work: Work) -> None:
    """Keep what was said. The database holds that it is no more than was approved."""
    if isinstance(said, Sent):
        what: tuple[Any, ...] = ("sent", said.amount_pence, said.sent_on, said.method_of_payment, said.bank_reference, None)
    else:
        what = ("failed", held.amount_pence, said.failed_on, None, None, said.reason)
    fresh = await KEEP(work.connection, [(held.refund_id, held.council, held.amount_pence, *what, said.by, work.now)])
    assert fresh, "it is said under the refund's lock, of one of which nothing was said"
    await work.connection.execute(END, held.refund_id, what[0], work.now, what[-1])

"""Refunds that were approved: each is asked of its provider, and what is about to be asked is committed first."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from ims_contracts.refunds import RefundApproved
from ims_ingest.domain.asked_refunds import AskedRefund
from ims_ingest.store.pay_tables import AskedRefund as Row
from ims_kit import Insert, Work

APPROVE = Insert(
    Row,
    """refund_id council payment_id revision amount_pence approved_on approved_at state provider_payment_id look_at changed_at is_by_hand
    reason""",
    returning="refund_id",
)
COLUMNS = """refund_id, council, payment_id, amount_pence, state, approved_at, provider_payment_id, provider_refund_id, available_pence,
    asked_at"""
OF_PAYMENTS = f"SELECT {COLUMNS} FROM asked_refund WHERE payment_id = ANY($1)"  # noqa: S608 - our own columns
DUE = f"""SELECT {COLUMNS} FROM asked_refund WHERE look_at <= $1 AND council = ANY($2)
  ORDER BY look_at LIMIT $3"""  # noqa: S608 - our own columns
# Each only from where it was: of two processes that see the same, one goes on.
ASK = """UPDATE asked_refund SET state = 'asking', available_pence = $4, asked_at = $5, look_at = $6, changed_at = $5, reason = NULL
  WHERE refund_id = $1 AND state = $2 AND asked_at IS NOT DISTINCT FROM $3 RETURNING refund_id"""
TAKEN = """UPDATE asked_refund SET state = 'submitted', provider_refund_id = $2, look_at = $3, changed_at = $4, reason = NULL
  WHERE refund_id = $1 AND state = 'asking'"""
NOT_TAKEN = """UPDATE asked_refund SET state = 'approved', look_at = $2, changed_at = $3, reason = $4
  WHERE refund_id = $1 AND state = 'asking'"""
LATER = "UPDATE asked_refund SET look_at = $2, reason = $3 WHERE refund_id = $1 AND look_at IS NOT NULL"
HAND_OVER = """UPDATE asked_refund SET state = 'by-hand', is_by_hand = true, look_at = NULL, changed_at = $2, reason = $3
  WHERE refund_id = $1 AND look_at IS NOT NULL AND provider_refund_id IS NULL"""
END = """UPDATE asked_refund SET state = $2, look_at = NULL, changed_at = $3, reason = $4
  WHERE refund_id = $1 AND look_at IS NOT NULL RETURNING refund_id"""
PAYMENTS = """SELECT payment_id, source, CASE WHEN provider = $2 THEN body::jsonb ->> 'provider_payment_id' END
  FROM payment WHERE payment_id = ANY($1)"""
LISTED = """SELECT number, refund_id, payment_id, amount_pence, approved_on, state, provider_refund_id, asked_at, changed_at, reason
  FROM asked_refund WHERE council = $1 AND number > $2 AND ($3::text IS NULL OR state = $3) AND ($4::uuid IS NULL OR payment_id = $4)
  ORDER BY number LIMIT $5"""

# Those that a provider may have taken already.
ON_THE_WAY = ("asking", "submitted")


class Paid(NamedTuple):
    """Who told of a payment, and its id at the provider that was asked about, where that made it."""

    source: str
    provider_payment_id: str | None


async def payments(payment_ids: Sequence[UUID], provider: str, work: Work) -> dict[UUID, Paid]:
    """Those of the payments that are known."""
    found = await work.connection.fetch(PAYMENTS, payment_ids, provider)
    return {each[0]: Paid(each[1], each[2]) for each in found}


async def approve(refunds: Sequence[tuple[RefundApproved, str | None, str | None]], work: Work) -> set[UUID]:
    """Remember what was approved: each with the provider's id of its payment, or why a person is to send it. Returns which are new."""
    rows = [
        (each.refund_id, each.council, each.payment_id, each.revision, each.amount_pence, each.approved_on, work.now,
         "by-hand" if refused else "approved", provider_payment_id, None if refused else work.now, work.now, bool(refused), refused)
        for each, provider_payment_id, refused in refunds
    ]  # fmt: skip
    return {found[0] for found in await APPROVE(work.connection, rows)}


async def of_payments(payment_ids: Sequence[UUID], work: Work) -> list[AskedRefund]:
    return [AskedRefund(*found) for found in await work.connection.fetch(OF_PAYMENTS, payment_ids)]


async def amounts(refund_ids: Sequence[UUID], work: Work) -> dict[UUID, int]:
    """What was approved of each that is known, in pence."""
    found = await work.connection.fetch("SELECT refund_id, amount_pence FROM asked_refund WHERE refund_id = ANY($1)", refund_ids)
    return {each[0]: each[1] for each in found}


async def due(councils: Collection[str], now: datetime, most: int, connection: Any) -> list[AskedRefund]:
    return [AskedRefund(*found) for found in await connection.fetch(DUE, now, list(councils), most)]


async def ask(asked: AskedRefund, available_pence: int, look_at: datetime, work: Work) -> bool:
    """Remember that it is about to be asked; false if somebody else is about to."""
    values = (asked.refund_id, asked.state, asked.asked_at, available_pence, work.now, look_at)
    return await work.connection.fetchval(ASK, *values) is not None


async def taken(asked: AskedRefund, provider_refund_id: str, look_at: datetime, work: Work) -> None:
    """Its provider has taken it, and named it."""
    await work.connection.execute(TAKEN, asked.refund_id, provider_refund_id, look_at, work.now)


async def not_taken(asked: AskedRefund, look_at: datetime, reason: str, work: Work) -> None:
    """Its provider has surely not taken it: it can be asked again."""
    await work.connection.execute(NOT_TAKEN, asked.refund_id, look_at, work.now, reason)


async def hand_over(asked: AskedRefund, reason: str, work: Work) -> None:
    """Leave it to a person, where no provider has taken it."""
    await work.connection.execute(HAND_OVER, asked.refund_id, work.now, reason)


async def later(asked: AskedRefund, look_at: datetime, reason: str | None, work: Work) -> None:
    await work.connection.execute(LATER, asked.refund_id, look_at, reason)


async def end(asked: AskedRefund, state: str, reason: str | None, work: Work) -> bool:
    """Remember how it ended; false if it had ended before."""
    return await work.connection.fetchval(END, asked.refund_id, state, work.now, reason) is not None


async def listed(council: str, after: int, state: str | None, payment_id: UUID | None, connection: Any) -> list[dict[str, Any]]:
    """What became of the council's approved refunds, in the order in which they were heard; at most a hundred at once."""
    return [dict(each) for each in await connection.fetch(LISTED, council, after, state, payment_id, 100)]

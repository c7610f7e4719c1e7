"""Hears that payments were placed: of every payment, so only what is needed is read of each."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from ims_contracts.allocations import PaymentAllocated, PaymentSuspended
from ims_contracts.message import Message, PositivePence
from ims_kit import Work
from ims_reconcile.store import placements as store
from ims_reconcile.store.heard import Row


class Allocated(Message):
    """Of payment-allocated, what proves a file. Its journal, parts and reasons are passed over: that is a tenth of the work."""

    type: ClassVar[str] = PaymentAllocated.type
    topic: ClassVar[str] = PaymentAllocated.topic

    payment_id: UUID
    revision: int = Field(ge=1)
    amount_pence: PositivePence
    suspended_pence: int = Field(default=0, ge=0)
    """Beside the amount. Where the whole payment is in suspense, it is the amount."""
    posted_on: date


class Suspended(Allocated):
    """Of payment-suspended the same."""

    type: ClassVar[str] = PaymentSuspended.type


async def on_placements(heard: list[Allocated | Suspended], work: Work) -> None:
    """Remember how much of each payment has a place. The hot path: one insert for the batch."""
    rows: dict[object, Row] = {}
    for fact in heard:
        key = fact.payment_id, fact.council
        held = rows.get(key)
        if held is None or held[2] < fact.revision:
            rows[key] = (fact.council, fact.payment_id, fact.revision, fact.amount_pence + fact.suspended_pence, fact.posted_on)
    await store.keep_placed(work.connection, list(rows.values()))

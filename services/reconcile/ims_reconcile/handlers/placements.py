"""Hears that payments were placed: of every payment, so only what is needed is read of each."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from ims_contracts.allocations import PaymentAllocated, PaymentSuspended
from ims_contracts.message import Code, Message, PositivePence
from ims_kit import Work
from ims_reconcile.store import placements as store

# Of allocation's outcomes and reasons, those that are breaks as well: what the account was closed to, and what says too little.
KINDS = {"closed": "closed-account", "not-open": "closed-account", "ambiguous": "low-evidence"}


class Allocated(Message):
    """Of payment-allocated, what proves a file. Its journal, parts and reasons are passed over: that is a tenth of the work."""

    type: ClassVar[str] = PaymentAllocated.type
    topic: ClassVar[str] = PaymentAllocated.topic

    payment_id: UUID
    revision: int = Field(ge=1)
    amount_pence: PositivePence
    suspended_pence: int = Field(default=0, ge=0)
    """Beside the amount. Where the whole payment is in suspense, it is the amount."""
    refund_due_pence: int = Field(default=0, ge=0)
    """Of the amount."""
    posted_on: date
    outcome: Code | None = None


class Suspended(Allocated):
    """Of payment-suspended the same."""

    type: ClassVar[str] = PaymentSuspended.type

    reason: Code


def kind_of(fact: Allocated | Suspended) -> str | None:
    """Which break it is to hold a payment for this, or to send it back; None: it is none."""
    return KINDS.get(fact.reason if type(fact) is Suspended else fact.outcome or "")


def place_of(fact: Allocated | Suspended) -> tuple[int, int, int]:
    """How much of a payment is on accounts, due back, and in suspense."""
    if type(fact) is Suspended:
        return 0, 0, fact.amount_pence
    return fact.amount_pence - fact.refund_due_pence, fact.refund_due_pence, fact.suspended_pence


async def on_placements(heard: list[Allocated | Suspended], work: Work) -> None:
    """Remember where each payment is. The hot path: a row for all of a batch that is on accounts, and one for each that came in a file
    or is elsewhere."""
    newest: dict[object, Allocated | Suspended] = {}
    for fact in heard:
        key = fact.payment_id, fact.council
        if key not in newest or newest[key].revision < fact.revision:
            newest[key] = fact
    facts = newest.values()
    placed = [(f.council, f.payment_id, f.revision, f.amount_pence + f.suspended_pence, f.posted_on) for f in facts]
    await store.keep_placed(work.connection, placed)
    whole, others = [], []
    for f in facts:
        kind, (allocated, refund_due, suspended) = kind_of(f), place_of(f)
        if f.revision > 1 or kind or refund_due or suspended:
            others.append((f.council, f.payment_id, f.revision, kind, allocated, refund_due, suspended, f.posted_on))
        else:
            whole.append((f.council, f.payment_id, allocated))
    await store.keep_whole(work.connection, whole)
    await store.keep_held(work.connection, others)

"""Every message there is: by topic, by type, who tells it and who hears it."""

from typing import NamedTuple

from ims_contracts.accounts import AccountChanged, AccountSubmitted
from ims_contracts.allocations import (
    JournalPosted,
    PaymentAllocated,
    PaymentSuspended,
    PaymentUnallocated,
    RefundRequested,
)
from ims_contracts.message import Message
from ims_contracts.notifications import DeliveryFailed, PostingAcknowledged, PostingDelivered, ReceiptIssued, RunDelivered
from ims_contracts.payments import (
    PaymentDisputed,
    PaymentReceived,
    PaymentRefused,
    PaymentReversed,
    PaymentSubmitted,
    RefundFailed,
    RefundSent,
    ReversalSubmitted,
)
from ims_contracts.reconciliations import BreakClosed, BreakOpened, DayClosed, PaymentReconciled, YearClosed
from ims_contracts.refunds import RefundApproved
from ims_contracts.remittances import RemittanceDecided, RemittanceLate, RemittanceReceived, RemittanceRefused, RemittanceReversed
from ims_contracts.statements import SettlementFailed, SettlementReceived, StatementLineReceived, StatementReceived


class Stream(NamedTuple):
    """A topic: its messages, who tells them (outsiders as `outside`) and who hears them."""

    messages: tuple[type[Message], ...]
    told_by: tuple[str, ...]
    heard_by: tuple[str, ...]


STREAMS = {
    "ims.inbound.v1": Stream((PaymentSubmitted, ReversalSubmitted, AccountSubmitted), ("outside", "reconcile"), ("ingest",)),
    "ims.accounts.v1": Stream((AccountChanged,), ("ingest",), ("allocation", "notify")),
    "ims.remittances.v1": Stream(
        (RemittanceReceived, RemittanceRefused, RemittanceDecided, RemittanceReversed, RemittanceLate), ("ingest",), ("reconcile", "notify")
    ),
    "ims.payments.v1": Stream(
        (PaymentReceived, PaymentRefused, PaymentReversed, PaymentDisputed, RefundSent, RefundFailed),
        ("ingest",),
        ("allocation", "reconcile", "notify"),
    ),
    "ims.statements.v1": Stream(
        (StatementReceived, StatementLineReceived, SettlementReceived, SettlementFailed), ("ingest",), ("reconcile", "notify")
    ),
    "ims.allocations.v1": Stream(
        (PaymentAllocated, PaymentSuspended, PaymentUnallocated, JournalPosted, RefundRequested),
        ("allocation",),
        ("reconcile", "notify", "outside"),
    ),
    "ims.refunds.v1": Stream((RefundApproved,), ("allocation",), ("ingest",)),
    "ims.reconciliations.v1": Stream(
        (PaymentReconciled, BreakOpened, BreakClosed, DayClosed, YearClosed), ("reconcile",), ("allocation", "notify")
    ),
    "ims.notifications.v1": Stream(
        (ReceiptIssued, PostingDelivered, RunDelivered, PostingAcknowledged, DeliveryFailed),
        ("notify",),
        ("allocation", "reconcile", "outside"),
    ),
}

MESSAGES: dict[str, type[Message]] = {m.type: m for stream in STREAMS.values() for m in stream.messages}

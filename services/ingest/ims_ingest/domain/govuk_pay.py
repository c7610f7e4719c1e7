"""What GOV.UK Pay's words mean: its states of payments, refunds and disputes, what of a payment can be refunded, and which windows of
time are closed. The words are those of its API and of its webhooks, which differ."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

SOURCE = "govuk-pay"

type PaymentState = Literal["awaited", "taken", "refused", "cancelled", "error", "unknown"]
type RefundState = Literal["submitted", "sent", "failed", "unknown"]
type DisputeState = Literal["open", "under-review", "won", "lost"]

PAYMENT_STATES: dict[str | None, PaymentState] = {
    "created": "awaited",
    "started": "awaited",
    "submitted": "awaited",
    "capturable": "awaited",
    "success": "taken",
    "failed": "refused",
    # What the API calls failed, webhooks tell apart.
    "declined": "refused",
    "timedout": "refused",
    "cancelled": "cancelled",
    "error": "error",
}
REFUND_STATES: dict[str | None, RefundState] = {"submitted": "submitted", "success": "sent", "error": "failed"}
DISPUTE_STATES: dict[str | None, DisputeState] = {
    "needs_response": "open",
    "under_review": "under-review",
    "won": "won",
    "lost": "lost",
}

# What of a payment can be refunded, where that is not `available`.
NOT_REFUNDABLE = {"pending": "payment-not-completed", "unavailable": "refund-unavailable", "full": "refunded-in-full"}
TOO_MUCH = "more-than-available"


def payment_state(status: str | None) -> PaymentState:
    """Only `taken` is money. A state that is new to us is none."""
    return PAYMENT_STATES.get(status, "unknown")


def refund_state(status: str | None) -> RefundState:
    return REFUND_STATES.get(status, "unknown")


def is_finished(state: RefundState) -> bool:
    return state in ("sent", "failed")


def dispute_state(status: str | None) -> DisputeState | None:
    return DISPUTE_STATES.get(status)


def refund_fault(status: str | None, amount_pence: int, available_pence: int) -> str | None:
    """Why so much of a payment cannot be refunded now, by its refund summary; none where it can."""
    if status != "available":
        return NOT_REFUNDABLE.get(status or "", "unknown")
    return TOO_MUCH if amount_pence > available_pence else None


class Window(NamedTuple):
    """A time that is over, UTC: from its beginning until just before its end, as the search takes both."""

    begins: datetime
    ends: datetime


# What happened a moment ago may not be found yet: the search is eventual.
MARGIN = timedelta(minutes=10)


def windows(begins: datetime, now: datetime) -> Iterator[Window]:
    """The closed windows since an instant, each within one day, in UTC and whole seconds as the search counts."""
    last = (now.astimezone(UTC) - MARGIN).replace(microsecond=0)
    begins = begins.astimezone(UTC).replace(microsecond=0)
    while begins < last:
        midnight = begins.replace(hour=0, minute=0, second=0) + timedelta(days=1)
        ends = min(midnight, last)
        yield Window(begins, ends)
        begins = ends

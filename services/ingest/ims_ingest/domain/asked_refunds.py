"""Refunds that are asked of GOV.UK Pay: what to do next, by what is known of the asking and what Pay shows of the payment.

Pay has no idempotency key. Two things stand in for one: what we are about to ask is committed before it is asked, and every asking
names how much is available, which Pay holds against what is (a lock: of two askings that saw the same amount, it takes one)."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from ims_ingest.domain.govuk_pay import RefundState, refund_fault

# After so long the list of a payment's refunds shows all of them; until then what is not in it may still come.
LISTED_AFTER = timedelta(minutes=10)
# How far Pay's clock may be behind ours.
SKEW = timedelta(minutes=5)
# A payment is captured within a day, and delayed within two; one that is not complete by then will not be.
COMPLETED_WITHIN = timedelta(days=7)

BY_HAND = "send the money back by hand"
NOT_OURS_TO_ASK = f"the payment did not come through GOV.UK Pay: {BY_HAND}"
UNKNOWN_PAYMENT = f"the payment is not known to ingest: {BY_HAND}"
NO_ACCOUNT = f"ingest has no access to the council's GOV.UK Pay account: {BY_HAND}"
NOT_THERE = f"none of the council's GOV.UK Pay accounts knows the payment: {BY_HAND}"
FAILED_AT_PROVIDER = "GOV.UK Pay could not send the money back: ask the payer how else they can be paid"
WORDS = {
    "payment-not-completed": "the payment was not completed in seven days: look at it in GOV.UK Pay",
    "refund-unavailable": f"GOV.UK Pay cannot refund this payment, as of one that is disputed or too old: {BY_HAND}",
    "refunded-in-full": "GOV.UK Pay has refunded the whole payment already: look at its refunds",
    "more-than-available": "GOV.UK Pay has less left of the payment than was approved: look at its refunds",
    "unknown": f"GOV.UK Pay does not say that it can be refunded: {BY_HAND}",
}
ONLY_BY_HAND = ("refund-unavailable", "unknown")


class AskedRefund(NamedTuple):
    """A refund that was approved, and how far it is: `approved`, `asking`, `submitted`, `sent`, `failed`; `by-hand` while a person is
    to send it, as no provider can."""

    refund_id: UUID
    council: str
    payment_id: UUID
    amount_pence: int
    state: str
    approved_at: datetime
    provider_payment_id: str | None = None
    provider_refund_id: str | None = None
    available_pence: int | None = None
    """What was available when it was asked."""
    asked_at: datetime | None = None


class SeenRefund(NamedTuple):
    """A refund as GOV.UK Pay shows it."""

    provider_refund_id: str
    amount_pence: int
    state: RefundState
    created_at: datetime


class SeenPayment(NamedTuple):
    """What GOV.UK Pay shows of a payment's refunds: what can still be refunded, and those that there are."""

    refund_status: str | None
    available_pence: int
    refunds: tuple[SeenRefund, ...] = ()


class Ask(NamedTuple):
    """Ask for it, if so much is available."""

    available_pence: int


class Adopt(NamedTuple):
    """It was asked already, before a crash or into the dark: this is it."""

    refund: SeenRefund


class Wait(NamedTuple):
    """Nothing to do until later."""

    reason: str


class Fail(NamedTuple):
    """It cannot be sent; what to do is in the words."""

    reason: str


class ByHand(NamedTuple):
    """No provider can send it, surely none has, and it stays approved: a person sends it; why is in the words."""

    reason: str


type Step = Ask | Adopt | Wait | Fail | ByHand


def refusal(is_known: bool, provider_payment_id: str | None, has_account: bool) -> str | None:
    """Why GOV.UK Pay cannot be asked to refund a payment; none where it can. `provider_payment_id` is Pay's own id of it."""
    if not is_known:
        return UNKNOWN_PAYMENT
    if provider_payment_id is None:
        return NOT_OURS_TO_ASK
    return None if has_account else NO_ACCOUNT


def next_step(asked: AskedRefund, seen: SeenPayment, others: Collection[str], now: datetime) -> Step:
    """What to do for a refund that Pay has not named yet. `others` are the ids of refunds known to be something else."""
    if asked.state == "approved":
        return begin(asked, seen, now)
    assert asked.state == "asking"
    assert asked.asked_at is not None
    assert asked.available_pence is not None
    since = asked.asked_at - SKEW
    new = [each for each in seen.refunds if each.created_at >= since and each.state != "failed"]
    if alike := [each for each in new if each.amount_pence == asked.amount_pence and each.provider_refund_id not in others]:
        return Adopt(min(alike, key=lambda each: (each.created_at, each.provider_refund_id)))
    if now < asked.asked_at + LISTED_AFTER:
        return Wait("it was asked, and the list of the payment's refunds may not show it yet")
    if seen.available_pence < asked.available_pence - pence_of(new):
        return Wait("less is available than the payment's refunds explain: it may have been taken, so it is not asked again")
    return begin(asked, seen, now)


def begin(asked: AskedRefund, seen: SeenPayment, now: datetime) -> Step:
    """Ask where Pay says that it can be; a payment that is not complete is waited for, within reason."""
    fault = refund_fault(seen.refund_status, asked.amount_pence, seen.available_pence)
    if fault is None:
        return Ask(seen.available_pence)
    if fault == "payment-not-completed" and now < asked.approved_at + COMPLETED_WITHIN:
        return Wait("the payment is not completed yet")
    return (ByHand if fault in ONLY_BY_HAND else Fail)(WORDS[fault])


def pence_of(refunds: Iterable[SeenRefund]) -> int:
    return sum(each.amount_pence for each in refunds)

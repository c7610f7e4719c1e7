"""What an answer to an attempt means, and when to try again."""

from datetime import date, datetime, timedelta
from http import HTTPStatus
from typing import Literal, NamedTuple, Protocol
from uuid import UUID

from ims_contracts.notifications import DeliveryFailed, PostingDelivered, ReceiptIssued
from ims_notify.domain.facts import receipt_number

# How long we try: a receipt that is a day late is a nuisance; a back office may be closed over a weekend.
GIVE_UP_AFTER = {
    "email": timedelta(days=1), "sms": timedelta(days=1), "letter": timedelta(days=3), "webhook": timedelta(days=3),
    "file": timedelta(days=3),
}  # fmt: skip
PAUSE_MAX = timedelta(hours=6)
PAUSE_GROWTH = 4

Verdict = Literal["sent", "delivered", "refused", "later", "unreachable", "held", "no-contact"]
"""`sent`: taken, to be brought on; what became of it is told later. `refused`: no other attempt will do. `later`: this one may.
`unreachable`: and nobody else will be served either. `held`: no more until `retry_after` is over, which is nobody's fault."""

State = Literal["due", "sent", "delivered", "failed", "no-contact"]


class Answer(NamedTuple):
    """What came back from outside, without a word of the other side's own (it may quote an address)."""

    verdict: Verdict
    reason: str = ""
    retry_after: timedelta | None = None
    code: int | None = None
    """The status or reply that the receiver gave."""
    their_id: str | None = None
    """What the receiver calls this attempt, where it says so."""
    notification_id: UUID | None = None
    """GOV.UK Notify's, where it took something."""
    template: str | None = None
    """The words, and their version, in which it went."""


class Evidence(NamedTuple):
    """What is kept of one attempt, for ever: when it was answered, and how. Nothing of whom it was to, or what it said."""

    delivery_id: UUID
    attempt: int
    answered_at: datetime
    verdict: str
    code: int | None
    their_id: str | None
    reason: str


class Sending(NamedTuple):
    """What outsiders speak of: a sending by GOV.UK Notify's id for it, or of mail by the instant since which it was tried."""

    notification_id: UUID | None = None
    since: datetime | None = None


class Tried(Protocol):
    """What was tried, as far as it matters for when it is tried again."""

    @property
    def channel(self) -> str: ...

    @property
    def attempts(self) -> int: ...

    @property
    def since(self) -> datetime: ...


class Due(NamedTuple):
    """A delivery that is to be tried now, with all that its words are made of."""

    delivery_id: UUID
    council: str
    payment_id: UUID
    kind: str
    """What it is, `receipt`, `posting`, …: its channel is how it goes."""
    channel: str
    destination: str
    attempts: int
    """With this one."""
    since: datetime
    amount_pence: int
    facts: str | None
    email: str | None
    language: str | None
    paid_by: str
    """The channel of the payment."""
    paid_on: date
    reference: str | None
    outcome: str | None
    fund: str | None
    account_reference: str | None
    account_references: str | None
    refund_due_pence: int
    balance_pence: int | None
    next_due_on: date | None
    vat_code: str | None
    because: str | None = None
    """Of what was heard: which placement it tells of, and whose story that belongs to."""
    phone: str | None = None
    address: str | None = None
    notification_id: UUID | None = None
    """What GOV.UK Notify took of it before, and said has failed."""
    vat_pence: int | None = None
    """Within the payment; None: not known."""
    is_opted_out: bool = False
    """Whoever has this address does not want to be written to."""

    @property
    def to(self) -> str | None:
        """The address or number that it goes to; None of a webhook, and where there is none."""
        return {"email": self.email, "sms": self.phone, "letter": self.address}.get(self.channel)


class Settled(NamedTuple):
    """What becomes of a delivery after an attempt."""

    state: State
    due_at: datetime
    reason: str
    since: datetime | None = None
    """From when its patience is counted anew."""
    notification_id: UUID | None = None
    template: str | None = None


def status_answer(status: int, retry_after: timedelta | None = None, their_id: str | None = None) -> Answer:
    """Standard Webhooks: any 2xx is yes, 410 is "never again", everything else may mend itself."""
    if 200 <= status < 300:
        return Answer("delivered", "", None, status, their_id)
    if status == HTTPStatus.GONE:
        return Answer("refused", "gone: 410", None, status, their_id)
    is_overrun = status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
    return Answer("unreachable" if is_overrun else "later", f"status {status}", retry_after, status, their_id)


def reply_answer(code: int) -> Answer:
    """RFC 5321 4.2.1: 5yz to a recipient or a message is final; 4yz is not."""
    is_final = 500 <= code < 600
    return Answer("refused" if is_final else "later", f"refused: {code}" if is_final else f"reply {code}", code=code)


def settle(answer: Answer, due: Tried, now: datetime, first_pause: timedelta, jitter: int) -> Settled:
    """Told, to be tried again, or given up. Jitter is 0 to 99: it spreads a pause over 80 to 120 per cent of itself."""
    if answer.verdict in ("sent", "delivered"):
        return Settled(answer.verdict, now, "", None, answer.notification_id, answer.template)
    if answer.verdict == "no-contact":
        return Settled("no-contact", now, answer.reason)
    if answer.verdict == "refused":
        return Settled("failed", now, answer.reason)

    if answer.verdict == "held":
        again_at = now + (answer.retry_after or PAUSE_MAX)
        return Settled("due", again_at, answer.reason, again_at)

    again_at = now + max(pause(due.attempts, first_pause, jitter), min(answer.retry_after or timedelta(), PAUSE_MAX))
    if again_at > due.since + GIVE_UP_AFTER[due.channel]:
        return Settled("failed", now, f"given up: {answer.reason}")
    return Settled("due", again_at, answer.reason)


def pause(number: int, first_pause: timedelta, jitter: int) -> timedelta:
    """How long to wait after the attempt of this number: each four times the one before, at most six hours."""
    grown: timedelta = first_pause * PAUSE_GROWTH ** min(number - 1, 20)
    return min(grown, PAUSE_MAX) * (800 + 4 * jitter) // 1000


def told(due: Due, state: State, reason: str, today: date) -> ReceiptIssued | PostingDelivered | DeliveryFailed | None:
    """The fact that a delivery has come to its end; none while it has not, where there was nobody
    to write to, and of a notice that went."""
    if state == "failed":
        return DeliveryFailed(
            council=due.council,
            delivery_id=due.delivery_id,
            payment_id=due.payment_id,
            channel=due.channel,
            destination=due.destination or None,
            reason=reason,
            attempts=due.attempts,
            failed_on=today,
        )
    if state not in ("sent", "delivered"):
        return None
    if due.kind not in ("receipt", "posting"):
        return None
    if due.kind == "receipt":
        return ReceiptIssued(
            council=due.council,
            receipt_id=due.delivery_id,
            payment_id=due.payment_id,
            number=receipt_number(due.delivery_id),
            channel=due.channel,
            amount_pence=due.amount_pence,
            issued_on=today,
        )
    return PostingDelivered(
        council=due.council,
        posting_id=due.delivery_id,
        payment_id=due.payment_id,
        destination=due.destination,
        amount_pence=due.amount_pence,
        delivered_on=today,
        attempts=due.attempts,
    )

"""What allocation remembers of a payment: what is known of it, what went back of it, and where it was put."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple
from uuid import UUID

from ims_allocation.domain.accounts import AccountKey, vehicle_mark
from ims_allocation.domain.candidates import near_keys, tokens, vehicle_in, whole
from ims_allocation.domain.editions.officer_rules import Ruled
from ims_allocation.domain.names import NO_NAMES, Names
from ims_allocation.domain.packs import Pack
from ims_allocation.domain.references import Reading
from ims_contracts.payments import PaymentReceived, PaymentReversed, RefundSent

# The revision of what is no payment: any that is heard is higher.
STANDS_FOR = 0

type PaymentKey = tuple[str, UUID]
"""Council, payment id."""


@dataclass(frozen=True, slots=True)
class Payment:
    """A payment as its highest revision told it, its reference read once."""

    heard_revision: int
    amount_pence: int
    method_of_payment: str
    channel: str
    decided_on: date
    paid_at: datetime | None
    reading: Reading
    fund: str | None = None
    """The fund the source said."""
    vehicle: str | None = None
    tokens: tuple[str, ...] = ()
    """Of free text, the numbers that may be references, or nearly."""
    named: tuple[str, ...] = ()
    """Of free text, the lines of business whose words are in it."""
    names: frozenset[str] = frozenset()
    """Of free text, the payer's names, as keyed digests."""
    ruled: Ruled | None = None
    """What an officer's rule says of it, asked once, when it was heard."""


class Cause(NamedTuple):
    """Why money of a payment went back."""

    cause_id: UUID
    kind: Literal["reversal", "refund"]
    amount_pence: int
    method_of_payment: str
    on: date
    reason: str
    stands_for: Payment | None = None
    """Of a reversal that names an account's reference too: what stands for its payment while that is not known."""


class Part(NamedTuple):
    """The share of a payment that is on one account."""

    fund: str
    account_reference: str
    amount_pence: int
    vat_code: str | None = None
    vat_pence: int = 0
    """Within the amount, as it was when the part was placed: what undoes the part undoes this."""


class Decided(NamedTuple):
    """What a person decided of one payment: an input like what is heard. What it gives to nobody stays in suspense."""

    decision_id: UUID
    parts: tuple[Part, ...] = ()
    refund_due_pence: int = 0
    seen: tuple[UUID, ...] = ()
    """What had gone back of the payment by then, and been rejected; what goes back later comes off what was decided."""


class Rejection(NamedTuple):
    """A back office does not take what it was told of an account: an input like what is heard. What a person decides after it counts."""

    rejection_id: UUID
    fund: str
    account_reference: str
    amount_pence: int
    reason: str
    """As suspense says it: `rejected:` and the back office's own words."""
    destination: str


class Vote(NamedTuple):
    """What speaks for an account, or against it, and how much: so many times as likely if the payment is for it; below nothing,
    so many times less likely."""

    says: str
    times: int


class Weighing(NamedTuple):
    """An account that the text could mean, its probability out of a million, and what spoke."""

    fund: str
    account_reference: str
    probability: int
    votes: tuple[Vote, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was weighed, and what it came to. A home that it gave stays: accounts that come later do not move the money, people do."""

    heard_revision: int
    """The payment as it was then known; one that is known better is decided anew."""
    weighings: tuple[Weighing, ...]
    """The likeliest first."""
    none_of_these: int
    shares: tuple[Part, ...] = ()
    rule: str = ""
    held_by: str = ""
    """The rule that left it to a person, whatever the odds."""
    tag: str | None = None
    """`repaired` or `low-margin`: automatic, and worth a look."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a payment's money is. Parts, refund due and suspended make what came less what went back."""

    outcome: str
    """How it settled its accounts; `suspended` while nobody can say."""
    rule: str
    parts: tuple[Part, ...] = ()
    refund_due_pence: int = 0
    suspended_pence: int = 0
    """Below nothing where more went back than is known to have come."""
    reason: str | None = None
    """Why it is in suspense."""
    due_before_pence: int | None = None
    balance_pence: int | None = None
    next_due_on: date | None = None
    is_for_agent: bool = False
    decision_id: UUID | None = None
    """The decision that placed it, where it was no rule."""
    evidence: Evidence | None = field(default=None, compare=False)
    """No part of where the money is: the same place by other figures is no news."""

    @property
    def allocated_pence(self) -> int:
        return sum(part.amount_pence for part in self.parts)

    def version(self, of_rules: str) -> str:
        """The version of what placed it: the decision, or else the council's rules."""
        return f"decision:{self.decision_id}" if self.decision_id else of_rules


@dataclass(frozen=True, slots=True)
class Record:
    """One payment (or a reversal that names none), and how far its story has been told."""

    council: str
    payment_id: UUID
    payment: Payment | None = None
    """None while only what went back of it is known."""
    applied: tuple[Cause, ...] = ()
    pending: tuple[Cause, ...] = ()
    """Went back, but is still a negative item in suspense."""
    is_orphan: bool = False
    """A reversal that names no payment: its own id stands for the payment's."""
    revision: int = 0
    placement: Placement | None = None
    decided: Decided | None = None
    """The decision in force."""
    is_wait_over: bool = False
    """It waited too long for its account: a person has to look. If the account comes after all, it is placed as ever."""
    rejected: tuple[Rejection, ...] = ()
    """What back offices did not take of it, while it was on their account."""

    @property
    def key(self) -> PaymentKey:
        return self.council, self.payment_id

    @property
    def is_stood_for(self) -> bool:
        """Whether only reversals are known, and the account that they name."""
        return self.payment is not None and self.payment.heard_revision == STANDS_FOR

    @property
    def kind(self) -> str:
        """`payment`, `awaited` (only what went back of it is known), `orphan` (a reversal that names no payment)."""
        return "orphan" if self.is_orphan else "payment" if self.payment and not self.is_stood_for else "awaited"

    @property
    def went_back_pence(self) -> int:
        return sum(cause.amount_pence for cause in (*self.applied, *self.pending))

    @property
    def live_pence(self) -> int:
        """What came less what went back."""
        return (self.payment.amount_pence if self.payment else 0) - self.went_back_pence

    @property
    def keys(self) -> list[tuple[str, str]]:
        """What its placement depends on: as `keys_of`, and the accounts that a person decided on."""
        decided = self.decided.parts if self.decided else ()
        read = keys_of(self.council, self.payment) if self.payment else []
        return [*read, *((self.council, part.account_reference) for part in decided)]

    @property
    def held_back(self) -> list[Rejection]:
        """What was rejected since the decision in force."""
        seen = self.decided.seen if self.decided else ()
        return [each for each in self.rejected if each.rejection_id not in seen]

    def back(self, kind: str) -> int:
        """What went back and has been applied, by kind."""
        return sum(cause.amount_pence for cause in self.applied if cause.kind == kind)


def known(heard: PaymentReceived, reading: Reading, pack: Pack, names: Names = NO_NAMES) -> Payment:
    """What allocation keeps of a payment that was received."""
    if not (heard.reference or reading.candidates) and heard.source in pack.settlement_sources:
        reading = Reading(reason="no-event")
    text = whole(heard.reference, heard.narrative) if pack.is_free_text(heard.channel) else ""
    named = (reference for _, reference in reading.candidates) if text else ()
    vehicle = vehicle_mark(heard.vehicle) if heard.vehicle else reading.vehicle or vehicle_in(text)
    decided_on = pack.decided_on(heard)
    return Payment(
        heard_revision=heard.revision,
        amount_pence=heard.amount_pence,
        method_of_payment=heard.method_of_payment,
        channel=heard.channel,
        decided_on=decided_on,
        paid_at=heard.paid_at,
        reading=reading,
        fund=heard.fund,
        vehicle=vehicle,
        tokens=tuple(dict.fromkeys([*named, *tokens(text, pack.references)])),
        named=pack.words.named(text),
        names=names.of_payer(heard.payer.name) if text and heard.payer and heard.payer.name else frozenset(),
        ruled=pack.tables.rules.of(heard, decided_on, bool(reading.candidates)).ruled,
    )


def cause(heard: PaymentReversed | RefundSent, pack: Pack) -> Cause:
    """What went back of a payment, and why."""
    if isinstance(heard, RefundSent):
        return Cause(heard.refund_id, "refund", heard.amount_pence, heard.method_of_payment, heard.sent_on, "refund-sent")
    stands_for = stand_in(heard, pack) if heard.payment_id and heard.reference else None
    how = heard.method_of_payment, heard.reversed_on, heard.reason
    return Cause(heard.reversal_id, "reversal", heard.amount_pence, *how, stands_for)


def stand_in(heard: PaymentReversed, pack: Pack) -> Payment:
    """What stands for a payment of which only a reversal is known: nothing, for the account that the reversal names."""
    reading = pack.references.read(heard.reference, None)
    return Payment(STANDS_FOR, 0, heard.method_of_payment, "", heard.reversed_on, None, reading)


def orphan(heard: PaymentReversed, pack: Pack) -> Record:
    """A reversal that names no payment (such as an indemnity for a collection before our time): only its account can be known."""
    return Record(heard.council, heard.reversal_id, stand_in(heard, pack), applied=(cause(heard, pack),), is_orphan=True)


def keys_of(council: str, payment: Payment) -> list[tuple[str, str]]:
    """What this payment's decision depends on: council, and a reference or `vehicle:` and a mark."""
    keys = [(council, reference) for _, reference in payment.reading.candidates]
    if payment.ruled and payment.ruled.account_reference:
        keys.append((council, payment.ruled.account_reference))
    return keys or ([(council, f"vehicle:{payment.vehicle}")] if payment.vehicle else [])


def near_keys_of(council: str, payment: Payment, pack: Pack) -> set[tuple[str, str]]:
    """The keys at which an account meets this payment that its text nearly names, where references may be put right."""
    return near_keys(council, payment.tokens) if pack.repairs else set()


def shares_of(council: str, shares: tuple[Part, ...]) -> tuple[tuple[AccountKey, int], ...]:
    """Parts by the whole key of their accounts."""
    return tuple(((council, share.fund, share.account_reference), share.amount_pence) for share in shares)

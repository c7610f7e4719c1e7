"""What allocation remembers of a payment: what is known of it, what went back of it, and where it was put."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple
from uuid import UUID

from ims_allocation.domain.accounts import AccountKey
from ims_allocation.domain.candidates import near_keys, payer_key
from ims_allocation.domain.editions.officer_rules import Ruled
from ims_allocation.domain.packs import Pack
from ims_allocation.domain.references import Reading

# The revision of what is no payment: any that is heard is higher.
STANDS_FOR = 0

type PaymentKey = tuple[str, UUID]
"""Council, payment id."""


class Stated(NamedTuple):
    """A line of a basket: its reference read once, within the fund where it says one."""

    reading: Reading
    amount_pence: int
    cost_centre: str | None = None
    vat_code: str | None = None
    """Where it is another than the fund's."""


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
    payer: str | None = None
    """Of free text, the bank account it came from, as a keyed digest."""
    ruled: Ruled | None = None
    """What an officer's rule says of it, asked once, when it was heard."""
    unasked: tuple[str, ...] = ()
    """Officers' rules that failed on it, and so were passed over."""
    basket: tuple[Stated, ...] = ()
    """What it is for, line by line, where it was stated so: no rule puts it elsewhere."""


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
    cost_centre: str | None = None
    """Whose income it is within the council: what undoes the part takes it off there."""


class Coded(NamedTuple):
    """How a fund's income was coded when money of a payment was first put on it: it stays so, whatever the fund says later."""

    fund: str
    vat_code: str | None
    cost_centre: str | None


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
    """`repaired`, `low-margin` or `by-payer`: automatic, and worth a look."""


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
    coded: tuple[Coded, ...] = field(default=(), compare=False)
    stage: str | None = field(default=None, compare=False)
    """The stage that its penalties were in on the day that decides, where they were all in one; `closed`, where their back office had
    closed them when the money was placed."""

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


def keys_of(council: str, payment: Payment) -> list[tuple[str, str]]:
    """What this payment's decision depends on: council, and a reference or `vehicle:` and a mark."""
    keys = [(council, reference) for _, reference in payment.reading.candidates]
    if payment.ruled and payment.ruled.account_reference:
        keys.append((council, payment.ruled.account_reference))
    return keys or ([(council, f"vehicle:{payment.vehicle}")] if payment.vehicle else [])


def near_keys_of(council: str, payment: Payment, pack: Pack) -> set[tuple[str, str]]:
    """The keys at which an account meets this payment that its text nearly names, where references may be put right; and what is learned
    of its payer."""
    of_payer = {(council, payer_key(payment.payer))} if payment.payer else set()
    return of_payer | (near_keys(council, payment.tokens) if pack.repairs else set())


def shares_of(council: str, shares: tuple[Part, ...]) -> tuple[tuple[AccountKey, int], ...]:
    """Parts by the whole key of their accounts."""
    return tuple(((council, share.fund, share.account_reference), share.amount_pence) for share in shares)

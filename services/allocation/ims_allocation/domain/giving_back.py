"""Refunds: what is due back to payers and what officers ask for, until it is sent. None goes without another person's approval."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Literal, NamedTuple
from uuid import UUID, uuid5

from ims_allocation.domain.approvals import Amounts
from ims_allocation.domain.packs import Pack
from ims_allocation.domain.payments import Record

type State = Literal["requested", "approved", "asked", "sent", "failed", "cancelled"]
NAMES = UUID("3b1d2c1e-76a5-5a0b-8f0e-51c7c2f4a9d6")
OPEN = ("requested", "approved", "asked")


class Refund(NamedTuple):
    """One giving back of money of a payment, and what became of it."""

    council: str
    refund_id: UUID
    payment_id: UUID
    amount_pence: int
    origin: Literal["rule", "decision", "officer"]
    """`rule` and `decision` ask for what is due back, and change with it; an officer asks for what is on accounts or in suspense."""
    requested_by: str
    """Whose decision or request it is; nobody's, if a rule's."""
    approvals_needed: int
    refund_over_pence: int | None
    """What of the payment might go back by one person's approval, when it was asked for; none: whatever the amount."""
    decision_id: UUID | None
    again_of: UUID | None
    """The refund that failed, of which this is another try."""
    content_sha256: str
    reason: str
    note: str | None
    requested_at: datetime
    since_on: date
    """The day since which the payer waits: of another try, since the first."""
    approved_by: tuple[str, ...] = ()
    approved_pence: int | None = None
    asked_pence: int | None = None
    asked_at: datetime | None = None
    sent_pence: int | None = None
    failed_because: str | None = None
    cancelled_because: str | None = None
    method_of_payment: str | None = None
    """How the payment came; where its provider has no way back, a person sends the money."""

    @property
    def state(self) -> State:
        """`requested`; `approved` (by one person, and it needs two); `asked` (approved, and whoever took the payment was told to send
        it); then `sent` or `failed`; or `cancelled` before it was asked. Money that is known to be sent is sent, whatever else was said."""
        if self.sent_pence is not None:
            return "sent"
        if self.failed_because is not None:
            return "failed"
        if self.cancelled_because is not None:
            return "cancelled"
        if self.asked_pence is not None:
            return "asked"
        return "approved" if self.approved_by else "requested"

    @property
    def open_pence(self) -> int:
        """What of the payment it lays claim to."""
        return (self.asked_pence or self.approved_pence or self.amount_pence) if self.state in OPEN else 0

    @property
    def follows_due(self) -> bool:
        """Whether it is changed with what is due back: as long as nobody was asked to send it."""
        return self.origin != "officer" and self.state in ("requested", "approved")


def left_to_ask(record: Record, refunds: Iterable[Refund]) -> int:
    """What of a payment may still be asked back, in pence: all that is left of it but what others claim. What a rule asks for is due
    back anyway: whatever an officer asks for is first of that, and the rule asks for less."""
    return max(0, record.live_pence - sum(each.open_pence for each in refunds if not each.follows_due))


class Left(NamedTuple):
    """A place of a payment's money, and what of it is left for officers to move or to send back, in pence."""

    place: str
    """`due-back`, `suspense`, `account`."""
    fund: str | None
    account_reference: str | None
    amount_pence: int
    left_pence: int


def left_by_place(record: Record, refunds: Iterable[Refund]) -> list[Left]:
    """What is left at each place. What is asked for comes off them as it will when it is sent: first off what is due back, then off
    suspense, then off the accounts, the first of them first."""
    placed = record.placement
    assert placed, "what is recorded has been placed"
    there = [Left("due-back", None, None, placed.refund_due_pence, 0), Left("suspense", None, None, placed.suspended_pence, 0)]
    there += [Left("account", *part[:3], 0) for part in placed.parts]
    claimed, found = record.live_pence - left_to_ask(record, refunds), list[Left]()
    for each in there:
        off = max(0, min(each.amount_pence, claimed))
        claimed -= off
        found.append(each._replace(left_pence=each.amount_pence - off))
    return [each for each in found if each.amount_pence]


def due_to_ask(record: Record, refunds: Iterable[Refund]) -> int:
    """What a rule has to ask for, in pence: what is due back and nobody else asks for."""
    due = record.placement.refund_due_pence if record.placement else 0
    return max(0, min(due, record.live_pence) - sum(each.open_pence for each in refunds if not each.follows_due))


def decision_behind(record: Record) -> UUID | None:
    """The decision that gives money back, if it is no rule that does."""
    return record.decided.decision_id if record.decided and record.decided.refund_due_pence else None


def approvals_needed(amount_pence: int, refunds: Iterable[Refund], pack: Pack) -> int:
    """How many people have to approve: two, where this and what else goes back of the payment are above the council's limit."""
    in_all = amount_pence + sum(each.sent_pence or each.open_pence for each in refunds if not each.follows_due)
    return 2 if pack.approvals.needs(Amounts(refunded_pence=in_all)) else 1


def another_try(failed: Refund, amount_pence: int, refunds: Iterable[Refund], pack: Pack, at: datetime) -> Refund:
    """What an officer asked for, to be approved again after it failed; the payer still waits since the first try."""
    approvals = approvals_needed(amount_pence, refunds, pack)
    return failed._replace(
        refund_id=uuid5(NAMES, f"again/{failed.refund_id}"), amount_pence=amount_pence, approvals_needed=approvals,
        refund_over_pence=pack.approvals.refund_over_pence, again_of=failed.refund_id, requested_at=at, approved_by=(), approved_pence=None,
        asked_pence=None, asked_at=None, failed_because=None,
    )  # fmt: skip


def next_id(record: Record, refunds: Iterable[Refund]) -> UUID:
    """The id of the next refund that a rule asks for: the same for whoever asks, as it is under the payment's lock."""
    return uuid5(NAMES, f"{record.council}/{record.payment_id}/{sum(1 for _ in refunds)}")

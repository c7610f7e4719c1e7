"""What is left of what a person decided of a payment, when more of it went back since."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from ims_allocation.domain.choosing import Accounts
from ims_allocation.domain.packs import Pack
from ims_allocation.domain.payments import Decided, Part, Placement, Record
from ims_allocation.domain.penalties import Settled, stage_of
from ims_allocation.domain.rejecting import off_accounts, off_penalties

RULE = "officer"


class Dealt(NamedTuple):
    """A payment dealt out by a person, or by who stated it: its parts on running accounts, and what it wants to settle of penalties."""

    running: tuple[Part, ...]
    penalties: tuple[Part, ...]
    awaited: tuple[Part, ...]
    """For penalties that cannot be settled, as parking has not said what they cost: suspense keeps it."""
    refund_due_pence: int
    refunded_pence: int
    """What the penalties bear of refunds: first out of what of them is due back."""
    decision_id: UUID | None
    rule: str = RULE
    reason: str = "left-by-officer"
    """Why what is given to nobody is in suspense."""
    rejected: str | None = None
    """Why a back office does not take some of it: suspense keeps that."""


def deal_out(record: Record, decided: Decided, accounts: Accounts, pack: Pack) -> Dealt:
    """What went back since the decision comes first off what was due back, then off what was left in suspense, then off the
    accounts, the first of them first; so does what a payment turned out to be less than it was."""
    since = [cause for cause in record.applied if cause.cause_id not in decided.seen]
    refunded = sum(cause.amount_pence for cause in since if cause.kind == "refund")
    reversed_ = sum(cause.amount_pence for cause in since) - refunded
    due, rest = decided.refund_due_pence, spare(record, decided) + refunded + reversed_
    reversed_ -= min(0, rest)
    due, rest, refunded = absorb(due, max(0, rest), refunded)
    due, rest, reversed_ = absorb(due, rest, reversed_)
    parts = less(decided.parts, reversed_)
    penal = one_each(part for part in parts if pack.is_penalty(part.fund))
    known = {part for part in penal if (a := accounts.by_key.get((record.council, *part[:2]))) and a.stages}
    borne = min(refunded, sum(part.amount_pence for part in known))
    running = less([part for part in parts if not pack.is_penalty(part.fund)], refunded - borne)
    penalties, awaited = ([part for part in penal if (part in known) == is_known] for is_known in (True, False))
    held_back = record.held_back
    why = held_back[-1].reason if held_back else None
    left = off_accounts(running, held_back), off_penalties(penalties, held_back)
    return Dealt(*left, tuple(awaited), due, borne, decided.decision_id, rejected=why)


def one_each(penalties: Iterable[Part]) -> list[Part]:
    """What is for one penalty settles it as a whole, under the cost centre that was said first."""
    of_each: dict[tuple[str, str], Part] = {}
    for part in penalties:
        first = of_each.setdefault(part[:2], part._replace(amount_pence=0))
        of_each[part[:2]] = first._replace(amount_pence=first.amount_pence + part.amount_pence)
    return list(of_each.values())


def spare(record: Record, decided: Decided) -> int:
    """What there is of a payment beyond what was decided of it; what still waits to be taken off it is not counted."""
    there = record.live_pence + sum(cause.amount_pence for cause in record.pending)
    return there - decided.refund_due_pence - sum(part.amount_pence for part in decided.parts)


def absorb(due: int, rest: int, back: int) -> tuple[int, int, int]:
    """Take what went back off what was due back and off the rest; what is left of the three."""
    off_due = min(due, back)
    off_rest = min(rest, back - off_due)
    return due - off_due, rest - off_rest, back - off_due - off_rest


def less(parts: Iterable[Part], back: int) -> tuple[Part, ...]:
    """The parts less what went back, the first of them first."""
    left = []
    for part in parts:
        off = max(0, min(part.amount_pence, back))
        back -= off
        if part.amount_pence != off:
            left.append(part._replace(amount_pence=part.amount_pence - off))
    return tuple(left)


def of_decision(record: Record, dealt: Dealt, settled: list[Settled], outcome: str) -> Placement:
    """The home that a person gave a payment. Of penalties too much is due back, by whatever rule; `outcome` is theirs, if any."""
    parts = dealt.running + taken(dealt.penalties, settled)
    refund_due = dealt.refund_due_pence + sum(one.refund_due_pence for one in settled)
    suspended = record.live_pence - refund_due - sum(part.amount_pence for part in parts)
    dates = [one.next_due_on for one in settled if one.next_due_on]
    return Placement(
        outcome=outcome or outcome_of(parts, refund_due, suspended),
        rule=dealt.rule,
        parts=parts,
        refund_due_pence=refund_due,
        suspended_pence=suspended,
        reason=reason_of(record, dealt, suspended),
        due_before_pence=sum(one.due_before_pence for one in settled) if settled else None,
        balance_pence=sum(one.balance_pence for one in settled) if settled else None,
        next_due_on=min(dates, default=None),
        is_for_agent=any(one.outcome == "with-agent" for one in settled),
        decision_id=dealt.decision_id,
        stage=stage_of(settled),
    )


def taken(penalties: Iterable[Part], settled: Iterable[Settled]) -> tuple[Part, ...]:
    """What is on each penalty, under the cost centre that was said of it."""
    said = {part[:2]: part for part in penalties}
    return tuple(said[one.key[1:]]._replace(amount_pence=one.taken_pence) for one in settled if one.taken_pence)


def outcome_of(parts: tuple[Part, ...], refund_due_pence: int, suspended_pence: int) -> str:
    if parts:
        return "account"
    if refund_due_pence:
        return "refund-due"
    return "suspended" if suspended_pence > 0 else ""


def reason_of(record: Record, dealt: Dealt, suspended_pence: int) -> str | None:
    """Why something of a decided payment is in suspense."""
    over = suspended_pence + sum(cause.amount_pence for cause in record.pending)
    if over < 0:
        return "overdrawn"
    if over == 0:
        return "payment-awaited" if record.pending else None
    return dealt.rejected or ("account-awaited" if dealt.awaited else dealt.reason)

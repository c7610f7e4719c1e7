"""Bring payments up to date with what was heard: first what they are, then, one by one, what went back of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from itertools import zip_longest
from types import MappingProxyType
from typing import NamedTuple

from ims_allocation.domain import ledger
from ims_allocation.domain.accounts import Account
from ims_allocation.domain.choosing import Accounts
from ims_allocation.domain.packs import Pack
from ims_allocation.domain.payments import Cause, Decided, Payment, PaymentKey, Placement, Record, Rejection
from ims_allocation.domain.penalties import stage_on
from ims_allocation.domain.placing import place
from ims_allocation.domain.references import Reading

SETTLING = {"discount", "full", "over"}
NOTHING_REJECTED: Mapping[PaymentKey, Sequence[Rejection]] = MappingProxyType({})
NOTHING_DECIDED: Mapping[PaymentKey, Decided | None] = MappingProxyType({})


class Change(NamedTuple):
    """A payment's state before and after, the journal between them, and what money going back made the change, if any did."""

    before: Record
    after: Record
    lines: tuple[ledger.Line, ...]
    cause: Cause | None = None
    owed_pence: int | None = None
    """What the penalties that money went back from owe again."""
    rejection: Rejection | None = None
    """What its back office does not take, if that made the change."""

    @property
    def is_to_be_told(self) -> bool:
        """A payment that is known better, and stays where it was, is nobody's news."""
        return bool(self.lines or self.cause) or self.before.placement != self.after.placement


class Progress:
    """The records that touch one another, and the accounts they are for, while news is laid upon them."""

    def __init__(self, held: Mapping[PaymentKey, Record], accounts: Accounts, packs: Mapping[str, Pack]) -> None:
        self.now, self.accounts, self.packs = dict(held), accounts, packs
        self.changes: list[Change] = []

    def hear(
        self,
        facts: Mapping[PaymentKey, Payment],
        causes: Mapping[PaymentKey, Sequence[Cause]],
        decided: Mapping[PaymentKey, Decided | None] = NOTHING_DECIDED,
        rejections: Mapping[PaymentKey, Sequence[Rejection]] = NOTHING_REJECTED,
    ) -> list[Change]:
        """What becomes of everything: told again, none of it changes anything. `decided` says which decision is in force from now on
        (None: no more is); what is not in it keeps its own."""
        self.step(facts, {}, decided)
        queues = {key: self.queue(key, causes.get(key, ())) for key in {*self.now, *causes}}
        while any(queues.values()):
            self.step({}, {key: queue.pop(0) for key, queue in queues.items() if queue})
        for of_each in zip_longest(*([(key, each) for each in rejected] for key, rejected in rejections.items())):
            self.reject(dict(each for each in of_each if each))
        return self.changes

    def reject(self, rejections: Mapping[PaymentKey, Rejection]) -> None:
        """Take off its account what a back office does not have of each of some payments, once, and place all anew."""
        before = dict(self.now)
        fresh = {key: each for key, each in rejections.items() if key in before and each not in before[key].rejected}
        after = {key: replace(before[key], rejected=(*before[key].rejected, each)) for key, each in fresh.items()}
        if fresh:
            self.settle(before, before | after, {}, fresh)

    def queue(self, key: PaymentKey, causes: Sequence[Cause]) -> list[Cause]:
        """What is to be taken off a payment: for one that is now known, also what waited for it."""
        record = self.now.get(key, Record(*key))
        waited = list(record.pending) if record.payment else []
        seen = {cause.cause_id for cause in (*record.applied, *record.pending)}
        fresh = {cause.cause_id: cause for cause in causes if cause.cause_id not in seen}
        return waited + list(fresh.values())

    def step(
        self,
        facts: Mapping[PaymentKey, Payment],
        causes: Mapping[PaymentKey, Cause],
        decided: Mapping[PaymentKey, Decided | None] = NOTHING_DECIDED,
    ) -> None:
        """Learn what some payments are and what was decided of them, or take one cause off each of some, and place all anew."""
        before = {key: self.now.get(key, Record(*key)) for key in {*self.now, *facts, *causes, *decided}}
        after = {key: take(learn(record, facts.get(key)), causes.get(key)) for key, record in before.items()}
        after |= {key: replace(after[key], decided=each) for key, each in decided.items()}
        self.settle(before, after, causes)

    def settle(
        self,
        before: Mapping[PaymentKey, Record],
        after: Mapping[PaymentKey, Record],
        causes: Mapping[PaymentKey, Cause],
        rejections: Mapping[PaymentKey, Rejection] = MappingProxyType({}),
    ) -> None:
        """Place everything, and note what changed: first what went back, or was rejected."""
        placed = place(after.values(), self.accounts, self.packs)
        for key in sorted(after, key=lambda key: (key not in causes, key not in rejections, key[0], key[1].int)):
            was, now = before[key], replace(after[key], placement=placed[key])
            if not was.revision or was != now:
                cause = causes.get(key)
                owed = self.owed(was, placed, cause.on) if cause else None
                self.note(Change(was, now, (), cause, owed, rejections.get(key)))

    def note(self, change: Change) -> None:
        now = replace(change.after, revision=change.before.revision + 1)
        self.now[now.key] = now
        self.changes.append(change._replace(after=now, lines=ledger.lines_between(change.before, now)))

    def owed(self, was: Record, placed: Mapping[PaymentKey, Placement], day: date) -> int | None:
        """What the penalties that a payment was on owe without it, at the stage they are in that day."""
        parts = was.placement.parts if was.placement else ()
        penalties = [a for p in parts if (a := self.accounts.by_key.get((was.council, p.fund, p.account_reference)))]
        owing = [owed_by(a, placed, day) for a in penalties if self.packs[a.council].is_penalty(a.fund) and a.stages]
        return sum(owing) if owing else None


def owed_by(account: Account, placed: Mapping[PaymentKey, Placement], day: date) -> int:
    paid = 0
    for (council, _), placement in placed.items():
        for part in placement.parts:
            if (council, part.fund, part.account_reference) == account.key:
                paid += part.amount_pence
                if placement.outcome in SETTLING:
                    return 0
    return 0 if account.status == "cancelled" else max(0, stage_on(account.stages, day).amount_pence - paid)


def learn(record: Record, payment: Payment | None) -> Record:
    """A payment as its highest revision tells it. What was taken off the account in its place is then to be taken off it."""
    if payment is None or (record.payment and record.payment.heard_revision >= payment.heard_revision):
        return record
    if record.is_stood_for:
        return replace(record, payment=payment, applied=(), pending=(*record.applied, *record.pending))
    return replace(record, payment=payment)


def take(record: Record, cause: Cause | None) -> Record:
    """A payment with one more cause: off the payment where it is known; else off the account that a reversal names; else a
    negative item that waits."""
    if cause is None:
        return record
    record, cause = stood_for(record, cause.stands_for), cause._replace(stands_for=None)
    if record.payment is None:
        return replace(record, pending=(*record.pending, cause))
    left = tuple(each for each in record.pending if each.cause_id != cause.cause_id)
    return replace(record, applied=(*record.applied, cause), pending=left)


def stood_for(record: Record, stands_for: Payment | None) -> Record:
    """A payment that is not known, with what stands for it. Reversals that name different accounts name none, in whatever order."""
    if stands_for is None or (record.payment and not record.is_stood_for):
        return record
    if record.payment is None:
        return replace(record, payment=stands_for, applied=record.pending, pending=())
    if record.payment.reading.candidates == stands_for.reading.candidates:
        return record
    return replace(record, payment=replace(record.payment, reading=Reading(reason="payment-awaited")))

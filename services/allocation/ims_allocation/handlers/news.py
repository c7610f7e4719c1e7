"""All payments that touch one another are placed anew with what was heard of them: the way of everything that is not plain."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from ims_allocation.domain import (
    Accounts,
    Cause,
    Change,
    Decided,
    Names,
    Pack,
    Payment,
    PaymentKey,
    Progress,
    Reading,
    Record,
    Rejection,
    choose,
    in_evidence,
    kept_home,
    keys_of,
    known,
    near,
    near_keys_of,
    suggest,
    tell,
)
from ims_allocation.handlers.due import Ended, keep_up
from ims_allocation.handlers.weighing import penalties_named, with_evidence
from ims_allocation.store import accounts, evidence, payers, placements
from ims_allocation.store.accounts import Key
from ims_contracts import Message
from ims_contracts.allocations import Suggestion
from ims_contracts.payments import PaymentReceived
from ims_kit import Work

type Read = tuple[PaymentReceived, Reading]
"""A payment, and what was read in its texts."""


@dataclass(slots=True)
class News:
    """What was heard, by what it is about."""

    facts: dict[PaymentKey, Payment] = field(default_factory=dict)
    causes: dict[PaymentKey, list[Cause]] = field(default_factory=dict)
    decided: dict[PaymentKey, Decided | None] = field(default_factory=dict)
    """The decision that is in force from now on; none, if no more is."""
    orphans: dict[PaymentKey, Record] = field(default_factory=dict)
    refunds: list[Ended] = field(default_factory=list)
    """How refunds ended that were asked for."""
    rejections: dict[PaymentKey, list[Rejection]] = field(default_factory=dict)
    """What back offices do not take."""
    waited: set[PaymentKey] = field(default_factory=set)
    """Those that waited too long for their account."""
    again: set[PaymentKey] = field(default_factory=set)
    """Those to be looked at again, as something else is known that bears on them."""
    because: dict[PaymentKey | Key, Message] = field(default_factory=dict)
    """The message that told it, for each payment, and for each reference or vehicle."""

    @property
    def payments(self) -> set[PaymentKey]:
        refunded = {(each.council, each.payment_id) for each in self.refunds}
        return {*self.facts, *self.causes, *self.orphans, *self.decided, *refunded, *self.rejections, *self.waited, *self.again}

    def hear(self, payments: Mapping[PaymentKey, Read], packs: Mapping[str, Pack], names: Names) -> None:
        """Payments that are not plain."""
        for key, (payment, reading) in payments.items():
            self.facts[key] = known(payment, reading, packs[key[0]], names)
            self.because[key] = payment
            for _, reference in self.facts[key].reading.candidates:
                self.because.setdefault((key[0], reference), payment)

    def near_keys(self, packs: Mapping[str, Pack]) -> set[Key]:
        """Where accounts that the payments heard of nearly name would meet them."""
        return {key for (council, _), payment in self.facts.items() for key in near_keys_of(council, payment, packs[council])}

    def keys(self) -> set[Key]:
        """What the payments heard of depend on, as far as that can be known without looking."""
        known = [(council, payment) for (council, _), payment in self.facts.items()]
        known += [(council, orphan.payment) for (council, _), orphan in self.orphans.items() if orphan.payment]
        known += [(council, each.stands_for) for (council, _), causes in self.causes.items() for each in causes if each.stands_for]
        return {key for council, payment in known for key in keys_of(council, payment)}


async def lock(
    keys: Collection[Key], payments: Collection[PaymentKey], work: Work, beside: Collection[Key] = ()
) -> set[Key]:
    """Keep everyone else out of all that touches these, and say what that is; out of what is `beside`, and no more."""
    reached = await placements.reach(keys, payments, work)
    await work.lock([f"{council}/{key}" for council, key in (*reached, *beside, *((council, str(id_)) for council, id_ in payments))])
    # Another may have tied more to it before the lock was ours. That is rare: it takes a payment with several references.
    while not (now := await placements.reach(keys, payments, work)) <= reached:
        await work.lock([f"{council}/{key}" for council, key in now - reached])
        reached |= now
    return reached


async def bring_up_to_date(news: News, reached: set[Key], packs: Mapping[str, Pack], work: Work) -> None:
    """Decide, remember and tell; the locks of all that is reached are held."""
    held, known = await touched(news, reached, packs, work)
    # The evidence, or a vehicle, may name a penalty that nothing reached before: its other payments are placed with this one. That is
    # rare here: what is heard was looked at before the locks were taken.
    while beyond := penalties_named(undecided(news, held), known, packs) - reached:
        reached |= await lock(beyond, (), work)
        held, known = await touched(news, reached, packs, work)
    fresh = {key: orphan for key, orphan in news.orphans.items() if key not in held}
    changes = Progress({**fresh, **held}, known, packs).hear(news.facts, news.causes, news.decided, news.rejections)
    if changes:
        await placements.keep(changes, {change.after.council: packs[change.after.council].version for change in changes}, work)
        await placements.mind(interests(changes, packs), work)
        await evidence.found(changes, work)
        await payers.learn(changes, packs, work)
        await tell_all(changes, news, (packs, known), work)
    await keep_up(changes, news.refunds, packs, work)


async def touched(
    news: News, reached: set[Key], packs: Mapping[str, Pack], work: Work
) -> tuple[dict[PaymentKey, Record], Accounts]:
    """The payments that mind what is reached, the accounts that they may be for, and what the evidence is weighed by."""
    held = await placements.latest({*news.payments, *await placements.minding(reached, work)}, work.connection)
    held |= {key: replace(held[key], is_wait_over=True) for key in news.waited}
    reached |= {key for record in held.values() for key in record.keys}
    there = Accounts(await accounts.find(reached, work.connection))
    return held, await with_evidence(undecided(news, held), there, packs, work.connection, work.today)


def undecided(news: News, held: Mapping[PaymentKey, Record]) -> dict[PaymentKey, Payment]:
    """The payments that are to be decided, or decided anew."""
    return {key: record.payment for key, record in held.items() if record.payment and is_open(record, news)} | news.facts


def is_open(record: Record, news: News) -> bool:
    """Whether rules still decide where it goes, or do again: no person does, and no evidence did."""
    return news.decided.get(record.key, record.decided) is None and kept_home(record) is None


def interests(changes: list[Change], packs: Mapping[str, Pack]) -> set[tuple[str, str, UUID]]:
    """What must be looked at again when an account changes: payments for penalties, and payments in suspense."""
    minded = set()
    for change in changes:
        record, payment, placement = change.after, change.after.payment, change.after.placement
        if payment is None or placement is None:
            continue
        decided = record.decided.parts if record.decided else ()
        funds = {part.fund for part in (*placement.parts, *decided)} | {fund for fund, _ in payment.reading.candidates}
        # Of one that a vehicle named, and of which all went back, no part tells that it is a penalty's.
        is_penaltys = placement.rule == "second-key" or any(packs[record.council].is_penalty(fund) for fund in funds)
        is_moved_by_others = len(payment.reading.candidates) > 1 or is_penaltys
        if is_moved_by_others or placement.outcome == "suspended":
            keys = {*record.keys, *((record.council, part.account_reference) for part in placement.parts)}
            if placement.outcome == "suspended" and placement.reason != "account-awaited":
                keys |= near_keys_of(record.council, payment, packs[record.council])
            minded |= {(*key, record.payment_id) for key in keys}
    return minded


async def tell_all(changes: list[Change], news: News, seen: tuple[Mapping[str, Pack], Accounts], work: Work) -> None:
    """Tell each change, because of the message that is about the payment, or about an account it depends on."""
    packs, known = seen
    hints = await suggestions(changes, packs, known, work)
    for change in changes:
        if not change.is_to_be_told:
            continue
        record = change.after
        because = next((news.because[key] for key in minded(record, packs) if key in news.because), None)
        for fact in tell(change, packs[record.council].version, work.today, hints.get(record.key, [])):
            work.tell(fact, because=because)


def minded(record: Record, packs: Mapping[str, Pack]) -> list[PaymentKey | Key]:
    """What may have changed a payment's place: it itself, an account or vehicle that it names, or an account that it nearly names."""
    if record.payment is None:
        return [record.key]
    near = near_keys_of(record.council, record.payment, packs[record.council])
    return [record.key, *record.keys, *sorted(near)]


async def suggestions(
    changes: list[Change], packs: Mapping[str, Pack], known: Accounts, work: Work
) -> dict[PaymentKey, list[Suggestion]]:
    """For each payment that goes to suspense, the accounts that it may be for."""
    puzzles, weighed = {}, {}
    for change in changes:
        payment, placement = change.after.payment, change.after.placement
        if payment and placement and placement.outcome == "suspended" and placement.reason != "account-awaited":
            if placement.evidence:
                weighed[change.after.key] = in_evidence(placement.evidence)
            else:
                puzzles[change.after.key] = payment
    return weighed | await suggest_for(puzzles, packs, known, work.connection)


async def suggest_for(
    puzzles: Mapping[PaymentKey, Payment], packs: Mapping[str, Pack], known: Accounts, connection: Any
) -> dict[PaymentKey, list[Suggestion]]:
    """The accounts that there are, near what was typed or named by it, for each of some payments in suspense: those that the evidence
    weighs by their odds."""
    named = {key for (council, _), payment in puzzles.items() for key in keys_of(council, payment)}
    there = Accounts([*known.by_key.values(), *await accounts.find(named, connection)])
    found = await with_evidence(puzzles, there, packs, connection)
    chosen = {key: choose(payment, found, packs[key[0]]) for key, payment in puzzles.items()}
    hints = {key: in_evidence(each.evidence) for key, each in chosen.items() if each.evidence and each.evidence.weighings}
    return hints | await suggest_near({key: puzzles[key] for key in puzzles if key not in hints}, packs, found, connection)


async def suggest_near(
    puzzles: Mapping[PaymentKey, Payment], packs: Mapping[str, Pack], known: Accounts, connection: Any
) -> dict[PaymentKey, list[Suggestion]]:
    """The same for those of which nothing is weighed. Listing the neighbours of a text takes long: of what was weighed it is done."""
    paid = {key: known.paid_by(key[0], payment.payer) for key, payment in puzzles.items()}
    close = {key: near(p, packs[key[0]]) | {account[1:]: says for account, says in paid[key].items()} for key, p in puzzles.items()}
    wanted = {(key[0], reference) for key, found in close.items() for _, reference in found}
    found = Accounts([*known.by_key.values(), *await accounts.find(wanted, connection)])
    hints = {}
    for (council, id_), payment in puzzles.items():
        why = close[council, id_] | dict.fromkeys(payment.reading.candidates, "reference-fits")
        there = {k: a for fund, ref in why if (a := found.by_key.get(k := (council, fund, ref)))}
        there |= {a.key: a for a in found.by_vehicle.get((council, payment.vehicle or ""), ())}
        hints[council, id_] = suggest(payment, why, there.values())
    return hints

"""All payments that touch one another are placed anew with what was heard of them: the way of everything that is not plain."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from ims_allocation.domain import (
    Accounts,
    Cause,
    Change,
    Pack,
    Payment,
    PaymentKey,
    Progress,
    Record,
    keys_of,
    near,
    suggest,
    tell,
)
from ims_allocation.store import accounts, placements
from ims_allocation.store.accounts import Key
from ims_contracts import Message
from ims_contracts.allocations import Suggestion
from ims_kit import Work


@dataclass(slots=True)
class News:
    """What was heard, by what it is about."""

    facts: dict[PaymentKey, Payment] = field(default_factory=dict)
    causes: dict[PaymentKey, list[Cause]] = field(default_factory=dict)
    orphans: dict[PaymentKey, Record] = field(default_factory=dict)
    because: dict[PaymentKey | Key, Message] = field(default_factory=dict)
    """The message that told it, for each payment, and for each reference or vehicle."""

    @property
    def payments(self) -> set[PaymentKey]:
        return {*self.facts, *self.causes, *self.orphans}

    def keys(self) -> set[Key]:
        """What the payments heard of depend on, as far as that can be known without looking."""
        known = [(council, payment) for (council, _), payment in self.facts.items()]
        known += [(council, orphan.payment) for (council, _), orphan in self.orphans.items() if orphan.payment]
        known += [(council, each.stands_for) for (council, _), causes in self.causes.items() for each in causes if each.stands_for]
        return {key for council, payment in known for key in keys_of(council, payment)}


async def lock(keys: Collection[Key], payments: Collection[PaymentKey], work: Work) -> set[Key]:
    """Keep everyone else out of all that touches these, and say what that is."""
    reached = await placements.reach(keys, payments, work)
    await work.lock([f"{council}/{key}" for council, key in (*reached, *((council, str(id_)) for council, id_ in payments))])
    # Another may have tied more to it before the lock was ours. That is rare: it takes a payment with several references.
    while not (now := await placements.reach(keys, payments, work)) <= reached:
        await work.lock([f"{council}/{key}" for council, key in now - reached])
        reached |= now
    return reached


async def bring_up_to_date(news: News, reached: set[Key], packs: Mapping[str, Pack], work: Work) -> None:
    """Decide, remember and tell; the locks of all that is reached are held."""
    held = await placements.latest({*news.payments, *await placements.minding(reached, work)}, work.connection)
    reached |= {key for record in held.values() if record.payment for key in keys_of(record.council, record.payment)}
    known = Accounts(await accounts.find(reached, work.connection))
    fresh = {key: orphan for key, orphan in news.orphans.items() if key not in held}
    changes = Progress({**fresh, **held}, known, packs).hear(news.facts, news.causes)
    if not changes:
        return
    await placements.keep(changes, {change.after.council: packs[change.after.council].version for change in changes}, work)
    await placements.mind(interests(changes, packs), work)
    await tell_all(changes, news, (packs, known), work)


def interests(changes: list[Change], packs: Mapping[str, Pack]) -> set[tuple[str, str, UUID]]:
    """What must be looked at again when an account changes: payments for penalties, and payments in suspense."""
    minded = set()
    for change in changes:
        record, payment, placement = change.after, change.after.payment, change.after.placement
        if payment is None or placement is None:
            continue
        funds = {part.fund for part in placement.parts} | {fund for fund, _ in payment.reading.candidates}
        is_moved_by_others = len(payment.reading.candidates) > 1 or any(packs[record.council].is_penalty(fund) for fund in funds)
        if is_moved_by_others or placement.outcome == "suspended":
            keys = {*keys_of(record.council, payment), *((record.council, part.account_reference) for part in placement.parts)}
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
        keys = keys_of(record.council, record.payment) if record.payment else []
        because = next((news.because[key] for key in (record.key, *keys) if key in news.because), None)
        for fact in tell(change, packs[record.council].version, work.today, hints.get(record.key, [])):
            work.tell(fact, because=because)


async def suggestions(
    changes: list[Change], packs: Mapping[str, Pack], known: Accounts, work: Work
) -> dict[PaymentKey, list[Suggestion]]:
    """For each payment that goes to suspense, the accounts that it may be for."""
    puzzles = {}
    for change in changes:
        payment, placement = change.after.payment, change.after.placement
        if payment and placement and placement.outcome == "suspended" and placement.reason != "account-awaited":
            puzzles[change.after.key] = payment
    return await suggest_for(puzzles, packs, known, work.connection)


async def suggest_for(
    puzzles: Mapping[PaymentKey, Payment], packs: Mapping[str, Pack], known: Accounts, connection: object
) -> dict[PaymentKey, list[Suggestion]]:
    """The accounts that there are, near what was typed or named by it, for each of some payments in suspense."""
    close = {key: near(payment, packs[key[0]]) for key, payment in puzzles.items()}
    named = {key: keys_of(key[0], payment) for key, payment in puzzles.items()}
    wanted = {(key[0], reference) for key, found in close.items() for _, reference in found}
    found = Accounts([*known.by_key.values(), *await accounts.find({*wanted, *(k for ks in named.values() for k in ks)}, connection)])
    hints = {}
    for (council, id_), payment in puzzles.items():
        why = close[council, id_] | dict.fromkeys(payment.reading.candidates, "reference-fits")
        there = {k: a for fund, ref in why if (a := found.by_key.get(k := (council, fund, ref)))}
        there |= {a.key: a for a in found.by_vehicle.get((council, payment.vehicle or ""), ())}
        hints[council, id_] = suggest(payment, why, there.values())
    return hints

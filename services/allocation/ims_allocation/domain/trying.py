"""What a day's payments would have done under another version of the pack: placed anew, and nothing of it kept."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from ims_allocation.domain.baskets import read_anew, reading_of
from ims_allocation.domain.choosing import Accounts
from ims_allocation.domain.editions.officer_rules import words_of
from ims_allocation.domain.packs import Pack
from ims_allocation.domain.payments import Payment, PaymentKey, Placement, Record
from ims_allocation.domain.placing import place
from ims_allocation.domain.references import Reading
from ims_allocation.domain.rounding import money


class Typed(NamedTuple):
    """What a payer typed, as far as it is still kept."""

    reference: str | None
    narrative: str | None


class Reread(NamedTuple):
    """A payment as another version of the pack reads it."""

    record: Record
    is_undecided: bool = False
    """A rule looks at something of it that is not kept, so nobody can say whether it would apply."""


def reread(record: Record, typed: Typed | None, pack: Pack) -> Reread:
    """Read a stored payment anew. One that names one account outright is kept by its reference alone: without what else was typed. The day
    that decided stays."""
    payment = record.payment
    record = replace(record, placement=record.placement and replace(record.placement, coded=()))
    if payment is None or record.is_stood_for:
        return Reread(record)
    if payment.basket:
        lines = read_anew(payment.basket, pack)
        is_unread = any(not line.reading.candidates for line in lines)  # of such a line nothing is kept that could be read anew
        return Reread(replace(record, payment=replace(payment, basket=lines, reading=reading_of(lines))), is_unread)
    whole = typed or Typed(payment.reading.candidates[0][1] if payment.reading.candidates else None, None)
    reading = pack.references.read(whole.reference, whole.narrative)
    if payment.reading.reason == "no-event" and not reading.candidates:
        reading = Reading(reason="no-event")
    fields = fields_kept(payment, whole, typed is not None)
    verdict = pack.tables.rules.decide(fields, payment.decided_on, bool(reading.candidates))
    anew = replace(payment, reading=reading, vehicle=payment.vehicle or reading.vehicle, ruled=verdict.ruled)
    return Reread(replace(record, payment=anew), bool(verdict.failed))


def fields_kept(payment: Payment, whole: Typed, is_narrative_kept: bool) -> dict[str, str | int]:
    """The payment as a rule sees it, without what is not kept: a rule that asks for it cannot be asked."""
    said: dict[str, str | int] = {
        "channel": payment.channel,
        "method_of_payment": payment.method_of_payment,
        "amount_pence": payment.amount_pence,
        "fund": payment.fund or "",
        "vehicle": payment.vehicle or "",
        "reference": whole.reference or "",
    }
    if is_narrative_kept:
        narrative = whole.narrative or ""
        said |= {"narrative": narrative, "words": words_of(whole.reference or "", narrative)}
    return said


def place_anew(
    asked: Iterable[Reread], neighbours: Iterable[Record], accounts: Accounts, packs: Mapping[str, Pack]
) -> dict[PaymentKey, Placement]:
    """Where payments would be. Those that touch them, of other days, are read as they were."""
    ours = {each.record.key: each.record for each in asked}
    placed = place([*ours.values(), *(each for each in neighbours if each.key not in ours)], accounts, packs)
    return {key: placed[key] for key in ours}


@dataclass(slots=True)
class Sums:
    """How many payments ended how, and where their pence are."""

    outcomes: Counter[str] = field(default_factory=Counter)
    outcomes_pence: Counter[str] = field(default_factory=Counter)
    funds_pence: Counter[str] = field(default_factory=Counter)
    centres_pence: Counter[str] = field(default_factory=Counter)

    def take(self, placed: Placement, live_pence: int) -> None:
        how = placed.outcome if placed.outcome != "suspended" else f"suspended:{placed.reason}"
        self.outcomes[how] += 1
        self.outcomes_pence[how] += live_pence
        for part in placed.parts:
            self.funds_pence[part.fund] += part.amount_pence
            self.centres_pence[part.cost_centre or ""] += part.amount_pence
        self.funds_pence["suspense"] += placed.suspended_pence
        self.funds_pence["refund-due"] += placed.refund_due_pence

    def shown(self) -> dict[str, Any]:
        outcomes = {how: {"count": self.outcomes[how], "pence": self.outcomes_pence[how]} for how in sorted(self.outcomes)}
        return {"outcomes": outcomes, "funds": sorted_of(self.funds_pence), "cost_centres": sorted_of(self.centres_pence)}


IN_NO_FUND = {"suspense": "in suspense", "refund-due": "due back to payers"}


def sorted_of(pence: Counter[str]) -> dict[str, int]:
    """By name; what has no name, and what comes to nothing, is left out."""
    return {name: of_it for name, of_it in sorted(pence.items()) if name and of_it}


@dataclass(slots=True)
class Difference:
    """What a day's payments do under two versions, and the first of those that end otherwise."""

    shown_max: int
    payments: int = 0
    differing: int = 0
    undecided: int = 0
    before: Sums = field(default_factory=Sums)
    after: Sums = field(default_factory=Sums)
    first: list[tuple[Record, Record]] = field(default_factory=list)
    """Each payment as it is, and as it would be."""

    def take(self, stored: Collection[Record], reread: Mapping[PaymentKey, Reread], placed: Mapping[PaymentKey, Placement]) -> None:
        """Count some of the day's payments, where they are and where they would be."""
        for record in stored:
            assert record.placement, "what is stored has been placed"
            was, would_be = record.placement, placed[record.key]
            self.payments += 1
            self.undecided += reread[record.key].is_undecided
            self.before.take(was, record.live_pence)
            self.after.take(would_be, record.live_pence)
            if place_of(was) != place_of(would_be):
                self.differing += 1
                if len(self.first) < self.shown_max:
                    self.first.append((record, replace(reread[record.key].record, placement=would_be)))
        assert self.before.funds_pence.total() == self.after.funds_pence.total(), "no penny is lost by another version"


def in_words(before: Sums, after: Sums) -> list[str]:
    """What would be otherwise in all: which funds and cost centres would have more, or less, and how many payments would end otherwise."""
    sums = {"fund {}": (before.funds_pence, after.funds_pence), "cost centre {}": (before.centres_pence, after.centres_pence)}
    words = []
    for called, (old, new) in sums.items():
        for name in sorted(filter(None, {*old, *new})):
            if pence := new[name] - old[name]:
                what, more = IN_NO_FUND.get(name, called.format(name)), "more" if pence > 0 else "less"
                words.append(f"{what}: {money(abs(pence))} {more}, {money(new[name])} instead of {money(old[name])}")
    for how in sorted({*before.outcomes, *after.outcomes}):
        if before.outcomes[how] != after.outcomes[how]:
            words.append(f"{how}: {after.outcomes[how]} payments instead of {before.outcomes[how]}")
    return words


def place_of(placed: Placement) -> tuple[object, ...]:
    """What of a placement is of account: the rule that led to it may have another name."""
    return placed.outcome, placed.reason, placed.parts, placed.refund_due_pence, placed.suspended_pence

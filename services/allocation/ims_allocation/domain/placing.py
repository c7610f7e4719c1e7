"""Where all the payments that touch one another belong: a function of what is known of them, in whatever order it came."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import groupby

from ims_allocation.domain.accounts import Account, AccountKey
from ims_allocation.domain.baskets import of_basket
from ims_allocation.domain.choosing import Accounts, Hold, Home, choose
from ims_allocation.domain.decided import Dealt, deal_out, of_decision
from ims_allocation.domain.packs import Pack
from ims_allocation.domain.payments import Part, PaymentKey, Placement, Record, shares_of
from ims_allocation.domain.penalties import Claim, Settled, settle, stage_of
from ims_allocation.domain.rejecting import off_accounts, off_penalties
from ims_allocation.domain.ruling import by_rule
from ims_allocation.domain.taxing import taxed

# Of several outcomes in one payment, the one that somebody must know of first.
GRAVEST = ("closed", "duplicate", "over", "with-agent", "late-discount", "part", "full", "discount")

AWAITED = "account-awaited"


def place(records: Iterable[Record], accounts: Accounts, packs: Mapping[str, Pack]) -> dict[PaymentKey, Placement]:
    """Where each of these payments belongs. They must be all the payments of every penalty that they touch."""
    records = list(records)
    choices = {r.key: choice(r, accounts, packs[r.council]) for r in records if r.payment}
    settled = settle_penalties(records, choices, accounts, packs)
    placed = {r.key: with_evidence(place_one(r, choices.get(r.key), settled.get(r.key)), r, choices.get(r.key)) for r in records}
    placed |= {r.key: taxed(placed[r.key], r.payment.decided_on, packs[r.council], r.placement) for r in records if r.payment}
    placed |= {r.key: replace(placed[r.key], reason="wait-over") for r in records if r.is_wait_over and placed[r.key].reason == AWAITED}
    for record in records:
        placement = placed[record.key]
        there = placement.allocated_pence + placement.refund_due_pence + placement.suspended_pence
        assert there == record.live_pence, "a placement must conserve its payment"
    return placed


def choice(record: Record, accounts: Accounts, pack: Pack) -> Home | Hold | Dealt:
    """What the payment is for: a person's decision is before any rule. A penalty that its back office does not know is settled by
    nothing."""
    assert record.payment, "only a payment that is known is for something"
    if record.decided:
        return deal_out(record, record.decided, accounts, pack)
    chosen = by_rules(record, accounts, pack)
    if record.held_back and isinstance(chosen, Home) and pack.is_penalty(chosen.shares[0].fund):
        shares = off_penalties(chosen.shares, record.held_back)
        return chosen._replace(shares=shares) if shares else Hold(record.held_back[-1].reason, evidence=chosen.evidence)
    return chosen


def by_rules(record: Record, accounts: Accounts, pack: Pack) -> Home | Hold | Dealt:
    """What the payment is for where no officer decided. What an unknown payment did to a penalty nobody can say, so neither what undoing it
    does."""
    assert record.payment, "only a payment that is known is for something"
    by_officers = by_rule(record.payment, accounts, pack)
    if record.payment.basket:
        is_held = isinstance(by_officers, Hold) and record.payment.ruled and record.payment.ruled.reason
        return by_officers if is_held and by_officers else of_basket(record, accounts, pack)
    if by_officers is None and (kept := kept_home(record)):
        return kept
    chosen = by_officers or choose(record.payment, accounts, pack)
    is_of_a_penalty = isinstance(chosen, Home) and pack.is_penalty(chosen.shares[0].fund)
    if record.is_stood_for and (is_of_a_penalty or (isinstance(chosen, Hold) and not record.is_orphan)):
        return Hold("payment-awaited")
    return chosen


def kept_home(record: Record) -> Home | None:
    """The home that the evidence gave: it stays, as long as the payment is known as it was. One that names several accounts is decided
    anew as each of them becomes known."""
    evidence, payment = record.placement and record.placement.evidence, record.payment
    if not evidence or not evidence.shares or not payment or len(payment.reading.candidates) > 1:
        return None
    return Home(evidence.shares, evidence.rule, evidence) if evidence.heard_revision == payment.heard_revision else None


def with_evidence(placement: Placement, record: Record, chosen: Home | Hold | Dealt | None) -> Placement:
    """With what was weighed. A home that the evidence gave is remembered while a person's decision is before it: undone, it is there."""
    weighed = chosen if isinstance(chosen, (Home, Hold)) else kept_home(record)
    return replace(placement, evidence=weighed.evidence) if weighed and weighed.evidence else placement


def settle_penalties(
    records: list[Record], choices: Mapping[PaymentKey, Home | Hold | Dealt], accounts: Accounts, packs: Mapping[str, Pack]
) -> dict[PaymentKey, list[Settled]]:
    """What each payment for a penalty settles of it, council by council."""
    settled: dict[PaymentKey, list[Settled]] = {}
    for council, group in groupby(sorted(records, key=lambda r: r.council), key=lambda r: r.council):
        claims, penalties = [], dict[AccountKey, Account]()
        for record in group:
            if found := claim(record, choices.get(record.key), packs[council]):
                claims.append(found)
                penalties |= {key: accounts.by_key[key] for key, _ in claims[-1].shares}
        tolerances = {code: fund.tolerance_pence for code, fund in packs[council].funds.items() if fund.tolerance_pence}
        settled |= {(council, payment_id): of_one for payment_id, of_one in settle(penalties, claims, tolerances).items()}
    return settled


def claim(record: Record, chosen: Home | Hold | Dealt | None, pack: Pack) -> Claim | None:
    """What a payment wants to settle of penalties, if it is for any."""
    if isinstance(chosen, Dealt):
        shares, back = chosen.penalties, (0, chosen.refunded_pence)
    elif isinstance(chosen, Home) and pack.is_penalty(chosen.shares[0].fund):
        shares, back = chosen.shares, (record.back("reversal"), record.back("refund"))
    else:
        return None
    assert record.payment, "only a payment that is known is for something"
    on, at = record.payment.decided_on, record.payment.paid_at
    return Claim(record.payment_id, on, at, shares_of(record.council, shares), *back) if shares else None


def place_one(record: Record, chosen: Home | Hold | Dealt | None, settled: list[Settled] | None) -> Placement:
    """Where one payment belongs; what went back before the payment was known is a negative item until it is applied."""
    waiting = -sum(cause.amount_pence for cause in record.pending)
    live = record.live_pence - waiting
    if chosen is None:
        return Placement("suspended", "held", suspended_pence=waiting, reason="payment-awaited")
    if isinstance(chosen, Hold):
        return Placement("suspended", "held", suspended_pence=live + waiting, reason=chosen.reason)
    if isinstance(chosen, Dealt):
        placed = of_decision(record, chosen, settled or [], gravest(settled or []))
        return placed if placed.outcome else replace(placed, outcome=gone(record))
    if settled is not None:
        return of_penalties(record, chosen, settled, waiting)
    if record.is_stood_for:  # the money is taken off the account, as no payment is known that it is taken from
        off = (chosen.shares[0]._replace(amount_pence=live),)
        return Placement(gone(record), chosen.rule, off)
    dealt, over = deal(chosen.shares, live)
    parts = off_accounts(dealt, record.held_back)
    over += sum(part.amount_pence for part in dealt) - sum(part.amount_pence for part in parts)
    outcome = "account" if parts else "suspended" if over > 0 else gone(record)
    rule = chosen.rule if parts or not over > 0 else "held"
    return Placement(outcome, rule, parts, suspended_pence=over + waiting, reason=beside(record, over, waiting))


def beside(record: Record, over: int, waiting: int) -> str | None:
    """Why a payment that has its home has an item in suspense beside it: a negative one, unless its back office rejected something."""
    if over > 0 and record.held_back:
        return record.held_back[-1].reason
    return "overdrawn" if over else "payment-awaited" if waiting else None


def deal(shares: tuple[Part, ...], live: int) -> tuple[tuple[Part, ...], int]:
    """What is left of each share, first to last; and, below nothing, what went back beyond the whole."""
    parts = []
    for share in shares:
        amount = max(0, min(share.amount_pence, live))
        live -= amount
        if amount:
            parts.append(share._replace(amount_pence=amount))
    return tuple(parts), live


def of_penalties(record: Record, home: Home, settled: list[Settled], waiting: int) -> Placement:
    parts = tuple(Part(one.key[1], one.key[2], one.taken_pence) for one in settled if one.taken_pence)
    refund_due = sum(one.refund_due_pence for one in settled)
    over = record.live_pence - waiting - refund_due - sum(part.amount_pence for part in parts)
    dates = [one.next_due_on for one in settled if one.next_due_on]
    return Placement(
        outcome=gravest(settled) or gone(record),
        rule=home.rule,
        parts=parts,
        refund_due_pence=refund_due,
        suspended_pence=over + waiting,
        reason=beside(record, over, waiting),
        due_before_pence=sum(one.due_before_pence for one in settled),
        balance_pence=sum(one.balance_pence for one in settled),
        next_due_on=min(dates, default=None),
        is_for_agent=any(one.outcome == "with-agent" for one in settled),
        stage=stage_of(settled),
    )


def gravest(settled: list[Settled]) -> str:
    """The outcome that somebody must know of first; empty, where nothing is left on any penalty."""
    outcomes = {one.outcome for one in settled}
    is_there = any(one.taken_pence or one.refund_due_pence for one in settled)
    return next(outcome for outcome in GRAVEST if outcome in outcomes) if is_there else ""


def gone(record: Record) -> str:
    """The outcome of a payment of which nothing is left."""
    return "reversed" if record.back("reversal") else "refunded"

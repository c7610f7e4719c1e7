"""What a decision of a person comes to: which share of which payment goes where, or every reason why it cannot be."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from ims_allocation.domain.approvals import Amounts
from ims_allocation.domain.asked import Group, Towards
from ims_allocation.domain.books import Share
from ims_allocation.domain.choosing import Accounts
from ims_allocation.domain.decided import spare
from ims_allocation.domain.editions.bookkeeping import books_on
from ims_allocation.domain.ledger import Line
from ims_allocation.domain.packs import Pack
from ims_allocation.domain.payments import Decided, Part, PaymentKey, Placement, Record
from ims_allocation.domain.releasing import draw, fault_of_shares
from ims_allocation.domain.rounding import money
from ims_allocation.domain.taxing import coded_by, fault_of_code, taxed_lines
from ims_allocation.domain.validation import Intended, Limits, Standing, validate

WORDS = {
    "amount-not-positive": "every amount must be above nothing",
    "amount-zero": "every amount must be above nothing",
    "amount-negative": "every amount must be above nothing",
    "target-is-suspense": "suspense is nobody's account: leave the rest out of it, and it stays in suspense",
    "credit-note-fund-not-enabled": "the fund of a credit note does not allow one; the council's reference data says which do",
    "vat-code-missing": "a fund has no VAT code: have the council's reference data say it",
    "unknown-vat-code": "a VAT code is none that is known on the day: have the council's reference data say it, or name another",
    "vat-code-not-allowed": "the fund lets no line have another VAT code than its own: leave it out",
    "unknown-fund": "there is no such fund in the council's reference data",
    "reference-invalid": "is not a reference of that fund: look for a mistyped character",
    "account-not-found": "no account of that fund and reference is known yet: wait until its back office tells of it",
    "count-mismatch": "several accounts give to as many accounts, each to its own; or let one account give to several",
    "amounts-differ": "of several accounts each gives to the one at its own place in the list what that one gets",
    "not-balanced": "what the accounts give and what they get must come to the same",
    "total-exceeds-available": "the accounts get more than is given",
}


type Whose = tuple[str, str, str | None, str | None]
"""Fund, account, VAT code and cost centre: what is moved between two of these has moved."""


class Plan(NamedTuple):
    """What a decision comes to: of each payment its share, what is journalled beside them, and what it moves in all."""

    decided: dict[PaymentKey, Decided]
    lines: tuple[Line, ...]
    amounts: Amounts


class Known(NamedTuple):
    """What a decision is measured by."""

    records: Mapping[PaymentKey, Record]
    accounts: Accounts
    pack: Pack
    today: date
    alone: Mapping[PaymentKey, Placement] = {}
    """Where payments were before what is in force of them was decided, step after step, without another person."""


def plan(decision_id: UUID, groups: Sequence[Group], known: Known) -> Plan | list[str]:
    """The whole of a decision, or everything that is wrong with it."""
    faults = [f"decisions.{at}: {fault}" for at, group in enumerate(groups) for fault in faults_of(group, known)]
    counts = Counter(of.payment_id for group in groups for of in group.payments)
    faults += [f"payment {each} is named {count} times; it can be decided on once" for each, count in counts.items() if count > 1]
    if faults:
        return faults
    decided, lines = dict[PaymentKey, Decided](), list[Line]()
    for group in groups:
        share_out(decision_id, group, known, decided)
        lines += noted(group, known)
    moved = [amounts_of(known.records[key], each, known) for key, each in decided.items()]
    noted_pence = sum(note.amount_pence for group in groups for note in group.credit_notes)
    return Plan(decided, tuple(lines), Amounts(sum(a for a, _ in moved), sum(b for _, b in moved), noted_pence))


def faults_of(group: Group, known: Known) -> list[str]:
    """What is wrong with one group: of its payments, else of its accounts, else of its sums."""
    keys = keys_of_group(group, known.pack)
    if faults := [fault for key in keys if (fault := fault_of_payment(known.records.get(key), key))]:
        return faults
    records = [known.records[key] for key in keys]
    is_short = any(record.live_pence < 0 for record in records)
    if faults := faults_of_accounts(group, known, is_short):
        return faults
    return faults_of_short(group, records, known.pack) if is_short else faults_of_sums(group, records)


def keys_of_group(group: Group, pack: Pack) -> list[PaymentKey]:
    return [(pack.council, of.payment_id) for of in group.payments]


def fault_of_payment(record: Record | None, key: PaymentKey) -> str | None:
    if record is None:
        return f"no payment {key[1]} is known"
    if record.kind == "awaited":
        return f"of payment {key[1]} only what went back is known: it can be decided on when it has come"
    if record.live_pence == 0:
        return f"nothing is left of payment {key[1]}: it went back"
    return None


def faults_of_accounts(group: Group, known: Known, is_short: bool) -> list[str]:
    """What is wrong with the accounts that get or give."""
    sign = -1 if is_short else 1
    targets, notes = ([share(each, known.pack, sign) for each in side] for side in (group.to, group.credit_notes))
    if fault := fault_of_shares(targets, notes, books_on(known.today, known.pack)):
        return [WORDS[fault]]
    if group.credit_notes and any(known.pack.is_penalty(each.fund) for each in (*group.to, *group.credit_notes)):
        return ["a credit note neither takes from a penalty nor pays one: what a penalty was paid is its payments alone"]
    counts = Counter(whose(each) for each in (*targets, *notes))
    twice = [f"account {each[0]}/{each[1]} is named twice; say its whole amount once" for each, n in counts.items() if n > 1]
    return twice + [fault for each in (*group.to, *group.credit_notes) if (fault := fault_of_account(each, known))]


def share(towards: Towards, pack: Pack, sign: int = 1) -> Share:
    """An account as the rules of moving money see it, with its fund's VAT code and cost centre where no other is said."""
    by_fund = coded_by(towards.fund, pack)
    code, centre = towards.vat_code or by_fund.vat_code or "?", towards.cost_centre or by_fund.cost_centre
    return Share(towards.fund, towards.account_reference, sign * towards.amount_pence, code, cost_centre=centre)


def whose(share: Share) -> Whose:
    return share.fund, share.account_reference, share.vat_code, share.cost_centre


def fault_of_account(towards: Towards, known: Known) -> str | None:
    """What every way in asks of a reference. The limit of a single payment is none of what a person puts right."""
    fund = known.pack.funds[towards.fund]
    found = known.accounts.find(known.pack.council, fund, towards.account_reference)
    rules = known.pack.rules[towards.fund]._replace(limits=Limits())
    intended = Intended(towards.account_reference, abs(towards.amount_pence))
    fault = fault_of_code(towards.fund, towards.vat_code, known.pack) or validate(intended, rules, Standing() if found else None)
    return f"account {towards.fund}/{towards.account_reference}: {WORDS[fault]}" if fault else None


def faults_of_short(group: Group, records: list[Record], pack: Pack) -> list[str]:
    """A reversal that names no payment, or what went back of one beyond what came, is taken off one account, whole. What the first undid
    on a penalty nobody can say, and of the other nothing is the penalty's."""
    live = records[0].live_pence
    what = "a reversal that names no payment" if records[0].is_orphan else "a payment of which too much went back"
    if len(records) > 1 or len(group.to) != 1 or group.refund_due_pence or group.credit_notes:
        return [f"{what} is decided on by itself, for one account"]
    if group.to[0].amount_pence != live:
        return [f"{what} is taken off whole: say `amount_pence` {live}"]
    if pack.is_penalty(group.to[0].fund):
        return [f"{what} cannot be laid on a penalty: have its source name the payment, or name a running account"]
    return []


def faults_of_sums(group: Group, records: list[Record]) -> list[str]:
    """More than there is, or money that nobody said should leave an account for suspense."""
    held = sum(record.live_pence for record in records)
    noted_pence = sum(note.amount_pence for note in group.credit_notes)
    asked = sum(each.amount_pence for each in group.to) + group.refund_due_pence
    if asked > held + noted_pence:
        return [f"{money(asked)} is more than the {money(held + noted_pence)} that there is"]
    if group.credit_notes and asked < held + noted_pence:
        return [f"{money(asked)} is less than the {money(held + noted_pence)} that there is: credit notes only give what is missing"]
    if group.refund_due_pence > held - sum(pence for *_, pence in drawn(group, records)[0]):
        return ["what goes back to a payer must be of the payer's own money, not of a credit note"]
    rest, suspended = held - asked, sum(max(0, record.placement.suspended_pence) for record in records if record.placement)
    if rest > suspended and not group.rest_to_suspense:
        left = money(rest - suspended)
        return [f"{left} would leave an account for suspense: name every account that keeps some, or say `rest_to_suspense`"]
    return []


type Drawn = list[tuple[int, int, int]]


def drawn(group: Group, records: list[Record]) -> tuple[Drawn, Drawn]:
    """Which account draws how much on which payment; and on which credit note, where the payments do not suffice."""
    wanted = [each.amount_pence for each in group.to]
    of_payments = list(draw([record.live_pence for record in records], wanted))
    got = Counter[int]()
    for at, _, pence in of_payments:
        got[at] += pence
    missing = [pence - got[at] for at, pence in enumerate(wanted)]
    return of_payments, list(draw([note.amount_pence for note in group.credit_notes], missing))


def share_out(decision_id: UUID, group: Group, known: Known, decided: dict[PaymentKey, Decided]) -> None:
    """Add what is decided of each payment of a group: the accounts first, then what goes back."""
    keys = keys_of_group(group, known.pack)
    records = [known.records[key] for key in keys]
    if records[0].live_pence < 0:
        parts = {0: [part(each, each.amount_pence) for each in group.to]}
        left = [0]
    else:
        parts, left = dict[int, list[Part]](), [record.live_pence for record in records]
        for target, at, pence in drawn(group, records)[0]:
            parts.setdefault(at, []).append(part(group.to[target], pence))
            left[at] -= pence
    due = {at: pence for _, at, pence in draw(left, [group.refund_due_pence])}
    for at, record in enumerate(records):
        seen = (*(cause.cause_id for cause in record.applied), *(each.rejection_id for each in record.rejected))
        decided[record.key] = Decided(decision_id, tuple(parts.get(at, ())), due.get(at, 0), seen)


def part(towards: Towards, pence: int) -> Part:
    return Part(towards.fund, towards.account_reference, pence, towards.vat_code, cost_centre=towards.cost_centre)


def noted(group: Group, known: Known) -> list[Line]:
    """The journal of what credit notes give: the giving account is debited what the others get."""
    if not group.credit_notes:
        return []
    _, of_notes = drawn(group, [known.records[key] for key in keys_of_group(group, known.pack)])
    got, given = Counter[int](), Counter[int]()
    for target, note, pence in of_notes:
        got[target] += pence
        given[note] += pence
    sides = [*((group.credit_notes[at], pence) for at, pence in given.items()), *((group.to[at], -pence) for at, pence in got.items())]
    return taxed_lines([line(share(each, known.pack), pence) for each, pence in sides], known.today, known.pack)


def line(share: Share, pence: int) -> Line:
    return Line(f"fund:{share.fund}", share.account_reference, pence, share.vat_code, cost_centre=share.cost_centre)


def amounts_of(record: Record, decided: Decided, known: Known) -> tuple[int, int]:
    """What leaves suspense, and what leaves an account (or what was due back), in pence; counted from before what was decided without
    another person, where that is more: nobody moves by steps what they may not move at once."""
    if record.live_pence < 0:
        return abs(record.live_pence), 0
    released = left = 0
    for placed in (record.placement, known.alone.get(record.key)):
        if placed:
            before, after = accounts_of(placed.parts, known.pack), accounts_of(decided.parts, known.pack)
            due = max(0, placed.refund_due_pence - decided.refund_due_pence)
            left = max(left, (before - after).total() + due)
            released = max(released, placed.suspended_pence - spare(record, decided))
    return released, left


def accounts_of(parts: Iterable[Part], pack: Pack) -> Counter[Whose]:
    of_each = Counter[Whose]()
    for part in parts:
        by_fund = coded_by(part.fund, pack)
        code, centre = part.vat_code or by_fund.vat_code, part.cost_centre or by_fund.cost_centre
        of_each[part.fund, part.account_reference, code, centre] += part.amount_pence
    return of_each

"""What must hold of statements, settlements and remittances, and what is broken where it does not."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from ims_reconcile.domain.breaks import Fault
from ims_reconcile.domain.days import working_days_after
from ims_reconcile.domain.items import Held, Item, Member, Remittance, Settlement, Statement, Undone, Unplaced, derived_id
from ims_reconcile.domain.sources import Pack

# How long payments may be on their way behind the settlement that pays them over.
EVENTS_WITHIN = 1
# More payments than these of one source and day, and more than one in so many of all that day's, are one break if they are absent.
BULK, BULK_SHARE = 50, 20
# How long what a reversal or refund undoes may be on its way behind it.
ORIGINAL_WITHIN = 2
# How long after a file was received all of it must have its place.
PLACED_WITHIN = 1
# What a file is refused, or held, for, that is a break of its own.
REFUSED = {
    "currency": ("currency", 0, "the file was refused whole: it is not in pounds"),
    "name": ("file-conflict", 0, "it says otherwise than another file of its name, or has payments of another: a person decides in ingest"),
}
# When the line of a source that the pack does not know should have been seen.
UNKNOWN_WITHIN = 5


@dataclass(frozen=True)
class Horizon:
    """How far the bank has been heard: by council, and by account, the last day of which a final statement is whole.
    What is absent is judged by that day and not by the clock, so a day loaded late is judged as one loaded in time."""

    days: Mapping[str, date]
    accounts: Mapping[tuple[str, str], date] = field(default_factory=dict)

    def has_passed(self, council: str, day: date, bank_account: str | None = None) -> bool:
        """Whether the bank's word on that day has been heard, of that account, or of any where none is given or it was never heard."""
        last = self.accounts.get((council, bank_account or ""), self.days.get(council))
        return last is not None and last >= day


def statement_faults(statement: Statement, horizon: Horizon) -> list[Fault]:
    """Opening and entries make closing; the opening is the closing before it; every line has come."""
    faults: list[Fault] = []
    opening, closing = statement.opening_pence, statement.closing_pence

    def found(kind: str, amount_pence: int, explanation: str) -> None:
        faults.append(
            Fault(kind, statement.council, statement.bank_account, statement.statement_id, amount_pence, statement.closed_on, explanation)
        )

    if difference := balance_difference(statement):
        found("balance", difference, "opening and entries do not make the closing balance")
    elif statement.is_proved is False and opening is not None and closing is not None:
        found("balance", 0, "the statement did not prove when it was read")
    if statement.currency != "GBP":
        found("currency", 0, "the statement is not in pounds")
    if gap := missing_before(statement):
        found("sequence-gap", 0, f"{gap} statement(s) before this one are not here")
    elif opening is not None and statement.prior_closings and opening not in statement.prior_closings:
        found("opening", opening - statement.prior_closings[0], "the opening balance is not the closing balance before it")
    missing = statement.net_pence - statement.heard_net_pence
    if statement.heard_count == statement.line_count and missing:
        found("balance", missing, "the lines do not make what the statement says they do")
    if statement.heard_count != statement.line_count and horizon.has_passed(statement.council, statement.closed_on):
        found("statement-incomplete", missing, f"{statement.heard_count} of {statement.line_count} lines are here")
    elif (pages := statement.pages) and pages.missing and pages.is_first and horizon.has_passed(statement.council, statement.closed_on):
        found("statement-incomplete", 0, f"{pages.missing} page(s) of the statement are not here")
    return faults


def balance_difference(statement: Statement) -> int:
    """By how many pence opening and entries miss the closing; of several pages once, when all of them are here."""
    if pages := statement.pages:
        return (pages.difference_pence or 0) if pages.is_first and not pages.missing else 0
    opening, closing = statement.opening_pence, statement.closing_pence
    return 0 if opening is None or closing is None else opening + statement.net_pence - closing


def missing_before(statement: Statement) -> int:
    """How many numbers are left out between this statement and the one before it; a bank may begin again at 1."""
    number, before = statement.sequence, statement.prior_sequence
    return max(number - before - 1, 0) if number is not None and before is not None else 0


def is_whole(thing: Statement | Settlement | Remittance) -> bool:
    """Whether all that a statement, settlement or remittance consists of has been heard, and adds up."""
    match thing:
        case Statement():
            return (thing.heard_count, thing.heard_net_pence) == (thing.line_count, thing.net_pence)
        case Settlement():
            return thing.heard_pages == thing.page_count and settlement_difference(thing) is None
        case Remittance():
            heard = (thing.heard_payments, thing.heard_reversals, thing.heard_net_pence)
            return heard == (thing.payment_count, thing.reversal_count, thing.net_pence)


def items_of(settlements: Iterable[Settlement], remittances: Iterable[Remittance], pack: Pack) -> list[Item]:
    """What of these should now be seen at the bank: what is whole, not matched yet, and of some amount."""
    return [
        Item(s.settlement_id, "settlement", s.council, s.source, s.reference, pence, s.paid_on)
        for s in settlements
        if (pence := at_bank(s, pack)) and not s.is_matched and is_whole(s)
    ] + [
        Item(r.remittance_id, "remittance", r.council, r.source, r.reference, r.net_pence, r.business_on)
        for r in remittances
        if r.net_pence and not (r.is_matched or r.is_refused or r.is_settled_elsewhere) and is_whole(r)
    ]


def at_bank(settlement: Settlement, pack: Pack) -> int:
    """What of a settlement reaches the bank, in pence."""
    source = pack.by_name.get(settlement.source)
    return settlement.gross_pence if source and source.pays == "gross" else settlement.net_pence


def settlement_difference(settlement: Settlement) -> int | None:
    """The pence by which the members miss the net total, or the totals each other; none where all agree."""
    told = (settlement.member_count, settlement.gross_pence, settlement.fee_pence, settlement.net_pence)
    heard = (settlement.heard_count, settlement.heard_gross_pence, settlement.heard_fee_pence, settlement.heard_net_pence)
    if told == heard and settlement.gross_pence - settlement.fee_pence == settlement.net_pence:
        return None
    return settlement.net_pence - settlement.heard_net_pence or settlement.gross_pence - settlement.fee_pence - settlement.net_pence


def settlement_faults(settlement: Settlement, horizon: Horizon, pack: Pack) -> list[Fault]:
    """Its pages have come, its members make its totals, and it reached the bank in time. What is wrong with it is so since it was paid."""
    source = pack.by_name.get(settlement.source)
    due = source.latest(settlement.paid_on) if source else working_days_after(settlement.paid_on, UNKNOWN_WITHIN)
    account = source.bank_account if source else None

    def found(kind: str, amount_pence: int, explanation: str, since: date = due) -> list[Fault]:
        return [Fault(kind, settlement.council, settlement.source, settlement.settlement_id, amount_pence, since, explanation)]

    if settlement.heard_pages == settlement.page_count and (difference := settlement_difference(settlement)) is not None:
        return found("settlement-total", difference, "members and totals of the settlement do not agree", settlement.paid_on)
    if settlement.is_failed and not settlement.is_matched:
        words = "the provider said that this payout failed, and paid it over again"
        return found("payout-failed", settlement.net_pence, words, settlement.paid_on)
    if settlement.is_fresh or not horizon.has_passed(settlement.council, due, account):
        return []
    if settlement.heard_pages != settlement.page_count:
        return found("settlement-incomplete", settlement.net_pence, f"{settlement.heard_pages} of {settlement.page_count} pages are here")
    if not settlement.is_matched and settlement.net_pence:
        return found("settlement-without-bank-line", settlement.net_pence, "no bank line in its window is this payout")
    return []


def failure_fault(payout: Item) -> Fault:
    """A payout that its provider says failed: whether it ever reached the bank or not, its money is not there, or will not stay."""
    words = "the provider says that this payout failed"
    return Fault("payout-failed", payout.council, payout.source, payout.item_id, payout.amount_pence, payout.due_on, words)


EXPLANATIONS = {
    "settlement-without-payment": "the provider paid over a payment that nobody told of",
    "settlement-without-refund": "the provider took back more than was told as refunded or reversed",
    "dispute-won": "the provider gave back what a dispute took, and the payment is still told as reversed",
    "settlement-amount": "the provider paid over another amount than was told",
    "settled-twice": "the provider paid the same payment over more than once",
    "payment-without-settlement": "the provider has not paid over what was told",
    "payment-without-bank-line": "no bank line in its window is this payment",
}


def member_faults(member: Member, horizon: Horizon) -> list[Fault]:
    """What a member of a settlement disagrees in with the payment that was told."""
    due = working_days_after(member.paid_on, EVENTS_WITHIN)
    is_absent = member.fault not in ("settlement-amount", "settled-twice")
    if is_absent and (member.is_fresh or not horizon.has_passed(member.council, due)):
        return []
    explanation = EXPLANATIONS[member.fault]
    return [Fault(member.fault, member.council, member.source, member.subject_id, member.amount_pence, member.paid_on, explanation)]


def in_bulk(members: Iterable[Member], counts: Mapping[tuple[str, date], int]) -> list[Member]:
    """Payments that are absent; those of a source and day as one where they are many of all that day's (`counts`, by council and
    day): then it is not they that are missing, but what they come in."""
    days: dict[tuple[str, str, str, date], list[Member]] = defaultdict(list)
    for member in members:
        days[member.council, member.source, member.fault, member.paid_on].append(member)
    found: list[Member] = []
    for key, held in days.items():
        first = held[0]
        if len(held) <= BULK or len(held) * BULK_SHARE < counts.get((first.council, first.paid_on), 0):
            found += held
        else:
            pence, subject = sum(member.amount_pence for member in held), derived_id("absent", *key)
            found.append(first._replace(subject_id=subject, settlement_id=subject, amount_pence=pence))
    return found


def remittance_faults(remittance: Remittance, horizon: Horizon, pack: Pack) -> list[Fault]:
    """Its payments have come and make its totals, and it reached the bank in time. What is wrong with it is so since its own day."""
    source = pack.by_name.get(remittance.source)
    due = source.latest(remittance.business_on) if source else working_days_after(remittance.business_on, UNKNOWN_WITHIN)
    missing = remittance.net_pence - remittance.heard_net_pence
    heard = remittance.heard_payments + remittance.heard_reversals
    expected = remittance.payment_count + remittance.reversal_count
    is_late = not remittance.is_fresh and horizon.has_passed(remittance.council, due, source.bank_account if source else None)

    def found(kind: str, amount_pence: int, explanation: str, since: date = remittance.business_on) -> list[Fault]:
        return [Fault(kind, remittance.council, remittance.source, remittance.remittance_id, amount_pence, since, explanation)]

    if remittance.is_refused and remittance.refused_for in REFUSED:
        return found(*REFUSED[remittance.refused_for])
    if remittance.is_refused:
        return found("remittance-refused", 0, f"the file was refused whole: {remittance.refused_for}"[:500].removesuffix(": "))
    if remittance.is_contradicted and not remittance.is_matched and remittance.net_pence:
        return found("file-conflict", remittance.net_pence, "another file of the same name says otherwise")
    if not is_whole(remittance) and (heard >= expected or is_late):
        return found("remittance-total", missing, f"{heard} of {expected} payments and reversals are here")
    if remittance.is_settled_elsewhere and not remittance.is_matched:
        return found("settled-twice", remittance.net_pence, "a payment of the file is already proved by another bank line")
    if is_late and not remittance.is_matched and remittance.is_repeated:
        return found("duplicate-file", remittance.net_pence, "another file of that day has the same payments and is at the bank")
    if is_late and not remittance.is_matched and remittance.net_pence:
        return found("remittance-without-bank-line", remittance.net_pence, "no bank line in its window is this file", due)
    return []


def unplaced_fault(file: Unplaced) -> Fault:
    """What of a file is on no account, not in suspense and not due back."""
    words = f"{file.unplaced_count} of {file.payment_count} payments of the file are neither allocated nor suspended with their amount"
    due = working_days_after(file.received_on, PLACED_WITHIN)
    return Fault("remittance-unplaced", file.council, file.source, file.remittance_id, file.unplaced_pence, due, words)


HELD = {
    "closed-account": "payments for accounts that are not open: what is to become of them is decided in allocation's suspense and refunds",
    "low-evidence": "payments that do not say enough to be sure of one account: they are decided in allocation's suspense",
}


def held_faults(held: Held, horizon: Horizon) -> list[Fault]:
    """What nobody has decided by the next working day. One break a day: each payment is worked where it is held."""
    if not horizon.has_passed(held.council, working_days_after(held.posted_on, PLACED_WITHIN)):
        return []
    subject, words = derived_id("held", held.council, held.kind, held.posted_on), f"{held.payment_count} {HELD[held.kind]}"
    return [Fault(held.kind, held.council, "allocation", subject, held.amount_pence, held.posted_on, words)]


def undone_faults(undone: Undone, horizon: Horizon) -> list[Fault]:
    """A reversal or refund whose payment should be known by now."""
    if not horizon.has_passed(undone.council, working_days_after(undone.due_on, ORIGINAL_WITHIN)):
        return []
    words = "it takes back a payment that nobody told of"
    return [Fault("reversal-without-payment", undone.council, undone.source, undone.subject_id, undone.amount_pence, undone.due_on, words)]

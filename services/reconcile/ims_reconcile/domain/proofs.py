"""What must hold of statements, settlements and remittances, and what is broken where it does not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple
from uuid import UUID

from ims_reconcile.domain.days import working_days_after
from ims_reconcile.domain.items import Line, Member, Remittance, Settlement, Statement, derived_id
from ims_reconcile.domain.matching import Decisions
from ims_reconcile.domain.sources import Pack

# How long payments may be on their way behind the settlement that pays them over.
EVENTS_WITHIN = 1
# How long a line that could be several things may wait for what tells them apart.
CHOICE_WITHIN = 2
# When the line of a source that the pack does not know should have been seen.
UNKNOWN_WITHIN = 5


class Fault(NamedTuple):
    """Two records that should agree do not, or one is missing, for all that is known now."""

    kind: str
    council: str
    source: str
    subject_id: UUID
    amount_pence: int
    opened_on: date
    explanation: str

    @property
    def break_id(self) -> UUID:
        return derived_id("break", self.council, self.kind, self.subject_id)


class Break(NamedTuple):
    """A break as it was told last."""

    break_id: UUID
    council: str
    kind: str
    amount_pence: int
    revision: int
    is_open: bool


@dataclass(frozen=True)
class Horizon:
    """How far the bank has been heard: by council, the last day of which a statement is whole.
    What is absent is judged by that day and not by the clock, so a day loaded late is judged as one loaded in time."""

    days: Mapping[str, date]

    def has_passed(self, council: str, day: date) -> bool:
        """Whether the bank's word on that day has been heard."""
        return council in self.days and self.days[council] >= day


def statement_faults(statement: Statement, horizon: Horizon) -> list[Fault]:
    """Opening and entries make closing; the opening is the closing before it; every line has come."""
    faults: list[Fault] = []
    opening, closing = statement.opening_pence, statement.closing_pence

    def found(kind: str, amount_pence: int, explanation: str) -> None:
        faults.append(
            Fault(kind, statement.council, statement.bank_account, statement.statement_id, amount_pence, statement.closed_on, explanation)
        )

    if opening is not None and closing is not None:
        if difference := opening + statement.net_pence - closing:
            found("balance", difference, "opening and entries do not make the closing balance")
        elif statement.is_proved is False:
            found("balance", 0, "the statement did not prove when it was read")
    if opening is not None and statement.prior_closings and opening not in statement.prior_closings:
        found("opening", opening - statement.prior_closings[0], "the opening balance is not the closing balance before it")
    missing = statement.net_pence - statement.heard_net_pence
    if statement.heard_count == statement.line_count and missing:
        found("balance", missing, "the lines do not make what the statement says they do")
    if statement.heard_count != statement.line_count and horizon.has_passed(statement.council, statement.closed_on):
        found("statement-incomplete", missing, f"{statement.heard_count} of {statement.line_count} lines are here")
    return faults


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


def settlement_difference(settlement: Settlement) -> int | None:
    """The pence by which the members miss the net total, or the totals each other; none where all agree."""
    told = (settlement.member_count, settlement.gross_pence, settlement.fee_pence, settlement.net_pence)
    heard = (settlement.heard_count, settlement.heard_gross_pence, settlement.heard_fee_pence, settlement.heard_net_pence)
    if told == heard and settlement.gross_pence - settlement.fee_pence == settlement.net_pence:
        return None
    return settlement.net_pence - settlement.heard_net_pence or settlement.gross_pence - settlement.fee_pence - settlement.net_pence


def settlement_faults(settlement: Settlement, horizon: Horizon, pack: Pack) -> list[Fault]:
    """Its pages have come, its members make its totals, and it reached the bank in time."""
    source = pack.by_name.get(settlement.source)
    due = source.latest(settlement.paid_on) if source else working_days_after(settlement.paid_on, UNKNOWN_WITHIN)

    def found(kind: str, amount_pence: int, explanation: str) -> list[Fault]:
        return [Fault(kind, settlement.council, settlement.source, settlement.settlement_id, amount_pence, due, explanation)]

    if settlement.heard_pages == settlement.page_count and (difference := settlement_difference(settlement)) is not None:
        return found("settlement-total", difference, "members and totals of the settlement do not agree")
    if settlement.is_fresh or not horizon.has_passed(settlement.council, due):
        return []
    if settlement.heard_pages != settlement.page_count:
        return found("settlement-incomplete", settlement.net_pence, f"{settlement.heard_pages} of {settlement.page_count} pages are here")
    if not settlement.is_matched and settlement.net_pence:
        return found("settlement-without-bank-line", settlement.net_pence, "no bank line in its window is this payout")
    return []


EXPLANATIONS = {
    "settlement-without-payment": "the provider paid over a payment that nobody told of",
    "settlement-without-refund": "the provider took back more than was told as refunded or reversed",
    "settlement-amount": "the provider paid over another amount than was told",
    "settled-twice": "the provider paid the same payment over more than once",
}


def member_faults(member: Member, horizon: Horizon) -> list[Fault]:
    """What a member of a settlement disagrees in with the payment that was told."""
    due = working_days_after(member.paid_on, EVENTS_WITHIN)
    is_absent = member.fault in ("settlement-without-payment", "settlement-without-refund")
    if is_absent and (member.is_fresh or not horizon.has_passed(member.council, due)):
        return []
    explanation = EXPLANATIONS[member.fault]
    return [Fault(member.fault, member.council, member.source, member.subject_id, member.amount_pence, member.paid_on, explanation)]


def remittance_faults(remittance: Remittance, horizon: Horizon, pack: Pack) -> list[Fault]:
    """Its payments have come and make its totals, and it reached the bank in time."""
    source = pack.by_name.get(remittance.source)
    due = source.latest(remittance.business_on) if source else working_days_after(remittance.business_on, UNKNOWN_WITHIN)
    missing = remittance.net_pence - remittance.heard_net_pence
    heard = remittance.heard_payments + remittance.heard_reversals
    expected = remittance.payment_count + remittance.reversal_count
    is_late = not remittance.is_fresh and horizon.has_passed(remittance.council, due)

    def found(kind: str, amount_pence: int, explanation: str) -> list[Fault]:
        return [Fault(kind, remittance.council, remittance.source, remittance.remittance_id, amount_pence, due, explanation)]

    if remittance.is_refused:
        return found("remittance-refused", 0, "the file was refused whole")
    if not is_whole(remittance) and (heard >= expected or is_late):
        return found("remittance-total", missing, f"{heard} of {expected} payments and reversals are here")
    if remittance.is_settled_elsewhere and not remittance.is_matched:
        return found("settled-twice", remittance.net_pence, "a payment of the file is already proved by another bank line")
    if is_late and not remittance.is_matched and remittance.net_pence:
        return found("remittance-without-bank-line", remittance.net_pence, "no bank line in its window is this file")
    return []


def line_faults(decisions: Decisions, horizon: Horizon, pack: Pack) -> list[Fault]:
    """Lines whose file is late, that could be several things, or that nobody explains."""
    faults: list[Fault] = []

    def found(kind: str, line: Line, source: str, due: date, explanation: str) -> None:
        if not line.is_fresh and horizon.has_passed(line.council, due):
            faults.append(Fault(kind, line.council, source, line.line_id, line.amount_pence, due, explanation))

    ambiguous = {line for line in decisions.ambiguous if not line.is_from_bank}
    for line in ambiguous:
        due = working_days_after(line.booked_on, CHOICE_WITHIN)
        found("ambiguous", line, "bank", due, "it could be more than one thing, or another line is alike")
    for line, name in decisions.awaiting:
        if line not in ambiguous:
            due = working_days_after(line.booked_on, pack.by_name[name].file_within)
            found("bank-line-unexplained", line, name, due, "the file of its source is not here")
    for line in decisions.unexplained:
        if not line.is_fresh:
            words = "money left the bank and nobody says why"
            faults.append(Fault("bank-debit-unexplained", line.council, "bank", line.line_id, line.amount_pence, line.booked_on, words))
    return faults


class Changes(NamedTuple):
    """What must be told of breaks: the revision is the one told."""

    opened: list[tuple[Fault, int]]
    closed: list[tuple[Break, int]]


def changes(known: Iterable[Break], faults: Iterable[Fault]) -> Changes:
    """Open what is newly broken or broken by another amount; close what is mended."""
    before = {each.break_id: each for each in known}
    now = {fault.break_id: fault for fault in sorted(faults)}
    opened = []
    for break_id, fault in now.items():
        last = before.get(break_id)
        if last is None or not last.is_open or last.amount_pence != fault.amount_pence:
            opened.append((fault, last.revision + 1 if last else 1))
    closed = [(each, each.revision + 1) for each in before.values() if each.is_open and each.break_id not in now]
    return Changes(opened, closed)

"""Whether a file is taken in: read once from end to end before anything of it is told, with every fault and every total."""

import hashlib
from collections.abc import Iterable
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from ims_contracts.acceptance import faults_of_payment, may_hold_what_may_not_be_kept, tidy
from ims_contracts.message import PENCE_MAX
from ims_contracts.payments import PaymentReceived, PaymentReversed
from ims_contracts.remittances import Fault
from ims_ingest.domain.identity import derive, settlement_id
from ims_ingest.domain.observations import typed
from ims_ingest.domain.rows import FileHead, submission
from ims_ingest.formats.records import (
    Entry,
    Member,
    Record,
    Row,
    StatementBegins,
    StatementEnds,
    Whole,
    fault,
    misfit,
)

# So many faults say enough; a file that is not what it seems has one on every line.
FAULTS_MAX = 1_000
# Bacs takes submissions a month ahead, and claims are debited within one: a day beyond this is mistyped.
AHEAD_MAX = timedelta(days=60)
# A file of many remittances has days, accounts or claims by the dozen, one of many statements a year of some accounts; each takes
# memory until the file is told.
PARTS_MAX = 10_000
DIGEST_BITS = 256
# What readers call a file that has no name of its own.
NAMELESS = ("", "none")
NAME_MAX = 140


class Part(NamedTuple):
    """A remittance, statement or settlement in a file: what makes it one, and what it says, whatever the order of its rows."""

    part_id: UUID
    kind: str
    reference: str
    digest: str


class Totals:
    """What the rows of one part come to. The digest is a sum, so that rows in another order are the same content."""

    def __init__(self) -> None:
        self.count = self.digest = 0
        self.added_pence = self.taken_pence = self.added_count = 0
        self.gross_pence = self.fee_pence = self.net_pence = 0
        self.begins: StatementBegins | None = None
        self.ends: StatementEnds | None = None
        self.paid_on: date | None = None
        self.member: Member | None = None

    def add(self, *content: object) -> None:
        said = hashlib.sha256("\x1f".join(map(str, content)).encode()).digest()
        self.count, self.digest = self.count + 1, (self.digest + int.from_bytes(said)) % (1 << DIGEST_BITS)

    def add_money(self, amount_pence: int) -> None:
        if amount_pence > 0:
            self.added_count, self.added_pence = self.added_count + 1, self.added_pence + amount_pence
        else:
            self.taken_pence -= amount_pence

    def is_too_much(self) -> bool:
        """Whether the sums are more than a fact can say, or the balances."""
        sums = [self.added_pence, self.taken_pence, self.gross_pence, self.fee_pence, self.net_pence]
        balances = [self.ends.opening_pence, self.ends.closing_pence] if self.ends else []
        return any(abs(pence) > PENCE_MAX for pence in [*sums, *balances] if pence is not None)

    def leave_out(self, amount_pence: int) -> None:
        self.count -= 1
        if amount_pence > 0:
            self.added_count, self.added_pence = self.added_count - 1, self.added_pence - amount_pence
        else:
            self.taken_pence += amount_pence


class Proof:
    """A file as it was read for the first time."""

    def __init__(self, head: FileHead, rows_max: int) -> None:
        self.head, self.rows_max = head, rows_max
        self.faults: list[Fault] = []
        self.fault_count = self.row_count = 0
        self.remittance = Totals()
        self.remittances: dict[str, Totals] = {}
        """Where the file names several: each by itself."""
        self.told_again: dict[UUID, UUID] = {}
        """Remittances that are known by another id than the first of their name, which was taken back."""
        self.statements: list[Totals] = []
        self.settlements: dict[str, Totals] = {}
        self.failures: dict[str, Member] = {}
        """Payouts that failed, each with the row that says so."""
        self.whole: Whole | None = None
        self.is_over = False
        """There is more than is taken: what follows need not be read."""

    def take(self, record: Record) -> None:
        """One thing that the file's reader found."""
        match record:
            case Fault():
                self.add_fault(record)
            case Row():
                self.take_row(record)
            case StatementBegins():
                self.take_statement(record)
            case Entry():
                self.take_entry(record)
            case StatementEnds():
                self.end_statement(record)
            case Member():
                self.take_member(record)
            case Whole():
                self.take_whole(record)
        self.row_count += 1
        if self.row_count == self.rows_max + 1:
            self.end_early(f"the file has more than {self.rows_max} rows")

    def end_early(self, what: str) -> None:
        self.is_over = True
        self.add_fault(fault(None, what, "send it in parts"))

    def add_fault(self, found: Fault) -> None:
        self.fault_count += 1
        if len(self.faults) < FAULTS_MAX:
            self.faults.append(found)

    def take_row(self, row: Row) -> None:
        self.remittance.add(row.key, row.amount_pence, typed(row.reference))
        self.remittance.add_money(row.amount_pence)
        if row.remittance is not None:
            self.take_named(row, row.remittance)
        today = self.head.judged_on(row)
        if self.head.day_of(row) > today or may_hold_what_may_not_be_kept((self.head.source, row.key)):  # of a row only these can be wrong
            for reason in faults_of_payment(submission(row, 1, self.head, None), today):
                self.add_fault(fault(row.line, str(reason), "ask who sent the file to correct the line"))

    def take_named(self, row: Row, name: str) -> None:
        if name not in self.remittances and len(self.remittances) > PARTS_MAX:
            return
        totals = self.remittances.setdefault(name, Totals())
        if not totals.count and len(self.remittances) > PARTS_MAX:
            self.end_early(f"the file is of more than {PARTS_MAX} remittances")
        totals.add(row.key, row.amount_pence, typed(row.reference))
        totals.add_money(row.amount_pence)
        totals.paid_on = max(totals.paid_on or self.head.day_of(row), self.head.day_of(row))

    def take_whole(self, whole: Whole) -> None:
        self.whole = whole
        if self.head.comes_ahead and whole.business_on and whole.business_on > self.head.received_on + AHEAD_MAX:
            self.add_fault(fault(None, f"the file is of a day more than {AHEAD_MAX.days} days ahead", "ask who made it for its day"))
        parts = [self.remittance, *self.remittances.values(), *self.statements, *self.settlements.values()]
        if any(each.is_too_much() for each in parts):
            self.add_fault(fault(None, "the amounts come to more than any bank account holds", "ask who sent the file to correct it"))

    def take_statement(self, begins: StatementBegins) -> None:
        if len(self.statements) == PARTS_MAX:
            self.end_early(f"the file is of more than {PARTS_MAX} statements")
        self.statements.append(Totals())
        self.statements[-1].begins = begins
        if begins.bank_account == "unnamed":
            self.add_fault(fault(None, "the statement names no account", "ask the bank for the statement again"))

    def take_entry(self, entry: Entry) -> None:
        if entry.is_booked:
            self.statements[-1].add(entry.booked_on, entry.amount_pence, entry.bank_reference)
            self.statements[-1].add_money(entry.amount_pence)

    def end_statement(self, ends: StatementEnds) -> None:
        self.statements[-1].ends = ends
        if ends.currency != "GBP":
            self.add_fault(fault(None, "the statement is not in pounds", "keep it out: amounts here are in pence", "currency"))

    def take_member(self, member: Member) -> None:
        if member.currency != "GBP":
            self.add_fault(fault(member.line, "the row is not in pounds", "settle other currencies to another account", "currency"))
        if wrong := misfit(member):
            self.add_fault(wrong)
        if member.failed_payout:
            self.failures.setdefault(member.failed_payout, member)
        if member.settlement_reference and not member.is_own_failure:
            totals = self.settlements.setdefault(member.settlement_reference, Totals())
            if not totals.count and len(self.settlements) > PARTS_MAX:
                self.end_early(f"the file is of more than {PARTS_MAX} settlements")
            totals.add(member.member_reference, member.kind, member.gross_pence, member.fee_pence, member.provider_payment_id)
            totals.member = totals.member or member
            totals.gross_pence += member.gross_pence
            totals.fee_pence += member.fee_pence
            totals.net_pence += member.net_pence
            totals.paid_on = max(totals.paid_on or member.paid_on, member.paid_on)

    def last_named(self) -> tuple[date | None, str | None]:
        """The last day that the file is of, and what is of that day calls itself, as far as that could be read."""
        found = [(ends.closed_on, f"{begins.bank_account} {ends.closed_on}")
                 for each in self.statements if (begins := each.begins) and (ends := each.ends)]  # fmt: skip
        found += [(totals.paid_on, reference) for reference, totals in self.settlements.items() if totals.paid_on]
        if self.remittance.count and (whole := self.whole):
            day = whole.business_on or self.head.business_on
            rows = self.remittances or {whole.source_reference: self.remittance}
            found += [(totals.paid_on or day or date.min, reference) for reference, totals in rows.items()]
        day, name = max(found, default=(date.min, ""))
        if len(name) > NAME_MAX or tidy(name) != name:
            return None, None
        return None if day == date.min else day, None if name in NAMELESS else name

    def leave_out(self, payments: Iterable[PaymentReceived], reversals: Iterable[PaymentReversed]) -> None:
        """Rows that came in other files: a file that overlaps them comes to what it adds."""
        named = {part.part_id: self.remittances[part.reference] for part in self.parts() if part.reference in self.remittances}
        left_out = [(each.remittance_id, each.amount_pence) for each in payments]
        left_out += [(each.remittance_id, -each.amount_pence) for each in reversals]
        for remittance_id, pence in left_out:
            self.remittance.leave_out(pence)
            if remittance_id in named:
                named[remittance_id].leave_out(pence)

    def parts(self) -> list[Part]:
        """What is in the file that has a name of its own; by it a second file is known to be the same, or another."""
        head, whole = self.head, self.whole
        found = [self.statement_part(each) for each in self.statements]
        for reference, totals in self.settlements.items():
            key = settlement_id(head.council, head.source, reference)
            found.append(Part(key, "settlement", reference, f"{totals.digest:064x}"))
        for reference, member in self.failures.items():
            key = derive("settlement-failed", head.council, head.source, reference)
            found.append(Part(key, "failure", reference, str(abs(member.net_pence))))
        if self.remittance.count and whole is not None:
            for reference, totals in (self.remittances or {whole.source_reference: self.remittance}).items():
                # Claims are numbered, and the numbers may begin again: of a named one the day belongs to the name.
                day = [] if totals.paid_on is None else [totals.paid_on.isoformat()]
                key = derive("remittance", head.council, head.format, head.source, reference, *day)
                found.append(Part(self.told_again.get(key, key), "remittance", reference, f"{totals.digest:064x}"))
        return found

    def statement_part(self, totals: Totals) -> Part:
        begins, ends = totals.begins, totals.ends
        assert begins is not None
        assert ends is not None
        # Banks begin their numbers again, some each year: the day belongs to the name.
        name = (begins.bank_account, begins.reference, ends.closed_on.isoformat(), str(begins.page))
        balances = f"{ends.opening_pence}|{ends.closing_pence}|{totals.digest:x}"
        key = derive("statement", self.head.council, self.head.format, *name)
        return Part(key, "statement", begins.reference, hashlib.sha256(balances.encode()).hexdigest())

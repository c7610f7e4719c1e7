"""A file that proved, cut into chunks that each commit by themselves: the same bytes always give the same chunks."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple
from uuid import UUID

from ims_contracts.accounts import AccountChanged
from ims_contracts.message import Message
from ims_contracts.payments import PaymentReceived, PaymentReversed
from ims_contracts.remittances import RemittanceReceived
from ims_contracts.statements import SettlementFailed, SettlementMember, SettlementReceived, StatementReceived
from ims_ingest.domain.corrections import Times, told_again
from ims_ingest.domain.identity import from_source, settlement_id
from ims_ingest.domain.proving import Part, Proof, Totals
from ims_ingest.domain.rows import FileHead, Shown, account, reversal, settled_payment, settled_reversal, settlement_member, submission
from ims_ingest.domain.submissions import accept
from ims_ingest.formats.records import AccountRow, Advice, Entry, Member, Record, Row, StatementBegins, StatementEnds

# A thousand facts commit in some tens of milliseconds: others get their turn at the telling lock.
CHUNK = 1_000
# A day's entries of one amount are matched together, so a statement's entries are not cut where it can be helped.
ENTRIES_CHUNK = 20_000
PAGE = 500


class Chunk(NamedTuple):
    """What one transaction takes in of a file."""

    payments: list[PaymentReceived]
    known_from_settlement: list[PaymentReceived]
    reversals: list[PaymentReversed]
    accounts: list[AccountChanged]
    entries: list[Shown]
    advices: list[Advice]
    facts: list[Message]
    """Told as they are: nobody else tells them."""

    def is_full(self) -> bool:
        payments = len(self.payments) + len(self.known_from_settlement) + len(self.reversals)
        return payments + len(self.accounts) + len(self.advices) + len(self.facts) >= CHUNK or len(self.entries) >= ENTRIES_CHUNK


def empty() -> Chunk:
    return Chunk([], [], [], [], [], [], [])


class Occurrences:
    """Numbers the rows that say the same, in their order."""

    def __init__(self) -> None:
        self.seen: Counter[int] = Counter()

    def of(self, row: Row) -> int:
        alike = hash(row.key)  # the key itself, for each of a million rows, would not fit memory; a day's keys hardly collide
        self.seen[alike] += 1
        return self.seen[alike]


def payment_ids(records: Iterable[Record], head: FileHead) -> Iterator[UUID]:
    """The payments that a file's rows become, in a third of the time that it takes to make them."""
    occurrences = Occurrences()
    for record in records:
        if isinstance(record, Row):
            occurrence = occurrences.of(record)
            if record.amount_pence >= 0:
                yield from_source(head.council, head.source, f"{record.key}:{occurrence}")


class Plan:
    """Turns records into chunks. Parts in `known` came in another file, with the same content: they are passed over. `times` says
    of payments that went back with an import which telling of them this is."""

    def __init__(self, proof: Proof, known: Collection[UUID], times: Times | None = None) -> None:
        self.proof, self.head, self.known, self.times = proof, proof.head, known, times
        self.parts = proof.parts()
        self.by_reference = {part.reference: part for part in self.parts if part.kind == "settlement"}
        self.remittances = {part.reference: part for part in self.parts if part.kind == "remittance"}
        self.failures = {part.reference for part in self.parts if part.kind == "failure" and part.part_id not in known}
        self.occurrences = Occurrences()
        self.statement = self.entry_number = -1
        self.members: dict[str, list[SettlementMember]] = {reference: [] for reference in self.by_reference}
        self.pages: Counter[str] = Counter()
        self.chunk = empty()

    def chunks(self, records: Iterable[Record]) -> Iterator[Chunk]:
        for record in records:
            self.take(record)
            if self.chunk.is_full():
                yield self.chunk
                self.chunk = empty()
        for reference in self.members:
            if self.members[reference]:
                self.tell_page(reference)
        for part in self.remittances.values():
            if part.part_id not in self.known:
                self.chunk.facts.append(self.remittance_received(part))
        yield self.chunk

    def take(self, record: Record) -> None:
        match record:
            case Row():
                self.take_row(record)
            case AccountRow():
                self.chunk.accounts.append(account(record, self.head))
            case Advice():
                self.chunk.advices.append(record)
            case StatementBegins():
                self.statement, self.entry_number = self.statement + 1, 0
            case Entry():
                self.take_entry(record)
            case StatementEnds():
                self.end_statement(record)
            case Member():
                self.take_failure(record)
                if record.settlement_reference and not record.is_own_failure:
                    self.take_member(record, record.settlement_reference)

    def take_row(self, row: Row) -> None:
        assert self.proof.whole is not None
        name = row.remittance or self.proof.whole.source_reference
        if (remittance_id := self.remittances[name].part_id) in self.known:
            return
        occurrence = self.occurrences.of(row)
        if row.amount_pence < 0:
            self.chunk.reversals.append(reversal(row, occurrence, self.head, remittance_id))
            return
        told = accept(submission(row, occurrence, self.head, remittance_id), self.head.judged_on(row))
        assert isinstance(told, PaymentReceived), "the proof has tried every row"
        self.chunk.payments.append(told_again(told, self.times) if self.times else told)

    def take_entry(self, entry: Entry) -> None:
        self.entry_number += 1
        part, begins = self.parts[self.statement], self.proof.statements[self.statement].begins
        assert begins is not None
        if entry.is_booked and part.part_id not in self.known:
            self.chunk.entries.append(Shown(part.part_id, begins, self.entry_number, entry))

    def end_statement(self, ends: StatementEnds) -> None:
        part, totals = self.parts[self.statement], self.proof.statements[self.statement]
        if part.part_id not in self.known:
            self.chunk.facts.append(self.statement_received(part, totals, ends))

    def statement_received(self, part: Part, totals: Totals, ends: StatementEnds) -> StatementReceived:
        assert totals.begins is not None
        return StatementReceived(
            council=self.head.council,
            statement_id=part.part_id,
            bank_account=totals.begins.bank_account,
            source=self.head.source,
            format=self.head.format,
            statement_reference=part.reference,
            sequence=totals.begins.sequence,
            opened_on=ends.opened_on,
            closed_on=ends.closed_on,
            opening_pence=ends.opening_pence,
            closing_pence=ends.closing_pence,
            credit_count=totals.added_count,
            credits_pence=totals.added_pence,
            debit_count=totals.count - totals.added_count,
            debits_pence=totals.taken_pence,
            is_proved=ends.is_proved,
            currency=ends.currency,
            page=totals.begins.page,
            is_last_page=totals.begins.is_last_page,
            received_on=self.head.received_on,
        )

    def take_failure(self, member: Member) -> None:
        """A payout that failed is told once, whichever rows of whichever report say so."""
        reference = member.failed_payout
        if reference not in self.failures or reference is None:
            return
        self.failures.remove(reference)
        self.chunk.facts.append(SettlementFailed(
            council=self.head.council,
            settlement_id=settlement_id(self.head.council, self.head.source, reference),
            source=self.head.source,
            provider=member.provider,
            settlement_reference=reference,
            net_pence=abs(member.net_pence),
            failed_on=member.occurred_on,
            received_on=self.head.received_on,
        ))  # fmt: skip

    def take_member(self, member: Member, reference: str) -> None:
        if self.by_reference[reference].part_id in self.known:
            return
        if payment := settled_payment(member, self.head):
            self.chunk.known_from_settlement.append(payment)
        if taken_back := settled_reversal(member, self.head):
            self.chunk.reversals.append(taken_back)
        self.members[reference].append(settlement_member(member, self.head.council))
        if len(self.members[reference]) == PAGE:
            self.tell_page(reference)

    def tell_page(self, reference: str) -> None:
        totals, members = self.proof.settlements[reference], self.members[reference]
        assert totals.paid_on is not None
        assert totals.member is not None
        self.pages[reference] += 1
        self.members[reference] = []
        self.chunk.facts.append(SettlementReceived(
            council=self.head.council,
            settlement_id=self.by_reference[reference].part_id,
            source=self.head.source,
            provider=totals.member.provider,
            method_of_payment=totals.member.method_of_payment,
            settlement_reference=reference,
            paid_on=totals.paid_on,
            gross_pence=totals.gross_pence,
            fee_pence=totals.fee_pence,
            net_pence=totals.net_pence,
            member_count=totals.count,
            page=self.pages[reference],
            pages=-(-totals.count // PAGE),
            members=members,
            received_on=self.head.received_on,
        ))  # fmt: skip

    def remittance_received(self, part: Part) -> RemittanceReceived:
        totals, whole = self.proof.remittances.get(part.reference, self.proof.remittance), self.proof.whole
        assert whole is not None
        return RemittanceReceived(
            council=self.head.council,
            remittance_id=part.part_id,
            source=self.head.source,
            format=self.head.format,
            source_reference=part.reference,
            content_sha256=self.head.content_sha256,
            payment_count=totals.added_count,
            reversal_count=totals.count - totals.added_count,
            payments_pence=totals.added_pence,
            reversals_pence=totals.taken_pence,
            business_on=totals.paid_on or whole.business_on or self.head.business_on or self.head.received_on,
            received_on=self.head.received_on,
        )

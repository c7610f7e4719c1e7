"""Hears payments, files, statements and settlements, and only remembers them: whoever decides, decides later."""

from collections.abc import Iterable
from datetime import date
from typing import ClassVar
from uuid import UUID

from ims_contracts.message import Code, Message, PositivePence, Reference, Words
from ims_contracts.payments import PaymentDisputed, PaymentReceived, PaymentReversed, RefundSent
from ims_contracts.remittances import RemittanceDecided, RemittanceLate, RemittanceReceived, RemittanceRefused, RemittanceReversed
from ims_contracts.statements import SettlementFailed, SettlementReceived, StatementLineReceived, StatementReceived
from ims_kit import Refused, Work
from ims_reconcile.domain import REFUSED, derived_id
from ims_reconcile.handlers.disputes import keep_disputes
from ims_reconcile.store import heard as store
from ims_reconcile.store.causes import story
from ims_reconcile.store.heard import Row

SETTLED_BY_OTHERS = "govuk-pay"
"""Its ids are on no row of a settlement but such as name the payment outright: whoever settles for it has ids of their own."""


class Received(Message):
    """Of payment-received, what is looked for at the bank. Who paid, and what for, is passed over: that is a third of the reading."""

    type: ClassVar[str] = PaymentReceived.type
    topic: ClassVar[str] = PaymentReceived.topic
    one_per: ClassVar[tuple[str, ...]] = PaymentReceived.one_per

    payment_id: UUID
    revision: int = 1
    source: Code
    source_payment_id: Reference
    provider: Code | None = None
    provider_payment_id: Reference | None = None
    method_of_payment: Code
    amount_pence: PositivePence
    paid_on: date
    reference: Words | None = None
    remittance_id: UUID | None = None
    statement_line_id: UUID | None = None


Paid = Received | PaymentReceived
"""As it is read off the topic, or whole."""
type OnPayments = Paid | PaymentReversed | RefundSent | PaymentDisputed


async def on_payments(heard: list[OnPayments], work: Work) -> None:
    """Expect each payment at the bank, and below nothing what went back. The hot path: one insert for the batch."""
    rows: dict[object, Row] = {}
    await keep_disputes([fact for fact in heard if type(fact) is PaymentDisputed], work)
    for fact in heard:
        if isinstance(fact, Paid):  # asked first, as most are: of another class the question takes five times as long
            row = payment_row(fact)
        elif isinstance(fact, PaymentDisputed):
            continue
        else:
            row = return_row(fact)
        held = rows.get(row[1])
        if held is None or held[4] < row[4]:  # the same payment twice in a batch: the higher revision
            rows[row[1]] = row
    alone = {(p.council, p.paid_on) for p in heard if isinstance(p, Paid) and not (p.remittance_id or p.statement_line_id)}
    await store.expect(work.connection, list(rows.values()), alone)


def payment_row(p: Paid) -> Row:
    """Of a payment. What comes in no file is recognised by a reference: its payer's in a settlement, its source's on a bank line."""
    reference = (p.reference or "").upper() if p.provider else p.source_payment_id
    return (
        p.council, p.payment_id, "payment", p.payment_id, p.revision, p.source, p.method_of_payment, p.amount_pence,
        p.paid_on, "" if p.remittance_id else reference, p.remittance_id, p.statement_line_id, p.provider,
        None if p.provider == SETTLED_BY_OTHERS else p.provider_payment_id,
    )  # fmt: skip


def return_row(fact: PaymentReversed | RefundSent) -> Row:
    """Of a reversal or refund. What takes a whole file back is no part of the file."""
    if isinstance(fact, RefundSent):
        return (
            fact.council, fact.refund_id, "refund", fact.payment_id, 1, fact.source, fact.method_of_payment, -fact.amount_pence,
            fact.sent_on, fact.source_refund_id, None, None, None, None,
        )  # fmt: skip
    remittance_id = None if fact.reason == "import-reversed" else fact.remittance_id
    return (
        fact.council, fact.reversal_id, "reversal", fact.payment_id, 1, fact.source, fact.method_of_payment, -fact.amount_pence,
        fact.reversed_on, fact.source_reversal_id, remittance_id, fact.statement_line_id, None, None,
    )  # fmt: skip


type OnStatements = StatementReceived | StatementLineReceived | SettlementReceived | SettlementFailed


async def on_statements(heard: list[OnStatements], work: Work) -> None:
    """Remember statements, their lines, what providers say they paid over, and what of it failed."""
    await store.keep_statements(work.connection, [statement_row(each, work) for each in heard if isinstance(each, StatementReceived)])
    await store.keep_lines(work.connection, [line_row(each, work) for each in heard if isinstance(each, StatementLineReceived)])
    await keep_settlements([each for each in heard if isinstance(each, SettlementReceived)], work)
    await store.keep_failed(work.connection, [failed_row(each) for each in heard if isinstance(each, SettlementFailed)])


def statement_row(s: StatementReceived, work: Work) -> Row:
    return (
        s.statement_id, s.council, s.bank_account, s.opened_on or s.closed_on, s.closed_on, s.opening_pence, s.closing_pence,
        s.credit_count + s.debit_count, s.credits_pence - s.debits_pence, s.is_proved,
        s.format, s.currency, s.sequence, s.source, s.received_on, s.statement_reference, s.page, s.is_last_page,
        story(work.cause(s)),
    )  # fmt: skip


def line_row(line: StatementLineReceived, work: Work) -> Row:
    return (
        line.statement_line_id, line.council, line.statement_id, line.bank_account, line.amount_pence, line.booked_on, line.value_on,
        line.bank_reference, line.counterparty_name, line.counterparty_account, line.reference, line.narrative, line.transaction_code,
        story(work.cause(line)),
    )  # fmt: skip


def failed_row(s: SettlementFailed) -> Row:
    return s.settlement_id, s.council, s.source, s.settlement_reference, s.net_pence, s.failed_on


async def keep_settlements(heard: Iterable[SettlementReceived], work: Work) -> None:
    """Remember pages, and the members of those that are new."""
    pages = {(page.settlement_id, page.page): page for page in heard}
    if any(m.gross_pence - m.fee_pence != m.net_pence for page in pages.values() for m in page.members):
        raise Refused("a member of a settlement whose gross less fee is not its net")
    rows = [
        (
            s.settlement_id, s.council, s.source, s.settlement_reference, s.method_of_payment, s.paid_on,
            s.gross_pence, s.fee_pence, s.net_pence, s.member_count, s.pages, s.received_on, story(work.cause(s)),
        )
        for s in pages.values()
    ]  # fmt: skip
    sums = [(*key, len(page.members), *totals(page)) for key, page in pages.items()]
    fresh = await store.keep_settlements(work.connection, rows, sums)
    await store.keep_members(work.connection, [row for key in fresh for row in member_rows(pages[key])])


def totals(page: SettlementReceived) -> tuple[int, int, int]:
    """Gross, fees and net of a page, in pence."""
    members = page.members
    return sum(m.gross_pence for m in members), sum(m.fee_pence for m in members), sum(m.net_pence for m in members)


def member_rows(s: SettlementReceived) -> list[Row]:
    return [
        (
            derived_id("member", s.council, s.settlement_id, m.member_reference), s.council, s.settlement_id, m.kind, m.payment_id,
            m.gross_pence, m.fee_pence, m.net_pence, m.occurred_on, m.merchant_reference or m.reference, m.provider_reference,
        )
        for m in s.members
    ]  # fmt: skip


type OnRemittances = RemittanceReceived | RemittanceRefused | RemittanceDecided | RemittanceReversed | RemittanceLate


async def on_remittances(heard: list[OnRemittances], work: Work) -> None:
    """Remember files and feed pages: whole, refused, decided by a person, taken back, or missed on their day."""
    rows: dict[object, Row] = {}
    for each in heard:
        if isinstance(each, RemittanceReceived):
            rows[each.remittance_id] = remittance_row(each, work)
        elif isinstance(each, RemittanceRefused):
            rows.setdefault(each.remittance_id, refused_row(each))
    await store.keep_remittances(work.connection, list(rows.values()))
    decided = [(each.remittance_id, each.verdict, story(work.cause(each))) for each in heard if isinstance(each, RemittanceDecided)]
    await store.decide_remittances(work.connection, decided)
    taken_back = [(each.remittance_id, story(work.cause(each))) for each in heard if isinstance(each, RemittanceReversed)]
    await store.take_back_remittances(work.connection, taken_back)
    late = [(each.council, each.source, each.expected_on) for each in heard if isinstance(each, RemittanceLate)]
    await store.keep_late(work.connection, late)


def remittance_row(r: RemittanceReceived, work: Work) -> Row:
    return (
        r.remittance_id, r.council, r.source, r.source_reference, r.business_on, r.payment_count, r.reversal_count,
        r.payments_pence - r.reversals_pence, False, "", r.received_on, story(work.cause(r)),
    )  # fmt: skip


def refused_row(r: RemittanceRefused) -> Row:
    """Of a file that was refused or held. One that says neither its name nor its day is put right by no other: it is named by its bytes."""
    name = r.source_reference or ("" if r.business_on else r.content_sha256)
    return (
        r.remittance_id, r.council, r.source, name, r.business_on or r.received_on, 0, 0, 0, True, refused_for(r), r.received_on, None,
    )  # fmt: skip


def refused_for(refused: RemittanceRefused) -> str:
    """What was wrong with a file: `currency` or `name`, if that is all, and a break has a name of its own for it; or the first fault's
    words."""
    positions = {fault.position for fault in refused.faults}
    return next((each for each in REFUSED if positions == {each}), refused.faults[0].what if refused.faults else "")

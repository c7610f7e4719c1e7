"""The double-entry journal: a payment's position in the ledger, and the lines that bring it from one placement to the next."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID, uuid5

from ims_allocation.domain.payments import Record
from ims_contracts.allocations import JournalLine
from ims_contracts.reconciliations import PaymentReconciled

type Position = Counter[tuple[str, str | None]]
"""Pence by ledger account and account reference: debits above nothing, credits below. It sums to nothing."""


class Line(NamedTuple):
    """One side of a journal."""

    ledger_account: str
    account_reference: str | None
    amount_pence: int


def position(record: Record) -> Position:
    """Where a payment stands in the ledger: clearing has what came less what went back; its placement has the other side."""
    at: Position = Counter()
    if record.placement is None:
        return at
    if record.payment:
        at[f"clearing:{record.payment.method_of_payment}", None] += record.payment.amount_pence
    for cause in (*record.applied, *record.pending):
        at[f"clearing:{cause.method_of_payment}", None] -= cause.amount_pence
    for part in record.placement.parts:
        at[f"fund:{part.fund}", part.account_reference] -= part.amount_pence
    at["refunds-due", None] -= record.placement.refund_due_pence
    at["suspense", None] -= record.placement.suspended_pence
    assert not at.total(), "a position must sum to nothing"
    return at


def lines_between(before: Record, after: Record) -> tuple[Line, ...]:
    """The journal from one state of a payment to the next: debits first; no line where nothing moves."""
    change = position(after)
    change.subtract(position(before))
    lines = (Line(account, reference, pence) for (account, reference), pence in change.items() if pence)
    return tuple(sorted(lines, key=lambda line: (line.amount_pence < 0, line.ledger_account, line.account_reference or "")))


def lines_of(page: PaymentReconciled) -> tuple[Line, ...]:
    """The journal of what is proved at the bank: clearing is credited what bank and fees are debited."""
    method = page.method_of_payment
    lines = (
        Line(f"bank:{page.bank_account}", None, page.net_pence),
        Line(f"fees:{method}", None, page.fee_pence),
        Line(f"clearing:{method}", None, -page.gross_pence),
    )
    return tuple(line for line in lines if line.amount_pence)


def journal_id(record: Record) -> UUID:
    """A payment's first journal is named as the payment; later ones by its revision too."""
    return record.payment_id if record.revision == 1 else uuid5(record.payment_id, str(record.revision))


def written(lines: Iterable[Line]) -> list[JournalLine]:
    """The lines as they are told."""
    return [JournalLine(ledger_account=each, account_reference=reference, amount_pence=pence) for each, reference, pence in lines]

"""The double-entry journal: a payment's position in the ledger, and the lines that bring it from one placement to the next."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID, uuid5

from ims_allocation.domain.payments import Part, Record, Rejection
from ims_contracts.allocations import JournalLine
from ims_contracts.reconciliations import PaymentReconciled

type Place = tuple[str, str | None, str | None]
"""Ledger account, account reference, VAT code."""
type Position = Counter[Place]
"""Pence by place: debits above nothing, credits below. It sums to nothing."""


class Line(NamedTuple):
    """One side of a journal."""

    ledger_account: str
    account_reference: str | None
    amount_pence: int
    vat_code: str | None = None
    vat_pence: int = 0
    """Within the amount, and of its sign."""


def position(record: Record) -> Position:
    """Where a payment stands in the ledger: clearing has what came less what went back; its placement has the other side."""
    at: Position = Counter()
    if record.placement is None:
        return at
    if record.payment:
        at[f"clearing:{record.payment.method_of_payment}", None, None] += record.payment.amount_pence
    for cause in (*record.applied, *record.pending):
        at[f"clearing:{cause.method_of_payment}", None, None] -= cause.amount_pence
    for part in record.placement.parts:
        at[place_of(part)] -= part.amount_pence
    at["refunds-due", None, None] -= record.placement.refund_due_pence
    at["suspense", None, None] -= record.placement.suspended_pence
    assert not at.total(), "a position must sum to nothing"
    return at


def place_of(part: Part) -> Place:
    return f"fund:{part.fund}", part.account_reference, part.vat_code


def vat_position(record: Record) -> Position:
    """The VAT within a payment's position: income is a credit, and so is its VAT."""
    at: Position = Counter()
    for part in record.placement.parts if record.placement else ():
        if part.vat_pence:
            at[place_of(part)] -= part.vat_pence
    return at


def lines_between(before: Record, after: Record) -> tuple[Line, ...]:
    """The journal from one state of a payment to the next: debits first; no line where nothing moves."""
    change, vat = position(after), vat_position(after)
    change.subtract(position(before))
    vat.subtract(vat_position(before))
    lines = (Line(place[0], place[1], pence, place[2], vat[place]) for place, pence in change.items() if pence or vat[place])
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


def written(lines: Iterable[Line], rejection: Rejection | None = None) -> list[JournalLine]:
    """The lines as they are told; what takes back what a back office rejected says so, as it never had that."""
    told = [
        JournalLine(ledger_account=account, account_reference=reference, amount_pence=pence, vat_code=code, vat_pence=vat or None)
        for account, reference, pence, code, vat in lines
    ]
    return [marked(line, rejection) for line in told] if rejection else told


def marked(line: JournalLine, rejection: Rejection) -> JournalLine:
    is_there = (line.ledger_account, line.account_reference) == (f"fund:{rejection.fund}", rejection.account_reference)
    if not is_there or line.amount_pence <= 0:
        return line
    pence = min(line.amount_pence, rejection.amount_pence)
    return line.model_copy(update={"rejected_pence": pence, "rejected_by": rejection.destination})

"""The double-entry journal: a payment's position in the ledger, and the lines that bring it from one placement to the next."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple
from uuid import UUID, uuid5

from ims_allocation.domain.payments import Part, Record, Rejection
from ims_contracts.allocations import JournalLine
from ims_contracts.reconciliations import PaymentReconciled

type Place = tuple[str, str | None, str | None, str | None]
"""Ledger account, account reference, VAT code, cost centre."""
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
    cost_centre: str | None = None


def opposite(lines: Iterable[Line]) -> list[Line]:
    """The same journal the other way round."""
    return [line._replace(amount_pence=-line.amount_pence, vat_pence=-line.vat_pence) for line in lines]


def position(record: Record) -> Position:
    """Where a payment stands in the ledger: clearing has what came less what went back; its placement has the other side."""
    at: Position = Counter()
    if record.placement is None:
        return at
    if record.payment:
        at[at_whole(f"clearing:{record.payment.method_of_payment}")] += record.payment.amount_pence
    for cause in (*record.applied, *record.pending):
        at[at_whole(f"clearing:{cause.method_of_payment}")] -= cause.amount_pence
    for part in record.placement.parts:
        at[place_of(part)] -= part.amount_pence
    at[at_whole("refunds-due")] -= record.placement.refund_due_pence
    at[at_whole("suspense")] -= record.placement.suspended_pence
    assert not at.total(), "a position must sum to nothing"
    return at


def at_whole(ledger_account: str) -> Place:
    """A ledger account that is not told apart."""
    return ledger_account, None, None, None


def place_of(part: Part) -> Place:
    return f"fund:{part.fund}", part.account_reference, part.vat_code, part.cost_centre


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
    moved = ((*place, pence, vat[place]) for place, pence in change.items() if pence or vat[place])
    lines = (Line(account, reference, pence, code, within, centre) for account, reference, code, centre, pence, within in moved)
    return tuple(sorted(lines, key=in_order))


def in_order(line: Line) -> tuple[bool, str, str, str, str]:
    return line.amount_pence < 0, line.ledger_account, line.account_reference or "", line.cost_centre or "", line.vat_code or ""


def lines_of(page: PaymentReconciled) -> tuple[Line, ...]:
    """The journal of what is proved at the bank: clearing is credited what bank and fees, or what was written off, are debited."""
    method = page.method_of_payment
    lines = (
        Line(f"bank:{page.bank_account}", None, page.net_pence),
        Line(page.fee_account or f"fees:{method}", None, page.fee_pence),
        Line(f"clearing:{method}", None, -page.gross_pence),
    )
    return tuple(line for line in lines if line.amount_pence)


def journal_id(record: Record) -> UUID:
    """A payment's first journal is named as the payment; later ones by its revision too."""
    return record.payment_id if record.revision == 1 else uuid5(record.payment_id, str(record.revision))


def written(lines: Iterable[Line], rejection: Rejection | None = None) -> list[JournalLine]:
    """The lines as they are told; what takes back what a back office rejected says so, as it never had that."""
    told = [
        JournalLine(
            ledger_account=account, account_reference=reference, amount_pence=pence, vat_code=code, vat_pence=vat or None,
            cost_centre=centre,
        )
        for account, reference, pence, code, vat, centre in lines
    ]  # fmt: skip
    return list(marked(told, rejection)) if rejection else told


def marked(lines: Iterable[JournalLine], rejection: Rejection) -> Iterator[JournalLine]:
    left, account = rejection.amount_pence, (f"fund:{rejection.fund}", rejection.account_reference)
    for line in lines:
        pence = min(line.amount_pence, left) if (line.ledger_account, line.account_reference) == account else 0
        if pence > 0:
            left -= pence
            yield line.model_copy(update={"rejected_pence": pence, "rejected_by": rejection.destination})
        else:
            yield line

"""What is told: payments proved, payments that only the bank knows, breaks."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

from ims_contracts.payments import Payer, PaymentSubmitted, ReversalSubmitted
from ims_contracts.reconciliations import BreakClosed, BreakOpened, PaymentReconciled, ReconciledPayment
from ims_reconcile.domain import Break, Fault, Line
from ims_reconcile.store.pages import Untold

PROVED = tuple(ReconciledPayment.model_fields)
BANK, TRANSFER = "bank", "bank-transfer"


def pages_of(untold: Untold) -> Iterator[PaymentReconciled]:
    """The pages of a match that are told now."""
    match = untold.match
    for page, group in groupby(untold.rows, itemgetter("page")):
        rows = list(group)
        payments = [
            ReconciledPayment.of_valid({field: row[field] for field in PROVED})
            for row in rows
        ]
        yield PaymentReconciled.model_construct(
            council=match["council"],
            match_id=match["match_id"],
            page=page,
            pages=match["page_count"],
            statement_line_id=match["line_id"],
            statement_line_ids=match["line_ids"] if len(match["line_ids"]) > 1 else [],
            bank_account=match["bank_account"],
            value_on=match["value_on"],
            method_of_payment=rows[0]["method_of_payment"],
            settlement_id=match["settlement_id"],
            remittance_id=match["remittance_id"],
            gross_pence=sum(each.gross_pence for each in payments),
            fee_pence=sum(each.fee_pence for each in payments),
            fee_account=rows[0]["fee_account"],
            net_pence=sum(each.net_pence for each in payments),
            why=match["why"],
            payments=payments,
        )


def payment_from_bank(line: Any, today: date) -> PaymentSubmitted:
    """A credit that no source explains, as a payment: its identity is the bank line."""
    payer = Payer(name=line["counterparty_name"], bank_account=line["counterparty_account"])
    return PaymentSubmitted(
        council=line["council"],
        source=BANK,
        source_payment_id=str(line["line_id"]),
        channel=TRANSFER,
        method_of_payment=TRANSFER,
        amount_pence=line["amount_pence"],
        paid_on=line["booked_on"],
        received_on=today,
        value_on=line["value_on"],
        reference=line["reference"],
        narrative=line["narrative"],
        payer=payer if payer.name or payer.bank_account else None,
        statement_line_id=line["line_id"],
    )


def reversal_told_by_file(line: Line) -> ReversalSubmitted:
    """The bank's own payment is taken back, since a file explains the line."""
    return ReversalSubmitted(
        council=line.council,
        source=BANK,
        source_reversal_id=str(line.line_id),
        reason="told-by-file",
        amount_pence=line.amount_pence,
        reversed_on=line.booked_on,
        original_source=BANK,
        original_source_payment_id=str(line.line_id),
        method_of_payment=TRANSFER,
        statement_line_id=line.line_id,
    )


def break_opened(fault: Fault, revision: int) -> BreakOpened:
    return BreakOpened(
        council=fault.council,
        break_id=fault.break_id,
        revision=revision,
        kind=fault.kind,
        amount_pence=fault.amount_pence,
        source=fault.source,
        subject_id=fault.subject_id,
        other_id=fault.other_id,
        opened_on=fault.opened_on,
        explanation=fault.explanation,
    )


def break_closed(mended: Break, revision: int, today: date, reason: str) -> BreakClosed:
    return BreakClosed(council=mended.council, break_id=mended.break_id, revision=revision, closed_on=today, reason=reason)

"""A whole import taken back: what of each of its payments has not gone back already."""

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from ims_contracts.payments import PaymentReceived, PaymentReversed
from ims_contracts.remittances import RemittanceReversed
from ims_ingest.domain.identity import derive


class Import(NamedTuple):
    """A remittance that is taken back: what was decided, and how far it is."""

    file_id: UUID
    council: str
    source: str
    remittance_id: UUID
    reason: str
    decided_by: str
    reversed_on: date
    last_payment_id: UUID
    """The payments up to here, in the order of their ids, are done."""
    payment_count: int
    payments_pence: int
    left_out_count: int
    left_out_pence: int
    """What had gone back otherwise before."""
    is_done: bool


def told(imports: Sequence[Import]) -> dict[str, Any]:
    """What of a file is taken back, for whoever asks."""
    first = imports[0]
    return {
        "state": "reversed" if all(each.is_done for each in imports) else "reversing",
        "reason": first.reason,
        "by": first.decided_by,
        "reversed_on": first.reversed_on.isoformat(),
        "payments": sum(each.payment_count for each in imports),
        "payments_pence": sum(each.payments_pence for each in imports),
        "left_out": sum(each.left_out_count for each in imports),
        "left_out_pence": sum(each.left_out_pence for each in imports),
    }


def taken_back(payment: PaymentReceived, back_pence: int, whole: Import) -> PaymentReversed | None:
    """The reversal of one payment of an import, of what is left of it when `back_pence` has gone back otherwise; none where
    nothing is. Taken back again, it would be below nothing."""
    left_pence = payment.amount_pence - back_pence
    if left_pence <= 0:
        return None
    name = f"import-reversed:{payment.payment_id}"
    return PaymentReversed(
        council=whole.council,
        source=whole.source,
        source_reversal_id=name,
        reversal_id=derive("reversal", whole.council, whole.source, name),
        payment_id=payment.payment_id,
        reason="import-reversed",
        amount_pence=left_pence,
        reversed_on=whole.reversed_on,
        original_source=payment.source,
        original_source_payment_id=payment.source_payment_id,
        provider=payment.provider,
        provider_payment_id=payment.provider_payment_id,
        method_of_payment=payment.method_of_payment,
        remittance_id=whole.remittance_id,
        remittance_line=payment.remittance_line,
    )


def further(whole: Import, payments: list[tuple[PaymentReceived, int]], most: int) -> tuple[Import, list[PaymentReversed]]:
    """How far the import is after these payments, each with what went back of it otherwise, and their reversals. Fewer than
    `most` are the last."""
    reversals = [found for payment, back_pence in payments if (found := taken_back(payment, back_pence, whole))]
    pence, told_pence = sum(payment.amount_pence for payment, _ in payments), sum(each.amount_pence for each in reversals)
    done = whole._replace(
        last_payment_id=payments[-1][0].payment_id if payments else whole.last_payment_id,
        payment_count=whole.payment_count + len(reversals),
        payments_pence=whole.payments_pence + told_pence,
        left_out_count=whole.left_out_count + len(payments) - len(reversals),
        left_out_pence=whole.left_out_pence + pence - told_pence,
        is_done=len(payments) < most,
    )
    return done, reversals


def remittance_reversed(whole: Import) -> RemittanceReversed:
    """The import as a whole, once each of its payments is taken back."""
    assert whole.is_done
    return RemittanceReversed(
        council=whole.council,
        remittance_id=whole.remittance_id,
        payment_count=whole.payment_count,
        payments_pence=whole.payments_pence,
        reversed_on=whole.reversed_on,
        reason=whole.reason,
    )

"""What a dry run reads: the payments of a day, and what their payers typed."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from ims_allocation.domain import PaymentKey

# By the ledger's narrow index of days: payments have none of their own. A payment's first journal is named as the payment.
OF_A_DAY = "SELECT DISTINCT payment_id FROM ledger_line WHERE posted_on = $2 AND council = $1 AND journal_id = payment_id"
FIRST_PLACED = """SELECT council, payment_id FROM placement
  JOIN unnest($1::text[], $2::uuid[]) AS asked (council, payment_id) USING (council, payment_id) WHERE revision = 1 AND posted_on = $3"""
TYPED = "SELECT payment_id, reference, narrative FROM typed WHERE council = $1 AND payment_id = ANY($2::uuid[])"


async def of_the_day(day: date, payments: Collection[PaymentKey], connection: Any) -> set[PaymentKey]:
    """Which of these payments were first placed on a day."""
    found = await connection.fetch(FIRST_PLACED, *zip(*payments, strict=True), day) if payments else []
    return {tuple(each) for each in found}


async def typed(council: str, payments: Collection[UUID], connection: Any) -> list[Any]:
    """What payers typed, where that is kept."""
    found: list[Any] = await connection.fetch(TYPED, council, list(payments))
    return found

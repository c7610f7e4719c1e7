"""Imports that are taken back: what was decided, and how far each is."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from ims_contracts.payments import PaymentReceived
from ims_ingest.domain.taking_back import Import
from ims_ingest.store.tables import ImportReversal
from ims_kit import Insert, Work

COLUMNS = ("file_id council source remittance_id reason decided_by reversed_on last_payment_id payment_count payments_pence"
           " left_out_count left_out_pence is_done")  # fmt: skip
KEEP = Insert(ImportReversal, COLUMNS, returning="remittance_id")
FIND = f"SELECT {', '.join(COLUMNS.split())} FROM import_reversal"  # noqa: S608 - our own columns
MOVE = """UPDATE import_reversal SET last_payment_id = $2, payment_count = $3, payments_pence = $4, left_out_count = $5,
  left_out_pence = $6, is_done = $7 WHERE remittance_id = $1"""
NEXT = """SELECT body, coalesce((SELECT sum(amount_pence) FROM reversal WHERE reversal.payment_id = payment.payment_id), 0)
    + coalesce((SELECT sum(amount_pence) FROM refund WHERE refund.payment_id = payment.payment_id), 0)
    + coalesce((SELECT sum(h.amount_pence) FROM asked_refund a JOIN refund_by_hand h USING (refund_id)
      WHERE a.payment_id = payment.payment_id AND h.state = 'sent'), 0) AS back_pence
  FROM payment WHERE remittance_id = $1 AND payment_id > $2 ORDER BY payment_id LIMIT $3"""


async def keep(imports: Sequence[Import], work: Work) -> None:
    """Remember that imports are to be taken back. Only the first decision counts."""
    await KEEP(work.connection, [tuple(each) for each in imports])


async def find(connection: Any, file_id: UUID) -> list[Import]:
    """What of a file is taken back."""
    return [Import(*found) for found in await connection.fetch(f"{FIND} WHERE file_id = $1 ORDER BY remittance_id", file_id)]


async def hold(remittance_id: UUID, work: Work) -> Import:
    """The import as it is, kept as it is until the commit: whoever takes it further at the same time waits."""
    return Import(*await work.connection.fetchrow(f"{FIND} WHERE remittance_id = $1 FOR UPDATE", remittance_id))


async def unfinished(connection: Any) -> list[UUID]:
    """Remittances of which not every payment is taken back yet."""
    return [found[0] for found in await connection.fetch("SELECT remittance_id FROM import_reversal WHERE NOT is_done")]


async def next_payments(whole: Import, most: int, work: Work) -> list[tuple[PaymentReceived, int]]:
    """The import's next payments, each with the pence that went back of it otherwise."""
    found: Sequence[Any] = await work.connection.fetch(NEXT, whole.remittance_id, whole.last_payment_id, most)
    return [(PaymentReceived.model_validate_json(body), int(back_pence)) for body, back_pence in found]


async def advance(whole: Import, work: Work) -> None:
    await work.connection.execute(
        MOVE, whole.remittance_id, whole.last_payment_id, whole.payment_count, whole.payments_pence,
        whole.left_out_count, whole.left_out_pence, whole.is_done,
    )  # fmt: skip

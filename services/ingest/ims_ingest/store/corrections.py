"""What was taken back whole, by which a later file is known to tell it anew."""

from collections.abc import Sequence
from uuid import UUID

from ims_ingest.domain.rows import FileHead
from ims_kit import Work

PARTS = """SELECT part_id, digest FROM part JOIN import_reversal ON remittance_id = part_id WHERE part_id = ANY($1)"""
# A payment of which some had gone back otherwise is not taken back whole by its import: it stays what it was.
PAYMENTS = """SELECT payment_id FROM payment JOIN import_reversal USING (remittance_id) WHERE payment_id = ANY($1) AND EXISTS (
  SELECT FROM reversal WHERE reversal.payment_id = payment.payment_id AND reversal.amount_pence = payment.amount_pence
    AND reversal.body::jsonb ->> 'reason' = 'import-reversed')"""


async def taken_back(head: FileHead, work: Work) -> bool | None:
    """Whether any import of this source was taken back; none: one is being taken back at this moment."""
    states = "SELECT is_done FROM import_reversal WHERE council = $1 AND source = $2 ORDER BY is_done LIMIT 1"
    is_done: bool | None = await work.connection.fetchval(states, head.council, head.source)
    return False if is_done is None else True if is_done else None


async def parts(ids: Sequence[UUID], work: Work) -> dict[UUID, str]:
    """Of these remittances those that were taken back, with what they said (a digest)."""
    return {found[0]: found[1] for found in await work.connection.fetch(PARTS, ids)}


async def payments(ids: Sequence[UUID], work: Work) -> set[UUID]:
    """Of these payments those that went back whole with their import."""
    return {found[0] for found in await work.connection.fetch(PAYMENTS, ids)}

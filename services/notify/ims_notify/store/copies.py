"""Copies of receipts that were issued: new deliveries, each linked to the first."""

from typing import NamedTuple
from uuid import UUID

from ims_kit import Work
from ims_notify.domain.notices import notice_id
from ims_notify.store.payments import HOLDER, OWN

# One request at a time for each payment: the receipt's row is held.
ISSUED = f"""SELECT d.delivery_id, coalesce({OWN}, {HOLDER.format("p")}) AS way
FROM delivery d JOIN payment p USING (council, payment_id)
WHERE d.council = $1 AND d.payment_id = $2 AND d.kind = 'receipt' AND d.state NOT IN ('waiting', 'due') FOR UPDATE OF d"""  # noqa: S608

COPIES = """SELECT count(*), (array_agg(delivery_id) FILTER (WHERE state = 'due'))[1] FROM delivery
WHERE council = $1 AND payment_id = $2 AND kind NOT IN ('receipt', 'posting') AND kind = 'copy'"""

COPY = """INSERT INTO delivery (delivery_id, council, payment_id, kind, channel, destination, revision, copy_of, since, due_at)
VALUES ($1, $2, $3, 'copy', $4, '', $5, $6, $7, $7)"""


class Copied(NamedTuple):
    """What became of the wish for a copy."""

    delivery_id: UUID | None
    """None: there is nobody to write to."""
    copy_of: UUID
    is_new: bool


async def copy(council: str, payment_id: UUID, work: Work) -> Copied | None:
    """Write a receipt again, to the same person; one that is on its way already is that one. None where no receipt has gone."""
    issued = await work.connection.fetchrow(ISSUED, council, payment_id)
    if issued is None:
        return None
    receipt_id, way = issued
    count, under_way = await work.connection.fetchrow(COPIES, council, payment_id)
    if under_way or way is None:
        return Copied(under_way, receipt_id, False)
    delivery_id = notice_id("copy", council, f"{payment_id}|{count + 1}")
    await work.connection.execute(COPY, delivery_id, council, payment_id, way, count + 1, receipt_id, work.now)
    return Copied(delivery_id, receipt_id, True)

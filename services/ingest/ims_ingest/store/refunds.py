"""Refunds that only a running total tells of."""

from collections.abc import Sequence

from ims_contracts.payments import RefundSent
from ims_ingest.domain.identity import refund_id
from ims_ingest.domain.refunds import RefundedInAll, increments
from ims_ingest.store.tables import Refund
from ims_kit import Insert, Work

KEEP = Insert(Refund, "payment_id in_all_pence council refund_id amount_pence")
HELD = "SELECT payment_id, max(in_all_pence) FROM refund WHERE payment_id = ANY($1) GROUP BY payment_id"


async def refund(totals: Sequence[RefundedInAll], work: Work) -> None:
    """Tell each refund once. One writer a payment at a time: two totals at once would each count the first part."""
    if not totals:
        return
    await work.lock({f"refund/{total.payment_id}" for total in totals})
    ids = list({total.payment_id for total in totals})
    held = {found[0]: found[1] for found in await work.connection.fetch(HELD, ids)}
    rows = []
    for payment_id in ids:
        told = {total.in_all_pence: total for total in totals if total.payment_id == payment_id}
        for each in increments(held.get(payment_id, 0), told):
            total, key = told[each.in_all_pence], refund_id(payment_id, each.in_all_pence)
            rows.append((payment_id, each.in_all_pence, total.council, key, each.amount_pence))
            work.tell(RefundSent(
                council=total.council, refund_id=key, payment_id=payment_id, source=total.source,
                source_refund_id=f"{total.source_payment_id}:{each.in_all_pence}", amount_pence=each.amount_pence,
                sent_on=total.sent_on, method_of_payment=total.method_of_payment,
            ))  # fmt: skip
    await KEEP(work.connection, rows)

"""Hears of what was sent to back offices, and what they accepted of it."""

from ims_contracts.notifications import PostingAcknowledged, RunDelivered
from ims_kit import Work
from ims_reconcile.store import runs as store


async def on_notifications(heard: list[RunDelivered | PostingAcknowledged], work: Work) -> None:
    """Remember runs, and the newest answer to each."""
    delivered = {each.run_id: each for each in heard if isinstance(each, RunDelivered)}
    answers: dict[object, PostingAcknowledged] = {}
    for each in heard:
        if isinstance(each, PostingAcknowledged) and ((held := answers.get(each.run_id)) is None or held.revision < each.revision):
            answers[each.run_id] = each
    await store.keep_delivered(
        work.connection,
        [(r.run_id, r.council, r.destination, r.line_count, r.net_pence, r.delivered_on) for r in delivered.values()],
    )
    await store.keep_answered(work.connection, [
        (
            a.run_id, a.council, a.destination, a.sent_count, a.sent_pence, a.revision, a.accepted_count, a.accepted_pence,
            a.rejected_count, a.rejected_pence, a.acknowledged_on,
        )
        for a in answers.values()
    ])  # fmt: skip

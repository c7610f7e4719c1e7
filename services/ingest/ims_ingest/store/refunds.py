"""Refunds: those that only a running total tells of, those that their provider names, and what of them was told already."""

from collections.abc import Collection, Iterable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from ims_contracts.payments import RefundFailed, RefundSent
from ims_ingest.domain.asked_refunds import FAILED_AT_PROVIDER, AskedRefund
from ims_ingest.domain.identity import named_refund, refund_id
from ims_ingest.domain.refunds import NamedRefund, RefundedInAll, increments, not_told_yet
from ims_ingest.store import asked_refunds
from ims_ingest.store.looks import look_again
from ims_ingest.store.pay_tables import Refund
from ims_ingest.store.payments import contradict
from ims_kit import Insert, Work

KEEP = Insert(Refund, "refund_id council payment_id in_all_pence provider_refund_id named_pence amount_pence state")
# What totals told of, and what of it has got a name since.
HELD = """SELECT payment_id, sum(amount_pence)::bigint AS told,
    (coalesce(sum(amount_pence) FILTER (WHERE in_all_pence IS NOT NULL), 0)
      - coalesce(sum(named_pence - amount_pence) FILTER (WHERE state = 'sent' AND named_pence IS NOT NULL), 0))::bigint AS unnamed
  FROM refund WHERE payment_id = ANY($1) GROUP BY payment_id"""
NAMED = """SELECT provider_refund_id, state FROM refund
  WHERE payment_id = ANY($1) AND provider_refund_id IS NOT NULL"""
LOOK_SECONDS = 60
ENDED_OTHERWISE = "the provider says of a refund that it was sent, and that it failed"


class Held(NamedTuple):
    """What was told of a payment's refunds, and how much of that no named refund accounts for, in pence."""

    told_pence: int = 0
    unnamed_pence: int = 0


async def held(payment_ids: Iterable[UUID], work: Work) -> dict[UUID, Held]:
    return {found[0]: Held(found[1], found[2]) for found in await work.connection.fetch(HELD, list(payment_ids))}


async def refund(totals: Sequence[RefundedInAll], work: Work) -> None:
    """Tell each refund once. One writer a payment at a time: two totals at once would each count the first part. Where a refund that we
    asked for is on its way, a total may count it: the payment's refunds are then read by name instead."""
    if not totals:
        return
    await work.lock({f"refund/{total.payment_id}" for total in totals})
    ids = list({total.payment_id for total in totals})
    asked = {each.payment_id for each in await asked_refunds.of_payments(ids, work) if each.state in asked_refunds.ON_THE_WAY}
    known = await held(ids, work)
    rows = []
    for payment_id in ids:
        told = {total.in_all_pence: total for total in totals if total.payment_id == payment_id}
        if payment_id in asked:
            await look_again({(total.council, total.source_payment_id) for total in told.values()}, work.now, work)
            continue
        for each in increments(known.get(payment_id, Held()).told_pence, told):
            total, key = told[each.in_all_pence], refund_id(payment_id, each.in_all_pence)
            rows.append((key, total.council, payment_id, each.in_all_pence, None, None, each.amount_pence, "sent"))
            work.tell(RefundSent(
                council=total.council, refund_id=key, payment_id=payment_id, source=total.source,
                source_refund_id=f"{total.source_payment_id}:{each.in_all_pence}", amount_pence=each.amount_pence,
                sent_on=total.sent_on, method_of_payment=total.method_of_payment,
            ))  # fmt: skip
    await KEEP(work.connection, rows)


async def end(refunds: Sequence[NamedRefund], work: Work) -> dict[str, int]:
    """Tell how each refund ended that its provider names, once, whoever saw it first: as the one that was approved, where we asked for
    it. Takes the locks of the payments. Counts them by what became of them: `told`, `known`, `waiting`."""
    counts = {"told": 0, "known": 0, "waiting": 0}
    if not refunds:
        return counts
    ids = list({each.payment_id for each in refunds})
    await work.lock({f"refund/{payment_id}" for payment_id in ids})
    known = Known(await asked_refunds.of_payments(ids, work), await named(ids, work), await held(ids, work))
    for each in sorted(refunds, key=lambda each: (each.made_on, each.provider_refund_id)):
        counts[await end_one(each, known, work)] += 1
    return counts


class Known(NamedTuple):
    """What is known of some payments' refunds; kept up while more become known."""

    asked: list[AskedRefund]
    ended: dict[str, str]
    held: dict[UUID, Held]

    def asked_as(self, refund: NamedRefund) -> AskedRefund | None:
        return next((each for each in self.asked if each.provider_refund_id == refund.provider_refund_id), None)

    def may_be_asked(self, refund: NamedRefund) -> bool:
        """Whether it may be one that was asked into the dark: whoever asked it finds out first."""
        alike = (refund.payment_id, refund.amount_pence)
        return any(each.state == "asking" and (each.payment_id, each.amount_pence) == alike for each in self.asked)


async def named(payment_ids: Collection[UUID], work: Work) -> dict[str, str]:
    """The payments' refunds that ended, by their provider's ids."""
    return {found[0]: found[1] for found in await work.connection.fetch(NAMED, list(payment_ids))}


async def end_one(refund: NamedRefund, known: Known, work: Work) -> str:
    state = known.ended.get(refund.provider_refund_id)
    if state is not None:
        if state != refund.state:
            await contradict("refund", refund.payment_id, refund.council, ENDED_OTHERWISE, work)
        return "known"
    asked = known.asked_as(refund)
    if asked is None and known.may_be_asked(refund):
        await look_again({(refund.council, refund.source_payment_id)}, work.now + timedelta(seconds=LOOK_SECONDS), work)
        return "waiting"
    before = known.held.get(refund.payment_id, Held())
    pence = refund.amount_pence if asked or refund.state == "failed" else not_told_yet(refund.amount_pence, before.unnamed_pence)
    key = asked.refund_id if asked else named_refund(refund.council, refund.source, refund.provider_refund_id)
    await keep(refund, key, pence, work)
    known.ended[refund.provider_refund_id] = refund.state
    if refund.state == "sent":
        known.held[refund.payment_id] = Held(before.told_pence + pence, before.unnamed_pence - refund.amount_pence + pence)
    if asked:
        await asked_refunds.end(asked, refund.state, FAILED_AT_PROVIDER if refund.state == "failed" else None, work)
    return "told" if pence else "known"


async def keep(refund: NamedRefund, key: UUID, pence: int, work: Work) -> None:
    """Remember how a refund ended, and tell what of it was not told before."""
    is_sent = refund.state == "sent"
    named, told_pence = (refund.provider_refund_id, refund.amount_pence), pence if is_sent else 0
    await KEEP(work.connection, [(key, refund.council, refund.payment_id, None, *named, told_pence, refund.state)])
    said: dict[str, Any] = {
        "council": refund.council, "refund_id": key, "payment_id": refund.payment_id, "source": refund.source,
        "source_refund_id": refund.provider_refund_id, "amount_pence": pence,
    }  # fmt: skip
    if is_sent and pence:
        work.tell(RefundSent(**said, sent_on=refund.made_on, method_of_payment=refund.method_of_payment))
    elif not is_sent:
        work.tell(RefundFailed(**said, failed_on=refund.made_on, reason=FAILED_AT_PROVIDER))

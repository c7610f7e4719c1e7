"""What back offices answered that they do not take: it leaves its account for suspense, once."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID, uuid5

from ims_allocation.domain import Pack, PaymentKey, Record, Rejection
from ims_allocation.domain.rejecting import ToldLine, is_still_there, reason_of
from ims_allocation.handlers.news import News, bring_up_to_date, lock
from ims_allocation.store import rejections
from ims_contracts.notifications import PostingAcknowledged, RejectedLine
from ims_kit import Work


async def on_acknowledgements(heard: list[PostingAcknowledged], work: Work, *, packs: Mapping[str, Pack]) -> None:
    """Take what was rejected of payments off the accounts that they are still on. What went back, and what is no payment's, is noted:
    people see to it."""
    lines = {(fact.council, fact.run_id, line.sequence): (fact, line) for fact in heard for line in fact.rejected}
    if not lines:
        return
    payments = {key for each in lines.values() if (key := payment_of(*each))}
    reached = await lock((), payments, work)
    known = await rejections.known(lines, work)
    fresh = {key: each for key, each in lines.items() if key not in known}
    stories = await rejections.stories(payments, work)
    news = News()
    for each in fresh.values():
        take(*each, stories, news)
    taken = {rejection.rejection_id for of_one in news.rejections.values() for rejection in of_one}
    await rejections.keep([row(*each, taken, work) for each in fresh.values()], work)
    if news.rejections:
        await bring_up_to_date(news, reached, packs, work)


def payment_of(fact: PostingAcknowledged, line: RejectedLine) -> PaymentKey | None:
    """The payment that a line put on an account, if it did."""
    return (fact.council, line.payment_id) if line.payment_id and line.amount_pence > 0 else None


def take(fact: PostingAcknowledged, line: RejectedLine, stories: Mapping[PaymentKey, Sequence[Record]], news: News) -> None:
    """Add what a line takes off its account, if the money is still there."""
    key, rejection = payment_of(fact, line), rejection_of(fact, line)
    told = ToldLine(line.fund, line.account_reference or "", line.revision, line.journal_id)
    if key and is_still_there(told, stories[key]):
        news.rejections.setdefault(key, []).append(rejection)
        news.because[key] = fact


def rejection_of(fact: PostingAcknowledged, line: RejectedLine) -> Rejection:
    return Rejection(
        uuid5(fact.run_id, str(line.sequence)), line.fund, line.account_reference or "", line.amount_pence, reason_of(line.reason),
        fact.destination,
    )  # fmt: skip


def row(fact: PostingAcknowledged, line: RejectedLine, taken: Collection[UUID], work: Work) -> tuple[object, ...]:
    became = "suspense" if rejection_of(fact, line).rejection_id in taken else "noted"
    return (
        fact.council, fact.run_id, line.sequence, fact.destination, line.payment_id, line.fund, line.account_reference, line.amount_pence,
        line.reason, line.revision, line.journal_id, work.today, became,
    )  # fmt: skip

"""What back offices answered that they do not take: it leaves its account for suspense, once, or an officer settles it."""

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Annotated, Any, Literal
from uuid import UUID, uuid5

from fastapi import APIRouter, Query, Request

from ims_allocation.domain import Pack, PaymentKey, Record, Rejection
from ims_allocation.domain.approvals import is_same_person
from ims_allocation.domain.asked import Settling
from ims_allocation.domain.rejecting import ToldLine, is_still_there, reason_of
from ims_allocation.handlers import pages
from ims_allocation.handlers.news import News, bring_up_to_date, lock
from ims_allocation.handlers.officers import Command, Unwelcome, done, openapi, read, service_of
from ims_allocation.store import rejections
from ims_contracts.notifications import PostingAcknowledged, RejectedLine
from ims_kit import Work

router = APIRouter(prefix="/v1/rejected-lines", tags=["suspense"])


@router.get("")
async def rejected_lines(
    request: Request,
    council: str,
    destination: str | None = None,
    payment_id: UUID | None = None,
    became: Literal["suspense", "noted"] | None = None,
    is_open: bool | None = None,
    after: str | None = None,
    count_max: Annotated[int, Query(ge=1, le=500)] = 100,
) -> dict[str, Any]:
    """What back offices did not take of what they were told: it went to suspense, or is noted, and open until an officer settles it (what
    went back, what is no payment's, and what had left the account since). `after` is `next` of the page before."""
    last = pages.after(after, UUID, int) or (UUID(int=0), 0)
    asked = (destination, payment_id, became, is_open)
    rows = await rejections.page(service_of(request).pool, council, asked, (last[0], last[1]), count_max)
    end = rows[-1] if len(rows) == count_max else None
    return {"lines": rows, "next": pages.cursor([str(end["run_id"]), end["sequence"]]) if end else None}


@router.post("/settle", openapi_extra=openapi(Settling))
async def post_settling(request: Request) -> dict[str, Any]:
    """Say what was done about a line that is only noted: it is open no more. The same officer's word again is known."""
    command, settling = await read(request, Settling)
    key = (command.council, settling.run_id, settling.sequence)
    return await done(request, partial(settle, command, key, settling.reason))


async def settle(command: Command, key: rejections.LineKey, reason: str, work: Work) -> dict[str, Any]:
    """Close a line, once. Raises Unwelcome where there is nothing to settle."""
    if (line := await rejections.find(key, work)) is None:
        raise Unwelcome(404, "There is no such line", "Look for its run and number in the list of rejected lines.")
    if line["became"] == "suspense":
        raise Unwelcome(409, "Its money is in suspense", "Decide there where it belongs: that settles the line.")
    if line["settled_by"] and not is_same_person(line["settled_by"], command.by):
        raise Unwelcome(409, "It is settled already", f"{line['settled_by']} did.")
    await rejections.settle(key, (command.by, reason), work)
    return dict(await rejections.find(key, work) or {})


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

"""Hear of accounts, payments and placements; keep what is to be told of them."""

from collections.abc import Collection, Sequence

from ims_contracts.accounts import AccountChanged
from ims_contracts.allocations import JournalPosted
from ims_contracts.payments import PaymentReceived
from ims_kit import Work
from ims_notify.alert_hearing import on_moved
from ims_notify.domain import facts
from ims_notify.domain.facts import Destination, Placement
from ims_notify.domain.incidents import origins
from ims_notify.domain.postings import FileDestination, Moving, kept
from ims_notify.store import deliveries, incidents, payments, runs


async def on_accounts(changes: list[AccountChanged], work: Work) -> None:
    """Know how holders are written to, and write the receipts that waited for it."""
    await payments.keep_contacts(facts.newest(map(facts.contact, changes)), work)


async def on_payments(received: list[PaymentReceived], work: Work) -> None:
    """Know how money came; what was told of it before is now due."""
    known = await payments.keep_heard(facts.newest(map(facts.heard, received)), work)
    await payments.release(known, work)
    await incidents.keep_origins(origins(received), work)
    await payments.seek(known, work)


async def on_allocations(placements: list[Placement], work: Work, destinations: Collection[Destination]) -> None:
    """Know where money went: its payer gets a receipt, and the back offices concerned a posting."""
    rows = [facts.placed(fact, deliveries.story(work.cause(fact))) for fact in placements]
    known = await payments.keep_placed(facts.newest(rows), work)
    await payments.keep_postings([each for fact in placements for each in facts.postings(fact, destinations)], work)
    await payments.seek(known, work)


async def on_moves(moves: list[Moving], work: Work, destinations: Collection[Destination], files: Sequence[FileDestination]) -> None:
    """The same; where a back office takes files, what each fact moved on its funds is kept for its next run; and what may alarm."""
    await runs.keep([line for fact in moves for line in kept(fact, files)], work)
    await on_moved(moves, work)
    placements = [fact for fact in moves if not isinstance(fact, JournalPosted)]
    if placements:
        await on_allocations(placements, work, destinations)

"""Hear of accounts, payments and placements; keep what is to be told of them."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from ims_contracts.accounts import AccountChanged
from ims_contracts.allocations import PaymentUnallocated
from ims_contracts.payments import RefundSent
from ims_kit import Work
from ims_notify.alert_hearing import on_moved
from ims_notify.domain import facts
from ims_notify.domain.addresses import NOWHERE, Reach
from ims_notify.domain.clicks import clicks as clicks_of
from ims_notify.domain.facts import Destination, Placement
from ims_notify.domain.incidents import origins
from ims_notify.domain.ledger import journals
from ims_notify.domain.notices import refund_sent, taken_back
from ims_notify.domain.postings import FileDestination, Moving, kept
from ims_notify.domain.received import Received
from ims_notify.store import clicks, deliveries, incidents, ledger, notices, payments, runs
from ims_notify.store.vault import PLAIN, Vault


async def on_accounts(changes: list[AccountChanged], work: Work, reach: Reach = NOWHERE, vault: Vault = PLAIN) -> None:
    """Know how holders are written to, and write the receipts that waited for it."""
    rows = facts.newest(facts.contact(change, reach) for change in changes)
    await payments.keep_contacts(await vault.seal_contacts(rows, work), work)


async def on_payments(told: list[Received | RefundSent], work: Work, reach: Reach = NOWHERE, vault: Vault = PLAIN) -> None:
    """Know how money came, and what was told of it before is now due; and that it was given back, of which its payer hears."""
    received = [fact for fact in told if type(fact) is Received]
    rows = facts.newest(facts.heard(payment, reach) for payment in received)
    known = await payments.keep_heard(await vault.seal_heard(rows, work), work)
    await notices.keep([refund_sent(fact) for fact in told if type(fact) is RefundSent], work)
    await payments.release(known, work)
    await incidents.keep_origins(origins(received), work)
    await clicks.keep(clicks_of(received, work.today), work)
    await payments.seek(known, work)


async def on_allocations(placements: list[Placement], work: Work, destinations: Collection[Destination]) -> None:
    """Know where money went: its payer gets a receipt, and the back offices concerned a posting."""
    rows = [facts.placed(fact, deliveries.story(work.cause(fact))) for fact in placements]
    seeking = await payments.keep_placed(facts.newest(rows), work)
    await payments.keep_postings([each for fact in placements for each in facts.postings(fact, destinations)], work)
    await payments.seek(seeking, work)
    back = [taken_back(fact) for fact in placements if type(fact) is PaymentUnallocated]
    await notices.keep([notice for notice in back if notice], work)


class Files(NamedTuple):
    """Who takes files: of the postings on its funds, or of the whole ledger."""

    postings: Sequence[FileDestination]
    ledgers: Sequence[FileDestination]

    @classmethod
    def of(cls, destinations: Iterable[FileDestination]) -> "Files":
        """Each as what it takes."""
        found = [*destinations]
        return cls([to for to in found if to.kind == "postings"], [to for to in found if to.kind == "ledger"])


async def on_moves(moves: list[Moving], work: Work, destinations: Collection[Destination], files: Files) -> None:
    """The same; where somebody takes files, what each fact moved is kept for their next runs; and what may alarm."""
    await runs.keep([line for fact in moves for line in kept(fact, files.postings)], work)
    if files.ledgers:
        await ledger.keep([each for fact in moves for each in journals(fact, files.ledgers)], work)
    await on_moved(moves, work)
    placements = [fact for fact in moves if isinstance(fact, Placement)]
    if placements:
        await on_allocations(placements, work, destinations)

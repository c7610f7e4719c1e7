"""Put the allocation service together."""

from functools import partial

from fastapi.exceptions import RequestValidationError

from ims_allocation.api import books, router
from ims_allocation.handlers import (
    decisions,
    journals,
    on_accounts,
    on_acknowledgements,
    on_payments,
    on_reconciliations,
    packs,
    payers,
    refunds,
    rejections,
    stopping,
    suspense,
)
from ims_allocation.handlers.again import watch_again
from ims_allocation.handlers.officers import OFFICERS_ONLY, Unwelcome, unreadable, unwelcome
from ims_allocation.handlers.shelf import Shelf
from ims_allocation.handlers.summing import keep_sums
from ims_allocation.handlers.waiting import watch_waits
from ims_allocation.settings import Settings, read_editions
from ims_contracts.accounts import AccountChanged
from ims_contracts.documents import asyncapi
from ims_contracts.notifications import PostingAcknowledged
from ims_contracts.payments import PaymentReceived, PaymentReversed, RefundFailed, RefundSent
from ims_contracts.reconciliations import PaymentReconciled
from ims_kit import Service


def build(settings: Settings) -> Service:
    """The service, ready to run: the ledger."""
    shelf = Shelf(read_editions(settings.council_pack))
    service = Service("allocation", settings, asyncapi=asyncapi("allocation"))
    names = settings.names
    service.hears(shelf.by(partial(on_payments, names=names)), PaymentReceived, PaymentReversed, RefundSent, RefundFailed)
    service.hears(shelf.by(partial(on_accounts, names=names)), AccountChanged)
    service.hears(on_reconciliations, PaymentReconciled)
    service.hears(shelf.by(on_acknowledgements), PostingAcknowledged)
    service.background("follow packs", shelf.follow)
    service.background("end waits", watch_waits)
    service.background("weigh anew", watch_again)
    service.background("sum", keep_sums)
    service.api.state.packs = shelf
    service.api.add_exception_handler(Unwelcome, unwelcome)
    service.api.add_exception_handler(RequestValidationError, unreadable)
    for each in (rejections, stopping, suspense, decisions, journals, refunds, payers, packs):
        service.api.include_router(each.router, dependencies=OFFICERS_ONLY)
    service.api.include_router(router, dependencies=OFFICERS_ONLY)
    service.api.include_router(books)
    return service

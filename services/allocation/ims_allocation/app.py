"""Put the allocation service together."""

from ims_allocation.api import router
from ims_allocation.handlers import on_accounts, on_payments, on_reconciliations, packs
from ims_allocation.handlers.shelf import Shelf
from ims_allocation.settings import Settings, read_editions
from ims_contracts.accounts import AccountChanged
from ims_contracts.documents import asyncapi
from ims_contracts.payments import PaymentReceived, PaymentReversed, RefundSent
from ims_contracts.reconciliations import PaymentReconciled
from ims_kit import Service


def build(settings: Settings) -> Service:
    """The service, ready to run: the ledger."""
    shelf = Shelf(read_editions(settings.council_pack))
    service = Service("allocation", settings, asyncapi=asyncapi("allocation"))
    service.hears(shelf.by(on_payments), PaymentReceived, PaymentReversed, RefundSent)
    service.hears(shelf.by(on_accounts), AccountChanged)
    service.hears(on_reconciliations, PaymentReconciled)
    service.background("follow packs", shelf.follow)
    service.api.state.packs = shelf
    service.api.include_router(router)
    service.api.include_router(packs.router)
    return service

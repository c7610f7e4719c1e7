"""Puts reconcile together."""

from ims_contracts.documents import asyncapi
from ims_contracts.notifications import PostingAcknowledged, RunDelivered
from ims_contracts.payments import PaymentDisputed, PaymentReversed, RefundSent
from ims_contracts.remittances import RemittanceDecided, RemittanceLate, RemittanceReceived, RemittanceRefused, RemittanceReversed
from ims_contracts.statements import SettlementFailed, SettlementReceived, StatementLineReceived, StatementReceived
from ims_kit import Service
from ims_reconcile.handlers import (
    OFFICERS_ONLY,
    Allocated,
    Received,
    Suspended,
    books,
    breaks_router,
    days_router,
    disputes_router,
    keep_matching,
    officers_router,
    on_notifications,
    on_payments,
    on_placements,
    on_remittances,
    on_statements,
    pairing_router,
    router,
    write_off_router,
)
from ims_reconcile.packs import load_pack
from ims_reconcile.settings import Settings


def build(settings: Settings) -> Service:
    """The service, ready to run. Raises if the council's pack cannot be read."""
    pack = load_pack(settings.council_pack)
    service = Service("reconcile", settings, asyncapi=asyncapi("reconcile"))
    service.hears(on_payments, Received, PaymentReversed, RefundSent, PaymentDisputed)
    service.hears(on_statements, StatementReceived, StatementLineReceived, SettlementReceived, SettlementFailed)
    service.hears(on_remittances, RemittanceReceived, RemittanceRefused, RemittanceDecided, RemittanceReversed, RemittanceLate)
    service.hears(on_notifications, RunDelivered, PostingAcknowledged)
    service.hears(on_placements, Allocated, Suspended)

    async def matcher(running: Service) -> None:
        await keep_matching(running, settings, pack)

    service.background("match", matcher)
    service.api.state.pack = pack
    for each in (router, officers_router, pairing_router, breaks_router, write_off_router, days_router, disputes_router):
        service.api.include_router(each, dependencies=OFFICERS_ONLY)
    service.api.include_router(books)
    return service

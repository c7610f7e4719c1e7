"""Put ingest together: its doors, what it hears, and what it finishes behind them."""

from functools import partial

from ims_contracts.accounts import AccountSubmitted
from ims_contracts.documents import asyncapi
from ims_contracts.payments import PaymentSubmitted, ReversalSubmitted
from ims_contracts.refunds import RefundApproved
from ims_ingest.domain.cards import redacted
from ims_ingest.formats import formats_with
from ims_ingest.handlers import (
    advices,
    alarms,
    answering,
    bulk,
    by_hand,
    deciding,
    ereturns,
    files,
    pay_doors,
    publishing,
    pulling,
    reversals,
    templates,
    webhooks,
)
from ims_ingest.handlers.alarms import read_calendars, watch_calendars
from ims_ingest.handlers.deciding import finish_reversals
from ims_ingest.handlers.folders import watch_folders
from ims_ingest.handlers.importing import finish_files
from ims_ingest.handlers.publishers import Unwelcome, unwelcome
from ims_ingest.handlers.publishing import keep_payments
from ims_ingest.handlers.pulling import keep_pulling
from ims_ingest.handlers.refunding import keep_refunding, on_refunds
from ims_ingest.handlers.submissions import on_submissions
from ims_ingest.handlers.sweeping import keep_sweeping
from ims_ingest.handlers.templates import read_templates
from ims_ingest.handlers.webhooks import keep_events
from ims_ingest.settings import Settings
from ims_ingest.store.answers import PURGE
from ims_kit import Service


def build(settings: Settings) -> Service:
    """The service, ready to run."""
    service = Service("ingest", settings, asyncapi=asyncapi("ingest"))
    service.hears(on_submissions, PaymentSubmitted, ReversalSubmitted, AccountSubmitted, clean=redacted)
    councils = frozenset(account.council for account in settings.govuk_pay_accounts)
    service.hears(partial(on_refunds, councils=councils), RefundApproved)
    service.background("finish files", finish_files)
    service.api.state.formats = formats_with(settings.layouts)
    service.background("finish reversals", finish_reversals)
    service.background("watch folders", watch_folders)
    service.background("pull files", keep_pulling)
    service.background("sweep GOV.UK Pay", keep_sweeping)
    service.background("ask for refunds", keep_refunding)
    service.background("watch calendars", watch_calendars)
    service.api.state.templates = read_templates(settings.e_return_templates)
    service.api.state.calendars = read_calendars(settings.calendars)
    service.api.state.payments_door = service.door(keep_payments)
    service.api.state.events_door = service.door(partial(keep_events, councils=councils))
    service.lets_go(PURGE, settings.answer_days)
    service.api.add_exception_handler(Unwelcome, unwelcome)
    for handler in (
        publishing, bulk, reversals, webhooks, files, deciding, templates, ereturns, advices, answering, alarms, pulling, pay_doors,
        by_hand,
    ):  # fmt: skip
        service.api.include_router(handler.router)
    return service

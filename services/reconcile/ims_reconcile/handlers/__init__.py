"""Hears, decides, tells; and answers over HTTP."""

from ims_reconcile.handlers.answering import books, router
from ims_reconcile.handlers.clearing import router as clearing_router
from ims_reconcile.handlers.closing import router as days_router
from ims_reconcile.handlers.disputes import router as disputes_router
from ims_reconcile.handlers.feeds import on_notifications
from ims_reconcile.handlers.heard import Received, on_payments, on_remittances, on_statements
from ims_reconcile.handlers.matching import keep_matching, reconcile, reconcile_new, tell_pages
from ims_reconcile.handlers.officers import OFFICERS_ONLY
from ims_reconcile.handlers.pairing import router as pairing_router
from ims_reconcile.handlers.placements import Allocated, Suspended, on_placements
from ims_reconcile.handlers.plots import router as plots_router
from ims_reconcile.handlers.unmatching import router as officers_router
from ims_reconcile.handlers.working import router as breaks_router
from ims_reconcile.handlers.writing_off import router as write_off_router
from ims_reconcile.handlers.years import router as years_router

for _more in (clearing_router, plots_router, years_router):
    router.include_router(_more)

__all__ = [
    "OFFICERS_ONLY", "Allocated", "Received", "Suspended", "books", "breaks_router", "days_router", "disputes_router",
    "keep_matching", "officers_router", "on_notifications", "on_payments", "on_placements", "on_remittances", "on_statements",
    "pairing_router", "reconcile", "reconcile_new", "router", "tell_pages", "write_off_router",
]  # fmt: skip

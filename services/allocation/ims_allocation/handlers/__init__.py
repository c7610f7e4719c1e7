"""What allocation hears, and what it tells of it."""

from ims_allocation.handlers.accounts import on_accounts
from ims_allocation.handlers.payments import on_payments
from ims_allocation.handlers.reconciliations import on_reconciliations
from ims_allocation.handlers.rejections import on_acknowledgements

__all__ = ["on_accounts", "on_acknowledgements", "on_payments", "on_reconciliations"]

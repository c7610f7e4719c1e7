"""Remembers what was heard and what was decided."""

from ims_reconcile.store.laws import laws
from ims_reconcile.store.tables import Table

__all__ = ["Table", "laws"]

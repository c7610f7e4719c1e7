"""Where Alembic begins."""

from ims_kit.migrations import run_migrations
from ims_reconcile.store import Table

run_migrations(Table.metadata)

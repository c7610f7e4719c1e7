"""Alembic's way in: the kit runs this service's migrations."""

from ims_allocation.store.tables import Table
from ims_kit.migrations import run_migrations

run_migrations(Table.metadata)

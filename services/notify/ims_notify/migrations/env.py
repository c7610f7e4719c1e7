"""Alembic's entry: the kit runs the migrations of this package."""

from ims_kit.migrations import run_migrations
from ims_notify.store import alert_tables, incident_tables  # noqa: F401 - they declare theirs in METADATA
from ims_notify.store.tables import METADATA

run_migrations(METADATA)

"""Alembic's entry: the kit runs the migrations."""

from ims_ingest.store.tables import METADATA
from ims_kit.migrations import run_migrations

run_migrations(METADATA)

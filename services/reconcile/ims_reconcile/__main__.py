"""Runs reconcile, or brings its database to the present."""

from ims_kit import main
from ims_reconcile.app import build
from ims_reconcile.settings import Settings

main("reconcile", build, Settings, migrations="ims_reconcile.migrations")

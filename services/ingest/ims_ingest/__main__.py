"""Run the ingest service: `python -m ims_ingest`, or bring its database up to date: `python -m ims_ingest migrate`."""

from ims_ingest.app import build
from ims_ingest.settings import Settings
from ims_kit import main

main("ingest", build, Settings, migrations="ims_ingest.migrations")

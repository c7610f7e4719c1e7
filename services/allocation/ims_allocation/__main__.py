"""`python -m ims_allocation` runs the service; `python -m ims_allocation migrate` brings its database up to date."""

from ims_allocation.app import build
from ims_allocation.settings import Settings
from ims_kit import main

main("allocation", build, Settings, migrations="ims_allocation.migrations")

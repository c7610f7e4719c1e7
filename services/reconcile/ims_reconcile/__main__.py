"""`python -m ims_reconcile` runs the service; `python -m ims_reconcile migrate` brings its database up to date."""

from ims_kit import main

main("ims_reconcile")

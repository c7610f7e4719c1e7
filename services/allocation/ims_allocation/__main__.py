"""`python -m ims_allocation` runs the service; `python -m ims_allocation migrate` brings its database up to date."""

from ims_kit import main

main("ims_allocation")

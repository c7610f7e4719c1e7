"""`python -m ims_notify` runs the service; `python -m ims_notify migrate` brings its database up to date."""

from ims_kit import main

main("ims_notify")

"""`python -m ims_ingest` runs the service; `python -m ims_ingest migrate` brings its database up to date."""

from ims_kit import main

main("ims_ingest")

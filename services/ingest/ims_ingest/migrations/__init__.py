"""The steps that bring ingest's database to the present."""

"""What ingest remembers, in PostgreSQL: the only place that knows the database."""

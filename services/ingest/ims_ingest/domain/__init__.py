"""What ingest decides: whether to take something in, what makes it one, and what a second telling adds. It does nothing else."""

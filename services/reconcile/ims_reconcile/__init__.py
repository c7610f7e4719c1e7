"""Is the money really there: statement and settlement against the ledger."""

"""What allocation remembers: accounts, where each payment is, and the ledger."""

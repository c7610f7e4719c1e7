"""Where money belongs: funds, accounts, ledger, suspense, refunds."""

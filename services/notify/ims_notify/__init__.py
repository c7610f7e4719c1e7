"""Who must know: receipts, back-office postings, alerts."""

"""The tasks that public reconciliation engines set themselves, done by ours and by the plain SQL join in the same run."""

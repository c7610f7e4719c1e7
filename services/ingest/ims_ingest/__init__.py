"""What arrives: payments, reversals, settlements and statement lines, each taken in once."""

"""Separation of duties by amount: what one person may decide alone, and what another must approve."""

from typing import NamedTuple


class Approvals(NamedTuple):
    """Above these amounts (pence; none: whatever the amount) a decision has no effect until somebody else approves it."""

    release_over_pence: int | None = None
    """Of suspense."""
    reallocation_over_pence: int | None = None
    """Of money that was on an account, or due back."""
    journal_over_pence: int | None = None
    """From account to account, credit notes among them."""
    refund_over_pence: int | None = None
    """Of one payment, back to its payer. A refund always needs another person's approval; above this it needs two people's."""

    def needs(self, amounts: "Amounts") -> bool:
        """Whether any of these amounts is above what one person may move alone. Whatever the amount, nobody takes alone off accounts
        what was never put on them."""
        *moved, overdrawn_pence = amounts
        return overdrawn_pence > 0 or any(most is not None and amount > most for amount, most in zip(moved, self, strict=True))


NO_APPROVALS = Approvals()


class Amounts(NamedTuple):
    """What a decision moves, in pence, by what it is moved out of."""

    released_pence: int = 0
    reallocated_pence: int = 0
    journalled_pence: int = 0
    refunded_pence: int = 0
    overdrawn_pence: int = 0
    """What a journal takes off accounts beyond what payments and journals put on them."""


def is_same_person(one: str, other: str) -> bool:
    """Whether two names are of one person, however they are typed; the database's constraint says the same."""
    return one.strip().lower() == other.strip().lower()

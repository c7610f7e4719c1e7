"""An account as allocation knows it: what it owes and when, and nothing of whose it is."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from ims_contracts.accounts import AccountChanged

type AccountKey = tuple[str, str, str]
"""Council, fund, account reference."""


class Stage(NamedTuple):
    """What a penalty costs while this stage lasts."""

    stage: str
    amount_pence: int
    from_on: date | None
    until_on: date | None


@dataclass(frozen=True, slots=True)
class Account:
    """A back office's account, as the highest revision told it."""

    council: str
    fund: str
    account_reference: str
    status: str = "open"
    stages: tuple[Stage, ...] = ()
    amounts_pence: frozenset[int] = frozenset()
    """Every balance and instalment that any revision told: what a payment without a check digit may be known by.
    A set that only grows, so that the order of revisions does not matter."""
    instalment_pence: int | None = None
    second_keys: frozenset[str] = frozenset()
    issued_on: date | None = None
    owes_nothing: bool = False
    """Its back office says so; one that says nothing of what is owed does not."""
    names: frozenset[str] = frozenset()
    """Its holder's surnames, as keyed digests."""
    is_stopped: bool = False
    """Its back office asks that no payment be taken without its word. What was paid all the same is where it belongs."""
    stop_reason: str | None = None

    @property
    def key(self) -> AccountKey:
        return self.council, self.fund, self.account_reference


def amounts(change: AccountChanged) -> set[int]:
    """The amounts above nothing by which a payment may be known to be for this account."""
    return {amount for amount in (change.balance_pence, change.instalment_pence) if amount and amount > 0}


def vehicle_mark(typed: str) -> str:
    """A registration mark without spaces, in capitals."""
    return "".join(typed.split()).upper()

"""Sources as data: what each source's bank line looks like, and when it may be there."""

import re
from collections.abc import Callable
from datetime import date
from functools import cached_property, lru_cache
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ims_reconcile.domain.days import working_days_after
from ims_reconcile.domain.explaining import ACCOUNTS, Given
from ims_reconcile.domain.items import Line

SINGLES = {"payment": "payment", "reversal": "return", "refund": "refund"}
"""What single money is, by the kind of its fact."""
GOES_BACK = ("return", "refund")


class Source(BaseModel):
    """Somebody who collects money for the council and pays it into its bank, or takes it back out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    """As its messages name it."""
    line: re.Pattern[str]
    """What is found in the text of its bank lines: name, reference and narrative, as the bank writes them."""
    by: Literal["settlement", "remittance", "return", "refund", "payment"]
    """What its line is the sum of: a provider's settlement, a remittance (payments less reversals), or a single reversal (return),
    refund or payment that no file sums up."""
    methods: frozenset[str] = frozenset()
    """For what comes singly: the methods of payment whose reversals, refunds or payments are meant, whoever tells them. Refunds that are
    told in the source's own name are meant whatever their method."""
    bank_account: str | None = None
    """The council's account that its lines are on; none: any. On another account a line is a break, never a match."""
    pays: Literal["net", "gross"] = "net"
    """Whether a settlement reaches the bank less its fees, or whole, with the fees invoiced."""
    tolerance_pence: int = Field(default=0, ge=0)
    """Up to this much a line that differs from its settlement is a question of fees. Never matched: only named so."""
    counts: Literal["records", "cash"] = "records"
    """What a difference is one of: records, or notes and coins that somebody counted."""
    names: Literal["file", "day"] | None = None
    """What every line of it says: the reference of its file or payout, or its business date. A line that says another, or none,
    is none of its, whatever its pence."""
    every: Literal["working-day"] | None = None
    """How often a file must come; none: whenever there is one."""
    window: tuple[int, int]
    """In working days after its business date, the first and last on which its line may be booked."""
    file_within: int = Field(default=2, ge=0)
    """In working days after its bank line, when its file must be here."""

    @property
    def is_single(self) -> bool:
        """Whether each thing of it has a line of its own."""
        return self.by in SINGLES.values()

    def expects(self, due_on: date, booked_on: date) -> bool:
        """Whether a line of this day may be for what was due on that."""
        first = self.window[0]
        earliest = working_days_after(due_on, first) if first else due_on
        return earliest <= booked_on <= self.latest(due_on)

    def latest(self, due_on: date) -> date:
        """The last day on which the line for what was due may be booked."""
        return working_days_after(due_on, self.window[1])


class Pack(BaseModel):
    """What one council's sources are, in the order in which a line is looked at."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    version: str
    sources: tuple[Source, ...]
    answered_within: int = Field(default=2, ge=0)
    """In working days after a run of postings was delivered, when its back office must have answered every line."""
    unanswering: frozenset[str] = frozenset()
    """Back offices that answer nothing: what they do not say is no break."""
    differences: dict[Given, Annotated[str, Field(pattern=r"^(fees|differences):[a-z0-9-]{1,50}$")]] = {}
    """Ledger accounts (`differences:…` or `fees:…`) of what officers write off; what is left out has the one that every council has."""

    @cached_property
    def by_name(self) -> dict[str, Source]:
        return {source.name: source for source in self.sources}

    def account_of(self, given_up: Given) -> str:
        """The ledger account of what is written off."""
        return self.differences.get(given_up, ACCOUNTS[given_up])

    @cached_property
    def look_of(self) -> Callable[[str, bool], Source | None]:
        """Whose line a text looks like, of money that left or came. What stays open is asked about again and again."""

        def look(text: str, is_debit: bool) -> Source | None:
            return next((source for source in self.sources if (is_debit or source.by not in GOES_BACK) and source.line.search(text)), None)

        return lru_cache(20_000)(look)

    def look(self, line: Line) -> Source | None:
        """Whose line this looks like; none: no source that we know of. What goes back singly is never a credit."""
        return self.look_of(line.text, line.amount_pence < 0)

    def single_of(self, kind: str, told_by: str, method_of_payment: str) -> Source | None:
        """The source of a single payment, reversal or refund that nothing sums up."""
        own = self.by_name.get(told_by)
        if kind == "refund" and own and own.by == "refund":
            return own
        return next((source for source in self.sources if source.by == SINGLES[kind] and method_of_payment in source.methods), None)

"""The sources of the invented month: what reconcile knows of each, and how much comes of it when."""

from datetime import date, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ims_local.month.bank import banking_day
from ims_reconcile.domain import Pack

SOURCES = Path(__file__).with_name("sources.yaml")
FIRST, LAST = date(2026, 3, 2), date(2026, 3, 31)
"""The days on which payers pay."""
END = date(2026, 5, 8)
"""By then all that will come has come."""
WEEKEND = {5: 6, 6: 4}
"""Tenths of a working day."""


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=count) for count in range((last - first).days + 1)]


class Stream(NamedTuple):
    """How a source behaves."""

    name: str
    kind: str
    share: int
    """Thousandths of all payments."""
    says: str
    """What the bank writes on its lines."""
    after: tuple[int, int]
    """The fewest and the most working days until its line."""
    account: str
    on: frozenset[date]
    """The days it has something; none: every day."""

    def payments_on(self, day: date, payments: int) -> int:
        """How many payments of the day are its."""
        if self.on:
            return payments * self.share // 1000 // len(self.on) if day in self.on else 0
        weights = sum(WEEKEND.get(each.weekday(), 10) for each in days(FIRST, LAST))
        return payments * self.share * WEEKEND.get(day.weekday(), 10) // (1000 * weights)

    @property
    def is_small(self) -> bool:
        """Whether a whole batch of it may go wrong: of the large ones, one alone would be a fault of thousands of payments."""
        return self.share * 4 <= (len(self.on) or 30)


class Council:
    """Its sources as data."""

    @cached_property
    def written(self) -> dict[str, Any]:
        read: dict[str, Any] = yaml.safe_load(SOURCES.read_text(encoding="utf-8"))
        return read

    @property
    def accounts(self) -> dict[str, str]:
        """Bank accounts by name."""
        accounts: dict[str, str] = self.written["accounts"]
        return accounts

    @cached_property
    def pack(self) -> Pack:
        """What reconcile knows."""
        sources = [{key: value for key, value in each.items() if key != "traffic"} for each in self.written["sources"]]
        for source in sources:
            if "bank_account" in source:
                source["bank_account"] = self.accounts[source["bank_account"]]
        return Pack.model_validate({"version": self.written["version"], "sources": sources})

    @cached_property
    def streams(self) -> list[Stream]:
        return [self.stream(each) for each in self.written["sources"]]

    def stream(self, each: dict[str, Any]) -> Stream:
        traffic = each["traffic"]
        on = frozenset(banking_day(FIRST.replace(day=number)) for number in traffic.get("days", ()))
        account = self.accounts[each.get("bank_account", "main")]
        return Stream(each["name"], traffic["as"], traffic["share"], traffic["says"], tuple(traffic["after"]), account, on)

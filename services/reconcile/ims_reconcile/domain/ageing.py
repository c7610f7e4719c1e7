"""What is left of each source, by its age in working days of the banks."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from ims_reconcile.domain.breaks import band_of
from ims_reconcile.domain.days import working_days_between


class Left(NamedTuple):
    """What is left of a source since a day."""

    source: str
    since: date
    item_count: int
    pence: int


class Aged(NamedTuple):
    """What is left of a source in a band of ages."""

    source: str
    working_days: str
    item_count: int
    pence: int
    oldest_on: date


def aged(left: Iterable[Left], today: date) -> list[Aged]:
    """The bands of each source on a day, the oldest first."""
    found: dict[tuple[str, str], Aged] = {}
    for each in left:
        key = each.source, band_of(working_days_between(each.since, today))
        last = found.get(key, Aged(*key, 0, 0, each.since))
        found[key] = Aged(*key, last.item_count + each.item_count, last.pence + each.pence, min(last.oldest_on, each.since))
    return sorted(found.values(), key=lambda each: (each.source, each.oldest_on))

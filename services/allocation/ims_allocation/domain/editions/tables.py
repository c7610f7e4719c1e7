"""What a version of a pack says beside its funds and references: VAT, methods of payment, offices, tariffs, officers' rules."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from ims_allocation.domain.editions.officer_rules import OfficerRules
from ims_allocation.domain.editions.written import Dated, Fund, MethodOfPayment, Office, Tariffs, Vat
from ims_allocation.domain.rounding import fraction
from ims_allocation.domain.validation import Limits

NO_VAT = Vat(codes={})


class Rated(NamedTuple):
    """A VAT code's rate from a day until another, as a fraction."""

    code: str
    from_on: date
    until_on: date
    numerator: int
    denominator: int
    is_half_up: bool


@dataclass(frozen=True)
class Tables:
    """All of it over all days; each question says of which day it asks."""

    funds: Mapping[str, Fund] = field(default_factory=dict)
    methods: Mapping[str, MethodOfPayment] = field(default_factory=dict)
    vat: Vat = NO_VAT
    offices: Mapping[str, Office] = field(default_factory=dict)
    tariffs: Tariffs | None = None
    rules: OfficerRules = field(default_factory=OfficerRules)
    credit_note_funds: frozenset[str] = frozenset()

    def vat_rate(self, code: str, day: date) -> Fraction | None:
        """The rate of a VAT code at a tax point (1/5 for 20%): the day of the supply, never that of posting. None: it has none then."""
        known = self.vat.codes.get(code)
        found = next(on(day, known.rates), None) if known else None
        return Fraction(fraction(found.percent), 100) if found else None

    def rates(self) -> Iterator[Rated]:
        """Every rate of every VAT code."""
        for code, known in self.vat.codes.items():
            for rate in known.rates:
                part = Fraction(fraction(rate.percent), 100)
                days = rate.from_on or date.min, rate.until_on or date.max
                yield Rated(code, *days, part.numerator, part.denominator, self.vat.rounding == "half-up")

    def limits(self, fund: Limits, method: str, day: date) -> Limits | None:
        """What may be paid to a fund by a method of payment on a day; none, where that is no method then."""
        known = self.methods.get(method)
        if known is None or not known.holds(day):
            return None
        return fund._replace(method_max_pence=known.amount_max_pence, method_min_pence=known.amount_min_pence)


def on[Item: Dated](day: date, items: Iterable[Item]) -> Iterator[Item]:
    """The items that are so on a day."""
    return (each for each in items if each.holds(day))

"""The VAT within what a payment gave each account, by its tax point."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from ims_allocation.domain.ledger import Line
from ims_allocation.domain.packs import Pack
from ims_allocation.domain.payments import Placement
from ims_allocation.domain.vat import vat_of_parts

type Amount = tuple[str | None, int]
"""VAT code and gross pence."""


def taxed(placement: Placement, tax_point: date, pack: Pack) -> Placement:
    """The placement, each part with its fund's VAT code and the VAT in it. Income is taxed on the day that it was paid (VATA 1994
    s.6(4): a payment fixes the time of supply as far as it goes)."""
    amounts = [(code_of(part.fund, pack), part.amount_pence) for part in placement.parts]
    vat = vat_within_each(amounts, tax_point, pack)
    parts = (part._replace(vat_code=code, vat_pence=pence) for part, (code, _), pence in zip(placement.parts, amounts, vat, strict=True))
    return replace(placement, parts=tuple(parts)) if amounts else placement


def taxed_lines(lines: Iterable[Line], tax_point: date, pack: Pack) -> list[Line]:
    """A journal between accounts with the VAT in it."""
    lines = list(lines)
    amounts = [(code_of(line.ledger_account.removeprefix("fund:"), pack), line.amount_pence) for line in lines]
    vat = vat_within_each(amounts, tax_point, pack)
    return [line._replace(vat_code=code, vat_pence=pence) for line, (code, _), pence in zip(lines, amounts, vat, strict=True)]


def code_of(fund: str, pack: Pack) -> str | None:
    return pack.funds[fund].vat_code if fund in pack.funds else None


def vat_within_each(amounts: Sequence[Amount], tax_point: date, pack: Pack) -> list[int]:
    """The VAT in each amount. What is got under one code has together the VAT of its whole, and so has what is given: a split neither
    makes nor loses a penny of it."""
    found, alike = [0] * len(amounts), defaultdict[tuple[str, bool], list[int]](list)
    for number, (code, pence) in enumerate(amounts):
        if code in pack.vatable:
            alike[code, pence < 0].append(number)
    for (code, _), numbers in alike.items():
        rate = pack.tables.vat_rate(code, tax_point) or Fraction(0)
        of_each = vat_of_parts((amounts[number][1] for number in numbers), rate, pack.tables.vat.rounding)
        for number, pence in zip(numbers, of_each, strict=True):
            found[number] = pence
    return found

"""Whose income it is that a payment gave each account, and the VAT within it by its tax point."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction

from ims_allocation.domain.ledger import Line
from ims_allocation.domain.packs import Pack
from ims_allocation.domain.payments import Coded, Placement
from ims_allocation.domain.vat import vat_of_parts

type Amount = tuple[str | None, int]
"""VAT code and gross pence."""


def taxed(placement: Placement, tax_point: date, pack: Pack, before: Placement | None = None) -> Placement:
    """The placement, each part with its fund's cost centre and VAT code, and the VAT in it. Income is taxed on the day that it was paid
    (VATA 1994 s.6(4): a payment fixes the time of supply as far as it goes). `before` is where the money was: what a fund's income was
    coded then it still is."""
    if not placement.parts and before is None:
        return placement
    coded = {each.fund: each for each in before.coded} if before else {}
    coded |= {part.fund: coded_by(part.fund, pack) for part in placement.parts if part.fund not in coded}
    amounts = [(part.vat_code or coded[part.fund].vat_code, part.amount_pence) for part in placement.parts]
    vat = vat_within_each(amounts, tax_point, pack)
    parts = (
        part._replace(vat_code=code, vat_pence=pence, cost_centre=part.cost_centre or coded[part.fund].cost_centre)
        for part, (code, _), pence in zip(placement.parts, amounts, vat, strict=True)
    )
    return replace(placement, parts=tuple(parts), coded=tuple(coded.values()))


def taxed_lines(lines: Iterable[Line], tax_point: date, pack: Pack) -> list[Line]:
    """A journal between accounts with the VAT in it."""
    lines = list(lines)
    amounts = [(line.vat_code or coded_by(line.ledger_account.removeprefix("fund:"), pack).vat_code, line.amount_pence) for line in lines]
    vat = vat_within_each(amounts, tax_point, pack)
    return [line._replace(vat_code=code, vat_pence=pence) for line, (code, _), pence in zip(lines, amounts, vat, strict=True)]


def fault_of_code(fund: str, said: str | None, pack: Pack) -> str | None:
    """Why a line of a fund may not have the VAT code that was stated for it."""
    if said is None or said == pack.funds[fund].vat_code:
        return None
    if said not in pack.tables.vat.codes:
        return "unknown-vat-code"
    known = pack.tables.funds.get(fund)
    return None if known and known.vat_may_differ else "vat-code-not-allowed"


def coded_by(fund: str, pack: Pack) -> Coded:
    known = pack.funds.get(fund)
    return Coded(fund, known.vat_code, known.cost_centre) if known else Coded(fund, None, None)


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

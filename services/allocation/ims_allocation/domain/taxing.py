"""The VAT within what a payment gave each account, by its tax point."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from itertools import groupby

from ims_allocation.domain.ledger import Line
from ims_allocation.domain.packs import Pack
from ims_allocation.domain.payments import Part, Placement
from ims_allocation.domain.vat import vat_of_parts


def taxed(placement: Placement, tax_point: date, pack: Pack) -> Placement:
    """The placement, each part with its fund's VAT code and the VAT in it. Income is taxed on the day that it was paid (VATA 1994
    s.6(4): a payment fixes the time of supply as far as it goes)."""
    if not placement.parts:
        return placement
    if not any(part.fund in pack.funds and pack.has_vat(part.fund) for part in placement.parts):
        parts = tuple(Part(*part[:3], code_of(part, pack)) for part in placement.parts)
    else:
        parts = tuple(with_vat(placement.parts, tax_point, pack))
    return replace(placement, parts=parts)


def taxed_lines(lines: Iterable[Line], tax_point: date, pack: Pack) -> list[Line]:
    """A journal between accounts with the VAT in it: what several accounts get together, or give, has the VAT of its whole."""
    there = list(lines)
    taxed: dict[int, Line] = {}

    def kind(numbered: tuple[int, Line]) -> tuple[str, bool]:
        fund = pack.funds.get(numbered[1].ledger_account.removeprefix("fund:"))
        return fund.vat_code if fund else "", numbered[1].amount_pence < 0

    for (code, _), group in groupby(sorted(enumerate(there), key=kind), key=kind):
        members = list(group)
        rate = pack.tables.vat_rate(code, tax_point)
        pence = vat_of_parts((line.amount_pence for _, line in members), rate or Fraction(0), pack.tables.vat.rounding)
        taxed |= {number: line._replace(vat_code=code or None, vat_pence=vat) for (number, line), vat in zip(members, pence, strict=True)}
    return [taxed[number] for number in range(len(there))]


def code_of(part: Part, pack: Pack) -> str | None:
    return pack.funds[part.fund].vat_code if part.fund in pack.funds else None


def with_vat(parts: Iterable[Part], tax_point: date, pack: Pack) -> list[Part]:
    """Parts of one VAT code together have the VAT of their whole: a split neither makes nor loses a penny of it."""
    taxed: dict[int, Part] = {}
    numbered = sorted(enumerate(parts), key=lambda each: code_of(each[1], pack) or "")
    for code, group in groupby(numbered, key=lambda each: code_of(each[1], pack)):
        members = list(group)
        rate = pack.tables.vat_rate(code, tax_point) if code else None
        pence = vat_of_parts((part.amount_pence for _, part in members), rate or Fraction(0), pack.tables.vat.rounding)
        taxed |= {number: Part(*part[:3], code, vat) for (number, part), vat in zip(members, pence, strict=True)}
    return [taxed[number] for number in sorted(taxed)]

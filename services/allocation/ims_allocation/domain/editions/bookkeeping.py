"""What moving money has to know of a day, out of a council's pack."""

from datetime import date
from fractions import Fraction

from ims_allocation.domain.books import Books
from ims_allocation.domain.packs import Pack
from ims_allocation.domain.vat import FundVat


def books_on(day: date, pack: Pack) -> Books:
    """The funds and their VAT, and the rates of a tax point. A pack that says nothing of VAT has none."""
    tables = pack.tables
    if not tables.vat.codes:
        none = {code: FundVat(fund.vat_code) for code, fund in pack.funds.items()}
        return Books(none, {vat.code: Fraction(0) for vat in none.values()}, credit_note_funds=pack.credit_note_funds)
    rates = {code: rate for code in tables.vat.codes if (rate := tables.vat_rate(code, day)) is not None}
    funds = {code: FundVat(fund.vat_code, fund.vat_may_differ) for code, fund in tables.funds.items()}
    return Books(funds=funds, rates=rates, credit_note_funds=tables.credit_note_funds)

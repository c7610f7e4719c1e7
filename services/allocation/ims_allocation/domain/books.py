"""What moving money between accounts has to know: the VAT of each fund, and the rates of its codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from ims_allocation.domain.ledger import Line
from ims_allocation.domain.vat import FundVat, code_of_line


class Share(NamedTuple):
    """An amount for an account, or from one, as a person asks for it."""

    fund: str
    account_reference: str
    amount_pence: int
    vat_code: str | None = None
    cost_centre: str | None = None


class Refusal(NamedTuple):
    """Nothing is moved, and why."""

    reason: str
    asked_pence: int = 0
    available_pence: int = 0


@dataclass(frozen=True, slots=True)
class Books:
    """A council's funds and their VAT, on a day."""

    funds: Mapping[str, FundVat]
    rates: Mapping[str, Fraction]
    credit_note_funds: frozenset[str] = frozenset()

    def fault(self, shares: list[Share]) -> str | None:
        """What cannot be written: a fund nobody knows, or VAT of a code without a rate."""
        for share in shares:
            if share.fund not in self.funds:
                return "unknown-fund"
            if code_of_line(self.funds[share.fund], share.vat_code) not in self.rates:
                return "unknown-vat-code"
        return None

    def line(self, share: Share, sign: int) -> Line:
        """A share in the ledger, where what is got is a credit (`sign` below nothing); under the fund's VAT code, unless the fund lets a
        line have its own."""
        code = code_of_line(self.funds[share.fund], share.vat_code)
        to = f"fund:{share.fund}", share.account_reference
        return Line(*to, sign * share.amount_pence, code, cost_centre=share.cost_centre)

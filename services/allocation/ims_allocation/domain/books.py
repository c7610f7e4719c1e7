"""What moving money between accounts has to know: the VAT of each fund, and the codes that movements are written under."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from ims_allocation.domain.ledger import Line
from ims_allocation.domain.rounding import Rounding
from ims_allocation.domain.vat import FundVat, code_of_line, vat_within


class Share(NamedTuple):
    """An amount for an account, or from one, as a person asks for it."""

    fund: str
    account_reference: str
    amount_pence: int
    vat_code: str | None = None
    method_of_payment: str | None = None
    narrative: str = ""
    cost_centre: str | None = None


class Movement(NamedTuple):
    """What one account gets, or gives where it is below nothing; gross, and the VAT in it."""

    fund: str
    account_reference: str
    method_of_payment: str
    amount_pence: int
    vat_code: str
    vat_pence: int
    narrative: str
    cost_centre: str | None = None


class Refusal(NamedTuple):
    """Nothing is moved, and why."""

    reason: str
    asked_pence: int = 0
    available_pence: int = 0


@dataclass(frozen=True, slots=True)
class Books:
    """A council's VAT, and the methods of payment its movements are written under."""

    funds: Mapping[str, FundVat]
    rates: Mapping[str, Fraction]
    rounding: Rounding = "half-up"
    transfer_out: str = "transfer-out"
    transfer_in: str = "transfer-in"
    credit_note_funds: frozenset[str] = frozenset()

    def fault(self, shares: list[Share]) -> str | None:
        """What cannot be written: a fund nobody knows, or VAT of a code without a rate."""
        for share in shares:
            if share.fund not in self.funds:
                return "unknown-fund"
            if code_of_line(self.funds[share.fund], share.vat_code) not in self.rates:
                return "unknown-vat-code"
        return None

    def movement(self, share: Share, method: str, narrative: str) -> Movement:
        """A share with its VAT; the fund's code, unless the fund lets a line have its own."""
        code = code_of_line(self.funds[share.fund], share.vat_code)
        assert code is not None, "what cannot be written was refused before"
        vat = vat_within(share.amount_pence, self.rates[code], self.rounding)
        what = share.amount_pence, code, vat, share.narrative or narrative, share.cost_centre
        return Movement(share.fund, share.account_reference, method, *what)

    def line(self, movement: Movement) -> Line:
        """The same in the ledger, where income is a credit."""
        to = f"fund:{movement.fund}", movement.account_reference
        return Line(*to, -movement.amount_pence, movement.vat_code, cost_centre=movement.cost_centre)


def less(share: Share) -> Share:
    """The same, given instead of got."""
    return share._replace(amount_pence=-share.amount_pence)


def balanced(movements: list[Movement]) -> list[Movement]:
    """Movements that make nothing and lose nothing."""
    assert not sum(each.amount_pence for each in movements), "what one account gets another gives"
    return movements

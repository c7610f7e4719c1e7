"""A council's reference data: its funds, how each writes references, and which day decides."""

from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from ims_allocation.domain.approvals import NO_APPROVALS, Approvals
from ims_allocation.domain.candidates import Words
from ims_allocation.domain.check_digits import CheckDigit
from ims_allocation.domain.editions.tables import Tables
from ims_allocation.domain.masks import Mask
from ims_allocation.domain.rates import Rates, rates
from ims_allocation.domain.references import References, Scheme
from ims_allocation.domain.rounding import fraction
from ims_allocation.domain.validation import FundRules, Limits, ReferenceRule
from ims_contracts.payments import PaymentReceived


@dataclass(frozen=True, slots=True)
class Fund:
    """A kind of income, and what it asks of a payment before it takes it."""

    code: str
    name: str
    line_of_business: str
    vat_code: str = "O"
    cost_centre: str | None = None
    """Whose income it is, where a payment or a person says no other."""
    is_penalty: bool = False
    """What is owed is a schedule of stages; what one payment settles depends on the others."""
    tolerance_pence: int = 0
    """A penalty that is paid short by no more is settled; what is missing is its back office's to write off."""
    is_fee: bool = False
    """What payers pay for paying: a line beside others, by a method that takes one."""
    needs_account: bool = True
    needs_second_fact: bool = False
    """A reference typed as free text is not enough: something else must speak for the account."""
    repair: bool = False
    """A reference with one keying error may be put right without a person, if a second fact speaks for it: finance's switch, to be
    put on when the rates have been measured on the council's own register."""
    by_payer: bool = True
    """What nothing but a known payer and the amount or vehicle points at may be placed without a person: finance's switch."""
    rates: Rates = field(default_factory=Rates)


@dataclass(frozen=True, slots=True)
class Channel:
    """How money came: which day decides, and whether the payer typed freely."""

    decided_by: str = "paid_on"
    is_free_text: bool = False


PAID_ON = Channel()


@dataclass(frozen=True, slots=True)
class Waits:
    """How many working days something may wait."""

    refund_days: int = 10
    """Until a refund is overdue."""
    account_days: int = 10
    """Until a payment whose account is awaited is for a person to look at."""


@dataclass(frozen=True)
class Pack:
    """One version of one council's reference data."""

    council: str
    version: str
    funds: dict[str, Fund]
    references: References
    channels: dict[str, Channel]
    settlement_sources: frozenset[str]
    rules: dict[str, FundRules]
    """What each fund asks of a payment that is still to be made."""
    approvals: Approvals = NO_APPROVALS
    credit_note_funds: frozenset[str] = frozenset()
    """Those from whose accounts a release may take what suspense does not hold."""
    words: Words = field(default_factory=lambda: Words({}))
    waits: Waits = field(default_factory=Waits)

    @cached_property
    def repairs(self) -> bool:
        """Whether any fund's references may be put right."""
        return any(fund.repair for fund in self.funds.values())
    tables: Tables = field(default_factory=Tables)

    def decided_on(self, payment: PaymentReceived) -> date:
        """The day that decides what was owed: a rule per channel; where the channel does not tell it, the payer's act."""
        day: date | None = getattr(payment, self.channels.get(payment.channel, PAID_ON).decided_by)
        return day or payment.paid_on

    def is_penalty(self, fund: str) -> bool:
        """Whether a fund's accounts are penalties."""
        return fund in self.funds and self.funds[fund].is_penalty

    @cached_property
    def vatable(self) -> frozenset[str]:
        """The VAT codes that come to anything, whatever the day."""
        return frozenset(code for code, vat in self.tables.vat.codes.items() if any(fraction(rate.percent) for rate in vat.rates))

    def is_free_text(self, channel: str) -> bool:
        """Whether the payer typed the reference with nobody checking it."""
        return self.channels.get(channel, PAID_ON).is_free_text


def pack(written: dict[str, Any]) -> Pack:
    """Make a pack of what is written, which `editions` has proved; the tables are added there."""
    funds: dict[str, Fund] = {}
    rules: dict[str, FundRules] = {}
    schemes: list[Scheme] = []
    for code, fields in written["funds"].items():
        masks, digit = fields.pop("masks"), fields.pop("check_digit", None)
        asked, most = fields.pop("reference", {}), fields.pop("amount_max_pence", None)
        own = written.get("evidence", {}) | fields.pop("evidence", {})
        funds[code] = Fund(code=code, rates=rates(own), **fields)
        check = CheckDigit(**(digit | {"weights": tuple(digit["weights"])})) if digit else None
        rule = ReferenceRule(**asked, masks=tuple(Mask(mask, check) for mask in masks))
        if rule.contradicts_itself:
            raise ValueError(f"fund {code}: no reference of its masks has the characters it asks for. Mend one or the other.")
        rules[code] = FundRules(rule, Limits(fund_max_pence=most), funds[code].needs_account)
        schemes += [Scheme(code, mask, check, rule if asked else None) for mask in masks]
    channels = {name: Channel(**fields) for name, fields in written.get("channels", {}).items()}
    sources = frozenset(written.get("settlement_sources", ()))
    approvals, notes = Approvals(**written.get("approvals", {})), frozenset(written.get("credit_note_funds", ()))
    words = Words(written.get("words", {}))
    waits = Waits(**written.get("waits", {}))
    return Pack(
        written["council"], written["version"], funds, References(schemes), channels, sources, rules, approvals, notes, words, waits
    )


def no_pack(council: str) -> Pack:
    """The pack of a council that has none: no fund takes its money, so all of it is held in suspense."""
    return Pack(council, "none", {}, References([]), {}, frozenset(), {})

"""What a pack may say: every field of its files, strictly. A field that is not here is a fault, since a rule might be meant by it."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from ims_allocation.domain import check_digits
from ims_allocation.domain.masks import Mask
from ims_allocation.domain.rates import MILLION
from ims_allocation.domain.rounding import Rounding
from ims_allocation.domain.validation import Characters
from ims_contracts.message import Council as CouncilCode

Code = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=r"^\S+$")]
Version = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]
Words = Annotated[str, StringConstraints(min_length=1, max_length=500)]
Pence = Annotated[int, Field(ge=0, le=10_000_000_000_000)]
Percent = Annotated[
    str, BeforeValidator(lambda said: str(said) if type(said) is int else said), StringConstraints(pattern=r"^\d{1,2}(\.\d{1,3})?$")
]
"""A rate as people write it: 20, 17.5."""
Rates = dict[Code, Annotated[int, Field(gt=0, lt=MILLION)]]
"""How often payers type and pay as they should, out of a million: `rates.py` names them, and has those that are left out."""
Expression = Annotated[str, StringConstraints(min_length=1, max_length=1_000)]


class Written(BaseModel):
    """A part of a pack."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True)


class Dated(Written):
    """Something that is so for a time."""

    from_on: date | None = Field(default=None, alias="from")
    """The first day; none: ever since."""
    until_on: date | None = Field(default=None, alias="until")
    """The last day; none: until further notice."""

    @model_validator(mode="after")
    def begins_before_it_ends(self) -> Self:
        if self.from_on and self.until_on and self.until_on < self.from_on:
            raise ValueError("it ends before it begins")
        return self

    def holds(self, day: date) -> bool:
        """Whether this is so on a day."""
        return (self.from_on or date.min) <= day <= (self.until_on or date.max)


class CheckDigit(Written):
    """As `check_digits.py` reckons it."""

    modulus: int = Field(ge=2, le=1_000)
    weights: list[int] = Field(min_length=1, max_length=64)
    subtract: bool = False
    letters: dict[str, str] = {}
    results: dict[int, str] = {}
    leading: str = ""
    doubles: bool = False
    covers_all: bool = False

    def scheme(self) -> check_digits.CheckDigit:
        return check_digits.CheckDigit(**(self.model_dump() | {"weights": tuple(self.weights)}))


class Reference(Written):
    """What is asked of a reference beside its mask."""

    length_min: int = Field(default=0, ge=0, le=140)
    length_max: int | None = Field(default=None, ge=1, le=140)
    characters: Characters | None = None
    pattern: str | None = None


class Fund(Dated):
    """A kind of income. One that is closed gets an `until`, and stays: payments name it."""

    name: Words
    line_of_business: Code
    vat_code: Code = "O"
    vat_may_differ: bool = False
    """A line of it may have another VAT code."""
    ledger_code: Code | None = None
    """What the general ledger calls it."""
    cost_centre: Code | None = None
    """Whose income it is, where a line of it says no other."""
    is_penalty: bool = False
    tolerance_pence: int = Field(default=0, ge=0, le=1_000)
    """A penalty that is paid short by no more is settled: nobody writes to its payer for pennies."""
    is_fee: bool = False
    """What payers pay for paying: beside something else, and by a method of payment that `takes_fee`."""
    needs_account: bool = True
    needs_second_fact: bool = False
    masks: list[Annotated[str, StringConstraints(min_length=1, max_length=64)]] = Field(min_length=1, max_length=20)
    check_digit: CheckDigit | None = None
    reference: Reference | None = None
    amount_max_pence: Pence | None = None
    repair: bool = False
    """One keying error in a reference may be put right, where a second fact speaks for the account."""
    by_payer: bool = True
    """What two people said a bank account pays may be chosen without a reference, where the amount or vehicle speaks for it too."""
    evidence: Rates = {}

    def shapes(self) -> tuple[Mask, ...]:
        digit = self.check_digit.scheme() if self.check_digit else None
        return tuple(Mask(mask, digit) for mask in self.masks)


class MethodOfPayment(Dated):
    """How money is paid: it names the clearing account."""

    name: Words
    kind: Literal["card", "cash", "cheque", "direct-debit", "bank-transfer", "benefit-deduction", "journal"]
    amount_min_pence: Pence | None = None
    amount_max_pence: Pence | None = None
    is_refundable: bool = False
    """Its provider can give money back the way it came."""
    takes_fee: bool = False
    """Who pays so may be charged a fee for it. (Not consumers with their own cards: SI 2012/3110 reg.6A.)"""


class Rate(Dated):
    """A VAT code's rate for a time, by tax point."""

    percent: Percent


class VatCode(Written):
    """`S`, `R`, `Z`, `E`, `O`, or a council's own code for one of them: nought in three ways is three boxes of the return."""

    name: Words
    box: Literal["S", "R", "Z", "E", "O"]
    rates: list[Rate] = Field(min_length=1, max_length=50)


class Vat(Written):
    """VAT within gross amounts."""

    rounding: Rounding = "half-up"
    codes: dict[Code, VatCode]


class Office(Dated):
    """Where money is taken."""

    name: Words


class Channel(Written):
    """How money comes, and which day decides what was owed."""

    decided_by: Literal["paid_on", "received_on", "value_on"] = "paid_on"
    is_free_text: bool = False


class Approvals(Written):
    """Above these amounts a second person must approve; none: whatever the amount."""

    release_over_pence: Pence | None = None
    reallocation_over_pence: Pence | None = None
    journal_over_pence: Pence | None = None
    refund_over_pence: Pence | None = None
    """A refund always needs another person; above this (all that goes back of one payment) two of them."""


class Waits(Written):
    """How many working days a refund may wait until it is overdue, and a payment for its account until a person has to look."""

    refund_days: int = Field(default=10, ge=1, le=1_000)
    account_days: int = Field(default=10, ge=1, le=1_000)


class Band(Dated):
    """What a penalty of a band costs, if it is issued in this time."""

    band: Code
    higher_pence: Pence
    lower_pence: Pence


class Fee(Dated):
    """What the court takes for the registration of a debt, if it is registered in this time."""

    pence: Pence


class Tariffs(Written):
    """What penalties cost where parking does not tell."""

    fund: Code
    band: Code
    """The band of a penalty for which parking names none."""
    higher: list[Code]
    """Contravention codes, without suffix, of the higher level."""
    lower: list[Code]
    bands: list[Band] = Field(min_length=1, max_length=200)
    registration_fees: list[Fee] = Field(default=[], max_length=50)


class Then(Written):
    """What a rule says of a payment: which account it is for, or why it waits for a person."""

    fund: Code | None = None
    account_reference: Annotated[str, StringConstraints(min_length=1, max_length=140)] | None = None
    suspense_reason: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,63}$")] | None = None
    needs_person: bool = False

    @model_validator(mode="after")
    def says_one_thing(self) -> Self:
        holds = self.needs_person or self.suspense_reason is not None
        if holds == (self.fund is not None) or (self.fund is None) != (self.account_reference is None):
            raise ValueError("say fund and account_reference, or else suspense_reason or needs_person")
        return self


class Example(Written):
    """A payment, field by field, and whether the rule is the one that decides it."""

    payment: dict[str, str | int]
    applies: bool


class Rule(Dated):
    """A rule that an officer wrote, in force by the day that decides the payment."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
    priority: int = Field(ge=1, le=1_000_000)
    """The lowest of those that apply decides; no two are alike."""
    when: Expression
    then: Then
    before: Literal["references"] | None = None
    """It decides whatever the references say; otherwise only where they say nothing."""
    examples: list[Example] = Field(min_length=1, max_length=100)


class WrittenPack(Written):
    """A whole pack."""

    council: CouncilCode
    version: Version
    name: Words
    funds: dict[Code, Fund]
    methods_of_payment: dict[Code, MethodOfPayment] = {}
    vat: Vat
    offices: dict[Code, Office] = {}
    channels: dict[Code, Channel] = {}
    settlement_sources: list[Code] = []
    approvals: Approvals = Approvals()
    waits: Waits = Waits()
    credit_note_funds: list[Code] = []
    words: dict[Code, list[Words]] = {}
    """By which payers name a kind of debt, by line of business."""
    evidence: Rates = {}
    """Of every fund that does not say otherwise."""
    tariffs: Tariffs | None = None
    rules: list[Rule] = Field(default=[], max_length=200)

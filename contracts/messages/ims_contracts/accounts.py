"""What is owed, by which account, and when that changes."""

from datetime import date
from typing import ClassVar

from pydantic import Field

from ims_contracts.message import Code, Message, Pence, Reference, Value, Words


class Holder(Value):
    """Whom the account belongs to, and how to reach them. Personal data: only for those who write to people."""

    name: Words | None = None
    address: Words | None = None
    postcode: Code | None = None
    email: Words | None = None
    phone: Code | None = None
    language: Code = "en"
    """`en` or `cy`."""


class Stage(Value):
    """What a penalty costs while this stage lasts."""

    stage: Code
    """`discount`, `full`, `charge-certificate`, `registered`."""
    amount_pence: Pence
    from_on: date | None = None
    """The first day of the stage; none: from the beginning, or the day after the stage before it."""
    until_on: date | None = None
    """The last day on which this amount settles the penalty; none: until a later stage begins."""


class AccountFields(Value):
    """What a back office tells of one of its accounts, whole: what is left out is no longer so."""

    fund: Code
    """The fund the account belongs to, such as `23` for council tax or `11` for parking."""
    account_reference: Reference
    revision: int = Field(ge=0, le=2**62)
    """As the back office counts; a lower or equal revision changes nothing."""
    status: Code = "open"
    """`open`, `closed`, `cancelled`, `with-agent` (a warrant was issued: an enforcement agent collects)."""
    holder: Holder | None = None
    second_keys: list[Code] = Field(default=[], max_length=20)
    """Other things the payer may type instead, such as a vehicle's registration mark."""
    balance_pence: Pence | None = None
    """What a running account (council tax, rent) owed in all when the back office told this."""
    instalment_pence: Pence | None = None
    schedule: list[Stage] = Field(default=[], max_length=20)
    """What a penalty costs, stage by stage, in order. Empty for a running account, and where the law and the council's tariff say it."""
    issued_on: date | None = None
    served_on: date | None = None
    notice: Code | None = None
    """How a penalty's notice was served: `vehicle` (put on it, or handed over), `post`, `camera` (by post, on the evidence of an approved
    device)."""
    contravention_code: Code | None = None
    """The standard code of what a penalty is for, such as `12` or `34J`."""
    tariff_band: Code | None = None
    """The band of the council's tariff that a penalty is of, where it has several."""
    charge_certificate_on: date | None = None
    """The day on which a charge certificate was served."""
    registered_on: date | None = None
    """The day on which the charge was registered with the court."""
    is_stopped: bool = False
    """The back office asks that no payment be taken without its word."""
    stop_reason: Words | None = None
    is_direct_debit: bool = False
    vat_code: Code = "O"
    """`S` standard, `R` reduced, `Z` zero, `E` exempt, `O` outside the scope."""


class AccountChanged(AccountFields, Message):
    """A back office's account is now as this says."""

    type: ClassVar[str] = "ims.accounts.account-changed.v1"
    topic: ClassVar[str] = "ims.accounts.v1"
    keyed_by: ClassVar[str] = "account_reference"
    one_per: ClassVar[tuple[str, ...]] = ("fund", "account_reference", "revision")


class AccountSubmitted(AccountFields, Message):
    """A back office tells, from outside, what one of its accounts is now."""

    type: ClassVar[str] = "ims.inbound.account-submitted.v1"
    topic: ClassVar[str] = "ims.inbound.v1"
    keyed_by: ClassVar[str] = "account_reference"
    one_per: ClassVar[tuple[str, ...]] = ("source", "fund", "account_reference", "revision")

    source: Code

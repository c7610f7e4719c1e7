"""What a person may ask of allocation: what to do with payments, and what to move from account to account."""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from ims_contracts.message import PENCE_MAX, Code, Pence, Reference

Person = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]
Note = Annotated[str, StringConstraints(min_length=1, max_length=2000, strip_whitespace=True)]
# A payment's parts are told in one message, which has room for a hundred.
COUNT_MAX = 100


class Asked(BaseModel):
    """What is sent to a door: a field that is not known is a mistake, since money might be in it."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Towards(Asked):
    """An account, and what it gets; or gives, where it is named as one that gives."""

    fund: Code
    account_reference: Reference
    amount_pence: Pence
    """Above nothing; below it only for a reversal that names no payment, or a payment of which more went back than came: that is taken
    off the account, whole."""
    cost_centre: Code | None = None
    """Whose income it is or was; none: as the fund has it."""
    vat_code: Code | None = None
    """The VAT code of its income; none: as the fund has it. Another only where the fund lets its lines differ."""


class Of(Asked):
    """A payment that is decided on."""

    payment_id: UUID
    revision: int | None = Field(default=None, ge=1)
    """The revision that was looked at. If the payment has changed since, nothing is decided. Of a single payment it may be said by
    `If-Match` instead."""


class Moving(Asked):
    """One line of a payment, what it gives, and where that goes; what is given to nobody goes to suspense."""

    fund: Code
    account_reference: Reference
    amount_pence: int = Field(strict=True, ge=1, le=PENCE_MAX)
    to: list[Towards] = Field(default=[], max_length=COUNT_MAX)
    refund_due_pence: int = Field(default=0, strict=True, ge=0)


class Group(Asked):
    """One payment or several, and the accounts that all their money is for. The payments are used up one after the other."""

    payments: list[Of] = Field(min_length=1, max_length=COUNT_MAX)
    to: list[Towards] = Field(default=[], max_length=COUNT_MAX)
    refund_due_pence: int = Field(default=0, strict=True, ge=0)
    """What is to go back to the payer; sending it is asked for and approved by itself."""
    credit_notes: list[Towards] = Field(default=[], max_length=COUNT_MAX)
    """Accounts that give what the others get beyond what the payments hold."""
    rest_to_suspense: bool = False
    """What is given to nobody stays in suspense. Where that would take money off an account, it has to be said."""
    moves: list[Moving] = Field(default=[], max_length=COUNT_MAX)
    """Of a single payment, instead of all the rest: what leaves some of its lines. All other lines stay as they are."""

    @model_validator(mode="after")
    def says_one_thing(self) -> Self:
        if self.moves and (self.to or self.refund_due_pence or self.credit_notes or self.rest_to_suspense or len(self.payments) > 1):
            raise ValueError("`moves` says what leaves lines of one payment: say it alone, or where all the money goes")
        return self


class Deciding(Asked):
    """What is decided of payments: all of it, or nothing."""

    decisions: list[Group] = Field(min_length=1, max_length=COUNT_MAX)
    reason: Reason
    note: Note | None = None


class Journalling(Asked):
    """Money to be moved between accounts: from one to several, or from several to as many, each to its own."""

    sources: list[Towards] = Field(min_length=1, max_length=COUNT_MAX)
    targets: list[Towards] = Field(min_length=1, max_length=COUNT_MAX)
    reason: Reason
    note: Note | None = None


class Approving(Asked):
    """That a decision is approved, by whoever sends this; never by who decided."""


class Refunding(Asked):
    """Money of a payment that is to go back to whoever paid it, in the way it came, once another person approves."""

    payment_id: UUID
    revision: int | None = Field(default=None, ge=1)
    """The revision of the payment that was looked at; it may be said by `If-Match` instead."""
    amount_pence: int = Field(strict=True, ge=1, le=PENCE_MAX)
    reason: Reason
    note: Note | None = None


class ApprovingRefund(Asked):
    """That a refund is approved, by whoever sends this; never by who asked for it."""

    amount_pence: int | None = Field(default=None, strict=True, ge=1, le=PENCE_MAX)
    """How much of it, if not all. What stays due back is asked for anew."""


class Cancelling(Asked):
    """Why a refund is not to be sent."""

    reason: Reason


class Confirming(Asked):
    """That a payer's bank account pays an account, by whoever sends this; never by whose decision taught it. And why."""

    reason: Reason


class Revoking(Asked):
    """Why what was learned of a payer counts no more."""

    reason: Reason


class Settling(Asked):
    """What was done about a line that a back office rejected."""

    run_id: UUID
    sequence: int = Field(ge=1, lt=2**31)
    reason: Reason


class Stopping(Asked):
    """A way of placing payments without a person that is to stop for a fund, or to go on; and why."""

    fund: Code
    way: Literal["repaired", "by-payer"]
    """References with one keying error put right; or accounts that nothing but their payer points at."""
    reason: Reason


class ApprovingPack(Asked):
    """That a version of the council's pack is approved, by whoever sends this; never by who proposed it."""

    compared_with: str = Field(min_length=1, max_length=140)
    """The version in whose place it comes, as its `diff` named it."""


class Undoing(Asked):
    """Why a decision is taken back."""

    reason: Reason


class Assigning(Asked):
    """Give an item of suspense an owner, or none; or say which service area claims it."""

    payment_id: UUID
    owner: Person | None = None
    area: Code | None = None
    """The service area that says the money is its own. It is moved by a decision alone."""
    instead_of: Person | None = None
    """The owner that was seen: another one is not displaced."""


class Noting(Asked):
    """Write a note to an item of suspense."""

    payment_id: UUID
    note: Note


class Releasing(Group):
    """Decide on payments by themselves: whatever becomes of the other actions."""

    reason: Reason
    note: Note | None = None


class Acting(Asked):
    """What is done with items of suspense, each by itself: one that cannot be done does not stop the others."""

    assign: list[Assigning] = Field(default=[], max_length=500)
    note: list[Noting] = Field(default=[], max_length=500)
    decide: list[Releasing] = Field(default=[], max_length=COUNT_MAX)

"""Where money was put, and why."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from ims_contracts.message import Code, Message, Pence, PositivePence, Reference, Value


class JournalLine(Value):
    """One side of a journal. Debits above nothing, credits below; the lines of a journal sum to nothing."""

    ledger_account: Code
    """`clearing:<method of payment>`, `bank:<bank account>`, `fees:<method of payment>`, `fund:<fund>`, `suspense`, `refunds-due`;
    of what was written off at the bank, the council's own for it: `differences:cash`, `differences:fees`, …"""
    account_reference: Reference | None = None
    amount_pence: Pence
    vat_code: Code | None = None
    """Of a line on a fund: the VAT code of its income."""
    vat_pence: Pence | None = None
    """The VAT within `amount_pence`, and of its sign; absent where it is nought. A line of no pence puts right a penny of it."""
    cost_centre: Code | None = None
    """Of a line on a fund: whose income it is within the council, where it is told apart."""
    rejected_pence: PositivePence | None = None
    """Of a debit on a fund: so much of it takes back what the back office had rejected, and so never had on the account."""
    rejected_by: Code | None = None
    """The destination that had."""


class Part(Value):
    """The share of a payment that went to one account."""

    fund: Code
    account_reference: Reference
    amount_pence: PositivePence
    cost_centre: Code | None = None
    """Whose income it is within the council, where the fund or the payer tells it apart."""
    vat_code: Code | None = None
    """The VAT code of its income. Absent in what went back: its lines say it."""
    vat_pence: Pence | None = Field(default=None, ge=0)
    """The VAT within `amount_pence`, nought too, wherever there is a code. The lines have only what moved."""


class Suggestion(Value):
    """An account that suspended money may belong to, and what speaks for it and against it. Best first."""

    fund: Code
    account_reference: Reference
    why: list[Code]
    """`reference-fits`, `one-character-off`, `neighbours-swapped`, `amount-is-due`, `amount-is-instalment`, `vehicle`, `name-agrees`,
    `words-agree`, `reference-in-narrative`, `payer-known` (the payer's bank account pays it, as two people said), `payer-learned` (as one
    did), …; against it `amount-is-not-due`, `nothing-due`, `name-differs`, `vehicle-differs`, `words-of-another-debt`,
    `reference-differs`."""


class PaymentAllocated(Message):
    """A payment has its home. A higher revision replaces what was told of the payment before."""

    type: ClassVar[str] = "ims.allocations.payment-allocated.v1"
    topic: ClassVar[str] = "ims.allocations.v1"
    keyed_by: ClassVar[str] = "payment_id"
    one_per: ClassVar[tuple[str, ...]] = ("payment_id", "revision")

    payment_id: UUID
    revision: int = Field(ge=1)
    amount_pence: PositivePence
    """Its parts and what is due back: the whole payment, unless some of it stays in suspense."""
    parts: list[Part] = Field(max_length=100)
    refund_due_pence: int = Field(default=0, ge=0)
    """What is more than was owed, held for the payer."""
    suspended_pence: int = Field(default=0, ge=0)
    """What of the payment stays in suspense beside it: a person decided only of a part."""
    outcome: Code
    """`account` (a running account), `refund-due` (a person decided that all goes back), and for penalties `discount`, `full`, `part`,
    `late-discount`, `over`, `duplicate`, `closed`, `with-agent`; `reversed` or `refunded` where nothing of it is left."""
    rule: Code
    """What chose the account: `reference`, `second-key`, `payer-and-evidence`, …; `basket`: it was stated line by line; `officer`: a person
    decided; `rule:` and a name: a rule that the council's officers wrote."""
    rule_version: Code
    """The version of the council's pack that decided; of `officer`, `decision:` and the decision's id."""
    method_of_payment: Code
    decided_on: date
    """The day that decided what was owed: a rule per channel."""
    posted_on: date
    due_before_pence: Pence | None = None
    balance_pence: Pence | None = None
    """What is left to pay, for penalties."""
    next_due_on: date | None = None
    """When what is left grows, if it is not paid by then."""
    is_for_agent: bool = False
    """To be passed to the enforcement agent, so that fees are dealt with there."""
    lines: list[JournalLine] = Field(max_length=400)


class PaymentSuspended(Message):
    """Nobody can yet say where a payment belongs; it is held in suspense, for a reason, with what it might be."""

    type: ClassVar[str] = "ims.allocations.payment-suspended.v1"
    topic: ClassVar[str] = "ims.allocations.v1"
    keyed_by: ClassVar[str] = "payment_id"
    one_per: ClassVar[tuple[str, ...]] = ("payment_id", "revision")

    payment_id: UUID
    revision: int = Field(ge=1)
    amount_pence: PositivePence
    reason: Code
    """`no-reference`, `unknown-reference`, `invalid-reference`, `unknown-fund`, `wrong-fund`, `other-council`, `ambiguous`,
    `account-awaited`, `wait-over` (its account has not come for too long), `several-accounts`, `no-event` (only a settlement knows of
    it), `stopped`, `left-by-officer`, `not-open`, `needs-person` (a rule of the council's says so), `rejected:` and what its back
    office said why it does not take the money, and reasons that a council's rules give; of what was stated line by line
    `basket-differs`, `unknown-vat-code`, `vat-code-not-allowed`, `method-takes-no-fee`, `fee-alone`."""
    suggestions: list[Suggestion] = Field(default=[], max_length=5)
    method_of_payment: Code
    posted_on: date
    lines: list[JournalLine] = Field(max_length=400)


class PaymentUnallocated(Message):
    """Money of a payment went back, so its account is open again (or the money in suspense is less)."""

    type: ClassVar[str] = "ims.allocations.payment-unallocated.v1"
    topic: ClassVar[str] = "ims.allocations.v1"
    keyed_by: ClassVar[str] = "payment_id"
    one_per: ClassVar[tuple[str, ...]] = ("payment_id", "revision")

    payment_id: UUID
    revision: int = Field(ge=1)
    cause_id: UUID
    """The reversal or refund."""
    reason: Code
    """The reversal's own (`direct-debit-returned`, `cheque-returned`, …), or `refund-sent`."""
    amount_pence: PositivePence
    """What went back."""
    parts: list[Part] = Field(default=[], max_length=100)
    """Of which accounts, and how much."""
    balance_pence: Pence | None = None
    """What the penalty owes again, at the stage it is in now."""
    posted_on: date
    lines: list[JournalLine] = Field(max_length=400)


class JournalPosted(Message):
    """Money was moved in the ledger without a payment: clearing to bank and fees, a correction, an unmatched reversal, a transfer."""

    type: ClassVar[str] = "ims.allocations.journal-posted.v1"
    topic: ClassVar[str] = "ims.allocations.v1"
    keyed_by: ClassVar[str] = "journal_id"
    one_per: ClassVar[tuple[str, ...]] = ("journal_id",)

    journal_id: UUID
    reason: Code
    """`reconciled` (proved at the bank), `correction`, `decided` (of an unmatched reversal), `transfer`, `transfer-undone`,
    `credit-note`, `credit-note-undone`; else why a payment nobody knows was taken back (`direct-debit-indemnity`, …)."""
    payment_id: UUID | None = None
    cause_id: UUID | None = None
    posted_on: date
    lines: list[JournalLine] = Field(max_length=400)


class RefundRequested(Message):
    """Money is due back to a payer, and somebody has to approve that it goes."""

    type: ClassVar[str] = "ims.allocations.refund-requested.v1"
    topic: ClassVar[str] = "ims.allocations.v1"
    keyed_by: ClassVar[str] = "payment_id"
    one_per: ClassVar[tuple[str, ...]] = ("payment_id", "revision")

    payment_id: UUID
    revision: int = Field(ge=1)
    amount_pence: int = Field(ge=0)
    """Nothing: no longer due."""
    reason: Code
    """The payment's outcome: `over`, `duplicate`, `closed`, …; `reversed` or `refunded` where it is no longer due."""
    requested_on: date

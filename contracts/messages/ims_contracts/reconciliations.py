"""What was proved at the bank, and what was not."""

from datetime import date
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from ims_contracts.message import Code, Message, Pence, Value, Words


class ReconciledPayment(Value):
    """A payment (or refund, or reversal: below nothing) that is part of what reached the bank."""

    subject_id: UUID
    """The payment's id; for a refund or reversal, its own; for what was written off, one that nothing else has."""
    payment_id: UUID | None = None
    gross_pence: Pence
    fee_pence: Pence = 0
    """Of what was written off: what the bank has less, or, below nothing, more. Its gross is nothing."""
    net_pence: Pence


class PaymentReconciled(Message):
    """Payments are proved at the bank: one line, and all that it is made of; in pages of at most 500."""

    type: ClassVar[str] = "ims.reconciliations.payment-reconciled.v1"
    topic: ClassVar[str] = "ims.reconciliations.v1"
    keyed_by: ClassVar[str] = "match_id"
    one_per: ClassVar[tuple[str, ...]] = ("match_id", "page")

    match_id: UUID
    page: int = Field(ge=1)
    pages: int = Field(ge=1)
    statement_line_id: UUID
    """The bank line; where the bank split what it is of, the first of several."""
    statement_line_ids: list[UUID] = Field(default=[], max_length=500)
    """All the lines, where it is more than one."""
    bank_account: Code
    value_on: date
    method_of_payment: Code
    settlement_id: UUID | None = None
    remittance_id: UUID | None = None
    gross_pence: Pence
    fee_pence: Pence
    fee_account: Annotated[str, Field(pattern=r"^(fees|differences):[a-z0-9-]{1,50}$")] | None = None
    """The ledger account of the fee, on a page of what was written off; none: it is what a provider took, on `fees:` and the method."""
    net_pence: Pence
    """Of this page. Over all pages: the bank lines, or as much of the line as is this settlement or file, where the bank merged several."""
    why: Code
    """The rule that matched: `settlement-net`, `remittance-total`, `bank-line`, `reversal`, `payment`, …; `written-off`: the bank's
    charges, or other money that left it for nothing that is known of; `un-matched`: a person took a
    match apart, and all of it is told once more below nothing."""
    payments: list[ReconciledPayment] = Field(max_length=500)


class BreakOpened(Message):
    """Two records that should agree do not, or one is missing."""

    type: ClassVar[str] = "ims.reconciliations.break-opened.v1"
    topic: ClassVar[str] = "ims.reconciliations.v1"
    keyed_by: ClassVar[str] = "break_id"
    one_per: ClassVar[tuple[str, ...]] = ("break_id", "revision")

    break_id: UUID
    revision: int = Field(default=1, ge=1)
    kind: Code
    """`balance` (a statement that does not prove), `opening` (not the closing before it), `statement-incomplete`,
    `settlement-without-payment`, `payment-without-settlement`, `settlement-amount`, `settlement-total`, `settlement-without-bank-line`,
    `remittance-without-bank-line`, `remittance-total`, `remittance-refused`, `bank-line-unexplained`, `bank-debit-unexplained`,
    `amount-differs`, `fee-differs`, `cash-difference`, `out-of-window`, `wrong-account`, `duplicate-line`, `duplicate-file`,
    `payout-failed`, `reversal-without-payment`, `payment-without-bank-line`, `sequence-gap`, `file-conflict`, `file-late`, `currency`,
    `ambiguous`, `remittance-unplaced` (neither allocated nor suspended), `run-unanswered`, `run-rejected`, `run-total` (of postings to a
    back office), `late-line` (of a closed day), `dispute-won`, `closed-account`, `low-evidence`, …"""
    amount_pence: Pence
    source: Code
    subject_id: UUID
    """The statement, line, settlement, remittance, payment or run that it is about. Where a higher revision names another, it is the same
    thing better seen: a payout that failed, by the line that took it back."""
    other_id: UUID | None = None
    """What the subject nearly is, or undoes: the settlement or remittance of a line that differs from it."""
    opened_on: date
    explanation: Words


class BreakClosed(Message):
    """A break is explained or mended."""

    type: ClassVar[str] = "ims.reconciliations.break-closed.v1"
    topic: ClassVar[str] = "ims.reconciliations.v1"
    keyed_by: ClassVar[str] = "break_id"
    one_per: ClassVar[tuple[str, ...]] = ("break_id", "revision")

    break_id: UUID
    revision: int = Field(default=1, ge=1)
    closed_on: date
    reason: Words


class DayClosed(Message):
    """A bank account's day was signed off by someone other than its preparer."""

    type: ClassVar[str] = "ims.reconciliations.day-closed.v1"
    topic: ClassVar[str] = "ims.reconciliations.v1"
    keyed_by: ClassVar[str] = "bank_account"
    one_per: ClassVar[tuple[str, ...]] = ("bank_account", "day")

    bank_account: Code
    day: date
    opening_pence: Pence
    closing_pence: Pence
    evidence_sha256: Code


class YearClosed(Message):
    """A bank account's year was cut off, signed by someone other than its preparer: what comes of it later is the prior year's."""

    type: ClassVar[str] = "ims.reconciliations.year-closed.v1"
    topic: ClassVar[str] = "ims.reconciliations.v1"
    keyed_by: ClassVar[str] = "bank_account"
    one_per: ClassVar[tuple[str, ...]] = ("bank_account", "ended_on")

    bank_account: Code
    ended_on: date
    """The 31 March that it ends on."""
    opening_pence: Pence
    closing_pence: Pence
    in_transit_pence: Pence
    """Received by then, and not at the bank by then."""
    evidence_sha256: Code

"""The tables of the allocation database, as its inserts know them; the migrations create them, with their constraints."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, Column, MetaData
from sqlalchemy.dialects.postgresql import JSONB, TIMESTAMP
from sqlmodel import Field, SQLModel


class Table(SQLModel):
    """This service's tables, apart from those of any other service in the same process."""

    metadata: ClassVar[MetaData] = MetaData()


def big() -> Any:
    return Field(sa_type=BigInteger)


class AccountRow(Table, table=True):
    """An account as its highest revision told it."""

    __tablename__ = "account"
    council: str = Field(primary_key=True)
    account_reference: str = Field(primary_key=True)
    fund: str = Field(primary_key=True)
    revision: int = big()
    status: str
    stages: str = Field(sa_column=Column(JSONB))
    balance_pence: int | None = big()
    instalment_pence: int | None = big()
    second_keys: str = Field(sa_column=Column(JSONB))
    issued_on: date | None
    names: str = Field(sa_column=Column(JSONB))
    """The holder's surnames as keyed digests; none without a key."""
    is_stopped: bool
    stop_reason: str | None


class OwedRow(Table, table=True):
    """An amount that an account ever owed, by which a payment without a check digit may be known."""

    __tablename__ = "owed"
    council: str = Field(primary_key=True)
    account_reference: str = Field(primary_key=True)
    fund: str = Field(primary_key=True)
    amount_pence: int = Field(primary_key=True, sa_type=BigInteger)


class PlacementRow(Table, table=True):
    """Where a payment is, as of one revision."""

    __tablename__ = "placement"
    council: str = Field(primary_key=True)
    payment_id: UUID = Field(primary_key=True)
    revision: int = Field(primary_key=True)
    kind: str
    """`payment`, `awaited` (only what went back of it is known), `orphan` (a reversal that names no payment)."""
    heard_revision: int
    amount_pence: int = big()
    reversed_pence: int = big()
    refunded_pence: int = big()
    method_of_payment: str | None
    channel: str | None
    decided_on: date | None
    paid_at: datetime | None = Field(sa_column=Column(TIMESTAMP(timezone=True)))
    outcome: str
    reason: str | None
    rule: str
    rule_version: str
    fund: str | None
    account_reference: str | None
    allocated_pence: int = big()
    refund_due_pence: int = big()
    suspended_pence: int = big()
    posted_on: date
    details: str | None = Field(sa_column=Column(JSONB))
    """The whole record; nothing for a plain payment, which its columns tell whole."""
    tag: str | None = None
    """`repaired`, `low-margin` or `by-payer`: automatic by the evidence, and worth a look."""
    vat_code: str | None
    """Of its one part."""
    cost_centre: str | None


class AutomaticOutcomeRow(Table, table=True):
    """What a person found of a payment that was placed in a way that is watched."""

    __tablename__ = "automatic_outcome"
    council: str = Field(primary_key=True)
    payment_id: UUID = Field(primary_key=True)
    fund: str
    tag: str
    """The way: `repaired`, `by-payer`."""
    is_wrong: bool
    found_on: date


class InterestRow(Table, table=True):
    """A payment whose placement may change when this account, or another payment for it, does."""

    __tablename__ = "interest"
    council: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    payment_id: UUID = Field(primary_key=True)


class TypedRow(Table, table=True):
    """What a payer typed, where it was not simply a reference. Personal data."""

    __tablename__ = "typed"
    council: str = Field(primary_key=True)
    payment_id: UUID = Field(primary_key=True)
    heard_revision: int
    reference: str | None
    narrative: str | None


class LedgerLineRow(Table, table=True):
    """One side of a journal. Never changed."""

    __tablename__ = "ledger_line"
    line_id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger)
    journal_id: UUID
    council: str
    posted_on: date
    ledger_account: str
    account_reference: str | None
    payment_id: UUID | None
    amount_pence: int = big()
    vat_code: str | None
    vat_pence: int = big()
    """Within the amount, and of its sign."""
    cost_centre: str | None


class ReconciledPageRow(Table, table=True):
    """A page of proof at the bank that has been journalled."""

    __tablename__ = "reconciled_page"
    council: str = Field(primary_key=True)
    match_id: UUID = Field(primary_key=True)
    page: int = Field(primary_key=True)
    journal_id: UUID
    gross_pence: int = big()


class DecisionRow(Table, table=True):
    """What a person decided. Never changed."""

    __tablename__ = "decision"
    council: str = Field(primary_key=True)
    decision_id: UUID = Field(primary_key=True)
    kind: str
    """`payments`, `journal`, `undo`."""
    undoes: UUID | None
    content_sha256: str
    amount_pence: int = big()
    needs_approval: bool
    released_pence: int = big()
    reallocated_pence: int = big()
    journalled_pence: int = big()
    release_over_pence: int | None = big()
    """What one person might release alone; None: whatever the amount. So with the next two."""
    reallocation_over_pence: int | None = big()
    journal_over_pence: int | None = big()
    overdrawn_pence: int = big()
    reason: str
    note: str | None
    decided_by: str
    decided_at: datetime = Field(sa_column=Column(TIMESTAMP(timezone=True)))


class DecidedRow(Table, table=True):
    """A decision's share of one payment. Never changed."""

    __tablename__ = "decided"
    council: str = Field(primary_key=True)
    decision_id: UUID = Field(primary_key=True)
    payment_id: UUID = Field(primary_key=True)
    revision: int
    """The payment's, when it was looked at."""
    parts: str = Field(sa_column=Column(JSONB))
    refund_due_pence: int = big()
    seen: str = Field(sa_column=Column(JSONB))


class JournalRow(Table, table=True):
    """What a decision moves between accounts. Never changed."""

    __tablename__ = "journal"
    council: str = Field(primary_key=True)
    decision_id: UUID = Field(primary_key=True)
    lines: str = Field(sa_column=Column(JSONB))


class VerdictRow(Table, table=True):
    """That a decision took effect, or never will. Never changed."""

    __tablename__ = "verdict"
    council: str = Field(primary_key=True)
    decision_id: UUID = Field(primary_key=True)
    verdict: str
    """`in-force`, `withdrawn`."""
    undoes: UUID | None
    decided_by: str
    needs_approval: bool
    given_by: str
    given_at: datetime = Field(sa_column=Column(TIMESTAMP(timezone=True)))


class RefundRow(Table, table=True):
    """Money that is to go back to its payer. Never changed."""

    __tablename__ = "refund"
    council: str = Field(primary_key=True)
    refund_id: UUID = Field(primary_key=True)
    payment_id: UUID
    amount_pence: int = big()
    origin: str
    """`rule`, `decision`, `officer`."""
    requested_by: str
    """Empty: a rule."""
    approvals_needed: int
    refund_over_pence: int | None = big()
    """What of one payment might go back by one person's approval."""
    decision_id: UUID | None
    again_of: UUID | None
    content_sha256: str
    reason: str
    note: str | None
    requested_at: datetime = Field(sa_column=Column(TIMESTAMP(timezone=True)))
    since_on: date


class RefundStepRow(Table, table=True):
    """What became of a refund. Never changed."""

    __tablename__ = "refund_step"
    council: str = Field(primary_key=True)
    refund_id: UUID = Field(primary_key=True)
    step: str = Field(primary_key=True)
    """`approved`, `asked`, `cancelled`, `sent`, `failed`."""
    given_by: str = Field(primary_key=True)
    """Empty: nobody did it."""
    requested_by: str
    amount_pence: int | None = big()
    reason: str | None
    given_at: datetime = Field(sa_column=Column(TIMESTAMP(timezone=True)))


class SuspenseNoteRow(Table, table=True):
    """What a person wrote to an item of suspense, or whose it is from then on. Never changed."""

    __tablename__ = "suspense_note"
    council: str = Field(primary_key=True)
    note_id: UUID = Field(primary_key=True)
    payment_id: UUID
    kind: str
    """`note`, `assign`."""
    owner: str | None
    area: str | None
    note: str | None
    given_by: str
    given_at: datetime = Field(sa_column=Column(TIMESTAMP(timezone=True)))


class PackVersionRow(Table, table=True):
    """A version of a council's pack, as it was proposed. Never changed."""

    __tablename__ = "pack_version"
    council: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    number: int | None = Field(default=None, sa_type=BigInteger)
    content: str
    content_sha256: str
    effective_on: date
    is_first: bool
    """It was the operator's, where there was none: nobody approves it."""
    proposed_by: str
    proposed_at: datetime = Field(sa_column=Column(TIMESTAMP(timezone=True)))
    reason: str
    command_id: UUID | None


class PackApprovalRow(Table, table=True):
    """Another person's word that a version comes into force. Never changed."""

    __tablename__ = "pack_approval"
    council: str = Field(primary_key=True)
    version: str = Field(primary_key=True)
    proposed_by: str
    approved_by: str
    approved_at: datetime = Field(sa_column=Column(TIMESTAMP(timezone=True)))
    effective_on: date
    """As proposed, or the day of the approval if that is later."""
    compared_with: str
    """The version in whose place it comes."""

"""The tables of what is told in files: the lines that wait, the runs that told them, and what was answered."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from ims_notify.store.tables import METADATA, instant, pence


class PostingLineRow(SQLModel, table=True):
    """A line of a journal on a fund of a file destination, and the run that told it, once there is one."""

    __tablename__ = "posting_line"
    metadata = METADATA

    line_id: UUID = Field(primary_key=True)
    council: str
    destination: str
    payment_id: UUID | None
    journal_id: UUID | None
    revision: int | None
    fund: str
    account_reference: str
    amount_pence: int = pence(nullable=False)
    """What the account was paid; below nothing, what went back."""
    method_of_payment: str
    reason: str
    outcome: str
    balance_pence: int | None = pence()
    posted_on: date
    number: int | None
    sequence: int | None
    unfit: str | None
    """Why the layout could not write it, when it was last tried."""


class LedgerJournalRow(SQLModel, table=True):
    """A journal for a destination that takes the ledger, and the run that told it, once there is one."""

    __tablename__ = "ledger_journal"
    metadata = METADATA

    entry_id: UUID = Field(primary_key=True)
    council: str
    destination: str
    posted_on: date
    payment_id: UUID | None
    reason: str
    number: int | None
    unfit: str | None
    """Why the layout could not write it, when it was last tried."""


class LedgerLineRow(SQLModel, table=True):
    """A line of such a journal."""

    __tablename__ = "ledger_line"
    metadata = METADATA

    entry_id: UUID = Field(primary_key=True)
    line: int = Field(primary_key=True)
    ledger_account: str
    account_reference: str
    cost_centre: str
    vat_code: str
    vat_pence: int = pence(nullable=False)
    amount_pence: int = pence(nullable=False)
    """Debits above nothing, credits below."""


class LedgerTotalRow(SQLModel, table=True):
    """What a run said of an accounting day and a ledger account, when it was made."""

    __tablename__ = "ledger_total"
    metadata = METADATA

    council: str = Field(primary_key=True)
    destination: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    posted_on: date = Field(primary_key=True)
    ledger_account: str = Field(primary_key=True)
    debit_pence: int = pence(nullable=False)
    credit_pence: int = pence(nullable=False)


class RunRow(SQLModel, table=True):
    """A file as it was made, once and for all."""

    __tablename__ = "run"
    metadata = METADATA

    run_id: UUID = Field(primary_key=True)
    council: str
    destination: str
    is_test: bool
    kind: str
    """`postings`, or `ledger`."""
    number: int
    slot: datetime = instant()
    made_at: datetime = instant()
    layout: str
    file_name: str
    credit_count: int
    debit_count: int
    credit_pence: int = pence(nullable=False)
    debit_pence: int = pence(nullable=False)
    sha256: str
    content: bytes


class RunDeliveryRow(SQLModel, table=True):
    """How far a run has come."""

    __tablename__ = "run_delivery"
    metadata = METADATA

    run_id: UUID = Field(primary_key=True)
    state: str
    attempts: int
    since: datetime = instant()
    due_at: datetime = instant()
    delivered_at: datetime | None = instant(nullable=True)
    """When it was first."""
    acknowledged_at: datetime | None = instant(nullable=True)
    """When the last of its lines was answered."""
    reason: str


class RunScheduleRow(SQLModel, table=True):
    """Until when a destination's times have had their runs. Who makes a run holds this row."""

    __tablename__ = "run_schedule"
    metadata = METADATA

    council: str = Field(primary_key=True)
    destination: str = Field(primary_key=True)
    done_until: datetime = instant()


class AnswerFileRow(SQLModel, table=True):
    """A file that was picked up as an answer, as it was then."""

    __tablename__ = "answer_file"
    metadata = METADATA

    file_id: UUID = Field(primary_key=True)
    council: str
    destination: str
    name: str
    version: str
    sha256: str | None
    number: int | None
    state: str
    """`taken`, or `refused`."""
    reasons: str
    """A line each."""
    picked_up_at: datetime = instant()


class RunAnswerRow(SQLModel, table=True):
    """What a back office said of a line, once."""

    __tablename__ = "run_answer"
    metadata = METADATA

    council: str = Field(primary_key=True)
    destination: str = Field(primary_key=True)
    number: int = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    amount_pence: int = pence(nullable=False)
    """The line's."""
    is_accepted: bool
    reason: str
    revision: int

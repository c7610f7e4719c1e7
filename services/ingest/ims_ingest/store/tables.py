"""The tables that ingest inserts into, as the set-based inserts need them; the migrations create them, with their indexes."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, MetaData, Text
from sqlmodel import Field, SQLModel

METADATA = MetaData()


class Table(SQLModel):
    metadata = METADATA


class Payment(Table, table=True):
    """Each payment once, as all its tellings together know it."""

    __tablename__ = "payment"

    payment_id: UUID = Field(primary_key=True)
    council: str = Field(sa_type=Text)
    source: str = Field(sa_type=Text)
    source_payment_id: str = Field(sa_type=Text)
    provider: str | None = Field(sa_type=Text)
    amount_pence: int = Field(sa_type=BigInteger)
    revision: int
    remittance_id: UUID | None
    settled_as: str | None = Field(sa_type=Text)
    """Its reference, where that is what its settlement knows it by."""
    body: str = Field(sa_type=Text)


class Observation(Table, table=True):
    """Who else told of a payment, and what."""

    __tablename__ = "observation"

    payment_id: UUID = Field(primary_key=True)
    content_sha256: str = Field(primary_key=True, sa_type=Text)
    council: str = Field(sa_type=Text)
    source: str = Field(sa_type=Text)
    source_payment_id: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)


class Refusal(Table, table=True):
    """What was not accepted, and every reason."""

    __tablename__ = "refusal"

    council: str = Field(primary_key=True, sa_type=Text)
    source: str = Field(primary_key=True, sa_type=Text)
    source_payment_id: str = Field(primary_key=True, sa_type=Text)
    content_sha256: str = Field(primary_key=True, sa_type=Text)
    reasons: str = Field(sa_type=Text)
    refused_at: datetime = Field(sa_type=DateTime(timezone=True))


class Conflict(Table, table=True):
    """Two tellings of one thing that cannot both be true."""

    __tablename__ = "conflict"

    conflict_id: UUID = Field(primary_key=True)
    council: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    subject_id: UUID
    reason: str = Field(sa_type=Text)
    held: str | None = Field(sa_type=Text)
    told: str | None = Field(sa_type=Text)
    found_at: datetime = Field(sa_type=DateTime(timezone=True))


class Reversal(Table, table=True):
    """Money that went back."""

    __tablename__ = "reversal"

    reversal_id: UUID = Field(primary_key=True)
    council: str = Field(sa_type=Text)
    payment_id: UUID | None
    amount_pence: int = Field(sa_type=BigInteger)
    body: str = Field(sa_type=Text)


class Account(Table, table=True):
    """What tells whether a back office says something new of an account, and how it was told last."""

    __tablename__ = "account"

    council: str = Field(primary_key=True, sa_type=Text)
    fund: str = Field(primary_key=True, sa_type=Text)
    account_reference: str = Field(primary_key=True, sa_type=Text)
    revision: int = Field(sa_type=BigInteger)
    content_sha256: str = Field(sa_type=Text)
    status: str = Field(sa_type=Text)
    source: str | None = Field(sa_type=Text)
    body: str = Field(sa_type=Text)


class ListedAccount(Table, table=True):
    """An account that is in a full file, while that is taken in."""

    __tablename__ = "listed_account"

    file_id: UUID = Field(primary_key=True)
    fund: str = Field(primary_key=True, sa_type=Text)
    account_reference: str = Field(primary_key=True, sa_type=Text)
    is_counted: bool


class Event(Table, table=True):
    """The bytes of what came over HTTP."""

    __tablename__ = "event"

    event_id: UUID = Field(primary_key=True)
    council: str = Field(sa_type=Text)
    source: str = Field(sa_type=Text)
    received_at: datetime = Field(sa_type=DateTime(timezone=True))
    content: bytes
    fault: str | None = Field(sa_type=Text)


class Answer(Table, table=True):
    """What a publisher was answered, by its idempotency key."""

    __tablename__ = "answer"

    publisher: str = Field(primary_key=True, sa_type=Text)
    idempotency_key: str = Field(primary_key=True, sa_type=Text)
    content_sha256: str = Field(sa_type=Text)
    status: int
    body: str = Field(sa_type=Text)
    answered_at: datetime = Field(sa_type=DateTime(timezone=True))


class Part(Table, table=True):
    """A remittance, statement or settlement that was taken from a file."""

    __tablename__ = "part"

    part_id: UUID = Field(primary_key=True)
    council: str = Field(sa_type=Text)
    kind: str = Field(sa_type=Text)
    reference: str = Field(sa_type=Text)
    digest: str = Field(sa_type=Text)
    file_id: UUID


class Decision(Table, table=True):
    """What a person decided of a file that was held, and why."""

    __tablename__ = "decision"

    file_id: UUID = Field(primary_key=True)
    decided_at: datetime = Field(primary_key=True, sa_type=DateTime(timezone=True))
    verdict: str = Field(sa_type=Text)
    decided_by: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)


class ImportReversal(Table, table=True):
    """An import that is taken back: who decided and why, and how far it is."""

    __tablename__ = "import_reversal"

    remittance_id: UUID = Field(primary_key=True)
    file_id: UUID
    council: str = Field(sa_type=Text)
    source: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    decided_by: str = Field(sa_type=Text)
    reversed_on: date
    last_payment_id: UUID
    payment_count: int
    payments_pence: int = Field(sa_type=BigInteger)
    left_out_count: int
    left_out_pence: int = Field(sa_type=BigInteger)
    is_done: bool


class LateFile(Table, table=True):
    """A file that did not come in time, of which it was said."""

    __tablename__ = "late_file"

    council: str = Field(primary_key=True, sa_type=Text)
    source: str = Field(primary_key=True, sa_type=Text)
    expected_on: date = Field(primary_key=True)
    found_at: datetime = Field(sa_type=DateTime(timezone=True))


class PullState(Table, table=True):
    """A place from which files are fetched: when that was tried last, and whether it failed."""

    __tablename__ = "pull"

    place: str = Field(primary_key=True, sa_type=Text)
    looked_at: datetime = Field(sa_type=DateTime(timezone=True))
    failures: int
    error: str | None = Field(sa_type=Text)


class Pulled(Table, table=True):
    """A file that was fetched, as it lay there, and what became of it."""

    __tablename__ = "pulled"

    place: str = Field(primary_key=True, sa_type=Text)
    name: str = Field(primary_key=True, sa_type=Text)
    size: int = Field(primary_key=True, sa_type=BigInteger)
    modified: str = Field(primary_key=True, sa_type=Text)
    status: int
    pulled_at: datetime = Field(sa_type=DateTime(timezone=True))


class StatementLine(Table, table=True):
    """An entry of a bank account, whatever the format that showed it."""

    __tablename__ = "statement_line"

    statement_line_id: UUID = Field(primary_key=True)
    council: str = Field(sa_type=Text)
    bank_account: str = Field(sa_type=Text)
    booked_on: date
    amount_pence: int = Field(sa_type=BigInteger)
    ordinal: int
    bank_reference: str | None = Field(sa_type=Text)


class Sighting(Table, table=True):
    """Which line an entry of a statement is."""

    __tablename__ = "sighting"

    statement_id: UUID = Field(primary_key=True)
    line_number: int = Field(primary_key=True)
    statement_line_id: UUID


class EReturn(Table, table=True):
    """An e-return, and who entered, submitted, approved or voided it."""

    __tablename__ = "e_return"

    council: str = Field(primary_key=True, sa_type=Text)
    number: str = Field(primary_key=True, sa_type=Text)
    bag_number: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)
    total_pence: int = Field(sa_type=BigInteger)
    entered_by: str = Field(sa_type=Text)
    submitted_by: str | None = Field(sa_type=Text)
    approved_by: str | None = Field(sa_type=Text)
    voided_by: str | None = Field(sa_type=Text)
    changed_at: datetime = Field(sa_type=DateTime(timezone=True))
    file_id: UUID | None


class Advice(Table, table=True):
    """What Bacs tells the Direct Debit back office. The database numbers them."""

    __tablename__ = "advice"

    council: str = Field(primary_key=True, sa_type=Text)
    kind: str = Field(primary_key=True, sa_type=Text)
    advice_key: str = Field(primary_key=True, sa_type=Text)
    source: str = Field(sa_type=Text)
    service_user: str = Field(sa_type=Text)
    reference: str = Field(sa_type=Text)
    reason_code: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)
    effective_on: date | None
    bank_account: str | None = Field(sa_type=Text)
    new_bank_account: str | None = Field(sa_type=Text)
    amount_pence: int | None = Field(sa_type=BigInteger)
    file_id: UUID
    received_on: date

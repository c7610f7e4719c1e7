"""Files and feed pages of payments: that they came whole, or why they were refused."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, Field

from ims_contracts.message import Code, Message, Pence, Reference, Value, Words


class Fault(Value):
    """What is wrong with a file, where, and what to do."""

    line: int | None = Field(default=None, ge=1)
    position: Words | None = None
    what: Words
    what_to_do: Words


class RemittanceReceived(Message):
    """A file or feed page came whole: its own control totals agree with what is in it."""

    type: ClassVar[str] = "ims.remittances.remittance-received.v1"
    topic: ClassVar[str] = "ims.remittances.v1"
    keyed_by: ClassVar[str] = "remittance_id"
    one_per: ClassVar[tuple[str, ...]] = ("remittance_id",)

    remittance_id: UUID
    source: Code
    format: Code
    source_reference: Reference
    """What identifies the file to who sent it: a business date, a submission serial, a bag number."""
    content_sha256: Code
    payment_count: int = Field(ge=0)
    reversal_count: int = Field(default=0, ge=0)
    payments_pence: Pence
    reversals_pence: Pence = 0
    """Above nothing where money went back."""
    business_on: date
    """The day the collections were made, by which the bank's credit is recognised."""
    received_on: date


class RemittanceRefused(Message):
    """A file was refused whole, or is held for a person (faults of the position `name`). Nothing in it was counted; its bytes are kept."""

    type: ClassVar[str] = "ims.remittances.remittance-refused.v1"
    topic: ClassVar[str] = "ims.remittances.v1"
    keyed_by: ClassVar[str] = "remittance_id"
    one_per: ClassVar[tuple[str, ...]] = ("remittance_id",)

    remittance_id: UUID
    source: Code
    format: Code | None = None
    content_sha256: Code
    fault_count: int = Field(ge=1)
    faults: list[Fault] = Field(max_length=100)
    """The first hundred; all of them are shown by ingest."""
    received_on: date
    source_reference: Reference | None = None
    """What it calls itself, if that much could be read: as remittance-received or settlement-received would; of a statement its bank
    account and last day, `20201512345678 2026-03-18`. Of several things in a file, that of the last day."""
    business_on: date | None = None
    """The day that it is of, if that much could be read."""


class RemittanceDecided(Message):
    """A person has decided of a file that was refused or held: taken in as it is, which is told by itself, or never to be counted."""

    type: ClassVar[str] = "ims.remittances.remittance-decided.v1"
    topic: ClassVar[str] = "ims.remittances.v1"
    keyed_by: ClassVar[str] = "remittance_id"
    one_per: ClassVar[tuple[str, ...]] = ("remittance_id",)

    remittance_id: UUID
    """That of its remittance-refused."""
    verdict: Code
    """`accepted` or `rejected`."""
    decided_on: date


class RemittanceReversed(Message):
    """A whole import was taken back: each of its payments is reversed, once."""

    type: ClassVar[str] = "ims.remittances.remittance-reversed.v1"
    topic: ClassVar[str] = "ims.remittances.v1"
    keyed_by: ClassVar[str] = "remittance_id"
    one_per: ClassVar[tuple[str, ...]] = ("remittance_id",)

    remittance_id: UUID
    payment_count: int = Field(ge=0)
    payments_pence: Pence
    reversed_on: date
    reason: Words


class RemittanceLate(Message):
    """A source's file has not come on its day, by the time that its calendar says. The next that it sends ends this."""

    type: ClassVar[str] = "ims.remittances.remittance-late.v1"
    topic: ClassVar[str] = "ims.remittances.v1"
    keyed_by: ClassVar[str] = "source"
    one_per: ClassVar[tuple[str, ...]] = ("source", "expected_on")

    source: Code
    expected_on: date
    """The day on which the file was due, Europe/London. The first remittance-received of the source with `received_on` of that day or
    later ends it (or the settlement or statement, where it sends these), whichever of the two is heard first."""
    looked_at: AwareDatetime
    """When it was looked for and was not there."""

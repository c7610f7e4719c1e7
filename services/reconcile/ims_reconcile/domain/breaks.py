"""What is broken: of which type, since when, and when that must be told."""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from ims_reconcile.domain.items import derived_id

TYPES = {
    "MISSING_AT_BANK": ("settlement-without-bank-line", "remittance-without-bank-line", "payment-without-settlement",
        "payment-without-bank-line"),
    "MISSING_IN_SOURCE": ("bank-line-unexplained", "settlement-without-payment"),
    "AMOUNT_DIFF": ("amount-differs", "settlement-amount"),
    "FEE_DIFF": ("fee-differs",),
    "CASH_DIFFERENCE": ("cash-difference",),
    "DATE_OUT_OF_WINDOW": ("out-of-window",),
    "DUPLICATE_SUSPECT": ("duplicate-line", "duplicate-file", "settled-twice"),
    "UNIDENTIFIED": ("bank-debit-unexplained",),
    "AMBIGUOUS": ("ambiguous",),
    "REVERSAL_UNMATCHED": ("reversal-without-payment", "settlement-without-refund", "dispute-won"),
    "BALANCE_BREAK": ("balance", "opening"),
    "TRAILER_BREAK": ("remittance-refused",),
    "BATCH_BREAK": ("remittance-total", "remittance-unplaced", "settlement-total", "settlement-incomplete", "statement-incomplete",
        "run-rejected", "run-total"),
    "SEQUENCE_GAP": ("sequence-gap",),
    "FILE_CONFLICT": ("file-conflict",),
    "FILE_LATE": ("file-late", "run-unanswered"),
    "CURRENCY": ("currency",),
    "WRONG_ACCOUNT": ("wrong-account",),
    "PAYOUT_FAILED": ("payout-failed",),
    "LATE_ITEM": ("late-line",),
    "CLOSED_ACCOUNT": ("closed-account",),
    "LOW_EVIDENCE": ("low-evidence",),
}
"""Types of breaks, and the kinds that are told of each."""
TYPE_OF = {kind: name for name, kinds in TYPES.items() for kind in kinds}
# Working days, the last of each band.
BANDS = ((2, "0-2"), (5, "3-5"), (10, "6-10"), (30, "11-30"))


class Fault(NamedTuple):
    """Two records that should agree do not, or one is missing, for all that is known now."""

    kind: str
    council: str
    source: str
    subject_id: UUID
    amount_pence: int
    opened_on: date
    explanation: str
    other_id: UUID | None = None
    """What the subject nearly is, or undoes."""
    about: UUID | None = None
    """What it is the one break of, where several records may show it."""

    @property
    def break_id(self) -> UUID:
        return derived_id("break", self.council, self.kind, self.about or self.subject_id)


class Break(NamedTuple):
    """A break as it was told last."""

    break_id: UUID
    council: str
    kind: str
    amount_pence: int
    revision: int
    is_open: bool
    opened_on: date


class Changes(NamedTuple):
    """What must be told of breaks: the revision is the one told."""

    opened: list[tuple[Fault, int]]
    closed: list[tuple[Break, int]]


def changes(known: Iterable[Break], faults: Iterable[Fault]) -> Changes:
    """Open what is newly broken, or broken by another amount or since another day; close what is mended."""
    before = {each.break_id: each for each in known}
    now = {fault.break_id: fault for fault in sorted(faults, key=order)}
    opened = []
    for break_id, fault in now.items():
        last = before.get(break_id)
        if last is None or not last.is_open or (last.amount_pence, last.opened_on) != (fault.amount_pence, fault.opened_on):
            opened.append((fault, last.revision + 1 if last else 1))
    closed = [(each, each.revision + 1) for each in before.values() if each.is_open and each.break_id not in now]
    return Changes(opened, closed)


def order(fault: Fault) -> tuple[str, str, UUID, int]:
    """The same for the same faults, however they were found."""
    return fault.kind, fault.council, fault.subject_id, fault.amount_pence


def band_of(working_days: int) -> str:
    """The band of ages that so many working days fall in."""
    return next((name for last, name in BANDS if working_days <= last), "31+")

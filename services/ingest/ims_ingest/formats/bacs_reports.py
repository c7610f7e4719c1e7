"""Bacs' reports of a submission: that it arrived, what of it was accepted and rejected (the input report), and what was withdrawn."""

from collections.abc import Iterator
from datetime import date
from typing import Any, BinaryIO, NamedTuple

from ims_ingest.formats.bacs_xml import (
    AGAIN,
    amount,
    child,
    children,
    day_or_none,
    document,
    name_of,
    payer_account,
    read_elements,
    said,
    service_user,
)
from ims_ingest.formats.records import Advice, Format, Record, Whole, fault

NAMES = (
    "Header", "SubmissionInformation", "UserFileInformation", "Totals", "Error", "AgreementOfFileTotals",
    "InputUserFile", "ArrivalUserFile", "WithdrawalUserFile", "Submission",
)  # fmt: skip
KINDS = {"InputUserFile": "input-report", "ArrivalUserFile": "arrival-report", "WithdrawalUserFile": "withdrawal-report"}


class Sum(NamedTuple):
    """So many records of so many pence."""

    number: int
    pence: int

    def __str__(self) -> str:
        return f"{self.number} of {self.pence}p"


NOTHING = Sum(0, 0)


class Report:
    """One report while it is read."""

    def __init__(self) -> None:
        self.processed_on: date | None = None
        self.serial = self.service_user = self.file_number = ""
        self.errors = self.files = 0
        self.arrived: tuple[Sum, Sum] | None = None
        self.agreement: list[tuple[Sum, Sum, Sum | None]] = []
        self.is_sound = self.is_proved = True

    def take(self, element: Any) -> Iterator[Record]:
        match name_of(element.tag):
            case "Header":
                self.processed_on = day_or_none(said(child(element, "ProcessingDate"), "date"))
            case "SubmissionInformation":
                self.serial = said(element, "volumeSerialNumber")[:16]
            case "UserFileInformation":
                self.service_user, self.file_number = service_user(said(element, "userNumber")), said(element, "userFileNumber")[:16]
            case name:
                yield from self.take_part(element, name)

    def take_part(self, element: Any, name: str) -> Iterator[Record]:
        """What a file's records come to. Figures that cannot be read are a fault: nobody should believe the rest."""
        try:
            if name == "Totals":
                self.arrived = sum_of(child(element, "Credit")), sum_of(child(element, "Debit"))
            elif name == "AgreementOfFileTotals":
                self.agreement = [agreed(child(element, entry)) for entry in ("CreditEntry", "DebitEntry")]
            elif name == "Error":
                for item in children(element, "ErrorItem"):
                    yield self.error(element, item)
            elif name in KINDS:
                yield self.file(element, KINDS[name])
            elif message := said(element, "submissionLevelErrorMessage"):
                self.file_number = ""
                yield self.advice(element, "input-report", ("submission", "error", message))
        except ValueError as error:
            self.is_sound = False
            yield fault(element.sourceline, f"a figure of the report cannot be read: {error}", AGAIN, name)

    def error(self, element: Any, item: Any) -> Advice:
        """A record that Bacs rejected, amended or returned, and why."""
        self.errors += 1
        lines = [line for message in children(element, "ErrorMessage") for line in children(message, "MessageLine")]
        words = " ".join(" ".join((line.text or "").split()) for line in lines)
        code = said(item, "errorCode") or said(element, "type") or "error"
        what = (f"{self.errors}:{said(item, 'reference')[:35]}", code, words or said(item, "errorItemType"))
        account = child(item, "DestinationAccount")
        return self.advice(item, "input-report", what)._replace(
            reference=said(item, "reference")[:140],
            bank_account=payer_account(said(account, "sortCode"), said(account, "number")),
            amount_pence=amount(said(item, "valueOf")),
        )

    def file(self, element: Any, kind: str) -> Advice:
        """A user file as a whole: what was accepted and rejected, and whether that is what its trailer said."""
        self.files += 1
        if kind == "input-report" and self.agreement:
            (credits, credits_rejected, credits_said), (debits, debits_rejected, debits_said) = self.agreement
            code = "rejected" if credits_rejected.number or debits_rejected.number else "accepted"
            if not (agree(credits, credits_rejected, credits_said) and agree(debits, debits_rejected, debits_said)):
                code, self.is_proved = "disagrees", False
            words = f"debits accepted {debits}, rejected {debits_rejected}; credits accepted {credits}, rejected {credits_rejected}"
        else:
            credits, debits = self.arrived or (NOTHING, NOTHING)
            code, words = kind.partition("-")[0], f"debits {debits}, credits {credits}"
        self.agreement, self.arrived = [], None
        return self.advice(element, kind, ("file", code, words))

    def advice(self, element: Any, kind: str, what: tuple[str, str, str]) -> Advice:
        """`what` names it within its file, and is the code and the words."""
        name, code, words = what
        day = "" if self.processed_on is None else self.processed_on.isoformat()
        submission = "/".join(filter(None, (self.serial, self.file_number)))
        return Advice(
            line=element.sourceline,
            kind=kind,
            key=":".join((self.service_user, day, submission, name, code[:16])),
            service_user=self.service_user,
            reference=submission,
            reason_code=code[:16],
            reason=words[:500],
            effective_on=self.processed_on,
        )


def sum_of(element: Any) -> Sum:
    """Nothing where the element is absent. Raises ValueError if its figures cannot be read."""
    if element is None:
        return NOTHING
    return Sum(int(said(element, "numberOf") or "0"), amount(said(element, "valueOf") or "0"))


def agreed(entry: Any) -> tuple[Sum, Sum, Sum | None]:
    """What was accepted, what rejected, and what the submission's trailer said, if Bacs repeats it."""
    if entry is None:
        return NOTHING, NOTHING, None
    trailer = child(entry, "UserTrailerTotals")
    accepted, rejected = sum_of(child(entry, "AcceptedRecords")), sum_of(child(entry, "RejectedRecords"))
    return accepted, rejected, None if trailer is None else sum_of(trailer)


def agree(accepted: Sum, rejected: Sum, said: Sum | None) -> bool:
    return said is None or said == Sum(accepted.number + rejected.number, accepted.pence + rejected.pence)


def read(stream: BinaryIO) -> Iterator[Record]:
    """Each record that was not taken as it was, then each file as a whole."""
    report = Report()
    if not (yield from read_elements(stream, NAMES, report.take)):
        return
    if report.processed_on is None:
        report.is_sound = False
        yield fault(1, "the report has no processing date", AGAIN, "Header")
    day = "" if report.processed_on is None else report.processed_on.isoformat()
    proved = (report.is_sound and report.is_proved) if report.files else None
    yield Whole(":".join((report.service_user, report.serial, day)), report.processed_on, proved)


BACS_INPUT_REPORT = Format("bacs_input_report", "bacs-input-report", document("InputReport", "ArrivalReport", "WithdrawalReport"), read)

"""Bacs' messages about Direct Debit instructions: what payers' banks changed (ADDACS), what became of our instructions (AUDDIS),
and credit accounts that moved (AWACS). They move no money."""

import re
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any, BinaryIO

from ims_ingest.formats.bacs_xml import AGAIN, day_or_none, document, name_of, payer_account, read_elements, said, service_user
from ims_ingest.formats.records import Advice, Format, Record, Whole, fault

NAMES = ("MessagingHeader", "MessagingAdvice", "MessagingError")
TYPE = re.compile(rb"<MessagingHeader\b[^>]*\badvice-type\s*=\s*[\"']\s*(\w+)")
IS_MESSAGES = document("MessagingAdvices")
REASONS = {
    "addacs": {
        "0": "refer to payer",
        "1": "instruction cancelled by the payer",
        "2": "payer deceased",
        "3": "account moved to another bank",
        "B": "account closed",
        "C": "account moved to another branch",
        "D": "advance notice disputed",
        "E": "instruction amended",
        "R": "instruction reinstated",
    },
    "auddis": {
        "1": "instruction cancelled by the payer",
        "2": "payer deceased",
        "3": "account moved to another bank",
        "5": "no account",
        "6": "no instruction",
        "7": "amount is not nothing",
        "B": "account closed",
        "C": "account moved to another branch",
        "F": "account of a kind without Direct Debits",
        "G": "bank takes no Direct Debits on the account",
        "H": "instruction has expired",
        "I": "payer's reference is not unique",
        "K": "instruction cancelled by the bank",
        "L": "payer's details are wrong",
        "M": "transaction code and user's status do not agree",
        "N": "not allowed at the payer's branch",
        "O": "payer's reference is not valid",
        "P": "payer's name is missing",
        "Q": "service user's name is missing",
    },
    "awacs": {"0": "account details wrong", "3": "account moved to another bank"},
}


def looks_like(kind: str, head: bytes) -> bool:
    found = TYPE.search(head) if IS_MESSAGES(head) else None
    return found is not None and found[1].decode(errors="replace").lower() == kind


class Messages:
    """One document of messages while it is read."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.reported_on: date | None = None
        self.service_user = self.number = ""
        self.count, self.count_said, self.is_sound = 0, -1, True

    def take(self, element: Any) -> Iterator[Record]:
        match name_of(element.tag):
            case "MessagingHeader":
                self.begins(element)
            case "MessagingAdvice" if self.reported_on is not None:
                self.count += 1
                yield self.advice(element, self.reported_on)
            case "MessagingError":
                lines = " ".join(filter(None, (said(element, f"line{number}") for number in (1, 2, 3))))
                if lines and self.reported_on is not None:
                    yield self.told(element, (self.number, "error", lines[:500]), self.reported_on)

    def begins(self, element: Any) -> None:
        self.reported_on = day_or_none(said(element, "report-generation-date"))
        self.service_user = service_user(said(element, "user-number"))
        self.number = said(element, "envelope-sequence-number")[:16]
        first, last = said(element, "subject-first-aosn"), said(element, "subject-last-aosn")
        if first.isdecimal() and last.isdecimal() and len(first + last) < 40:
            self.count_said = int(last) - int(first) + 1

    def advice(self, element: Any, reported_on: date) -> Advice:
        """One message: of a payer's instruction, or (types V and R) of a whole file of them."""
        if (kind := said(element, "record-type")) in ("V", "R") and not said(element, "reason-code"):
            accepted, rejected = said(element, "accepted-ddi") or "0", said(element, "rejected-ddi") or "0"
            file = "/".join(filter(None, (said(element, "vol-serial-number"), said(element, "originator-file-number"))))
            what = f"file {'accepted' if kind == 'V' else 'rejected'}: {accepted} instructions accepted, {rejected} rejected"
            return self.told(element, (file, kind, what), reported_on)
        code = said(element, "reason-code")
        return self.told(element, (said(element, "reference"), code, REASONS[self.kind].get(code, f"reason {code}")), reported_on)

    def told(self, element: Any, what: tuple[str, str, str], reported_on: date) -> Advice:
        """`what` is the reference, the reason's code and its words."""
        reference, code, words = what
        sun = service_user(said(element, "user-number")) or self.service_user
        number = said(element, "aosn") or f"#{self.count}"
        return Advice(
            line=element.sourceline,
            kind=self.kind,
            key=":".join((sun, reported_on.isoformat(), number[:16], reference[:140], code[:16])),
            service_user=sun,
            reference=reference[:140],
            reason_code=code[:16],
            reason=words[:500],
            effective_on=day_or_none(said(element, "effective-date")),
            bank_account=payer_account(said(element, "payer-sort-code"), said(element, "payer-account-number")),
            new_bank_account=payer_account(said(element, "payer-new-sort-code"), said(element, "payer-new-account-number")),
        )

    def whole(self) -> Whole:
        """The numbers of its first and last message prove it, where every message has one."""
        name = ":".join((self.kind, self.service_user, self.reported_on.isoformat() if self.reported_on else "", self.number))
        return Whole(name, self.reported_on, self.is_sound if self.count == self.count_said or not self.is_sound else None)


def read(kind: str, stream: BinaryIO) -> Iterator[Record]:
    """Each message; a payer's name is left out, as its account's back office knows it."""
    messages = Messages(kind)
    if not (yield from read_elements(stream, NAMES, messages.take)):
        return
    if messages.reported_on is None:
        messages.is_sound = False
        yield fault(1, "the messages have no header with their day", AGAIN, "MessagingHeader")
    yield messages.whole()


BACS_ADDACS, BACS_AUDDIS, BACS_AWACS = (
    Format(f"bacs_{kind}", f"bacs-{kind}", partial(looks_like, kind), partial(read, kind)) for kind in ("addacs", "auddis", "awacs")
)

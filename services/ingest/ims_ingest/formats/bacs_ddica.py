"""Bacs' indemnity claims (DDICA): a payer's bank takes collections back, long after; and claims that it gives up again."""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any, BinaryIO, NamedTuple

from ims_contracts.remittances import Fault
from ims_ingest.formats.bacs_collection import SOURCE, collection_key, processing_day
from ims_ingest.formats.bacs_xml import (
    AGAIN,
    REFERENCE_MAX,
    amount,
    child,
    children,
    day_or_none,
    name_of,
    read_elements,
    service_user,
    words,
)
from ims_ingest.formats.records import Format, Record, Row, Whole, fault

ROOT, CLAIMS = re.compile(rb"<VocaDocument[\s>]"), re.compile(rb"<(?:NewAdvices|Cancellations)[\s/>]")
NAMES = ("ServiceUserNumber", "DDICAdvice", "DDICCancellation", "NewAdvices", "Cancellations")
REASONS = {
    "1": "amount or date differ from the notice",
    "2": "no advance notice",
    "3": "instruction cancelled by the bank",
    "4": "instruction cancelled with the service user",
    "5": "no instruction held",
    "6": "signature in doubt",
    "7": "claimed at the service user's request",
    "8": "service user's name disputed",
}
TOTAL = {"NewAdvices": "TotalValueOfDebits", "Cancellations": "TotalValueOfCancellations"}
COUNT = {"NewAdvices": "TotalNumberOfAdvices", "Cancellations": "TotalNumberOfCancellations"}


def looks_like(head: bytes) -> bool:
    return ROOT.search(head) is not None and CLAIMS.search(head) is not None


class Claim(NamedTuple):
    """What a claim says before its collections."""

    sequence: str
    bank_reference: str
    reference: str
    reason: str
    total_pence: int
    is_given_up: bool


class Report:
    """One file of claims while it is read. The day of the debits stands behind them, so that it is looked for first."""

    def __init__(self, days: list[date | None]) -> None:
        self.days = days
        self.service_user = ""
        self.section = self.section_count = 0
        self.sums = {section: [0, 0] for section in TOTAL}
        """Of each section how many claims there are, and what they come to."""
        self.is_sound = True
        self.names: list[str] = []

    def take(self, element: Any) -> Iterator[Record]:
        match name_of(element.tag):
            case "ServiceUserNumber":
                self.service_user = service_user("".join((element.text or "").split()))
            case "DDICAdvice" | "DDICCancellation":
                yield from self.claim(element)
            case section:
                yield from self.proves(element, section)
                self.sums[section] = [0, 0]
                self.section += section == "NewAdvices"
                self.section_count += 1

    def claim(self, element: Any) -> Iterator[Record]:
        """A claim's collections, one row each, which are its total."""
        try:
            claim = claim_of(element)
            parts = [(day_or_none(words(each, "DateOfDirectDebit")), amount(words(each, "Amount"))) for each in collections(element)]
        except ValueError as error:
            yield self.wrong(element, f"an amount of the claim cannot be read: {error}", "Amount")
            return
        parts = parts or [(None, claim.total_pence)]
        if sum(pence for _, pence in parts) != claim.total_pence:
            yield self.wrong(element, "the claim's total is not the sum of its collections", "TotalAmount")
        if len(claim.reference) > REFERENCE_MAX or any(not pence for _, pence in parts):
            yield self.wrong(element, "a collection is of nothing, or its reference is too long for Bacs", "SUReference, Amount")
            return
        sums = self.sums["Cancellations" if claim.is_given_up else "NewAdvices"]
        sums[0], sums[1] = sums[0] + 1, sums[1] + claim.total_pence
        for collected_on, amount_pence in parts:
            yield self.row(element.sourceline, claim, collected_on, amount_pence)

    def row(self, line: int, claim: Claim, collected_on: date | None, amount_pence: int) -> Row | Fault:
        taken_on = self.days[self.section] if self.section < len(self.days) else None
        if taken_on is None and not claim.is_given_up:
            self.is_sound = False
            return fault(line, "the claims have no date of debit", AGAIN, "DateOfDebit")
        collection = None
        if self.service_user and collected_on and not claim.is_given_up:
            collection = SOURCE, collection_key(self.service_user, processing_day(collected_on), claim.reference, amount_pence)
        of = ":".join((self.service_user, claim.sequence, claim.bank_reference, claim.reference))
        return Row(
            line,
            f"{'ddic-cancelled' if claim.is_given_up else 'ddic'}:{of}:{collected_on.isoformat() if collected_on else ''}:{amount_pence}",
            amount_pence if claim.is_given_up else -amount_pence,
            None if claim.is_given_up else taken_on,
            claim.reference,
            claim.reason,
            "direct-debit",
            "direct-debit",
            None if claim.is_given_up else "direct-debit-indemnity",
            undoes=collection,
            remittance=self.name(claim),
        )

    def name(self, claim: Claim) -> str:
        """Each claim is a debit of its own, on which the bank writes its number."""
        name = f"{claim.sequence} given up" if claim.is_given_up else claim.sequence
        if not self.names or (self.names[-1] != name and len(self.names) < 20):
            self.names.append(name)
        return name

    def proves(self, element: Any, section: str) -> Iterator[Fault]:
        """The totals behind the claims, or behind those given up."""
        (counted, pence), total, count = self.sums[section], words(element, TOTAL[section]), words(element, COUNT[section])
        if not self.is_sound or (not counted and not total):
            return
        try:
            said_pence, said_count = amount(total), int(count) if count else counted
        except ValueError:
            yield self.wrong(element, "the totals cannot be read", TOTAL[section])
            return
        if (said_count, said_pence) != (counted, pence):
            what = f"the totals say {said_count} claims of {said_pence}p, but there are {counted} of {pence}p"
            yield self.wrong(element, what, TOTAL[section])

    def wrong(self, element: Any, what: str, position: str) -> Fault:
        self.is_sound = False
        return fault(element.sourceline, what, AGAIN, position)


def claim_of(element: Any) -> Claim:
    """Raises ValueError if its total cannot be read."""
    said = defaultdict(str, {name_of(each.tag): " ".join((each.text or "").split()) for each in element if isinstance(each.tag, str)})
    code = said["ReasonCode"]
    return Claim(
        sequence=said["SeqNo"][:16] or "unnumbered",
        bank_reference=said["PayingBankReference"][:35],
        reference=said["SUReference"],
        reason=REASONS.get(code, said["ReasonCodeMeaning"].lower()[:140] or f"reason {code}"[:140]),
        total_pence=amount(said["TotalAmount"]),
        is_given_up=name_of(element.tag) == "DDICCancellation",
    )


def collections(element: Any) -> list[Any]:
    return [each for group in children(element, "DDCollections") for each in group if child(each, "Amount") is not None]


def days_of_debit(stream: BinaryIO) -> list[date | None]:
    """The day of each section of new claims, which stands behind them. What is wrong with the file the reading itself will tell."""
    days: list[date | None] = []

    def take(element: Any) -> Iterator[Record]:
        if name_of(element.tag) == "NewAdvices":
            days.append(day_or_none(words(element, "DateOfDebit")))
        return iter(())

    for _ in read_elements(stream, ("DDICAdvice", "NewAdvices"), take):
        break
    stream.seek(0)
    return days


def read(stream: BinaryIO) -> Iterator[Record]:
    """A row below nothing for each collection that is claimed back; one above for each that a bank gives back to the council."""
    report = Report(days_of_debit(stream))
    if not (yield from read_elements(stream, NAMES, report.take)):
        return
    if not report.section_count:
        report.is_sound = False
        yield fault(1, "there are no claims in the file", AGAIN)
    day = min((each for each in report.days if each), default=None)
    yield Whole("+".join(report.names)[:140] or "none", day, report.is_sound)


BACS_DDICA = Format("bacs_ddica", "bacs-ddica", looks_like, read, comes_ahead=True)

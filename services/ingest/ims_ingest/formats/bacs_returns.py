"""Bacs' reports of what came back: unpaid Direct Debits (ARUDD), and the council's own credits that found no account (ARUCS)."""

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any, BinaryIO, NamedTuple

from ims_contracts.remittances import Fault
from ims_ingest.formats.bacs_collection import SOURCE, collection_key
from ims_ingest.formats.bacs_xml import (
    AGAIN,
    REFERENCE_MAX,
    amount,
    day_or_none,
    document,
    is_pounds,
    name_of,
    read_elements,
    said,
    service_user,
)
from ims_ingest.formats.records import Format, Record, Row, Whole, fault

NAMES = (
    "Header", "ServiceLicenseInformation", "OriginatingAccount", "OriginatingAccountRecord",
    "ReturnedDebitItem", "ReturnedCreditItem", "Totals",
)  # fmt: skip
REASONS = {
    "0": "refer to payer",
    "1": "instruction cancelled",
    "2": "payer deceased",
    "3": "account transferred",
    "4": "advance notice disputed",
    "5": "no account",
    "6": "no instruction",
    "7": "amount differs",
    "8": "amount not yet due",
    "9": "presentation overdue",
    "A": "service user differs",
    "B": "account closed",
    "C": "account transferred to another branch",
}


class Way(NamedTuple):
    """Which way the money of a report goes."""

    kind: str
    sign: int
    item: str
    """The element that is one item."""
    channel: str
    method_of_payment: str
    reversal_reason: str | None


UNPAID = Way("arudd", -1, "ReturnedDebitItem", "direct-debit", "direct-debit", "direct-debit-returned")
RETURNED = Way("arucs", 1, "ReturnedCreditItem", "bank-transfer", "bacs-credit-returned", None)


class Report:
    """One report while it is read: its day, and what the items of an account come to."""

    def __init__(self, way: Way) -> None:
        self.way = way
        self.reported_on: date | None = None
        self.number = self.service_user = self.own_service_user = self.account = ""
        self.count = self.pence = self.totals = self.items = 0
        self.is_sound = True

    def take(self, element: Any) -> Iterator[Record]:
        match name_of(element.tag):
            case "Header":
                self.reported_on = day_or_none(said(element, "currentProcessingDate"))
                self.number = said(element, "adviceNumber")[:16]
            case "ServiceLicenseInformation":
                self.licensed(element)
            case "OriginatingAccount":
                self.account = (said(element, "sortCode").replace("-", "") + said(element, "number"))[:32]
            case "ReturnedDebitItem" | "ReturnedCreditItem":
                yield self.item(element)
            case "Totals":
                yield from self.proves(element)
            case "OriginatingAccountRecord":
                yield from self.ends(element)

    def licensed(self, element: Any) -> None:
        """Whose account it is: the report's, or in newer reports the account's own."""
        number = service_user(said(element, "userNumber"))
        self.own_service_user = number
        if name_of(element.getparent().tag) != "OriginatingAccountRecord":
            self.service_user = number

    def item(self, element: Any) -> Row | Fault:
        """One item as a row. Without the payer's bank account: alike but for it, the nth return is of the nth collection."""
        self.items += 1
        if name_of(element.tag) != self.way.item:
            return self.wrong(element, "the item is of another report's kind")
        if self.reported_on is None:
            return self.wrong(element, "the report says no processing day before its first item")
        if not is_pounds(element):
            return self.wrong(element, "the item is not in pounds", "currency")
        try:
            amount_pence = amount(said(element, "valueOf"))
        except ValueError as error:
            return self.wrong(element, f"the amount cannot be read: {error}", "valueOf")
        reference = said(element, "ref")
        if not amount_pence:
            return self.wrong(element, "the amount is nothing", "valueOf")
        if len(reference) > REFERENCE_MAX:
            return self.wrong(element, "the reference is too long for Bacs", "ref")
        self.count, self.pence = self.count + 1, self.pence + amount_pence
        return self.row(element, reference, amount_pence, self.reported_on)

    def row(self, element: Any, reference: str, amount_pence: int, reported_on: date) -> Row:
        processed_on = day_or_none(said(element, "originalProcessingDate"))
        sun = self.own_service_user or self.service_user
        collection = None
        if self.way is UNPAID and sun and processed_on:
            collection = SOURCE, collection_key(sun, processed_on, reference, amount_pence)
        came = "" if processed_on is None else processed_on.isoformat()
        return Row(
            element.sourceline,
            f"{self.way.kind}:{sun}:{reported_on.isoformat()}:{came}:{reference}:{amount_pence}",
            self.way.sign * amount_pence,
            reported_on,
            reference,
            reason(said(element, "returnCode"), said(element, "returnDescription")),
            self.way.channel,
            self.way.method_of_payment,
            self.way.reversal_reason,
            undoes=collection,
            remittance=f"{self.name()}:{self.account}",
        )

    def name(self) -> str:
        """What identifies the report: the service user, the day, the number of the advice."""
        day = "" if self.reported_on is None else self.reported_on.isoformat()
        return f"{self.service_user or self.own_service_user}:{day}:{self.number}"

    def proves(self, element: Any) -> Iterator[Fault]:
        """An account's totals, of its items so far."""
        self.totals += 1
        try:
            count, total = int(said(element, "numberOf")), amount(said(element, "valueOf"))
        except ValueError:
            yield self.wrong(element, "the totals cannot be read", "Totals")
            return
        if self.is_sound and (count, total) != (self.count, self.pence):
            what = f"the totals say {count} items of {total}p, but there are {self.count} of {self.pence}p"
            yield self.wrong(element, what, "Totals")

    def ends(self, element: Any) -> Iterator[Fault]:
        if not self.totals and self.is_sound:
            yield self.wrong(element, "the account has no totals", "Totals")
        self.count = self.pence = self.totals = 0
        self.account, self.own_service_user = "", self.service_user

    def wrong(self, element: Any, what: str, position: str | None = None) -> Fault:
        self.is_sound = False
        return fault(element.sourceline, what, AGAIN, position)


def reason(code: str, description: str) -> str:
    """Why it came back, in words. Real codes are longer than the scheme's one letter and need not end in it, so the words
    that Bacs gives are believed first."""
    return " ".join(description.lower().split())[:140] or REASONS.get(code[-1:], f"reason {code}"[:140])


def read(way: Way, stream: BinaryIO) -> Iterator[Record]:
    """Each item, proved by its account's totals. A day without returns is a report without items."""
    report = Report(way)
    if not (yield from read_elements(stream, NAMES, report.take)):
        return
    if report.reported_on is None and not report.items:
        report.is_sound = False
        yield fault(1, "the report has no header with its processing day", AGAIN, "Header")
    yield Whole(report.name()[:140], report.reported_on, report.is_sound if report.items else None)


BACS_ARUDD = Format("bacs_arudd", "bacs-arudd", document("ARUDD"), partial(read, UNPAID))
BACS_ARUCS = Format("bacs_arucs", "bacs-arucs", document("ARUCS"), partial(read, RETURNED))

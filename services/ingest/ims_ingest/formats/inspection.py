"""Look into a file without a server and without writing anything: what is in it, and whether it proves."""

from pathlib import Path
from typing import Any, BinaryIO

from ims_contracts.remittances import Fault
from ims_ingest.formats import packed
from ims_ingest.formats.detection import FORMATS, Formats, detect
from ims_ingest.formats.records import (
    AccountRow,
    Advice,
    Entry,
    Format,
    Member,
    Record,
    Row,
    StatementBegins,
    StatementEnds,
    Whole,
)

# So many faults say enough; a file that is not what it seems has one on every line.
FAULTS_MAX = 1_000


class Summary:
    """What a file, or one statement in it, comes to."""

    def __init__(self) -> None:
        self.entries = 0
        self.credits_pence: int | None = None
        self.debits_pence: int | None = None
        self.opening_pence: int | None = None
        self.closing_pence: int | None = None
        self.currency: str | None = None
        self.proved: bool | None = None

    def add(self, amount_pence: int) -> None:
        self.entries += 1
        self.credits_pence = (self.credits_pence or 0) + max(amount_pence, 0)
        self.debits_pence = (self.debits_pence or 0) - min(amount_pence, 0)

    def end(self, ends: StatementEnds) -> None:
        self.opening_pence, self.closing_pence = ends.opening_pence, ends.closing_pence
        self.currency, self.proved = ends.currency, ends.is_proved


class Inspection(Summary):
    """A whole file, as its records come."""

    def __init__(self, known: Formats) -> None:
        super().__init__()
        self.known = known
        self.statements: list[tuple[StatementBegins, Summary]] = []
        self.faults: list[Fault] = []
        self.fault_count = 0
        self.place = ""
        self.formats: dict[str, None] = {}
        self.proofs: list[bool | None] = []

    def take(self, record: Record) -> None:
        match record:
            case Fault():
                self.fault_count += 1
                placed = record.model_copy(update={"what": self.place + record.what})
                self.faults += [placed] if len(self.faults) < FAULTS_MAX else []
            case Row(amount_pence=amount_pence):
                self.currency = "GBP"
                self.add(amount_pence)
            case Member(net_pence=net_pence, currency=currency):
                self.currency = currency
                self.add(net_pence)
            case AccountRow() | Advice():
                self.entries += 1
            case StatementBegins():
                self.statements.append((record, Summary()))
            case Entry(amount_pence=amount_pence):
                self.add(amount_pence)
                self.statements[-1][1].add(amount_pence)
            case StatementEnds():
                self.statements[-1][1].end(record)
            case Whole(is_proved=is_proved):
                self.proofs.append(is_proved)

    def read(self, stream: BinaryIO, named: str | None) -> None:
        """Take in all of a file."""
        found = detect(stream, named, self.known)
        if isinstance(found, Format):
            self.formats[found.name] = None
            for record in found.read(stream):
                self.take(record)
        else:
            self.take(found)

    def told(self) -> dict[str, Any]:
        """As `ims inspect` prints it. Opening and closing are the file's where it has one statement."""
        self.proved = False if self.faults or False in self.proofs else None if None in self.proofs or not self.proofs else True
        if len(self.statements) == 1:
            only = self.statements[0][1]
            self.opening_pence, self.closing_pence, self.currency = only.opening_pence, only.closing_pence, only.currency
        elif self.statements:
            currencies = {each.currency for _, each in self.statements}
            self.currency = currencies.pop() if len(currencies) == 1 else None
        statements = []
        for begins, each in self.statements:
            each.credits_pence, each.debits_pence = each.credits_pence or 0, each.debits_pence or 0
            statements.append({"bank_account": begins.bank_account, "reference": begins.reference, **each.__dict__})
        return {
            "format": " ".join(self.formats) or None,
            **{field: self.__dict__[field] for field in Summary().__dict__},
            "statements": statements,
            "faults": [each.model_dump() for each in self.faults],
        }


def inspect(path: Path, format: str | None = None, formats: Formats = FORMATS) -> dict[str, Any]:
    """What is in a file: its format, entries, sums and balances in pence, whether it proves, and every fault with its line. An
    archive is what the files in it come to together."""
    inspection = Inspection(formats)
    with path.open("rb") as stream:
        if not packed.is_packed(stream):
            inspection.read(stream, format)
        elif found := packed.fault_of(stream):
            inspection.take(found)
        else:
            for number, member in enumerate(packed.members(stream), 1):
                inspection.place = f"file {number} of the archive: "
                inspection.read(member, format)
    return inspection.told()

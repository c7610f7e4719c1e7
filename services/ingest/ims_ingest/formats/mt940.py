"""MT940, SWIFT's bank statement, and MT942, its report during the day: one text format, in each bank's dialect."""

import re
from collections.abc import Iterator
from typing import BinaryIO

from ims_contracts.remittances import Fault
from ims_ingest.formats.camt_statement import whole_proof
from ims_ingest.formats.mt940_fields import CLOSINGS, OPENINGS, REPORTED_BY, Field, fields
from ims_ingest.formats.mt940_statement import ASK, Page, Statement
from ims_ingest.formats.records import Format, Record, StatementBegins, StatementEnds, Whole, fault
from ims_ingest.formats.text import Unreadable

MARK = re.compile(rb"(?:^|[\r\n]|\{4:)[\x00-\x09\x0b\x0c\x0e-\x20]{0,8}:(20|25P?|28C?|60[FM]|61|62[FM]|34F|13[CD]?|90[CD]):")
BALANCES, REPORTS = ({tag.encode() for tag in tags} for tags in (OPENINGS + CLOSINGS, REPORTED_BY))
NAMES_MAX = 140


def looks_like_statement(head: bytes) -> bool:
    marks = marks_of(head)
    return len(marks) > 1 and not is_interim(marks)


def looks_like_report(head: bytes) -> bool:
    marks = marks_of(head)
    return len(marks) > 1 and is_interim(marks)


def marks_of(head: bytes) -> set[bytes]:
    return set(MARK.findall(head.removeprefix(b"\xef\xbb\xbf")))


def is_interim(marks: set[bytes]) -> bool:
    """A report during the day has a floor limit, a time or totals, and no balances."""
    return bool(marks & REPORTS) and not marks & BALANCES


class Messages:
    """The messages of a file, one after the other."""

    def __init__(self) -> None:
        self.statement: Statement | None = None
        self.before: Page | None = None
        self.is_between = False
        self.names: list[str] = []
        self.proofs: set[bool | None] = set()

    def take(self, field: Field) -> Iterator[Record]:
        if not field.tag:
            self.is_between = True
            return
        if self.is_new(field):
            yield from self.end()
            self.statement = Statement(field.line)
        assert self.statement is not None
        self.is_between = False
        yield from self.tell(self.statement.take(field))

    def is_new(self, field: Field) -> bool:
        """A message begins with `:20:`. Some banks leave it out: then with the account, after the end of another message."""
        return self.statement is None or field.tag == "20" or (field.tag == "25" and self.is_between)

    def end(self) -> Iterator[Record]:
        if self.statement is None:
            return
        records, self.before = self.statement.end(self.before)
        yield from self.tell(records)
        self.proofs.add(records[-1].is_proved if isinstance(records[-1], StatementEnds) else False)

    def tell(self, records: list[Record]) -> list[Record]:
        if records and isinstance(records[0], StatementBegins) and len(self.names) < NAMES_MAX:
            self.names.append(records[0].reference)
        return records


def read(stream: BinaryIO) -> Iterator[Record]:
    """Each message as a statement, or as one page of it, which proves by itself and goes on from the page before."""
    messages, line = Messages(), 1
    try:
        for field in fields(stream):
            if isinstance(field, Fault):
                yield field
            else:
                line = field.line
                yield from messages.take(field)
        yield from messages.end()
    except Unreadable as error:
        yield fault(line, str(error), ASK)
        return
    if messages.statement is None:
        yield fault(1, "there is no statement in the file", ASK)
    yield Whole("+".join(messages.names)[:NAMES_MAX] or "none", None, whole_proof(set(messages.proofs)))


MT940 = Format("mt940", "bank", looks_like_statement, read)
MT942 = Format("mt942", "bank", looks_like_report, read)

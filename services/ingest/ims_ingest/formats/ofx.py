"""OFX, the statement that accounting programs download: of several accounts, SGML or XML. It has no opening balance."""

import re
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import BinaryIO

from ims_contracts.remittances import Fault
from ims_ingest.formats.ofx_elements import Element, elements
from ims_ingest.formats.records import Entry, Format, Record, StatementBegins, StatementEnds, Whole, fault
from ims_ingest.formats.text import Unreadable, bank_account, day, pence

ROOT = re.compile(rb"<(?:\w+:)?OFX[\s>]|^\s*OFXHEADER\s*:", re.IGNORECASE)
STATEMENTS = ("STMTRS", "CCSTMTRS")
PARTS = ("STMTTRN", "BANKACCTFROM", "CCACCTFROM", "BANKACCTTO", "CCACCTTO", "PAYEE", "CURRENCY", "LEDGERBAL", "AVAILBAL", "BANKTRANLIST")
AROUND = ("OFX", "STATUS", "INVSTMTRS", "BAL", "ORIGCURRENCY")
GROUPS = frozenset((*STATEMENTS, *PARTS, *AROUND))
# Thousands are told from decimals only where both are written.
WITH_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+\.\d{2}")
WITH_COMMA = re.compile(r"[-+]?\d*,\d{1,2}")
ASK = "ask the bank for the statement again"
WORDS_MAX, REFERENCE_MAX, CODE_MAX, NAMES_MAX = 500, 140, 64, 140

type Values = dict[str, str]


def looks_like(head: bytes) -> bool:
    return ROOT.search(head.removeprefix(b"\xef\xbb\xbf")) is not None


class Statement:
    """One account's statement while it is read."""

    def __init__(self) -> None:
        self.values: Values = {}
        self.begins: StatementBegins | None = None
        self.currency = ""
        self.last: date | None = None

    def begin(self) -> Iterator[Record]:
        """The statement's beginning, once. It has no number: it is known by the days that it covers."""
        if self.begins is None:
            self.currency = self.values.get("STMTRS/CURDEF", "")[:3].upper()
            days = [self.values.get(f"BANKTRANLIST/{name}", "")[:8] for name in ("DTSTART", "DTEND")]
            reference = "..".join(each for each in days if each)
            self.begins = StatementBegins(account_of(self.values), reference or "unnamed", 1, True, None)
            yield self.begins

    def entry(self, line: int, values: Values) -> Entry | Fault:
        try:
            amount_pence = amount(values.get("TRNAMT", ""))
            booked_on = day_of(values.get("DTPOSTED") or values.get("DTUSER") or "")
            value_on = day_of(values["DTAVAIL"]) if values.get("DTAVAIL") else booked_on
        except ValueError as error:
            return fault(line, f"the entry's amount or day cannot be read: {error}", ASK, "TRNAMT, DTPOSTED")
        currency = values.get("CURRENCY/CURSYM", "").upper()
        self.currency = self.currency or currency
        if currency and currency != self.currency:
            return fault(line, f"the entry is not in {self.currency}, the account's currency", ASK, "CURSYM")
        self.last = max(self.last or booked_on, booked_on)
        return made(line, values, amount_pence, (booked_on, value_on))

    def ends(self, line: int) -> StatementEnds | Fault:
        values = self.values
        try:
            closing = values.get("LEDGERBAL/BALAMT")
            closing_pence = amount(closing) if closing else None
            closed = values.get("LEDGERBAL/DTASOF") or values.get("BANKTRANLIST/DTEND")
            closed_on = day_of(closed) if closed else self.last
            opened_on = day_of(values["BANKTRANLIST/DTSTART"]) if values.get("BANKTRANLIST/DTSTART") else None
        except ValueError as error:
            return fault(line, f"the balance or its day cannot be read: {error}", ASK, "LEDGERBAL")
        if closed_on is None:
            return fault(line, "the statement has no date", ASK, "DTASOF")
        return StatementEnds(None, closing_pence, opened_on, closed_on, self.currency or "GBP", None)


class Reader:
    """Where in the file we are: within which groups, in which statement and entry."""

    def __init__(self) -> None:
        self.within: list[str] = []
        self.line = self.entry_line = 1
        self.statement: Statement | None = None
        self.entry: Values | None = None
        self.status: Values = {}
        self.names: list[str] = []
        self.statement_count = 0

    def take(self, element: Element) -> Iterator[Record]:
        self.line = element.line
        if element.is_end:
            yield from self.leave(element.name)
        elif element.name in GROUPS:
            yield from self.leave(element.name)  # none is within one of its own name
            yield from self.enter(element.name)
        elif element.text:
            self.keep(element.name, element.text)

    def enter(self, name: str) -> Iterator[Record]:
        self.within.append(name)
        if name in STATEMENTS:
            self.statement, self.statement_count = Statement(), self.statement_count + 1
        elif name == "STMTTRN" and self.statement is not None:
            self.entry, self.entry_line = {}, self.line
            yield from self.begin(self.statement)
        elif name == "INVSTMTRS":
            yield fault(self.line, "a statement of investments is not a bank's", "send the statement of the bank account alone")

    def leave(self, name: str) -> Iterator[Record]:
        """The end of a group, and of all that began in it and did not end."""
        while name in self.within:
            left = self.within.pop()
            if left == "STMTTRN" and self.statement is not None and self.entry is not None:
                yield self.statement.entry(self.entry_line, self.entry)
                self.entry = None
            elif left in STATEMENTS and self.statement is not None:
                yield from self.begin(self.statement)
                yield self.statement.ends(self.line)
                self.statement = None
            elif left == "STATUS":
                if self.status.get("SEVERITY", "").upper() == "ERROR":
                    yield fault(self.line, "the bank answered with an error instead of a statement", ASK, "STATUS")
                self.status = {}
            if left == name:
                return

    def begin(self, statement: Statement) -> Iterator[Record]:
        for begins in statement.begin():
            if isinstance(begins, StatementBegins) and len(self.names) < NAMES_MAX:
                self.names.append(begins.reference)
            yield begins

    def keep(self, name: str, text: str) -> None:
        """A value, under the group that it is in. In a group twice, the first counts."""
        group = self.within[-1] if self.within else ""
        if group == "STATUS":
            self.status.setdefault(name, text)
        elif group == "STMTTRN" and self.entry is not None:
            self.entry.setdefault(name, text)
        elif self.entry is not None:
            self.entry.setdefault(f"{group}/{name}", text)
        elif self.statement is not None:
            self.statement.values.setdefault(f"{'STMTRS' if group in STATEMENTS else group}/{name}", text)

    def end(self) -> Iterator[Record]:
        if self.within:
            yield fault(self.line, "the file is cut short", ASK)
        elif not self.statement_count:
            yield fault(1, "there is no statement in the file", ASK)


def read(stream: BinaryIO) -> Iterator[Record]:
    """Each account's beginning, entries and end."""
    reader = Reader()
    try:
        for element in elements(stream):
            yield from reader.take(element)
    except Unreadable as error:
        yield fault(reader.line, str(error), ASK)
        return
    yield from reader.end()
    yield Whole("+".join(reader.names)[:NAMES_MAX] or "none", None, None)


def made(line: int, values: Values, amount_pence: int, days: tuple[date, date]) -> Entry:
    """An entry. One of nothing is only the bank's information, and takes no part in anything."""
    name, memo = values.get("NAME") or values.get("PAYEE/NAME"), values.get("MEMO")
    said = dict.fromkeys(text for text in (name, memo, values.get("CHECKNUM"), values.get("REFNUM")) if text)
    other = values.get("BANKACCTTO/ACCTID") or values.get("CCACCTTO/ACCTID") or ""
    return Entry(
        line=line,
        amount_pence=amount_pence,
        booked_on=days[0],
        value_on=days[1],
        is_booked=amount_pence != 0,
        bank_reference=values.get("FITID", "")[:REFERENCE_MAX] or None,
        transaction_code=values.get("TRNTYPE", "")[:CODE_MAX] or None,
        counterparty_name=(name or "")[:WORDS_MAX] or None,
        counterparty_account="".join(other.split())[:CODE_MAX] or None,
        reference=(memo or name or "")[:WORDS_MAX] or None,
        narrative=" ".join(said)[:WORDS_MAX] or None,
    )


def account_of(values: Values) -> str:
    """The account by its number, with the sort code before it where British banks write the two apart; a card's number is never
    kept, but for its last four digits."""
    if card := values.get("CCACCTFROM/ACCTID"):
        return f"{'*' * (len(card) - 4)}{card[-4:]}"[-CODE_MAX:]
    number, sort_code = values.get("BANKACCTFROM/ACCTID", ""), values.get("BANKACCTFROM/BANKID", "").replace("-", "").replace(" ", "")
    is_apart = re.fullmatch(r"\d{8}", number) and re.fullmatch(r"\d{6}", sort_code)
    return bank_account(sort_code + number if is_apart else number) or "unnamed"


def amount(text: str) -> int:
    """An amount in pence, with a point or a comma. Raises ValueError if it is none."""
    if WITH_THOUSANDS.fullmatch(text):
        text = text.replace(",", "")
    elif WITH_COMMA.fullmatch(text):
        text = text.replace(",", ".")
    sign, digits = (text[:1], text[1:]) if text[:1] in ("-", "+") else ("", text)
    return pence(f"{sign}0{digits}" if digits.startswith(".") and len(digits) > 1 else text)


@lru_cache(4096)
def day_of(text: str) -> date:
    """The bank's own day, whatever the hour and the zone after it."""
    return date.fromisoformat(text[:8]) if text[:8].isdigit() else day(text)


OFX = Format("ofx", "bank", looks_like, read)

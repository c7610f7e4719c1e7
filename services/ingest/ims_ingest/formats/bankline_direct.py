"""Bankline Direct ("Data Services"), the statement file of NatWest and RBS: fixed columns, an account a section."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import BinaryIO

from ims_contracts.message import PENCE_MAX
from ims_contracts.remittances import Fault
from ims_ingest.formats.records import Entry, Format, Record, StatementBegins, StatementEnds, Whole, fault
from ims_ingest.formats.text import Unreadable, bank_account, lines

# The volume label of Bacs' Standard 18 has the same shape: what tells them apart is its owner, else the file's name in HDR1.
HEAD = re.compile(rb"\A(?:\xef\xbb\xbf)?VOL1(?:.{33}\*\*\*\*830000|[^\r\n]*[\r\n]+HDR1[ ]?A\d{6}Z)")
LABELS = {"VOL1", "HDR1", "HDR2", "UHL1", "UTL1", "EOF1", "EOF2", "EOV1", "EOV2"}
RECORD = re.compile(r"[0-9]{15}[0-9A-Z]{2}|[0-9]{14} [0-9A-Z]{2}")
CREDITS = {"86", "90", "93", "99", "Z4", "Z5", "RA"}
DEBITS = {"01", "03", "11", "17", "18", "19", "U1", "U7", "U8", "U9"}
BALANCE = "Y1"
TOTALS = {"44": -1, "54": 1}
DIGITS = re.compile(r"[0-9]+")
ASK = "ask the bank for the whole file again"


class Unusable(ValueError):
    """What is wrong with a field, and in which columns."""


def looks_like(head: bytes) -> bool:
    return HEAD.match(head) is not None


class Sums:
    """Debits and credits, their pence and their count."""

    def __init__(self) -> None:
        self.debit_pence = self.credit_pence = self.debit_count = self.credit_count = 0

    def add(self, pence: int, direction: int) -> None:
        """Pence above nothing; direction 1 for credits, -1 for debits."""
        if direction > 0:
            self.credit_pence, self.credit_count = self.credit_pence + pence, self.credit_count + 1
        else:
            self.debit_pence, self.debit_count = self.debit_pence + pence, self.debit_count + 1

    def all(self) -> tuple[int, int, int, int]:
        return self.debit_pence, self.credit_pence, self.debit_count, self.credit_count


class Section:
    """One account's records, from its header labels to its trailer."""

    def __init__(self) -> None:
        self.made_on: date | None = None
        self.account: str | None = None
        self.entries, self.with_totals = Sums(), Sums()
        self.balance_count = 0
        self.closing_pence: int | None = None
        self.closed_on: date | None = None
        self.last: date | None = None

    def agrees(self, text: str) -> bool:
        """Whether the trailer is right. Where there are total records (44, 54) it counts them as entries; any figure may be
        left out, but for the sums."""
        said = tuple(figure(text, at, to) for at, to in ((4, 17), (17, 30), (30, 37), (37, 44)))
        if said[0] is None or said[1] is None or figure(text, 44, 51) not in (None, self.balance_count):
            return False
        ways = (self.entries.all(), self.with_totals.all())
        return any(all(mine == theirs or theirs is None for mine, theirs in zip(way, said, strict=True)) for way in ways)


def figure(text: str, at: int, to: int) -> int | None:
    """The number in these columns (from nothing); none where they are blank. Raises Unusable."""
    written = text[at:to].strip()
    if not written:
        return None
    if DIGITS.fullmatch(written) is None:
        raise Unusable(f"the figure in columns {at + 1}-{to} cannot be read")
    if (found := int(written)) > PENCE_MAX:
        raise Unusable(f"the figure in columns {at + 1}-{to} is larger than any can be")
    return found


def pence(text: str, at: int, to: int) -> int:
    if (found := figure(text, at, to)) is None:
        raise Unusable(f"the amount in columns {at + 1}-{to} is missing")
    return found


@lru_cache(1_000)
def day(written: str) -> date | None:
    """A day as year and day of the year, `26077`; none where it is blank."""
    written = written.strip()
    if not written:
        return None
    if len(written) != 5 or DIGITS.fullmatch(written) is None:
        raise Unusable("the date cannot be read")
    year, ordinal = 2000 + int(written[:2]), int(written[2:])
    first = date(year, 1, 1).toordinal()
    if not 1 <= ordinal <= date(year, 12, 31).toordinal() - first + 1:
        raise Unusable("there is no such date")
    return date.fromordinal(first + ordinal - 1)


class Reader:
    """A file while it is read."""

    def __init__(self) -> None:
        self.line = 1
        self.serial = ""
        self.section: Section | None = None
        self.made: dict[date, None] = {}
        self.seen: Counter[tuple[str, str]] = Counter()
        self.proofs: set[bool] = set()

    def read(self, stream: BinaryIO) -> Iterator[Record]:
        try:
            for self.line, text in lines(stream):
                try:
                    if text[:4] in LABELS:
                        yield from self.take_label(text[:4], text)
                    elif text.strip(" \x1a"):
                        yield from self.take_record(text)
                except Unusable as error:
                    yield fault(self.line, str(error), ASK)
        except Unreadable as error:
            yield fault(self.line, str(error), ASK)
            return
        yield from self.unended()
        if not self.seen:
            yield fault(self.line, "there is no statement in the file", ASK)
        days = "..".join(each.isoformat() for each in list(self.made)[:2])
        yield Whole(f"{self.serial}:{days}"[:140], None, self.proofs == {True})

    def take_label(self, label: str, text: str) -> Iterator[Record]:
        match label:
            case "VOL1":
                self.serial = text[4:10].strip()
            case "HDR1":
                yield from self.unended()
                self.section = Section()
                self.section.made_on = day(text[47:53])
            case "UHL1":
                section = self.open()
                section.made_on = day(text[4:10]) or section.made_on
            case "UTL1":
                yield from self.end(text)

    def take_record(self, text: str) -> Iterator[Record]:
        if RECORD.match(text) is None:
            raise Unusable("the line is no record of this format")
        section, account, code = self.open(), text[:14], text[15:17]
        if section.account is None:
            yield self.begins(section, account)
        elif account != section.account:
            yield fault(self.line, "the record is of another account than its section", ASK, "1-14")
        if code == BALANCE:
            self.take_balance(section, text)
        elif code in TOTALS:
            section.with_totals.add(pence(text, 35, 46), TOTALS[code])
        elif code in CREDITS or code in DEBITS:
            yield self.entry(section, text, 1 if code in CREDITS else -1)
        else:
            yield fault(self.line, "the transaction code is none that is known", "ask the bank what it means", "16-17")

    def open(self) -> Section:
        self.section = self.section or Section()
        return self.section

    def begins(self, section: Section, account: str) -> StatementBegins:
        """The statement's name: the volume's, its day, and a number where the file has the account in it more than once."""
        section.account = account
        if section.made_on is not None:
            self.made[section.made_on] = None
        name = f"{self.serial}:{section.made_on or ''}"
        self.seen[name, account] += 1
        nth = self.seen[name, account]
        return StatementBegins(bank_account(account) or "unnamed", name if nth == 1 else f"{name}/{nth}", 1, True, None)

    def take_balance(self, section: Section, text: str) -> None:
        """The ledger balance is the closing one; there is no opening one."""
        section.balance_count += 1
        section.closed_on = booked(text) or section.closed_on
        closing = figure(text, 36, 51)
        if closing is None:
            return
        if text[51:52] not in ("C", "D"):
            raise Unusable("whether the balance in columns 37-52 is in credit cannot be read")
        section.closing_pence = -closing if text[51:52] == "D" else closing

    def entry(self, section: Section, text: str, direction: int) -> Entry:
        amount = pence(text, 35, 46)
        booked_on = booked(text) or section.made_on
        if booked_on is None:
            raise Unusable("the date in columns 101-106 is missing")
        section.entries.add(amount, direction)
        section.with_totals.add(amount, direction)
        section.last = max(section.last or booked_on, booked_on)
        name, reference = " ".join(text[46:64].split()), " ".join(text[64:82].split())
        return Entry(
            line=self.line,
            amount_pence=amount * direction,
            booked_on=booked_on,
            value_on=booked_on,
            is_booked=amount != 0,  # an entry of nothing is no money
            bank_reference=None,
            transaction_code=text[15:17],
            counterparty_name=name or None,
            counterparty_account=other_account(text),
            reference=reference or name or None,
            narrative=" ".join(dict.fromkeys(part for part in (name, reference) if part)) or None,
        )

    def end(self, text: str) -> Iterator[Record]:
        """A trailer that disagrees is no fault: what the bank booked is told, but as not proved. One that agrees still proves
        no balance, since there is no opening."""
        section = self.open()
        self.section = None
        if section.account is None:  # an account without entries is not named
            yield self.begins(section, "")
        agrees = section.agrees(text)
        self.proofs.add(agrees)
        closed_on = section.closed_on or section.last or section.made_on
        if closed_on is None:
            raise Unusable("the statement has no date")
        yield StatementEnds(None, section.closing_pence, None, closed_on, "GBP", None if agrees else False)

    def unended(self) -> Iterator[Fault]:
        if self.section is not None:
            self.section = None
            yield fault(self.line, "the account before this line has no trailer (UTL1): the file was cut short", ASK)


def booked(text: str) -> date | None:
    """The day in columns 101-106, a blank before it; in some files one column further right."""
    return day(text[100:107].strip()[:5])


def other_account(text: str) -> str | None:
    """Sort code and account number of the other side. Both zeros: not given; one of them: a building society's, whose members
    have a roll number in the description."""
    written = text[17:31]
    return None if not written.strip("0 ") else bank_account(written)


def read(stream: BinaryIO) -> Iterator[Record]:
    """Each section as a statement."""
    return Reader().read(stream)


BANKLINE_DIRECT = Format("bankline_direct", "bank", looks_like, read, texts=(slice(46, 64), slice(64, 82)))

"""One message of MT940 or MT942 while it is read: a statement, or a page of one, and whether its figures agree."""

import re
from datetime import date
from typing import NamedTuple

from ims_contracts.remittances import Fault
from ims_ingest.formats.mt940_details import ABSENT, details
from ims_ingest.formats.mt940_fields import (
    CLOSINGS,
    FIELD_LINES_MAX,
    OPENINGS,
    REPORTED_BY,
    Balance,
    Field,
    account_of,
    balance,
    day_of,
    entry_day,
    minor,
    number_and_page,
    total,
)
from ims_ingest.formats.records import Entry, Record, StatementBegins, StatementEnds, fault

# Value day; entry day, perhaps blank; mark; perhaps the currency's third letter; amount; then codes and references.
ENTRY = re.compile(r"(\d{6})(\d{4}| {4}|) *(R?[CD]|E[CD])([A-Z]?) *(\d+(?:,\d*)?) *([A-Za-z].*|)")
WHOLE_AMOUNT = re.compile(r"\d+,\d\d")
ADDS = frozenset(("C", "RD", "EC"))
REFERENCE_MAX = 140
ASK = "ask the bank for the statement again"
# A message that goes on in another has two thousand characters; one with more entries than this is whole.
PAGE_ENTRIES_MAX = 200


class Page(NamedTuple):
    """What the next page must go on from."""

    bank_account: str
    number: int
    page: int
    closing_pence: int


class Statement:
    """A message. Its beginning is told when its entries are too many for a page of several, or at its end."""

    def __init__(self, line: int) -> None:
        self.line = line
        self.values: dict[str, str] = {}
        self.opening: Balance | None = None
        self.closing: Balance | None = None
        self.is_middle = self.is_continued = self.is_begun = False
        self.is_sound = True
        self.totals: dict[str, tuple[int, int]] = {"C": (0, 0), "D": (0, 0)}
        self.booked_pence = 0
        self.last: date | None = None
        self.entry: Field | None = None
        self.words: list[str] = []
        self.held: list[Record] = []

    def take(self, field: Field) -> list[Record]:
        """The next field; gives what can be told by now."""
        if field.tag in ("86", "NS"):
            if self.entry is not None and len(self.words) < FIELD_LINES_MAX:
                self.words += field.lines
            return []
        self.end_entry()
        if field.tag == "61":
            self.entry = field
            if self.closing is not None:
                self.refuse(field.line, "an entry stands after the closing balance", "61")
        elif field.tag in OPENINGS or field.tag in CLOSINGS:
            self.take_balance(field)
        elif field.tag == "25" and self.values.get("25", field.first) != field.first:
            self.refuse(field.line, "the statement names a second account", "25")
        else:
            self.values.setdefault(field.tag.removesuffix("P"), field.first)
        return self.told() if self.is_begun or len(self.held) > PAGE_ENTRIES_MAX else []

    def take_balance(self, field: Field) -> None:
        """The first opening balance and the last closing one count."""
        try:
            found = balance(field.first)
        except ValueError as error:
            self.refuse(field.line, f"the balance cannot be read: {error}", field.tag)
            return
        if field.tag in CLOSINGS:
            self.closing, self.is_continued = found, field.tag == "62M"
        elif self.opening is None:
            self.opening, self.is_middle = found, field.tag == "60M"

    def end_entry(self) -> None:
        """All fields of the last entry are read."""
        if self.entry is not None:
            record = read_entry(self.entry, self.words)
            if isinstance(record, Entry):
                self.count(record)
            else:
                self.is_sound = False
            self.held.append(record)
        self.entry, self.words = None, []

    def count(self, entry: Entry) -> None:
        side = "C" if entry.amount_pence >= 0 else "D"
        count, amount_pence = self.totals[side]
        self.totals[side] = count + 1, amount_pence + abs(entry.amount_pence)
        self.booked_pence += entry.amount_pence if entry.is_booked else 0
        self.last = max(self.last or entry.booked_on, entry.booked_on)

    def refuse(self, line: int, what: str, position: str) -> None:
        self.is_sound = False
        self.held.append(fault(line, what, ASK, position))

    def begins(self) -> StatementBegins:
        number, page = number_and_page(self.number_text())
        written = self.values.get("20", "").strip()
        return StatementBegins(
            bank_account=account_of(self.values.get("25", ""), self.currency()) or "unnamed",
            reference=(str(number) if number else written)[:REFERENCE_MAX] or "unnamed",
            page=page,
            is_last_page=not self.is_continued,
            sequence=number or None,
        )

    def number_text(self) -> str:
        return self.values.get("28C") or self.values.get("28") or ""

    def currency(self) -> str | None:
        """The statement's currency; a floor limit's where there are no balances."""
        found = [each.currency for each in (self.opening, self.closing) if each is not None and each.currency]
        return found[0] if found else self.values.get("34F", "").strip()[:3] or None

    def told(self) -> list[Record]:
        """What was held back, after the beginning where that is not told yet."""
        held, self.held = self.held, []
        if not self.is_begun:
            self.is_begun = True
            held.insert(0, self.begins())
        return held

    def end(self, before: Page | None) -> tuple[list[Record], Page | None]:
        """The rest of what the message tells, and what its next page must go on from."""
        self.end_entry()
        begins = self.begins()
        ends = self.ends(begins, before)
        if isinstance(ends, Fault):
            self.is_sound = False
        records = [*self.told(), ends]
        if not self.is_continued or self.closing is None:
            return records, None
        return records, Page(begins.bank_account, begins.sequence or 0, begins.page, self.closing.amount_pence)

    def ends(self, begins: StatementBegins, before: Page | None) -> StatementEnds | Fault:
        closed_on = self.closing.on if self.closing else self.made_on() or self.last or (self.opening and self.opening.on)
        is_interim = any(tag in self.values for tag in REPORTED_BY)
        if self.closing is None and not is_interim:
            return fault(self.line, "the statement has no closing balance, as if it were cut short", ASK, "62F")
        if closed_on is None:
            return fault(self.line, "the statement has no date", ASK, "13D")
        opening, closing = self.opening, self.closing
        return StatementEnds(
            opening_pence=opening and opening.amount_pence,
            closing_pence=closing and closing.amount_pence,
            opened_on=opening and opening.on,
            closed_on=closed_on,
            currency=self.currency() or "GBP",
            is_proved=self.is_proved(begins, before),
        )

    def made_on(self) -> date | None:
        """The day that an interim report was made on."""
        for tag in ("13D", "13", "13C"):
            if re.match(r"\d{6}", self.values.get(tag, "")):
                try:
                    return day_of(self.values[tag][:6])
                except ValueError:
                    return None
        return None

    def is_proved(self, begins: StatementBegins, before: Page | None) -> bool | None:
        """Whether opening and entries make closing (each page has balances of its own), the page goes on from the one before it,
        and the totals, which interim reports have, are right. None: there is nothing to prove it by."""
        proofs: list[bool] = [] if self.is_sound else [False]
        if self.opening is not None and self.closing is not None:
            proofs.append(self.opening.amount_pence + self.booked_pence == self.closing.amount_pence)
        if self.is_middle and self.opening is not None and before is not None:
            expected = (before.bank_account, before.number, before.page + 1)
            is_next = expected == (begins.bank_account, begins.sequence or 0, begins.page)
            proofs.append(not is_next or before.closing_pence == self.opening.amount_pence)
        for side in ("C", "D"):
            if (said := self.values.get(f"90{side}")) is not None:
                proofs.append(self.agrees(said, side))
        return all(proofs) if proofs else None

    def agrees(self, said: str, side: str) -> bool:
        try:
            return total(said) == self.totals[side]
        except ValueError:
            return False


def read_entry(field: Field, words: list[str]) -> Entry | Fault:
    """An entry with its text. One of nothing is only the bank's information: it is counted, and takes no part in anything."""
    found, supplement = ENTRY.fullmatch(field.first), field.lines[1:]
    if supplement and (found is None or not (found[6] or WHOLE_AMOUNT.fullmatch(found[5]))):  # wrapped inside its figures
        found, supplement = ENTRY.fullmatch(field.first.rstrip() + supplement[0]), supplement[1:]
    if found is None:
        return fault(field.line, "the entry cannot be read", ASK, "61")
    value, entered, mark, _, amount, rest = found.groups()
    try:
        amount_pence = minor(amount)
        value_on = day_of(value)
        booked_on = entry_day(entered, value_on) if entered.strip("0 ") else value_on
    except ValueError as error:
        return fault(field.line, f"the entry's amount or day cannot be read: {error}", ASK, "61")
    customer, _, bank = rest[4:].partition("//")
    bank = bank.strip()
    said = details(words, customer.strip(), supplement)
    return Entry(
        line=field.line,
        amount_pence=amount_pence if mark in ADDS else -amount_pence,
        booked_on=booked_on,
        value_on=value_on,
        is_booked=amount_pence != 0 and mark[0] != "E",
        bank_reference=None if bank.upper() in ABSENT else bank[:REFERENCE_MAX],
        transaction_code=rest[:4].strip() or None,
        counterparty_name=said.name,
        counterparty_account=said.account,
        reference=said.reference,
        narrative=said.narrative,
    )

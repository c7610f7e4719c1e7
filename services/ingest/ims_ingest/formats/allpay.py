"""AllPay: what agents, shops and post offices collected in cash, one file a day with its total and count."""

import re
from collections.abc import Iterator
from datetime import date
from typing import BinaryIO

from ims_contracts.remittances import Fault
from ims_ingest.formats.records import Format, Record, Row, Whole, fault
from ims_ingest.formats.text import Unreadable, day, lines, pence

ROW = re.compile(rb"^.{23}[ \d-]{5,6}\d?\.\d\d[A-Z]\d\d/\d\d/\d{4}", re.MULTILINE)
TOTAL, COUNT = "Total Amount Updated onto System:", "Total Transactions updated onto System:"
CHANNELS = {"P": "agent", "T": "agent", "Z": "agent", "N": "telephone", "B": "web", "C": "agent", "Q": "cheque"}
REASONS = {"C": "cash-adjustment", "Q": "cheque-returned"}


def looks_like(head: bytes) -> bool:
    return ROW.search(head.removeprefix(b"\xef\xbb\xbf")) is not None or TOTAL.encode() in head


class Totals:
    """What the rows come to, and what the trailer says."""

    def __init__(self) -> None:
        self.count = self.amount_pence = 0
        self.count_said: int | None = None
        self.amount_said_pence: int | None = None
        self.clients: set[str] = set()
        self.first: date | None = None
        self.last: date | None = None

    def add(self, row: Row) -> None:
        assert row.paid_on is not None
        self.count += 1
        self.amount_pence += row.amount_pence
        self.clients.add(row.narrative)
        self.first = min(self.first or row.paid_on, row.paid_on)
        self.last = max(self.last or row.paid_on, row.paid_on)

    def faults(self, line: int) -> Iterator[Fault]:
        """Where trailer and rows disagree. Both are needed: a file cut short has lost them."""
        ask = "ask AllPay for the whole file again; nothing of this one was counted"
        if self.amount_said_pence is None or self.count_said is None:
            yield fault(line, "the file has no trailer with its total and count", ask)
        elif (self.amount_said_pence, self.count_said) != (self.amount_pence, self.count):
            said, counted = f"{self.count_said} rows of {self.amount_said_pence}p", f"{self.count} rows of {self.amount_pence}p"
            yield fault(line, f"the trailer says {said}, but there are {counted}", ask)

    def whole(self) -> Whole:
        """The file is its client's day; one that spans days is named by the first and the last."""
        days = "" if self.first is None or self.last is None else self.first.isoformat()
        if self.first != self.last:
            days += f"..{self.last.isoformat() if self.last else ''}"
        return Whole(f"{'+'.join(sorted(self.clients))}:{days}"[:140], self.last, True)


def read(stream: BinaryIO) -> Iterator[Record]:
    """The rows, negative where money went back, then the trailer's proof."""
    totals, line, is_sound = Totals(), 1, True
    try:
        for line, text in lines(stream):
            record = trailer(text, totals, line) if text.startswith("Total ") else read_row(line, text)
            if isinstance(record, Row):
                totals.add(record)
            if record is not None:
                is_sound = is_sound and isinstance(record, Row)
                yield record
    except Unreadable as error:
        yield fault(line, str(error), "ask AllPay for the file again, as text")
        return
    wrong = list(totals.faults(line)) if is_sound else []
    yield from wrong
    whole = totals.whole()
    yield whole if is_sound and not wrong else whole._replace(is_proved=False)


def trailer(text: str, totals: Totals, line: int) -> Fault | None:
    try:
        if text.startswith(TOTAL):
            totals.amount_said_pence = pence(text[34:51])  # 35-51 the total in pounds
        elif text.startswith(COUNT):
            totals.count_said = int(text[40:57])  # 41-57 the count
    except ValueError:
        return fault(line, "the trailer's figure cannot be read", "ask AllPay for the file again", "35-57")
    return None


def read_row(line: int, text: str) -> Record | None:
    if not text.strip():
        return None
    if len(text) < 43:
        return fault(line, f"the line has {len(text)} characters, fewer than 43", "ask AllPay for the whole file again")
    client, reference, letter = text[0:7].strip(), text[7:23].strip(), text[32]  # 1-7, 8-23, 33
    if reference.startswith("BERN"):  # one client's cards carry this before the reference
        reference = reference[4:]
    try:
        amount_pence = pence(text[23:32])  # 24-32 in pounds, with a point
    except ValueError:
        return fault(line, "the amount cannot be read", "ask AllPay to correct the line", "24-32")
    try:
        paid_on = day(text[33:43])  # 34-43 DD/MM/YYYY
    except ValueError:
        return fault(line, "there is no such date", "ask AllPay to correct the line", "34-43")
    if letter not in CHANNELS:
        return fault(line, "the way it was paid is none that is known", "ask AllPay what the letter means", "33")
    if amount_pence == 0 or (amount_pence < 0 and letter not in REASONS) or (amount_pence > 0 and letter == "Q"):
        return fault(line, "the amount's sign does not go with the way it was paid", "ask AllPay what is meant", "24-33")
    key = ":".join((client, paid_on.isoformat(), reference, str(amount_pence), letter))
    reason = REASONS.get(letter) if amount_pence < 0 else None
    return Row(line, key, amount_pence, paid_on, reference, client, CHANNELS[letter], "allpay", reason)


ALLPAY = Format("allpay", "allpay", looks_like, read)

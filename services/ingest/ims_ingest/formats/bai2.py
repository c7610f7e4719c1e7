"""BAI2: balances and entries of many accounts and days, as UK banks export them (Barclays, Citi, Lloyds, NatWest)."""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import BinaryIO, NamedTuple

from ims_contracts.remittances import Fault
from ims_ingest.formats.bai2_entry import entry
from ims_ingest.formats.bai2_fields import Fields, Unusable, day, fields_of, number, summaries
from ims_ingest.formats.bai2_lines import LogicalRecord, logical_records
from ims_ingest.formats.records import Entry, Format, Record, StatementBegins, StatementEnds, Whole, fault
from ims_ingest.formats.text import Unreadable, bank_account

HEAD = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*01,[^,\r\n]*,[^,\r\n]*,\d{6}(?:\d\d)?,[\d:]*,[^,\r\n]*,[\d ]*,[\d ]*(?:,[\d ]*)?/?\s*02,")
ASK = "ask the bank for the whole file again"
ASK_FOR_LINES = "ask the bank for the file with each record on a line of its own"
OPENING, CLOSING = "010", "015"
# NatWest writes the account before its sort code.
SORT_CODE_LAST = re.compile(r"(\d{8}) (\d{6})")
# What was told cannot be taken back by a file: a deletion would do nothing, a correction would put its entries beside those
# that it replaces. A person looks at the account; the file is refused.
STATUSES = {
    "2": ("the group takes back what the bank sent before", "look at the account with the bank: nothing is taken back by a file"),
    "3": ("the group replaces what the bank sent before", "look at the account with the bank: nothing is replaced by a file"),
    "4": ("the group is a test", "ask the bank for the live file"),
}
# Interim figures may still change; what the bank stands by comes with the final ones.
INTERIM = {"1", "3"}
# After a day that cannot be read, so that other faults are found too; the file is refused.
NO_DAY = date.min


def looks_like(head: bytes) -> bool:
    return HEAD.match(head) is not None


class Place(NamedTuple):
    """How far a file is read, in records, with continuations and without: banks count either way."""

    row_count: int
    record_count: int


class Totals:
    """What a file, a group or an account comes to, to be held against its trailer."""

    def __init__(self, begins_at: Place) -> None:
        self.begins_at = begins_at
        self.pence = self.said_pence = self.member_count = 0

    def add(self, pence: int, said_pence: int) -> None:
        """A member: what is in it, and what its own trailer says."""
        self.pence, self.said_pence, self.member_count = self.pence + pence, self.said_pence + said_pence, self.member_count + 1

    def agrees(self, said_pence: int | None, said_count: int | None, at: Place) -> bool | None:
        """Whether a trailer that ends here is right; none where it says nothing."""
        counts = (None, at.row_count - self.begins_at.row_count, at.record_count - self.begins_at.record_count)
        if said_count not in counts or said_pence not in (None, self.pence, self.said_pence):
            return False
        return None if said_pence is None else True


class Group(Totals):
    """Accounts of one day."""

    def __init__(self, begins_at: Place, fields: list[str], as_of: date) -> None:
        super().__init__(begins_at)
        self.as_of, self.currency, self.is_final = as_of, fields[5], fields[6] not in INTERIM
        self.name = [fields[3], fields[4], fields[6]]


class Account(Totals):
    """One account of a group: a statement."""

    def __init__(self, begins_at: Place, group: Group, currency: str) -> None:
        super().__init__(begins_at)
        self.as_of, self.is_final, self.currency = group.as_of, group.is_final, currency or group.currency or "GBP"
        self.net_pence = 0
        self.is_doubtful = False
        self.balances: dict[str, int | None] = {}

    def ends(self, trailer: bool | None) -> StatementEnds:
        """With balances they must prove, too; without, nothing proves. What is interim closes nothing."""
        opening, closing = self.balances.get(OPENING), self.balances.get(CLOSING) if self.is_final else None
        proved = None if opening is None or closing is None else opening + self.net_pence == closing
        if trailer is False:
            proved = False
        opened_on = None if opening is None else self.as_of
        return StatementEnds(opening, closing, opened_on, self.as_of, self.currency, proved)


class Reader:
    """A file while it is read. A statement's end is held back until its group's and the file's trailers have been seen."""

    def __init__(self) -> None:
        self.at = Place(0, 0)
        self.line = 1
        self.file_id = ""
        self.file: Totals | None = None
        self.group: Group | None = None
        self.account: Account | None = None
        self.held: StatementEnds | None = None
        self.names: list[str] = []
        self.seen: Counter[tuple[str, str]] = Counter()
        self.evidence: set[bool | None] = set()

    def read(self, stream: BinaryIO) -> Iterator[Record]:
        try:
            for record in logical_records(stream):
                before, self.line = self.at, record.line
                self.at = Place(before.row_count + record.row_count, before.record_count + 1)
                if record.is_doubtful and self.account is not None:
                    self.account.is_doubtful = True
                try:
                    if record.code == "16":
                        yield self.take_entry(record)
                    else:
                        yield from self.take(record, before)
                except Unusable as error:
                    yield fault(record.line, str(error), ASK)
        except Unreadable as error:
            yield fault(None, str(error), ASK)
            return
        yield from self.finish()

    def take_entry(self, record: LogicalRecord) -> Entry:
        if self.account is None:
            raise Unusable("an entry stands outside an account")
        made, amount = entry(record, self.account.as_of, self.account.is_final)
        self.account.add(amount, amount)
        self.account.net_pence += made.amount_pence
        return made

    def take(self, record: LogicalRecord, before: Place) -> Iterator[Record]:
        match record.code:
            case "01":
                yield from self.close(1)
                self.begin_file(record.fields(), before)
            case "02":
                yield from self.close(2)
                yield from self.begin_group(record.fields(), before)
            case "03":
                yield from self.close(3)
                yield from self.begin_account(fields_of(record.parts), before)
            case "49":
                yield from self.end_account(record.fields())
            case "98":
                yield from self.close(3)
                self.end_group(record.fields())
            case "99":
                yield from self.close(2)
                self.end_file(record.fields())
            case _:
                raise Unusable("the line is no record of this format")

    def begin_file(self, fields: list[str], before: Place) -> None:
        self.file, self.file_id = Totals(before), fields[4]
        self.names.append(":".join((fields[0], fields[2], fields[4])))
        if fields[7] == "1":
            raise Unusable("the file is in the first version of BAI, not the second")

    def begin_group(self, fields: list[str], before: Place) -> Iterator[Record]:
        if fields[2] not in ("", "1"):
            yield fault(self.line, *STATUSES.get(fields[2], ("the group has a status that is not known", ASK)))
        self.group = Group(before, fields, NO_DAY)
        as_of = day(fields[3])
        if as_of is None:
            raise Unusable("the group has no day")
        self.group.as_of = as_of

    def begin_account(self, fields: Fields, before: Place) -> Iterator[Record]:
        if self.group is None:
            raise Unusable("an account stands outside a group")
        if self.held is not None:
            yield self.held
            self.held = None
        named, currency = ((field or "").strip() for field in (*fields, "", "")[:2])
        self.account = Account(before, self.group, currency)
        yield self.begins(bank_account(SORT_CODE_LAST.sub(r"\2\1", named)) or "unnamed", self.group)
        for kind, pence in summaries(fields):
            self.account.add(pence or 0, pence or 0)
            self.account.balances[kind] = pence

    def begins(self, account: str, group: Group) -> StatementBegins:
        """The statement's name: its file's, its group's, and a number where a file has the account in it more than once."""
        name = ":".join(part for part in (self.file_id, *group.name) if part)
        self.seen[name, account] += 1
        nth = self.seen[name, account]
        return StatementBegins(account, (name if nth == 1 else f"{name}/{nth}")[:140], 1, True, None)

    def end_account(self, fields: list[str]) -> Iterator[Fault]:
        """Hold an account against its trailer. Where a record stands behind a text, only the trailer says that it is the bank's
        own and not typed by a payer: then a trailer that does not agree is a fault."""
        if self.account is None or self.group is None:
            raise Unusable("an account's trailer stands outside an account")
        account, self.account = self.account, None
        said = number(fields[0])
        trailer = account.agrees(said, number(fields[1]), self.at)
        self.held = account.ends(trailer)
        self.evidence.add(trailer if self.held.is_proved is None else self.held.is_proved)
        self.group.add(account.pence, account.pence if said is None else said)
        if account.is_doubtful and not trailer:
            yield fault(self.line, "the account's trailer disagrees with its records, some of which stand behind a text", ASK_FOR_LINES)

    def end_group(self, fields: list[str]) -> None:
        if self.group is None:
            raise Unusable("a group's trailer stands outside a group")
        group, self.group = self.group, None
        self.hold_against(group, fields)
        if self.file is not None:
            said = number(fields[0])
            self.file.add(group.pence, group.said_pence if said is None else said)

    def end_file(self, fields: list[str]) -> None:
        if self.file is None:
            raise Unusable("a file's trailer stands outside a file")
        file, self.file = self.file, None
        self.hold_against(file, fields)

    def hold_against(self, totals: Totals, fields: list[str]) -> None:
        """Hold a group or the file against its trailer. Where they disagree, which statement is missing or wrong cannot be
        known: the last one is told as not proved, so that somebody looks."""
        trailer = totals.agrees(number(fields[0]), number(fields[2]), self.at)
        if trailer is False or number(fields[1]) not in (None, totals.member_count):
            self.evidence.add(False)
            self.held = None if self.held is None else self.held._replace(is_proved=False)

    def close(self, level: int) -> Iterator[Fault]:
        """A fault for whatever is still open at this level (1 file, 2 group, 3 account) or below, and has no trailer."""
        if self.account is not None:
            yield fault(self.line, "the account before this line has no trailer (49)", ASK)
            self.account = None
        if self.group is not None and level < 3:
            yield fault(self.line, "the group before this line has no trailer (98)", ASK)
            self.group = None
        if self.file is not None and level < 2:
            yield fault(self.line, "the file has no trailer (99): it was cut short", ASK)
            self.file = None

    def finish(self) -> Iterator[Record]:
        yield from self.close(1)
        if self.held is not None:
            yield self.held
        if not self.seen:
            yield fault(self.line, "there is no statement in the file", ASK)
        proof = False if False in self.evidence or not self.evidence else None if None in self.evidence else True
        yield Whole("+".join(self.names)[:140] or "none", None, proof)


def read(stream: BinaryIO) -> Iterator[Record]:
    """Each account of each group as a statement."""
    return Reader().read(stream)


BAI2 = Format("bai2", "bank", looks_like, read)

"""Statements as comma-separated exports: one for each account in the file, proved by the running balance where there is one.

A file is read twice: what names a statement, its first and its last day, stands at neither end of it."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from typing import BinaryIO, NamedTuple

from ims_contracts.remittances import Fault
from ims_ingest.formats import bank_csv_banks, bank_csv_general
from ims_ingest.formats.bank_csv_balances import Account
from ims_ingest.formats.bank_csv_banks import EXPORTS, Export
from ims_ingest.formats.bank_csv_rows import Layout, Posting, entry, posting
from ims_ingest.formats.records import Format, Record, StatementBegins, StatementEnds, Whole, fault
from ims_ingest.formats.table import cells

# Rows of several accounts that lie between each other are put in order in memory; an export by account has no such limit.
MIXED_ROWS_MAX = 50_000
# Each takes memory until the file is read.
ACCOUNTS_MAX = 1_000
type Key = tuple[str, str]
"""The account and the currency: one statement."""
type Found = tuple[Key, Record]


class Survey(NamedTuple):
    """What the first reading finds."""

    accounts: dict[Key, Account]
    is_mixed: bool
    is_sound: bool
    row_count: int


def read_as(layout_of: Callable[[BinaryIO], Layout | Fault], stream: BinaryIO) -> Iterator[Record]:
    """Each account's statement, its entries in the file's order; every fault where it stands."""
    layout = layout_of(stream)
    if isinstance(layout, Fault):
        yield layout
        return
    stream.seek(0)
    survey = look(postings(stream, layout))
    if len(survey.accounts) > ACCOUNTS_MAX:
        yield fault(None, f"the file has more than {ACCOUNTS_MAX} accounts", "export fewer accounts at once")
        return
    if survey.is_mixed and survey.row_count > MIXED_ROWS_MAX:
        yield fault(None, f"the file has more than {MIXED_ROWS_MAX} rows, and accounts between each other", "export each account by itself")
        return
    stream.seek(0)
    found = records(stream, layout)
    if survey.is_mixed:
        order = {key: number for number, key in enumerate(survey.accounts)}
        found = iter(sorted(found, key=lambda each: order.get(each[0], -1)))
    yield from statements(found, survey)


def postings(stream: BinaryIO, layout: Layout) -> Iterator[tuple[Posting | Fault, list[str]]]:
    """What each row says of money, with the row itself."""
    for each in cells(stream, layout.delimiter):
        if not isinstance(each, tuple):
            yield each, []
        elif each[0] >= layout.first_line and (each[1][0].strip() or any(map(str.strip, each[1]))):
            yield posting(*each, layout), each[1]


def look(found: Iterator[tuple[Posting | Fault, list[str]]]) -> Survey:
    """Go through all rows without their texts."""
    accounts: dict[Key, Account] = {}
    last: Key | None = None
    is_mixed, is_sound, row_count = False, True, 0
    for each, _ in found:
        row_count += 1
        if not isinstance(each, Posting):
            is_sound = False
            continue
        key = (each.account, each.currency)
        if key != last:
            is_mixed = is_mixed or key in accounts
            account, last = accounts.setdefault(key, Account(each.day)), key
            if len(accounts) > ACCOUNTS_MAX:
                break
        account.add(each)
    for account in accounts.values():
        account.is_sound = is_sound
    return Survey(accounts, is_mixed, is_sound, row_count)


def records(stream: BinaryIO, layout: Layout) -> Iterator[Found]:
    """Entries and faults, each with the statement that it belongs to: a fault with the one before it."""
    key: Key = ("", "")
    for each, values in postings(stream, layout):
        if not isinstance(each, Posting):
            yield key, each
            continue
        key = (each.account, each.currency)
        if each.amount_pence is not None:
            yield key, entry(each, values, layout)


def statements(found: Iterator[Found], survey: Survey) -> Iterator[Record]:
    names: list[str] = []
    proofs: list[bool | None] = []
    for key, group in groupby(found, key=lambda each: each[0]):
        if key not in survey.accounts:
            yield from (record for _, record in group)
            continue
        begins, ends = ends_of(key, survey.accounts[key])
        yield begins
        yield from (record for _, record in group)
        yield ends
        names.append(begins.reference)
        proofs.append(ends.is_proved)
    if not names and survey.is_sound:
        yield fault(None, "there is no entry in the file", "export the statement again, with the days it is for")
    yield Whole("+".join(names)[:140] or "none", None, False if False in proofs or not proofs else None if None in proofs else True)


def ends_of(key: Key, account: Account) -> tuple[StatementBegins, StatementEnds]:
    """A statement is named by its account and its days, for an export has no name of its own."""
    opening_pence, closing_pence, is_proved = account.balances()
    reference = f"{key[0]} {account.first_on.isoformat()}..{account.last_on.isoformat()}"
    begins = StatementBegins(key[0], reference, page=1, is_last_page=True, sequence=None)
    return begins, StatementEnds(opening_pence, closing_pence, account.first_on, account.last_on, key[1], is_proved)


def is_export(export: Export, head: bytes) -> bool:
    return bank_csv_banks.first_entry(export, head) is not None


def is_general(head: bytes) -> bool:
    return bank_csv_general.header_in(head) is not None


BANK_CSVS = tuple(
    Format(each.name, "bank", partial(is_export, each), partial(read_as, partial(bank_csv_banks.layout_of, each))) for each in EXPORTS
)
STATEMENT_CSV = Format("statement_csv", "bank", is_general, partial(read_as, bank_csv_general.layout_of))

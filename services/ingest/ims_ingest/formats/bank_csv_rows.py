"""One row of a bank's export: whose account, which day, how much, the balance after it, and what the bank says of it."""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from ims_contracts.remittances import Fault
from ims_ingest.formats.bank_csv_values import CACHED, POWER_OF_TEN, Style, written_day, written_pence
from ims_ingest.formats.records import Entry, fault
from ims_ingest.formats.text import bank_account, usual_pence

WORDS_MAX, CODE_MAX, SORT_CODE_LENGTH = 500, 64, 6
DEBIT_WORDS = frozenset({"d", "dr", "db", "dbit", "debit", "-", "af", "soll", "s", "out"})
CREDIT_WORDS = frozenset({"c", "cr", "crdt", "credit", "+", "bij", "haben", "h", "in"})
NOT_BOOKED = frozenset({"pending", "authorised", "authorized", "declined", "failed", "reverted", "cancelled", "canceled"})
CARD = "card-"
EXPORT_AGAIN = "export the file again from the bank, and do not open it in a spreadsheet"
type Texts = tuple[str | None, str | None]
"""The other party's name and what the payer typed, where one column says both."""


class Columns(NamedTuple):
    """Which columns say what, counted from nought. The amount is in one column, signed or with its direction, or in two."""

    day: int | None = None
    account: tuple[int, ...] = ()
    """Sort code and number, or both in one."""
    amount: int | None = None
    direction: int | None = None
    debit: int | None = None
    credit: int | None = None
    balance: int | None = None
    value_day: int | None = None
    status: int | None = None
    currency: int | None = None
    code: int | None = None
    name: int | None = None
    name_account: int | None = None
    reference: int | None = None
    narrative: tuple[int, ...] = ()


class Layout(NamedTuple):
    """How one file is to be read."""

    columns: Columns
    labels: tuple[str, ...]
    """What a fault calls each column; a row has so many."""
    style: Style = Style()
    account: str | None = None
    """The account of all rows, where no row names it."""
    day: date | None = None
    """The day of all rows, where no row names it."""
    currency: str = "GBP"
    first_line: int = 1
    """Rows begin here; above stand the header and what banks write over it."""
    delimiter: str = ","
    texts: Callable[[str], Texts] | None = None
    """What to make of the first narrative column, where it holds more than one thing."""


class Posting(NamedTuple):
    """What a row says of the money."""

    line: int
    account: str
    currency: str
    day: date
    amount_pence: int | None
    """None where the row only tells a balance."""
    balance_pence: int | None
    is_booked: bool


class Unusable(ValueError):
    """What cannot be read, in which column, and what to do."""

    def __init__(self, what: str, column: int | None, what_to_do: str = EXPORT_AGAIN) -> None:
        super().__init__(what)
        self.column, self.what_to_do = column, what_to_do


def posting(line: int, values: list[str], layout: Layout) -> Posting | Fault:
    """The money of a row, or why it cannot be read."""
    try:
        if len(values) != len(layout.labels):
            check_width(values, layout)
        columns = layout.columns
        account = layout.account or account_of(tuple(map(values.__getitem__, columns.account)), columns.account[0])
        amount_pence, balance_pence = signed_pence(values, layout), amount_in(columns.balance, values, layout)
        if amount_pence is None and balance_pence is None:
            raise Unusable("the row has no amount", columns.amount if columns.debit is None else columns.debit)
        if account[:5] == CARD:  # a card's export counts what is owed
            amount_pence, balance_pence = amount_pence and -amount_pence, balance_pence and -balance_pence
        currency = layout.currency if columns.currency is None else values[columns.currency].strip().upper() or layout.currency
        is_booked = columns.status is None or values[columns.status].strip().lower() not in NOT_BOOKED
        return Posting(line, account, currency[:3], day_in(columns.day, values, layout), amount_pence, balance_pence, is_booked)
    except Unusable as error:
        position = None if error.column is None else layout.labels[error.column]
        return fault(line, str(error), error.what_to_do, position)


def check_width(values: list[str], layout: Layout) -> None:
    """A row may have commas too many at its end, but no column too few: it would be cut short."""
    width = len(layout.labels)
    if len(values) < width or any(map(str.strip, values[width:])):
        raise Unusable(f"the row has {len(values)} columns, not {width}", None)


def signed_pence(values: list[str], layout: Layout) -> int | None:
    """Credits above nothing, debits below; none where nothing is written."""
    columns = layout.columns
    if columns.debit is None:
        amount_pence = amount_in(columns.amount, values, layout)
        if columns.direction is None or amount_pence is None:
            return amount_pence
        return directed(amount_pence, values[columns.direction], columns.direction)
    debit, credit = amount_in(columns.debit, values, layout), amount_in(columns.credit, values, layout)
    if debit and credit:
        raise Unusable("the row is both a debit and a credit", columns.debit)
    if credit is not None and credit < 0:
        raise Unusable("the credit is below nothing", columns.credit)
    # Some banks write a debit below nothing, in the debits' own column.
    return -abs(debit) if debit else credit if credit is not None else debit


def directed(amount_pence: int, written: str, column: int) -> int:
    """The amount with the sign that its direction says."""
    word = written.strip().lower()
    if word in DEBIT_WORDS:
        return -abs(amount_pence)
    if word not in CREDIT_WORDS:
        raise Unusable("neither a debit nor a credit", column)
    if amount_pence < 0:
        raise Unusable("a credit is below nothing", column)
    return amount_pence


def amount_in(column: int | None, values: list[str], layout: Layout) -> int | None:
    if column is None or not (text := values[column]):
        return None
    if (usual := usual_pence(text, layout.style.mark)) is not None:
        return usual
    try:
        return written_pence(text, layout.style.mark)
    except ValueError as error:
        raise Unusable(f"the amount cannot be read: {error}", column) from None


def day_in(column: int | None, values: list[str], layout: Layout) -> date:
    if column is None:
        assert layout.day is not None
        return layout.day
    try:
        return written_day(values[column], layout.style.is_month_first)
    except ValueError:
        raise Unusable("there is no such day: a spreadsheet may have turned day and month", column) from None


@lru_cache(CACHED)
def account_of(written: tuple[str, ...], column: int) -> str:
    """A British account's fourteen digits, or a card by its last four. Raises Unusable for what a spreadsheet has damaged."""
    parts = [part.strip().lstrip("'").strip() for part in written]
    for part in parts:
        refuse_power_of_ten(part, column)
    name = bank_account(" ".join(parts))
    is_split_well = len(parts) == 1 or len(parts[0].replace("-", "")) == SORT_CODE_LENGTH
    if len(name) == 14 and name.isdecimal() and is_split_well:
        return name
    if len(name) == 16 and "*" in name:
        return CARD + name[-4:]
    raise Unusable("the account is not a sort code of six digits and a number of eight: leading zeros may be gone", column)


def refuse_power_of_ten(text: str, column: int) -> None:
    if POWER_OF_TEN.fullmatch(text.strip()):
        raise Unusable("a spreadsheet has turned a number into a power of ten", column)


def entry(found: Posting, values: list[str], layout: Layout) -> Entry | Fault:
    """The entry of a row that has an amount, with what the bank says of it."""
    assert found.amount_pence is not None
    columns = layout.columns
    try:
        narrative = " ".join([text for column in columns.narrative if (text := words(values, column))])
        name, reference, code = words(values, columns.name), words(values, columns.reference), words(values, columns.code)
        value_on = day_in(columns.value_day, values, layout) if words(values, columns.value_day) else found.day
    except Unusable as error:
        return fault(found.line, str(error), error.what_to_do, None if error.column is None else layout.labels[error.column])
    if layout.texts is not None:
        name, reference = layout.texts(values[columns.narrative[0]])
    payer_account = words(values, columns.name_account)
    said = narrative or " ".join(filter(None, (name, reference)))
    return Entry(
        line=found.line,
        amount_pence=found.amount_pence,
        booked_on=found.day,
        value_on=value_on,
        is_booked=found.is_booked,
        bank_reference=None,
        transaction_code=code and code[:CODE_MAX],
        counterparty_name=name and name[:WORDS_MAX],
        counterparty_account=payer_account and bank_account(payer_account),
        reference=reference and reference[:WORDS_MAX],
        narrative=said[:WORDS_MAX] or None,
    )


def words(values: list[str], column: int | None) -> str | None:
    """A column's text without what a bank writes before it to keep a spreadsheet from reading it as a number; none if it is
    empty. Raises Unusable where a spreadsheet did so all the same."""
    if column is None or not (text := values[column]):
        return None
    if "+" in text:
        refuse_power_of_ten(text, column)
    return " ".join(text.removeprefix("'").split()) or None

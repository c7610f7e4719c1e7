"""Statements as any bank's or package's export has them, where the header says what the columns are. One list of what they are
called; what the header leaves open (which way round days and amounts are written) is decided once, by the whole file."""

import csv
import io
import re
from collections.abc import Iterable
from itertools import islice
from typing import BinaryIO, NamedTuple

from ims_contracts.remittances import Fault
from ims_ingest.formats.bank_csv_rows import CREDIT_WORDS, DEBIT_WORDS, Columns, Layout, Unusable, account_of
from ims_ingest.formats.bank_csv_values import Style, is_month_first, mark
from ims_ingest.formats.records import fault
from ims_ingest.formats.table import COLUMNS_MAX, cells
from ims_ingest.formats.text import Unreadable, bank_account, lines_for_csv

HEAD_BYTES = 65_536
# Banks write the account, its balance and the dates asked for above the header.
ABOVE_MAX = 20
DELIMITERS = ",;\t|"
CURRENCY = re.compile(r"(?: | ?[\[(])(GBP|EUR|USD|CHF|CAD|AUD|NZD|SEK|NOK|DKK|PLN|£|€|\$)[\])]?$", re.IGNORECASE)
SYMBOLS = {"£": "GBP", "€": "EUR", "$": "USD"}
DIRECTIONS = DEBIT_WORDS | CREDIT_WORDS
IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
# What a column may be called, the likelier first; lower case, single spaces, without the currency. Of two days the bank's own counts.
DAY = (
    "booking date", "booked date", "date booked", "posting date", "posted date", "date posted", "post date", "posted on", "buchungstag",
    "buchungsdatum", "boekdatum", "date de comptabilisation", "date comptable", "fecha contable", "data contabile", "bokföringsdag",
    "date", "transaction date", "date of transaction", "trans date", "tran date", "entry date", "processed date", "completed date",
    "date completed", "statement date", "trade date", "journal date", "buchung", "effective date", "datum", "date opération",
    "date de transaction", "fecha", "data", "dato", "date (utc)", "transaction date (utc)",
)
VALUE_DAY = ("value date", "date value", "valuta", "valutadatum", "wertstellung", "wert", "date de valeur", "fecha valor", "rentedatum")
AMOUNT = (
    "amount", "transaction amount", "amount in account currency", "net amount", "value", "betrag", "umsatz", "bedrag",
    "montant", "importe", "importo", "belopp", "beløb", "kwota", "signed amount", "amt", "net",
)
DEBIT = (
    "debit", "debits", "debit amount", "amount debit", "debit amt", "paid out", "money out", "payments out", "withdrawal", "withdrawals",
    "withdrawal (-)", "withdrawal amount", "withdrawal amt", "out", "amount out", "belastung", "lastschrift", "soll", "débit", "uitgaven",
)
CREDIT = (
    "credit", "credits", "credit amount", "amount credit", "credit amt", "paid in", "money in", "payments in", "deposit", "deposits",
    "deposit (+)", "deposit amount", "deposit amt", "in", "amount in", "gutschrift", "haben", "crédit", "inkomsten", "receipts",
)
DIRECTION = (
    "debit/credit", "credit/debit", "dr/cr", "cr/dr", "d/c", "c/d", "credit debit indicator", "debit credit indicator",
    "credit or debit", "debit or credit", "direction", "af bij", "af/bij", "soll/haben", "s/h",
)
BALANCE = (
    "balance", "running balance", "account balance", "ledger balance", "book balance", "closing balance",
    "balance amount", "saldo", "kontostand", "solde", "saldo na mutatie", "saldo na trn", "saldo nach buchung",
)
CURRENCIES = (
    "currency", "ccy", "currency code", "account currency", "transaction currency", "währung", "waehrung", "devise", "monn", "munt",
)
STATUS = ("status", "state", "transaction status")
CODE = (
    "transaction type", "type", "tran type", "transaction code", "code", "payment type", "subcategory", "mutatiesoort", "buchungstext",
)
NAME = (
    "counter party", "counterparty", "counterparty name", "payee", "payee name", "payer", "payer name", "name", "merchant", "merchant name",
    "beneficiary", "auftraggeber/empfänger", "beguenstigter/zahlungspflichtiger", "name zahlungsbeteiligter", "naam / omschrijving",
    "naam tegenpartij", "partner name",
)
NAME_ACCOUNT = (
    "payee account number", "counterparty account", "counterparty iban", "tegenrekening", "tegenrekening iban/bban", "counter account",
    "kontonummer/iban", "iban zahlungsbeteiligter", "partner iban",
)
REFERENCE = (
    "reference", "payment reference", "payer reference", "customer reference", "your reference", "ref", "referenz",
)
NARRATIVE = (
    "description", "transaction description", "original description", "narrative", "details", "transaction details", "payment details",
    "memo", "particulars", "remarks", "text", "additional description", "notes", "verwendungszweck", "mededelingen", "omschrijving",
    "libellé", "concepto", "descrizione", "journal description", "narration", "merchant/description", "beschreibung",
)
NUMBERED_NARRATIVE = re.compile(r"(narrative|description|details|vwz|verwendungszweck|beschreibung|omschrijving)[ -]?#? ?\d{1,2}")
ACCOUNT = (
    "account number", "account no", "account", "iban", "iban auftragskonto", "auftragskonto", "iban/bban", "kontonummer", "rekening",
    "bank account",
)
SORT_CODE = ("sort code", "sortcode", "sort-code")
WORDS_JOINED = re.compile(r"(?<=[a-z])(?=[A-Z])")
NAMES_ONE_AT_MOST = {
    "day": DAY, "amount": AMOUNT, "direction": DIRECTION, "debit": DEBIT, "credit": CREDIT, "balance": BALANCE, "value_day": VALUE_DAY,
    "status": STATUS, "currency": CURRENCIES, "code": CODE, "name": NAME, "name_account": NAME_ACCOUNT, "reference": REFERENCE,
}  # fmt: skip


class Header(NamedTuple):
    """A header line, and what its columns are."""

    line: int
    delimiter: str
    labels: tuple[str, ...]
    columns: Columns
    currency: str | None


def header_in(head: bytes) -> Header | None:
    """The first line at the file's beginning that names a day, an amount, and what it was for or the balance."""
    for delimiter in DELIMITERS:
        reader = csv.reader(lines_for_csv(io.BytesIO(head)), delimiter=delimiter)
        try:
            for values in islice(reader, ABOVE_MAX):
                if found := header_of(values, reader.line_num, delimiter):
                    return found
        except (csv.Error, Unreadable):
            continue
    return None


def header_of(values: list[str], line: int, delimiter: str) -> Header | None:
    values = values[: next((count for count in range(len(values), 0, -1) if values[count - 1].strip()), 0)]
    names = [name_of(value) for value in values]
    if not 2 < len(names) <= COLUMNS_MAX:
        return None
    columns = columns_of(names)
    is_money = columns.amount is not None or columns.debit is not None
    is_told = bool(columns.narrative) or not columns.name is columns.reference is columns.balance is None
    if columns.day is None or not is_money or not is_told:
        return None
    money = values[next(column for column in (columns.amount, columns.debit) if column is not None)]
    found = CURRENCY.search(" ".join(money.split()))
    currency = None if found is None else SYMBOLS.get(found[1], found[1].upper())
    return Header(line, delimiter, tuple(value.strip() for value in values), columns, currency)


def name_of(written: str) -> str:
    """`Net Amount (GBP)`, `net_amount` and `NetAmount` are one name; `NAME` is not four."""
    name = WORDS_JOINED.sub(" ", CURRENCY.sub("", " ".join(written.split()).lstrip("#"))).replace("_", " ").lower()
    return " ".join(name.split()).removesuffix(".")


def columns_of(names: list[str]) -> Columns:
    """What each column is, by the lists above. Where debits and credits have columns, they say the direction and one amount does not."""
    places = {name: column for column, name in reversed(list(enumerate(names)))}
    found = {field: next((places[name] for name in known if name in places), None) for field, known in NAMES_ONE_AT_MOST.items()}
    if found["day"] is None:  # some banks write no other day
        found["day"], found["value_day"] = found["value_day"], None
    if found["debit"] is None or found["credit"] is None:
        found["debit"] = found["credit"] = None
    else:
        found["amount"] = None
    if found["amount"] is found["debit"] is None:  # some call the one column of signed amounts so
        found["amount"], found["direction"] = found["direction"], None
    narrative = [c for c, name in enumerate(names) if name in NARRATIVE or NUMBERED_NARRATIVE.fullmatch(name)]
    account = [next((places[name] for name in known if name in places), None) for known in (SORT_CODE, ACCOUNT)]
    # Right after a payee stands the payee's account, unless that has a name of its own.
    is_own = found["name_account"] is not None
    whose = tuple(c for c in account if c is not None and (is_own or c == 0 or names[c - 1] not in NAME))
    return Columns(account=whose, narrative=tuple(narrative), **found)


class Evidence:
    """What a whole file shows of how it is written."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.is_month_first: bool | None = None
        self.mark: str | None = None
        self.directions: set[str] = set()
        self.accounts: set[tuple[str, ...]] = set()

    def see(self, values: list[str]) -> None:
        columns = self.columns
        if self.is_month_first is None and columns.day is not None:
            self.is_month_first = is_month_first(values[columns.day])
        if self.mark is None:
            money = (columns.amount, columns.debit, columns.credit, columns.balance)
            self.mark = next((seen for c in money if c is not None and (seen := mark(values[c]))), None)
        if columns.code is not None and self.directions <= DIRECTIONS:
            self.directions.add(values[columns.code].strip().lower())
        if columns.account and len(self.accounts) < 2:
            self.accounts.add(tuple(values[column] for column in columns.account))

    def is_complete(self) -> bool:
        """Whether no further row can change what has been seen."""
        is_typed = self.columns.code is None or not self.directions <= DIRECTIONS
        is_named = not self.columns.account or len(self.accounts) > 1
        return is_typed and is_named and self.is_month_first is not None and self.mark is not None

    def direction(self) -> int | None:
        """The column that says debit or credit: one of that name, or a type's that says nothing else."""
        columns = self.columns
        if columns.debit is not None or columns.direction is not None:
            return None if columns.debit is not None else columns.direction
        return columns.code if self.directions and self.directions <= DIRECTIONS else None

    def account(self) -> str:
        """The account, where every row names the same and it is a bank's whole number; a column of others may be the payers'."""
        if len(self.accounts) != 1:
            return "unnamed"
        written = next(iter(self.accounts))
        if IBAN.fullmatch(named := bank_account(written[-1].lstrip("'"))):
            return named
        try:
            return account_of(written, 0)
        except Unusable:
            return "unnamed"


def layout_of(stream: BinaryIO) -> Layout | Fault:
    """How this file is to be read. Where no day tells, the day stands before the month, as in Britain."""
    header = header_in(stream.read(HEAD_BYTES))
    if header is None:
        return fault(1, "no header names a day, an amount and a description", "export the statement with its column names")
    stream.seek(0)
    evidence = Evidence(header.columns)
    for values in whole_rows(cells(stream, header.delimiter), header):
        evidence.see(values)
        if evidence.is_complete():
            break
    columns = header.columns._replace(account=(), direction=evidence.direction())
    style = Style(evidence.is_month_first or False, evidence.mark or ".")
    return Layout(
        columns, header.labels, style, evidence.account(), currency=header.currency or "GBP",
        first_line=header.line + 1, delimiter=header.delimiter,
    )  # fmt: skip


def whole_rows(read: Iterable[tuple[int, list[str]] | Fault], header: Header) -> Iterable[list[str]]:
    """The rows below the header that have all its columns."""
    for each in read:
        if isinstance(each, tuple) and each[0] > header.line and len(each[1]) >= len(header.labels):
            yield each[1]

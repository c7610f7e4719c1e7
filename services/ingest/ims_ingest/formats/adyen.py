"""Adyen's (once Barclaycard SmartPay's) settlement detail report: the card payments of a batch, and the payout that it must come to.

Columns are known by name, for a merchant may add and reorder them. What a row moves is said by its debit and credit columns, never
by its type. Amounts are in pounds with a point; times are in the zone that each row names."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

from ims_contracts.remittances import Fault
from ims_ingest.formats.records import PAY_ID, Format, Member, Record, Whole, fault
from ims_ingest.formats.table import Values, header_has, rows
from ims_ingest.formats.text import pence

LONDON = ZoneInfo("Europe/London")
MERCHANT, BATCH, PSP, MODIFICATION = "Merchant Account", "Batch Number", "Psp Reference", "Modification Reference"
GROSS, NET = ("Gross Currency", "Gross Credit (GC)", "Gross Debit (GC)"), ("Net Currency", "Net Credit (NC)", "Net Debit (NC)")
OF_BATCHES = (MERCHANT, BATCH, MODIFICATION, "Creation Date", "TimeZone", "Type", *NET)
COLUMNS = (*OF_BATCHES, PSP, "Merchant Reference", *GROSS)
PAYOUT = "merchantpayout"
KINDS = {
    "settled": "charge", "refunded": "refund", "chargeback": "dispute", "secondchargeback": "dispute",
    "chargebackreversed": "dispute-reversal", "fee": "fee", "invoicededuction": "fee",
}  # fmt: skip
# The payout's own number, which the bank's line quotes: `TX77XT batch 77, AnytownCouncil`.
PAYOUT_NUMBER = re.compile(r"\bTX\w{2,40}XT\b", re.IGNORECASE)
# A batch is paid out once, perhaps in vain; with more it does not prove.
PAYOUTS_MAX = 100
HOURS_AHEAD = {"GMT": 0, "UTC": 0, "WET": 0, "BST": 1, "WEST": 1, "CET": 1, "CEST": 2}
# A year of some merchant accounts; each takes memory until the report is read.
BATCHES_MAX = 10_000
ASK = "ask Adyen for the report again; do not save it from a spreadsheet"
type Key = tuple[str, str]
"""Merchant account and batch: one payout."""


class Batch:
    """What the rows of a batch come to, and what it paid out."""

    def __init__(self) -> None:
        self.net_pence = 0
        self.payouts: list[tuple[str | None, int]] = []
        """The number and the pence of each payout; below nothing where its money came back."""
        self.name = ""
        """As its bank line names it, else as its merchant does."""
        self.paid_on = date.min

    @property
    def paid(self) -> list[tuple[str | None, int]]:
        """A batch below nothing is paid by the merchant; beside a payout, what is paid the other way is a payout that came back."""
        return [each for each in self.payouts if each[1] > 0] or self.payouts

    @property
    def number(self) -> str | None:
        return self.paid[-1][0] if self.payouts else None

    def came_back(self, number: str | None, pence: int) -> bool:
        return (number, pence) not in self.paid

    def is_proved(self) -> bool:
        """Whether the rows, and earlier payouts that came back, are what was paid out."""
        back = [-pence for number, pence in self.payouts if self.came_back(number, pence) and number not in (None, self.number)]
        return self.net_pence + sum(back) == sum(pence for _, pence in self.paid)

    def look(self, row: Values) -> None:
        """Take what names the batch. Raises ValueError if the row cannot be read."""
        created_on = created(row)
        if created_on > self.paid_on:
            self.paid_on = created_on
        if row["Type"].lower() == PAYOUT and len(self.payouts) < PAYOUTS_MAX:
            self.payouts.append((payout_number(row), -moved(row, NET)))


class Read(NamedTuple):
    """A row's type and amounts, and its day in Britain."""

    type: str
    gross_pence: int
    net_pence: int
    currency: str
    created_on: date


def looks_like(head: bytes) -> bool:
    return header_has(head, COLUMNS)


def read(stream: BinaryIO) -> Iterator[Record]:
    """The rows of each batch. Its payout, which names it, stands at its end: so the file is read once for that, then for the rows."""
    start = stream.tell()
    batches = look(stream)
    if len(batches) > BATCHES_MAX:
        yield fault(None, f"the report has more than {BATCHES_MAX} batches", "ask Adyen for a report of fewer days")
        return
    stream.seek(start)
    alike: Counter[str] = Counter()
    for each in rows(stream, COLUMNS, is_whole=False):
        if not isinstance(each, tuple):
            yield each
        elif not isinstance(found := read_row(*each), Read):
            yield found
        elif found.type != PAYOUT:
            batch = batches[each[1][MERCHANT], each[1][BATCH]]
            batch.net_pence += found.net_pence
            yield member(*each, found, batch, alike)
        elif (batch := batches[each[1][MERCHANT], each[1][BATCH]]).came_back(number := payout_number(each[1]), -found.net_pence):
            yield failure(member(*each, found, batch, alike), number, batch)
    wrong = [key for key, batch in batches.items() if not batch.is_proved()]
    for merchant, number in wrong:
        what = f"the rows of batch {number} of {merchant} are not what its MerchantPayout row paid"
        yield fault(None, what, "ask Adyen for the whole report again; one that is cut short has lost that row", NET[2])
    names = sorted(batch.name for batch in batches.values())
    yield Whole("+".join(names)[:140] or "none", None, not wrong)


def look(stream: BinaryIO) -> dict[Key, Batch]:
    """Each batch, with its payout and its day; rows that cannot be read are left to the second reading."""
    batches: dict[Key, Batch] = defaultdict(Batch)
    for each in rows(stream, OF_BATCHES, is_whole=False):
        if isinstance(each, tuple):
            with suppress(ValueError):
                batches[each[1][MERCHANT], each[1][BATCH]].look(each[1])
            if len(batches) > BATCHES_MAX:
                break
    for (merchant, number), batch in batches.items():
        batch.name = (batch.number or f"{merchant}:{number}")[:140]
    return batches


def read_row(line: int, row: Values) -> Read | Fault:
    kind = row["Type"].lower()
    try:
        net_pence = moved(row, NET)
        # Fees, deductions and balances brought forward have no gross; one in another currency says nothing in pence.
        has_gross = (row[GROSS[1]] or row[GROSS[2]]) and row[GROSS[0]] == row[NET[0]]
        gross_pence = moved(row, GROSS) if has_gross else 0 if KINDS.get(kind) == "fee" else net_pence
        created_on = created(row)
    except ValueError as error:
        return fault(line, f"an amount or a time cannot be read: {error}", ASK)
    if not row[MERCHANT] or not row[BATCH]:
        return fault(line, "the row names no merchant account or no batch", ASK, f"{MERCHANT}, {BATCH}")
    return Read(kind, gross_pence, net_pence, row[NET[0]].upper() or "GBP", created_on)


def moved(row: Values, columns: tuple[str, str, str]) -> int:
    """Credit less debit."""
    credit, debit = row[columns[1]], row[columns[2]]
    return (pence(credit) if credit else 0) - (pence(debit) if debit else 0)


def created(row: Values) -> date:
    """The day in Britain of the row's time. Raises ValueError for a zone that is not known here."""
    return british_hour(row["Creation Date"][:13], row["TimeZone"])


@lru_cache(4_096)
def british_hour(hour: str, zone: str) -> date:
    """Whole hours are enough: no zone that is known here differs from Britain's by less."""
    if zone not in HOURS_AHEAD:
        raise ValueError("the time zone is none that is known")
    written = datetime.fromisoformat(hour).replace(tzinfo=UTC)
    return (written - timedelta(hours=HOURS_AHEAD[zone])).astimezone(LONDON).date()


def payout_number(row: Values) -> str | None:
    number = PAYOUT_NUMBER.search(row[MODIFICATION])
    return number and number.group().upper()


def failure(row: Member, number: str | None, batch: Batch) -> Member:
    """A payout that came back, in the columns of what comes in: this batch's own, or an earlier one that this batch pays over again."""
    is_own = number in (None, batch.number)
    pence = -row.net_pence if is_own else row.net_pence
    payout = row.settlement_reference if is_own else number
    return row._replace(kind="payout-failed", gross_pence=pence, fee_pence=0, net_pence=pence, failed_payout=payout)


def member(line: int, row: Values, found: Read, batch: Batch, alike: Counter[str]) -> Member:
    """A row as part of its batch. GOV.UK Pay tells these payments under ids of its own, which the report has only where Pay gave
    them as the merchant's reference."""
    merchant = row["Merchant Reference"]
    name = f"{row[PSP]}:{row['Type']}:{row[MODIFICATION]}"[:130]
    if not row[PSP]:  # fees have no reference of their own, and two may be alike
        alike[name] += 1
        name = f"{name}:{alike[name]}"
    return Member(
        line=line,
        provider="govuk-pay",
        method_of_payment="card-smartpay",
        settlement_reference=batch.name,
        paid_on=batch.paid_on,
        kind=KINDS.get(found.type, "adjustment"),
        member_reference=name,
        provider_payment_id=merchant if PAY_ID.fullmatch(merchant) else None,
        gross_pence=found.gross_pence,
        fee_pence=found.gross_pence - found.net_pence,
        net_pence=found.net_pence,
        occurred_on=found.created_on,
        narrative=merchant or None,
        is_telling=False,
        currency=found.currency,
        provider_reference=row[PSP][:140] or None,
        merchant_reference=merchant or None,
    )


ADYEN = Format("adyen_settlement", "adyen", looks_like, read)

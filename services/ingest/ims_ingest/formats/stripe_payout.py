"""Stripe's reports of what its payouts to the council's bank are made of, and its list of charges. Amounts are in pounds with a
point, fees may exceed the gross, times are UTC."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import partial
from typing import BinaryIO, NamedTuple
from zoneinfo import ZoneInfo

from ims_contracts.remittances import Fault
from ims_ingest.formats.records import Format, Member, Record, Whole, fault
from ims_ingest.formats.table import Values, header_has, rows
from ims_ingest.formats.text import day, pence

LONDON = ZoneInfo("Europe/London")
PAYOUT, PAYOUT_FAILED = "payout", "payout-failed"
# By the report's category or, where it has none, by the type of the balance transaction.
KINDS = {
    "charge": "charge", "payment": "charge", "refund": "refund", "payment_refund": "refund", "dispute": "dispute",
    "dispute_reversal": "dispute-reversal", "fee": "fee", "stripe_fee": "fee", "payout": PAYOUT,
    "payout_reversal": PAYOUT_FAILED, "payout_failure": PAYOUT_FAILED, "payout_cancel": PAYOUT_FAILED,
}  # fmt: skip
# A balance transaction of type adjustment is a dispute's where its source is one.
DISPUTES = ("dp_", "du_")
ROW_ID = re.compile(r"\S{1,140}")
RUN_AGAIN = "run the report again; do not save it from a spreadsheet"


class Report(NamedTuple):
    """What one of Stripe's reports calls its columns."""

    id: str
    kind: str
    gross: str
    fee: str
    net: str
    currency: str
    created: str
    available_on: str
    payout: str
    payout_on: str
    source: str
    description: str
    pay_id: str
    charge: str

    def needed(self) -> tuple[str, ...]:
        return (self.id, self.payout, self.created, self.available_on, self.gross, self.fee, self.net, self.kind)


RECONCILIATION = Report(
    "balance_transaction_id", "reporting_category", "gross", "fee", "net", "currency", "created", "available_on",
    "automatic_payout_id", "automatic_payout_effective_at", "source_id", "description",
    "payment_metadata[govuk_pay_transaction_external_id]", "charge_id",
)  # fmt: skip
BALANCE_HISTORY = Report(
    "id", "Type", "Amount", "Fee", "Net", "Currency", "Created (UTC)", "Available On (UTC)", "Transfer", "Transfer Date (UTC)",
    "Source", "Description", "govuk_pay_transaction_external_id (metadata)",
    "Charge",
)  # fmt: skip


def looks_like(report: Report, head: bytes) -> bool:
    return header_has(head, report.needed())


class Payouts:
    """What the rows of each payout come to, and what its own row says."""

    def __init__(self) -> None:
        self.sums: dict[str, int] = {}
        self.said: dict[str, int] = {}

    def add(self, payout: str, member: Member, is_own: bool) -> None:
        """A payout's own failure is no part of what it was made of."""
        self.sums.setdefault(payout, 0)
        if not is_own:
            self.sums[payout] += member.net_pence
        elif member.kind == PAYOUT:
            self.said[payout] = self.said.get(payout, 0) - member.net_pence

    def wrong(self) -> list[str]:
        return [payout for payout, net_pence in self.said.items() if self.sums[payout] != net_pence]


def read(report: Report, stream: BinaryIO) -> Iterator[Record]:
    """The rows that make up payouts. A payout's own row, where the report has one, must be their sum."""
    payouts = Payouts()
    for each in rows(stream, report.needed()):
        if isinstance(each, Fault):
            yield each
            continue
        record = read_row(*each, report)
        if isinstance(record, Member) and (payout := record.settlement_reference):
            payouts.add(payout, record, is_own(record.kind, each[1], report))
            if record.kind == PAYOUT:
                continue
        yield record
    wrong = payouts.wrong()
    for payout in wrong:
        yield fault(None, f"payout {payout} is not the sum of its rows", "run the report again for the payout's whole day")
    yield Whole("+".join(sorted(payouts.sums))[:140] or "none", None, not wrong if payouts.said else None)


def is_own(kind: str, row: Values, report: Report) -> bool:
    """Whether a row is its payout's own, or its failure; another payout's failure is money that this one is made of."""
    return kind == PAYOUT or (kind == PAYOUT_FAILED and row.get(report.source) == row[report.payout])


def read_row(line: int, row: Values, report: Report) -> Record:
    try:
        gross_pence, fee_pence, net_pence = pence(row[report.gross]), pence(row[report.fee]), pence(row[report.net])
        created = datetime.fromisoformat(row[report.created]).replace(tzinfo=UTC)
        paid_on = day(row.get(report.payout_on) or row[report.available_on])
    except ValueError as error:
        return fault(line, f"an amount or a time cannot be read: {error}", RUN_AGAIN)
    if gross_pence - fee_pence != net_pence:
        position = ", ".join((report.gross, report.fee, report.net))
        return fault(line, "gross less fee is not net", RUN_AGAIN, position)
    if not ROW_ID.fullmatch(row[report.id]):
        return fault(line, "the row has no id", "run the report again", report.id)
    return member(line, row, report, (gross_pence, fee_pence, net_pence, paid_on, created.astimezone(LONDON).date()))


def member(line: int, row: Values, report: Report, read: tuple[int, int, int, date, date]) -> Member:
    kind = kind_of(row, report)
    # Seen from the bank: what a payout's failure gives back to Stripe, that payout does not bring.
    sign = -1 if kind == PAYOUT_FAILED and is_own(kind, row, report) else 1
    return Member(
        line=line,
        provider="govuk-pay",
        method_of_payment="card-stripe",
        settlement_reference=row[report.payout] or (kind == PAYOUT and row.get(report.source)) or None,
        paid_on=read[3],
        kind=kind,
        member_reference=row[report.id],
        provider_payment_id=row.get(report.pay_id) or None,
        gross_pence=sign * read[0],
        fee_pence=sign * read[1],
        net_pence=sign * read[2],
        occurred_on=read[4],
        narrative=row.get(report.description) or None,
        currency=row.get(report.currency, "").upper() or "GBP",
        provider_reference=row.get(report.charge, "")[:140] or None,
        failed_payout=failed_payout(row, report) if kind == PAYOUT_FAILED else None,
    )


def failed_payout(row: Values, report: Report) -> str | None:
    """The payout whose money came back, by its own id; a row that names none says no more than that some did."""
    source = row.get(report.source, "")
    return source[:140] if source.startswith("po_") else None


def kind_of(row: Values, report: Report) -> str:
    kind = KINDS.get(row[report.kind].lower(), "adjustment")
    if kind == "adjustment" and row.get(report.source, "").startswith(DISPUTES):
        return "dispute" if row[report.net].startswith("-") else "dispute-reversal"
    return kind


def report_format(name: str, report: Report) -> Format:
    return Format(name, "stripe", partial(looks_like, report), partial(read, report))


STRIPE_PAYOUT = report_format("stripe_payout", RECONCILIATION)
STRIPE_BALANCE = report_format("stripe_balance", BALANCE_HISTORY)

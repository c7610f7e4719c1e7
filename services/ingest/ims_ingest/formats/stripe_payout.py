"""Stripe's payout reconciliation report: what each payout to the council's bank is made of. Amounts are pounds with a point."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import BinaryIO
from zoneinfo import ZoneInfo

from ims_contracts.remittances import Fault
from ims_ingest.formats.records import Format, Member, Record, Whole, fault
from ims_ingest.formats.table import Values, header_has, rows
from ims_ingest.formats.text import day, pence

LONDON = ZoneInfo("Europe/London")
PAY_ID = "payment_metadata[govuk_pay_transaction_external_id]"
COLUMNS = ("balance_transaction_id", "automatic_payout_id", "created", "available_on", "gross", "fee", "net", "reporting_category")
KINDS = {"charge": "charge", "refund": "refund", "dispute": "dispute", "dispute_reversal": "dispute-reversal", "fee": "fee"}


def looks_like(head: bytes) -> bool:
    return header_has(head, COLUMNS)


def read(stream: BinaryIO) -> Iterator[Record]:
    """The rows that make up payouts. A payout's own row, where the report has one, must be their sum."""
    sums: dict[str, int] = {}
    said: dict[str, int] = {}
    references: set[str] = set()
    for each in rows(stream, COLUMNS):
        record = each if isinstance(each, Fault) else read_row(*each)
        if isinstance(record, Member) and record.settlement_reference:
            references.add(record.settlement_reference)
            total = said if record.kind == "payout" else sums
            total[record.settlement_reference] = total.get(record.settlement_reference, 0) + record.net_pence
            if record.kind == "payout":
                continue
        yield record
    wrong = [payout for payout, net_pence in said.items() if sums.get(payout, 0) != -net_pence]
    for payout in wrong:
        yield fault(None, f"payout {payout} is not the sum of its rows", "run the report again for the payout's whole day")
    yield Whole("+".join(sorted(references))[:140] or "none", None, not wrong if said else None)


def read_row(line: int, row: Values) -> Record:
    try:
        gross_pence, fee_pence, net_pence = (pence(row[name]) for name in ("gross", "fee", "net"))
        created = datetime.fromisoformat(row["created"]).replace(tzinfo=UTC)
        paid_on = day(row.get("automatic_payout_effective_at") or row["available_on"])
    except ValueError as error:
        return fault(line, f"an amount or a time cannot be read: {error}", "run the report again; do not save it from a spreadsheet")
    if row.get("currency", "gbp").lower() != "gbp":
        return fault(line, "the row is not in pounds", "settle other currencies to another account", "currency")
    if gross_pence - fee_pence != net_pence:
        return fault(line, "gross less fee is not net", "run the report again; do not save it from a spreadsheet", "gross, fee, net")
    if not re.fullmatch(r"\S{1,140}", row["balance_transaction_id"]):
        return fault(line, "the row has no id", "run the report again", "balance_transaction_id")
    return member(line, row, (gross_pence, fee_pence, net_pence), (paid_on, created.astimezone(LONDON).date()))


def member(line: int, row: Values, amounts: tuple[int, int, int], days: tuple[date, date]) -> Member:
    category = row["reporting_category"].lower()
    return Member(
        line=line,
        provider="govuk-pay",
        method_of_payment="card-stripe",
        settlement_reference=row["automatic_payout_id"] or None,
        paid_on=days[0],
        kind="payout" if category == "payout" else KINDS.get(category, "adjustment"),
        member_reference=row["balance_transaction_id"],
        provider_payment_id=row.get(PAY_ID) or None,
        gross_pence=amounts[0],
        fee_pence=amounts[1],
        net_pence=amounts[2],
        occurred_on=days[1],
        narrative=row.get("description") or None,
    )


STRIPE_PAYOUT = Format("stripe_payout", "stripe", looks_like, read)

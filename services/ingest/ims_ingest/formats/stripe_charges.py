"""Stripe's list of charges, as its dashboard exports it. It says what was charged and not what was paid over: it can be looked into,
and is part of no settlement. Amounts are in pounds with a point, fees are of the currency that was settled."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO

from ims_contracts.remittances import Fault
from ims_ingest.formats.records import Format, Member, Record, Whole, fault
from ims_ingest.formats.stripe_payout import LONDON, ROW_ID, RUN_AGAIN
from ims_ingest.formats.table import Values, header_has, rows
from ims_ingest.formats.text import pence

COLUMNS = ("id", "created", "amount", "converted amount", "converted currency", "fee", "status")
# Nothing was taken; a failed charge may cost a fee all the same.
NOT_TAKEN = ("failed", "blocked", "uncaptured", "cancel", "expired", "requires", "incomplete")


def column_name(written: str) -> str:
    """One name for what Stripe has called `converted_amount` and `Converted Amount`, `created` and `Created date (UTC)`."""
    return written.strip().lower().replace("_", " ").removesuffix(" (utc)").removesuffix(" date")


def looks_like(head: bytes) -> bool:
    return header_has(head, COLUMNS, column_name)


def read(stream: BinaryIO) -> Iterator[Record]:
    """Every charge, by itself."""
    for each in rows(stream, COLUMNS, column_name):
        yield each if isinstance(each, Fault) else read_row(*each)
    yield Whole("charges", None, None)


def read_row(line: int, row: Values) -> Record:
    try:
        gross_pence = pence(row["converted amount"])
        fee_pence = pence(row["fee"] or "0") + pence(row.get("tax") or row.get("taxes on fee") or "0")
        created = datetime.fromisoformat(row["created"]).replace(tzinfo=UTC)
    except ValueError as error:
        return fault(line, f"an amount or a time cannot be read: {error}", RUN_AGAIN)
    if not ROW_ID.fullmatch(row["id"]):
        return fault(line, "the row has no id", "run the report again", "id")
    if row["status"].lower().startswith(NOT_TAKEN):
        gross_pence = 0
    return Member(
        line=line,
        provider="govuk-pay",
        method_of_payment="card-stripe",
        settlement_reference=None,
        paid_on=created.astimezone(LONDON).date(),
        kind="charge",
        member_reference=row["id"],
        provider_payment_id=None,
        gross_pence=gross_pence,
        fee_pence=fee_pence,
        net_pence=gross_pence - fee_pence,
        occurred_on=created.astimezone(LONDON).date(),
        narrative=row.get("description") or None,
        is_telling=False,
        currency=row["converted currency"].upper() or "GBP",
    )


STRIPE_CHARGES = Format("stripe_charges", "stripe", looks_like, read)

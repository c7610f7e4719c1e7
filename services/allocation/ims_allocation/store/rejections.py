"""The lines that back offices did not take: each once, for ever, with what became of it."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import Field

from ims_allocation.domain import PaymentKey, Record
from ims_allocation.store.placements import columns, record
from ims_allocation.store.tables import Table, big
from ims_kit import Insert, Work


class RejectedLineRow(Table, table=True):
    """A line of a run that its back office did not take. Never changed."""

    __tablename__ = "rejected_line"
    council: str = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    destination: str
    payment_id: UUID | None
    fund: str
    account_reference: str | None
    amount_pence: int = big()
    reason: str
    revision: int | None
    journal_id: UUID | None
    heard_on: date
    became: str
    """`suspense`, or `noted`: what went back, what is no payment's, and what had left the account since."""


type LineKey = tuple[str, UUID, int]
"""Council, run and the line's number in it."""

KEEP = Insert(
    RejectedLineRow,
    "council run_id sequence destination payment_id fund account_reference amount_pence reason revision journal_id heard_on became",
)
KNOWN = """SELECT council, run_id, sequence FROM rejected_line
  JOIN unnest($1::text[], $2::uuid[], $3::int[]) AS asked (council, run_id, sequence) USING (council, run_id, sequence)"""
STORIES = """SELECT p.* FROM placement p JOIN unnest($1::text[], $2::uuid[]) AS asked (council, payment_id) USING (council, payment_id)
  ORDER BY council, payment_id, revision"""
LISTED = """SELECT run_id, sequence, destination, payment_id, fund, account_reference, amount_pence, reason, revision, journal_id, heard_on,
    became FROM rejected_line
  WHERE council = $1 AND ($2::text IS NULL OR destination = $2) AND ($3::uuid IS NULL OR payment_id = $3)
    AND ($4::text IS NULL OR became = $4) AND (run_id, sequence) > ($5, $6)
  ORDER BY run_id, sequence LIMIT $7"""


async def known(lines: Collection[LineKey], work: Work) -> set[LineKey]:
    """Those of the lines that were heard of before."""
    rows = await work.connection.fetch(KNOWN, *(zip(*lines, strict=True) if lines else ([], [], [])))
    return {tuple(row) for row in rows}


async def stories(payments: Collection[PaymentKey], work: Work) -> Mapping[PaymentKey, list[Record]]:
    """Every revision of some payments, in order."""
    found: dict[PaymentKey, list[Record]] = {key: [] for key in payments}
    for row in await work.connection.fetch(STORIES, *columns(payments)):
        found[row["council"], row["payment_id"]].append(record(row))
    return found


async def keep(rows: list[tuple[Any, ...]], work: Work) -> None:
    """Keep lines; those that are there already stay as they are."""
    await KEEP(work.connection, sorted(rows, key=lambda row: (row[0], row[1], row[2])))


async def page(
    connection: Any, council: str, asked: tuple[str | None, UUID | None, str | None], after: tuple[UUID, int], count_max: int
) -> list[dict[str, Any]]:
    """Lines of a destination, of a payment, of which one thing became, or all; from behind the line that is named."""
    return [dict(row) for row in await connection.fetch(LISTED, council, *asked, *after, count_max)]

"""The lines that back offices did not take: each once, for ever, with what became of it."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column
from sqlalchemy.dialects.postgresql import TIMESTAMP
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


class SettledLineRow(Table, table=True):
    """What an officer did about a line that was only noted. Never changed."""

    __tablename__ = "settled_line"
    council: str = Field(primary_key=True)
    run_id: UUID = Field(primary_key=True)
    sequence: int = Field(primary_key=True)
    settled_by: str
    reason: str
    settled_at: datetime = Field(sa_column=Column(TIMESTAMP(timezone=True)))


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
SHOWN = """SELECT run_id, sequence, destination, payment_id, fund, account_reference, amount_pence, l.reason, revision, journal_id,
    heard_on, became, became = 'noted' AND settled_by IS NULL AS is_open, settled_by, settled_at, s.reason AS settled_reason
  FROM rejected_line l LEFT JOIN settled_line s USING (council, run_id, sequence) WHERE council = $1"""
LISTED = f"""{SHOWN} AND ($2::text IS NULL OR destination = $2) AND ($3::uuid IS NULL OR payment_id = $3)
    AND ($4::text IS NULL OR became = $4) AND ($5::bool IS NULL OR (became = 'noted' AND settled_by IS NULL) = $5)
    AND (run_id, sequence) > ($6, $7)
  ORDER BY run_id, sequence LIMIT $8"""
FIND = f"{SHOWN} AND run_id = $2 AND sequence = $3"
SETTLE = """INSERT INTO settled_line (council, run_id, sequence, settled_by, reason, settled_at) VALUES ($1, $2, $3, $4, $5, $6)
  ON CONFLICT DO NOTHING"""


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
    connection: Any, council: str, asked: tuple[str | None, UUID | None, str | None, bool | None], after: tuple[UUID, int], count_max: int
) -> list[dict[str, Any]]:
    """Lines of a destination, of a payment, of which one thing became, that wait for an officer, or all; from behind the one named."""
    return [dict(row) for row in await connection.fetch(LISTED, council, *asked, *after, count_max)]


async def find(key: LineKey, work: Work) -> Any:
    """A line, and whether it waits for an officer."""
    return await work.connection.fetchrow(FIND, *key)


async def settle(key: LineKey, said: tuple[str, str], work: Work) -> None:
    """Keep by whom a line was settled, and how; the first word counts."""
    await work.connection.execute(SETTLE, *key, *said, work.now)

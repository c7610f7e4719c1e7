"""Keeps what is heard, once each, whatever the order: inserts only, but for what a newer word replaces."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from ims_kit import Insert
from ims_reconcile.store import tables

type Row = tuple[Any, ...]

EXPECT = Insert(
    tables.Expectation,
    "council subject_id kind payment_id revision source method_of_payment amount_pence due_on reference remittance_id statement_line_id"
    " provider provider_reference",
    conflict="""(subject_id, council) DO UPDATE SET revision = excluded.revision, source = excluded.source, due_on = excluded.due_on,
      method_of_payment = excluded.method_of_payment,
      provider_reference = coalesce(excluded.provider_reference, expectation.provider_reference),
      remittance_id = coalesce(excluded.remittance_id, expectation.remittance_id)
      WHERE excluded.revision > expectation.revision""",
)
STATEMENT = Insert(
    tables.Statement,
    "statement_id council bank_account opened_on closed_on opening_pence closing_pence line_count net_pence is_proved format"
    " currency sequence source received_on reference page is_last_page because",
    returning="statement_id",
)
LINE = Insert(
    tables.BankLine,
    "line_id council statement_id bank_account amount_pence booked_on value_on bank_reference counterparty_name"
    " counterparty_account reference narrative transaction_code because",
)
SETTLEMENT = Insert(
    tables.Settlement,
    "settlement_id council source reference method_of_payment paid_on gross_pence fee_pence net_pence member_count page_count received_on"
    " because",
)
PAGE = Insert(tables.SettlementPage, "settlement_id page member_count gross_pence fee_pence net_pence", returning="settlement_id page")
FAILED = Insert(tables.FailedPayout, "settlement_id council source reference net_pence failed_on")
MEMBER = Insert(
    tables.Member,
    "member_id council settlement_id kind payment_id gross_pence fee_pence net_pence occurred_on reference provider_reference"
)
REMITTANCE = Insert(
    tables.Remittance,
    "remittance_id council source reference business_on payment_count reversal_count net_pence is_refused refused_for received_on because",
    # A file refused and then put right is the same file; one that came whole is not undone by a refusal told late.
    conflict="""(remittance_id) DO UPDATE SET reference = excluded.reference, business_on = excluded.business_on,
      payment_count = excluded.payment_count, reversal_count = excluded.reversal_count, net_pence = excluded.net_pence,
      is_refused = false, refused_for = '', received_on = excluded.received_on, because = excluded.because, is_done = false
      WHERE remittance.is_refused AND NOT excluded.is_refused""",
)
REVERSED = Insert(tables.RemittanceReversed, "remittance_id because")
DECIDED = Insert(tables.RemittanceDecided, "remittance_id verdict because")
LATE = Insert(tables.LateFile, "council source expected_on")
# A statement that comes late stands between two that agreed until now: those after it are looked at again.
LOOK_AGAIN = """UPDATE statement SET is_done = false FROM statement fresh
  WHERE fresh.statement_id = ANY($1) AND statement.is_done
    AND (statement.council, statement.bank_account) = (fresh.council, fresh.bank_account)
    AND statement.closed_on IN (fresh.closed_on, (SELECT min(later.closed_on) FROM statement later
      WHERE (later.council, later.bank_account) = (fresh.council, fresh.bank_account) AND later.closed_on > fresh.closed_on))"""


# A payment of a day that was gone through already: that day is gone through again.
SWEEP_AGAIN = """DELETE FROM swept USING unnest($1::text[], $2::date[]) AS heard (council, day)
  WHERE (swept.council, swept.day) = (heard.council, heard.day)"""


async def expect(connection: Any, rows: Sequence[Row], days: Iterable[tuple[str, date]]) -> None:
    """Remember money that should be seen at the bank; `days` are those (council, day) of what comes in no file. The hot path: one
    insert for a batch."""
    await EXPECT(connection, rows)
    if wanted := sorted(days):
        await connection.execute(SWEEP_AGAIN, *zip(*wanted, strict=True))


async def keep_statements(connection: Any, rows: Sequence[Row]) -> None:
    """Remember statements, and look again at those that follow them."""
    if fresh := await STATEMENT(connection, rows):
        await connection.execute(LOOK_AGAIN, [row["statement_id"] for row in fresh])


async def keep_lines(connection: Any, rows: Sequence[Row]) -> None:
    """Remember bank lines."""
    await LINE(connection, rows)


async def keep_settlements(connection: Any, rows: Sequence[Row], pages: Sequence[Row]) -> set[tuple[UUID, int]]:
    """Remember settlements and their pages; returns the pages that are new, whose members must be kept now."""
    await SETTLEMENT(connection, rows)
    return {(row["settlement_id"], row["page"]) for row in await PAGE(connection, pages)}


async def keep_failed(connection: Any, rows: Sequence[Row]) -> None:
    """Remember payouts that failed, whether their settlements are known or not."""
    await FAILED(connection, rows)


async def keep_members(connection: Any, rows: Sequence[Row]) -> None:
    """Remember the rows of new pages."""
    await MEMBER(connection, rows)


async def keep_remittances(connection: Any, rows: Sequence[Row]) -> None:
    """Remember files and feed pages, and those refused."""
    await REMITTANCE(connection, rows)


async def decide_remittances(connection: Any, rows: Sequence[Row]) -> None:
    """Remember what people have made of files that were refused or held, known or not."""
    await DECIDED(connection, rows)


async def take_back_remittances(connection: Any, rows: Sequence[Row]) -> None:
    """Remember that files were taken back, known or not."""
    await REVERSED(connection, rows)


async def keep_late(connection: Any, rows: Sequence[Row]) -> None:
    """Remember that files were missed on their day."""
    await LATE(connection, rows)

"""Lines of bank accounts: each once, whichever statements show it."""

from collections.abc import Sequence
from itertools import groupby

from ims_contracts.statements import StatementLineReceived
from ims_ingest.domain.rows import Shown, statement_line
from ims_ingest.domain.statement_lines import Held, Seen, new_lines
from ims_ingest.store.tables import Sighting, StatementLine
from ims_kit import Insert, Work

# A line that was first seen without the bank's reference has it from the first statement that gives one.
KEEP = Insert(
    StatementLine,
    "statement_line_id council bank_account booked_on amount_pence ordinal bank_reference",
    conflict="(statement_line_id) DO UPDATE SET bank_reference = excluded.bank_reference"
    " WHERE statement_line.bank_reference IS NULL AND excluded.bank_reference IS NOT NULL",
)
SEE = Insert(Sighting, "statement_id line_number statement_line_id")
HELD = """SELECT booked_on, amount_pence, ordinal, bank_reference, NOT EXISTS (
    SELECT 1 FROM sighting WHERE sighting.statement_line_id = line.statement_line_id AND sighting.statement_id = $4) AS is_free
  FROM statement_line AS line WHERE council = $1 AND bank_account = $2 AND booked_on = ANY($3)"""


async def show(entries: Sequence[Shown], council: str, work: Work) -> None:
    """Find which line each entry of a statement is; keep and tell the new ones. One writer a bank account at a time."""
    await work.lock({f"{council}/{shown.begins.bank_account}" for shown in entries})
    for _, group in groupby(entries, key=lambda shown: shown.statement_id):
        await show_statement(list(group), council, work)


async def show_statement(entries: list[Shown], council: str, work: Work) -> None:
    first, days = entries[0], {shown.entry.booked_on for shown in entries}
    held = await work.connection.fetch(HELD, council, first.begins.bank_account, list(days), first.statement_id)
    wanted = [(shown.entry.booked_on, shown.entry.amount_pence, shown.entry.bank_reference) for shown in entries]
    seen = new_lines([Held(*found) for found in held], wanted)
    lines = [statement_line(shown, council, each.ordinal) for shown, each in zip(entries, seen, strict=True)]
    await KEEP(work.connection, [row(line, each) for line, each in zip(lines, seen, strict=True)])
    await SEE(work.connection, [(line.statement_id, line.line_number, line.statement_line_id) for line in lines])
    for line, each in zip(lines, seen, strict=True):
        if each.is_new:
            work.tell(line)


def row(line: StatementLineReceived, seen: Seen) -> tuple[object, ...]:
    identity = (line.statement_line_id, line.council, line.bank_account)
    return *identity, line.booked_on, line.amount_pence, seen.ordinal, seen.bank_reference

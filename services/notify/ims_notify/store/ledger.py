"""The ledger that was heard for those who take it, and which run told which journal."""

from collections.abc import AsyncIterator
from datetime import date
from itertools import chain, groupby
from operator import attrgetter
from uuid import UUID

from ims_kit import Insert, Work
from ims_notify.domain.book import Book
from ims_notify.domain.ledger import Entry, Journal, JournalSide
from ims_notify.domain.postings import FileDestination
from ims_notify.store.run_tables import LedgerTotalRow

JOURNALS_MAX = 250_000
"""What a run may hold: more waits for the next, so that a file always fits into memory."""
PAGE = 5_000

# A journal and its lines are there together, once: what is known already is not looked at.
KEEP = """WITH fresh AS (
  INSERT INTO ledger_journal (entry_id, council, destination, posted_on, payment_id, reason)
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::date[], $5::uuid[], $6::text[]) ON CONFLICT DO NOTHING RETURNING entry_id)
INSERT INTO ledger_line (entry_id, line, ledger_account, account_reference, cost_centre, vat_code, vat_pence, amount_pence)
SELECT l.* FROM unnest($7::uuid[], $8::int[], $9::text[], $10::text[], $11::text[], $12::text[], $13::bigint[], $14::bigint[])
  AS l (entry_id, line, ledger_account, account_reference, cost_centre, vat_code, vat_pence, amount_pence) JOIN fresh USING (entry_id)"""

# A day that had ended when the run before was made may be closed where the file goes.
WAITING = """WITH waiting AS MATERIALIZED (
  SELECT entry_id, posted_on, payment_id, reason FROM ledger_journal WHERE council = $1 AND destination = $2 AND number IS NULL
  ORDER BY posted_on, entry_id LIMIT $3)
SELECT w.posted_on, coalesce(w.posted_on < $4::date, false), l.ledger_account, l.cost_centre, l.vat_code, l.vat_pence, l.amount_pence, 1,
  w.entry_id, l.account_reference, w.payment_id, w.reason
FROM waiting w JOIN ledger_line l USING (entry_id) ORDER BY w.posted_on, w.entry_id, l.line"""

LAST_DAY = """SELECT (max(made_at) AT TIME ZONE 'Europe/London')::date FROM run
WHERE council = $1 AND destination = $2 AND NOT is_test"""

# Whoever makes a run holds the destination's row of `run_schedule`, so that all of them still wait.
NUMBERED = "UPDATE ledger_journal j SET number = $2, unfit = NULL FROM unnest($1::uuid[]) AS n (entry_id) WHERE j.entry_id = n.entry_id"

UNFIT = """UPDATE ledger_journal j SET unfit = n.unfit FROM unnest($1::uuid[], $2::text[]) AS n (entry_id, unfit)
WHERE j.entry_id = n.entry_id AND j.unfit IS DISTINCT FROM n.unfit"""

SAY = Insert(LedgerTotalRow, "council destination number posted_on ledger_account debit_pence credit_pence")


async def keep(found: list[tuple[Journal, list[JournalSide]]], work: Work) -> None:
    """Keep the journals of facts with their lines; those that are known already change nothing."""
    by_id = {journal.entry_id: (journal, sides) for journal, sides in found}
    if not by_id:
        return
    heads = [by_id[each][0] for each in sorted(by_id)]
    sides = [side for _, of_one in by_id.values() for side in of_one]
    await work.connection.execute(KEEP, *zip(*heads, strict=True), *zip(*sides, strict=True))


async def last_day(to: FileDestination, work: Work) -> date | None:
    """The day on which the run before was made."""
    day: date | None = await work.connection.fetchval(LAST_DAY, to.council, to.name)
    return day


async def waiting(to: FileDestination, work: Work) -> AsyncIterator[list[list[Entry]]]:
    """The journals that are to be told, in pages; each with all its lines, in their order."""
    cursor = await work.connection.cursor(WAITING, to.council, to.name, JOURNALS_MAX, await last_day(to, work))
    begun: list[Entry] = []
    while rows := await cursor.fetch(PAGE):
        entries = chain(begun, (Entry(*row) for row in rows))
        *whole, begun = [[*journal] for _, journal in groupby(entries, key=attrgetter("entry_id"))]
        yield whole
    if begun:
        yield [begun]


async def number(to: FileDestination, number: int, book: Book, work: Work) -> None:
    """These journals are in this run, and in no other; and what it says of each day and account."""
    await work.connection.execute(NUMBERED, book.entry_ids, number)
    rows = [(to.council, to.name, number, *key, *pence) for key, pence in sorted(book.by_account.items())]
    await SAY(work.connection, rows)


async def keep_unfit(unfit: dict[UUID, str], work: Work) -> None:
    """Keep why journals could not be written."""
    if unfit:
        await work.connection.execute(UNFIT, list(unfit), list(unfit.values()))

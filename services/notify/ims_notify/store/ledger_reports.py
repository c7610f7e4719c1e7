"""What is reported of the ledger: heard, exported and waiting, by day and account; and the laws between them."""

from datetime import date
from typing import Any

from ims_notify.domain.postings import FileDestination

# What was exported is what runs said, as they were made; what was heard and what waits are the journals themselves.
KINDS = """heard AS (
  SELECT council, destination, posted_on, ledger_account, sum(greatest(amount_pence, 0)) AS debit, -sum(least(amount_pence, 0)) AS credit,
    sum(greatest(amount_pence, 0)) FILTER (WHERE number IS NULL) AS waiting_debit,
    -sum(least(amount_pence, 0)) FILTER (WHERE number IS NULL) AS waiting_credit
  FROM ledger_journal JOIN ledger_line USING (entry_id) {} GROUP BY 1, 2, 3, 4),
exported AS (
  SELECT council, destination, posted_on, ledger_account, sum(debit_pence) AS debit, sum(credit_pence) AS credit
  FROM ledger_total {} GROUP BY 1, 2, 3, 4)"""

OF_ONE = "WHERE council = $1 AND destination = $2 AND posted_on = coalesce($3::date, posted_on)"

BY_ACCOUNT = f"""WITH {KINDS.format(OF_ONE, OF_ONE)}
SELECT posted_on, ledger_account, coalesce(h.debit, 0)::bigint AS heard_debit_pence, coalesce(h.credit, 0)::bigint AS heard_credit_pence,
  coalesce(e.debit, 0)::bigint AS exported_debit_pence, coalesce(e.credit, 0)::bigint AS exported_credit_pence,
  coalesce(waiting_debit, 0)::bigint AS waiting_debit_pence, coalesce(waiting_credit, 0)::bigint AS waiting_credit_pence
FROM heard h FULL JOIN exported e USING (council, destination, posted_on, ledger_account) ORDER BY 1, 2"""  # noqa: S608 - built of constants

WAITING = """SELECT count(DISTINCT entry_id) AS journal_count, count(l.line) AS line_count,
  coalesce(sum(greatest(amount_pence, 0)), 0)::bigint AS debit_pence,
  count(DISTINCT entry_id) FILTER (WHERE unfit IS NOT NULL) AS unfit_count
FROM ledger_journal JOIN ledger_line l USING (entry_id) WHERE council = $1 AND destination = $2 AND number IS NULL"""

UNFIT = """SELECT entry_id AS journal, posted_on, payment_id, unfit AS reason
FROM ledger_journal WHERE council = $1 AND destination = $2 AND number IS NULL AND unfit IS NOT NULL ORDER BY entry_id LIMIT 500"""

LAWS = {
    "what the ledger's runs said and what waits is what was heard": f"""WITH {KINDS.format("", "")}
      SELECT council, posted_on,
        sum(abs(coalesce(h.debit, 0) - coalesce(waiting_debit, 0) - coalesce(e.debit, 0))
          + abs(coalesce(h.credit, 0) - coalesce(waiting_credit, 0) - coalesce(e.credit, 0)))
      FROM heard h FULL JOIN exported e USING (council, destination, posted_on, ledger_account) GROUP BY 1, 2""",  # noqa: S608 - built of constants
    "every journal that was told is of a run of the ledger": """SELECT council, posted_on,
        count(*) FILTER (WHERE number IS NOT NULL AND NOT EXISTS (SELECT FROM run r WHERE r.council = j.council
          AND r.destination = j.destination AND r.number = j.number AND r.kind = 'ledger' AND NOT r.is_test))
      FROM ledger_journal j GROUP BY 1, 2""",
}
"""Each as a count of pence, or journals, that break it, by council and accounting day."""


async def by_account(connection: Any, to: FileDestination, day: date | None) -> list[dict[str, Any]]:
    """Of each accounting day (or of one) and ledger account: debits and credits heard, exported and waiting."""
    return [dict(row) for row in await connection.fetch(BY_ACCOUNT, to.council, to.name, day)]


async def waiting(connection: Any, to: FileDestination) -> dict[str, Any]:
    """What the next run would have, and what it could not."""
    row = await connection.fetchrow(WAITING, to.council, to.name)
    unfit = await connection.fetch(UNFIT, to.council, to.name)
    return {"destination": to.name, "is_test": to.is_test} | dict(row) | {"unfit": [dict(each) for each in unfit]}

"""Disputes of card payments: what is at risk while they are open."""

from collections.abc import Sequence
from typing import Any

from ims_kit import Insert
from ims_reconcile.store import tables
from ims_reconcile.store.heard import Row

# A dispute goes one way only, so the furthest that was told of it is where it stands.
DISPUTE = Insert(
    tables.Dispute,
    "council payment_id dispute_id state stage amount_pence disputed_on",
    conflict="""(council, payment_id, dispute_id) DO UPDATE SET state = excluded.state, stage = excluded.stage,
      amount_pence = excluded.amount_pence WHERE excluded.stage > dispute.stage""",
)
AT_RISK = """SELECT d.dispute_id, d.payment_id, d.state, d.amount_pence, d.disputed_on, e.source, e.method_of_payment
  FROM dispute d LEFT JOIN expectation e ON (e.subject_id, e.council) = (d.payment_id, d.council)
  WHERE d.council = $1 AND d.state NOT IN ('won', 'lost') ORDER BY d.disputed_on, d.dispute_id"""


async def keep_disputes(connection: Any, rows: Sequence[Row]) -> None:
    """Remember how far disputes have come; one row a dispute."""
    await DISPUTE(connection, rows)


async def at_risk(connection: Any, council: str) -> list[Any]:
    """The council's open disputes, the oldest first."""
    found: list[Any] = await connection.fetch(AT_RISK, council)
    return found

"""What notify says of itself: totals, single deliveries, and the laws that hold between its tables."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from ims_notify.store import evidence, ledger_reports

RECEIPTS = """SELECT CASE WHEN d.state IN ('sent', 'delivered') THEN 'issued' WHEN d.state IN ('due', 'failed') THEN d.state
  ELSE 'no_contact' END,
  count(*), sum(p.amount_pence)::bigint
FROM payment p LEFT JOIN delivery d ON d.council = p.council AND d.payment_id = p.payment_id AND d.kind = 'receipt'
WHERE p.council = $1 AND p.heard_revision > 0 AND p.placed_revision > 0 GROUP BY 1"""

POSTINGS = """SELECT state, count(*), sum(amount_pence)::bigint FROM delivery
WHERE council = $1 AND kind = 'posting' GROUP BY 1"""

RECEIPT = """SELECT coalesce(d.state, 'no-contact') AS state, p.receipt_id, p.amount_pence, d.channel, d.attempts, d.issued_at,
  CASE WHEN d.state = 'delivered' THEN d.finished_at END AS delivered_at, d.reason, d.template
FROM payment p LEFT JOIN delivery d ON d.council = p.council AND d.payment_id = p.payment_id AND d.kind = 'receipt'
WHERE p.council = $1 AND p.payment_id = $2 AND p.heard_revision > 0 AND p.placed_revision > 0"""

# In the order of their ids: nothing that happens to a delivery moves it to another page.
SHOWN = """SELECT delivery_id, payment_id, kind, channel, destination, revision, state, attempts, since, due_at, issued_at, finished_at,
  reason, template, copy_of FROM delivery"""
DELIVERIES = f"""{SHOWN} WHERE council = $1 AND ($2::text[] IS NULL OR destination = ANY($2)) AND ($3::text IS NULL OR state = $3)
  AND ($4::uuid IS NULL OR delivery_id > $4) AND ($5::text IS NULL OR channel = $5) AND ($6::uuid IS NULL OR payment_id = $6)
  ORDER BY delivery_id LIMIT $7"""
DELIVERY = f"{SHOWN} WHERE council = $1 AND ($2::text[] IS NULL OR destination = ANY($2)) AND delivery_id = $3"

# Each law as a count of what breaks it, by council and day of payment.
LAWS = {
    "a payer has at most one receipt": """SELECT p.council, p.paid_on,
        sum((SELECT greatest(count(*) - 1, 0) FROM delivery d
             WHERE d.council = p.council AND d.payment_id = p.payment_id AND d.kind = 'receipt'))
      FROM payment p WHERE p.receipt_id IS NOT NULL AND p.heard_revision > 0 GROUP BY 1, 2""",
    "every receipt and posting sent has its payment": """SELECT d.council, p.paid_on,
        count(*) FILTER (WHERE p.payment_id IS NULL OR p.heard_revision = 0
          OR (d.kind = 'receipt' AND p.placed_revision = 0))
      FROM delivery d LEFT JOIN payment p ON p.council = d.council AND p.payment_id = d.payment_id
      WHERE d.state IN ('sent', 'delivered', 'acknowledged') GROUP BY 1, 2""",
    "every payer who can be written to has a receipt": """SELECT p.council, p.paid_on,
        count(*) FILTER (WHERE d.delivery_id IS NULL)
      FROM payment p LEFT JOIN delivery d ON d.council = p.council AND d.payment_id = p.payment_id AND d.kind = 'receipt'
      WHERE p.email IS NOT NULL AND p.heard_revision > 0 AND p.placed_revision > 0 GROUP BY 1, 2""",
    "GOV.UK Notify delivered nothing twice": """SELECT council, first_at::date, count(*) FILTER (WHERE delivered > 1) FROM (
        SELECT council, min(reported_at) AS first_at, count(DISTINCT notification_id) AS delivered
        FROM delivery_report WHERE is_known AND status = 'delivered' GROUP BY council, reference) AS r GROUP BY 1, 2""",
    "runs are numbered without a gap": """SELECT council, min(made_at)::date, max(number) - min(number) + 1 - count(*)
      FROM run GROUP BY council, destination, is_test""",
    "a run says what its lines come to": """SELECT r.council, r.made_at::date,
        count(*) FILTER (WHERE (r.credit_count, r.debit_count, r.credit_pence, r.debit_pence)
          IS DISTINCT FROM (l.credit_count, l.debit_count, l.credit_pence, l.debit_pence))
      FROM run r LEFT JOIN LATERAL (
        SELECT count(*) FILTER (WHERE amount_pence > 0) AS credit_count, count(*) FILTER (WHERE amount_pence < 0) AS debit_count,
          coalesce(sum(amount_pence) FILTER (WHERE amount_pence > 0), 0) AS credit_pence,
          coalesce(-sum(amount_pence) FILTER (WHERE amount_pence < 0), 0) AS debit_pence
        FROM posting_line l WHERE (l.council, l.destination, l.number) = (r.council, r.destination, r.number)) AS l ON true
      WHERE r.kind = 'postings' AND NOT r.is_test GROUP BY 1, 2""",
} | ledger_reports.LAWS


async def totals(connection: Any, council: str) -> dict[str, dict[str, dict[str, int]]]:
    """How many receipts and postings there are in each state, and of how much money."""

    async def by_state(sql: str, states: Sequence[str]) -> dict[str, dict[str, int]]:
        found = {state: {"count": count, "pence": pence} for state, count, pence in await connection.fetch(sql, council)}
        return {state: found.get(state, {"count": 0, "pence": 0}) for state in states}

    return {
        "receipts": await by_state(RECEIPTS, ("due", "issued", "failed", "no_contact")),
        "postings": await by_state(POSTINGS, ("waiting", "due", "delivered", "acknowledged", "failed")),
    }


async def receipt(connection: Any, council: str, payment_id: UUID) -> dict[str, Any] | None:
    """What became of a payment's receipt; none while a half of the payment is not known."""
    row = await connection.fetchrow(RECEIPT, council, payment_id)
    return dict(row) if row else None


class Wanted(NamedTuple):
    """Which deliveries are asked for; none of a thing: all."""

    council: str
    destinations: list[str] | None
    state: str | None
    after: UUID | None
    """The last one of the page before."""
    channel: str | None
    payment_id: UUID | None


async def listed(connection: Any, wanted: Wanted, count_max: int) -> list[dict[str, Any]]:
    """Deliveries, page by page."""
    return [dict(row) for row in await connection.fetch(DELIVERIES, *wanted, count_max)]


async def delivery(connection: Any, council: str, destinations: list[str] | None, delivery_id: UUID) -> dict[str, Any] | None:
    """One delivery, and what was answered to each attempt."""
    row = await connection.fetchrow(DELIVERY, council, destinations, delivery_id)
    return dict(row) | {"tried": await evidence.of(connection, delivery_id)} if row else None


async def laws(connection: Any) -> list[dict[str, Any]]:
    """Whether each law holds, per council and day, and by how much it does not."""
    return [
        {"law": law, "council": council, "day": day, "holds": not broken, "difference": int(broken)}
        for law, sql in LAWS.items()
        for council, day, broken in await connection.fetch(sql)
    ]

"""Refunds: asked for once, approved by others, asked of whoever took the payment once, and how they ended."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import UUID

import asyncpg

from ims_allocation.domain import PaymentKey
from ims_allocation.domain.giving_back import Refund
from ims_allocation.store.tables import RefundRow, RefundStepRow
from ims_kit import Insert, Work

REQUEST = Insert(
    RefundRow,
    """council refund_id payment_id amount_pence origin requested_by approvals_needed refund_over_pence decision_id again_of
    content_sha256 reason note requested_at since_on""",
    returning="refund_id",
)
STEP = Insert(RefundStepRow, "council refund_id step given_by requested_by amount_pence reason given_at", returning="refund_id")

HELD = """SELECT r.*, s.approved_by, s.approved_pence, s.asked_pence, s.asked_at, s.sent_pence, s.failed_because, s.cancelled_because,
    (SELECT method_of_payment FROM placement p WHERE p.council = r.council AND p.payment_id = r.payment_id ORDER BY revision DESC LIMIT 1)
  FROM refund r LEFT JOIN LATERAL (SELECT
      coalesce(array_agg(given_by ORDER BY given_at) FILTER (WHERE step = 'approved'), '{}') AS approved_by,
      max(amount_pence) FILTER (WHERE step = 'approved') AS approved_pence, max(amount_pence) FILTER (WHERE step = 'asked') AS asked_pence,
      max(given_at) FILTER (WHERE step = 'asked') AS asked_at, max(amount_pence) FILTER (WHERE step = 'sent') AS sent_pence,
      max(reason) FILTER (WHERE step = 'failed') AS failed_because, max(reason) FILTER (WHERE step = 'cancelled') AS cancelled_because
    FROM refund_step WHERE refund_step.council = r.council AND refund_step.refund_id = r.refund_id) AS s ON true"""
FIND = f"{HELD} WHERE r.council = $1 AND r.refund_id = $2"
OF_PAYMENTS = f"""{HELD} JOIN unnest($1::text[], $2::uuid[]) AS asked (council, payment_id) USING (council, payment_id)
  ORDER BY r.requested_at, r.refund_id"""
ENDED = """SELECT r.* FROM refund r JOIN unnest($1::text[], $2::uuid[]) AS asked (council, refund_id) USING (council, refund_id)"""
STATE = """CASE WHEN sent_pence IS NOT NULL THEN 'sent' WHEN failed_because IS NOT NULL THEN 'failed'
  WHEN cancelled_because IS NOT NULL THEN 'cancelled' WHEN asked_pence IS NOT NULL THEN 'asked'
  WHEN approved_by <> '{}' THEN 'approved' ELSE 'requested' END"""
LISTED = {
    "states": f"{STATE} = ANY({{}}::text[])",
    "origin": "origin = {}",
    "by": "lower(requested_by) = lower({})",
    "payment_id": "payment_id = {}",
    "amount_min": "amount_pence >= {}",
    "since_until": "since_on <= {}",
    "after": "(since_on, refund_id) > ({}, {})",
}


def refund(row: Any) -> Refund:
    values = dict(row) | {"approved_by": tuple(row["approved_by"] or ())}
    return Refund(**{name: values[name] for name in Refund._fields})


async def find(connection: Any, council: str, refund_id: UUID) -> Refund | None:
    """A refund, and what became of it."""
    row = await connection.fetchrow(FIND, council, refund_id)
    return refund(row) if row else None


async def of_payments(connection: Any, payments: Collection[PaymentKey]) -> dict[PaymentKey, list[Refund]]:
    """All that was ever to go back of some payments, in order."""
    found: dict[PaymentKey, list[Refund]] = {key: [] for key in payments}
    if payments:
        for row in await connection.fetch(OF_PAYMENTS, *zip(*payments, strict=True)):
            found[row["council"], row["payment_id"]].append(refund(row))
    return found


async def request(each: Refund, work: Work) -> None:
    """Keep that a refund is asked for."""
    fresh = await REQUEST(work.connection, [each[: REQUEST.width]])
    assert fresh, "a refund is asked for under its payment's lock, and its own"


async def step(each: Refund, what: str, by: str, work: Work, says: int | str) -> None:
    """Keep what a person, or nobody, did with a refund; `says` is its amount in pence, or why it is cancelled."""
    pence, reason = (says, None) if isinstance(says, int) else (None, says)
    fresh = await STEP(work.connection, [(each.council, each.refund_id, what, by, each.requested_by, pence, reason, work.now)])
    if not fresh:  # only who does not take the payment's lock could have done it
        raise asyncpg.SerializationError("a refund was decided on at the same moment")


async def end(ends: Iterable[tuple[str, UUID, str, int, str | None]], work: Work) -> None:
    """Keep how refunds ended: council, id, `sent` or `failed`, pence, and why it failed. Those that nobody asked for here are no
    business of ours."""
    ends = list(ends)
    rows = await work.connection.fetch(ENDED, [each[0] for each in ends], [each[1] for each in ends])
    by = {(row["council"], row["refund_id"]): row["requested_by"] for row in rows}
    known = {(council, id_, what): (pence, why) for council, id_, what, pence, why in ends if (council, id_) in by}
    await STEP(work.connection, [(*key, "", by[key[:2]], pence, why, work.now) for key, (pence, why) in sorted(known.items())])


async def page(connection: Any, council: str, asked: Mapping[str, Any], count_max: int) -> list[Refund]:
    """The refunds of which all that is asked holds, those that wait longest first; `after` is the last one of the page before."""
    wheres, values = ["council = $1"], [council]
    for name, value in asked.items():
        if value is not None:
            each = value if isinstance(value, tuple) else (value,)
            wheres.append(LISTED[name].replace("'{}'", "'{{}}'").format(*(f"${len(values) + at}" for at in range(1, len(each) + 1))))
            values += each
    found = f"SELECT * FROM ({HELD}) AS held WHERE {' AND '.join(wheres)} ORDER BY since_on, refund_id LIMIT {int(count_max)}"  # noqa: S608
    return [refund(row) for row in await connection.fetch(found, *values)]

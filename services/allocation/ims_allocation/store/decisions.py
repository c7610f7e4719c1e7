"""What people decided: kept once, taking effect once, undone once."""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from ims_allocation.domain import Decided, Line, Part, PaymentKey, Placement
from ims_allocation.store.placements import record
from ims_allocation.store.tables import DecidedRow, DecisionRow, JournalRow, VerdictRow
from ims_kit import Insert, Work

KEEP = Insert(
    DecisionRow,
    """council decision_id kind undoes content_sha256 amount_pence needs_approval released_pence reallocated_pence journalled_pence
    release_over_pence reallocation_over_pence journal_over_pence overdrawn_pence reason note decided_by decided_at""",
    returning="decision_id",
)
KEEP_DECIDED = Insert(DecidedRow, "council decision_id payment_id revision parts refund_due_pence seen")
KEEP_JOURNAL = Insert(JournalRow, "council decision_id lines")
GIVE = Insert(VerdictRow, "council decision_id verdict undoes decided_by needs_approval given_by given_at", returning="decision_id")

HELD = """SELECT d.*, v.verdict, v.given_by, v.given_at, u.decision_id AS undone_by
  FROM decision d LEFT JOIN verdict v USING (council, decision_id)
  LEFT JOIN verdict u ON u.council = d.council AND u.undoes = d.decision_id AND u.verdict = 'in-force'"""
FIND = f"{HELD} WHERE d.council = $1 AND d.decision_id = $2"
OF_PAYMENT = f"""{HELD} WHERE d.council = $1 AND coalesce(d.undoes, d.decision_id)
  IN (SELECT decision_id FROM decided WHERE council = $1 AND payment_id = $2) ORDER BY d.decided_at, d.decision_id"""  # noqa: S608
SHARES = "SELECT * FROM decided WHERE council = $1 AND decision_id = ANY($2::uuid[]) ORDER BY decision_id, payment_id"
LINES = "SELECT decision_id, lines FROM journal WHERE council = $1 AND decision_id = ANY($2::uuid[])"
# A decision in force replaces the one before it; where it is undone, that one is in force again.
BEFORE = """SELECT DISTINCT ON (payment_id) d.* FROM decided d JOIN verdict v USING (council, decision_id)
  WHERE d.council = $1 AND d.payment_id = ANY($2::uuid[]) AND d.decision_id <> $3 AND v.verdict = 'in-force' AND NOT EXISTS (
    SELECT FROM verdict u WHERE u.council = d.council AND u.undoes = d.decision_id AND u.verdict = 'in-force')
  ORDER BY payment_id, revision DESC"""
# The first of the decisions in force that nobody else approved, since the last one that somebody did.
ALONE = """SELECT DISTINCT ON (payment_id) p.* FROM decided d JOIN verdict v USING (council, decision_id)
    JOIN placement p USING (council, payment_id, revision)
  WHERE d.council = $1 AND d.payment_id = ANY($2::uuid[]) AND v.verdict = 'in-force' AND NOT EXISTS (
    SELECT FROM decided l JOIN verdict a USING (council, decision_id) WHERE l.council = d.council AND l.payment_id = d.payment_id
      AND l.revision >= d.revision AND a.verdict = 'in-force' AND a.needs_approval AND NOT EXISTS (
        SELECT FROM verdict u WHERE u.council = l.council AND u.undoes = l.decision_id AND u.verdict = 'in-force'))
    AND NOT EXISTS (SELECT FROM verdict u WHERE u.council = d.council AND u.undoes = d.decision_id AND u.verdict = 'in-force')
  ORDER BY payment_id, revision"""
STATE = """CASE WHEN u.decision_id IS NOT NULL THEN 'undone' ELSE coalesce(v.verdict, 'proposed') END"""
LISTED = {
    "kind": "d.kind = {}",
    "state": f"{STATE} = {{}}",
    "by": "lower(d.decided_by) = lower({})",
    "payment_id": """coalesce(d.undoes, d.decision_id) IN (SELECT decision_id FROM decided
        WHERE council = $1 AND payment_id = {})""",
    "amount_min": "d.amount_pence >= {}",
    "since": "d.decided_at >= {}",
    "until": "d.decided_at < {}",
    "before": "(d.decided_at, d.decision_id) < ({}, {})",
}


class Held(NamedTuple):
    """A decision as it is kept, and what became of it."""

    council: str
    decision_id: UUID
    kind: str
    undoes: UUID | None
    content_sha256: str
    amount_pence: int
    needs_approval: bool
    released_pence: int
    reallocated_pence: int
    journalled_pence: int
    release_over_pence: int | None
    reallocation_over_pence: int | None
    journal_over_pence: int | None
    overdrawn_pence: int
    reason: str
    note: str | None
    decided_by: str
    decided_at: datetime
    verdict: str | None = None
    given_by: str | None = None
    given_at: datetime | None = None
    undone_by: UUID | None = None

    @property
    def state(self) -> str:
        """`proposed` (it waits for approval), `in-force`, `withdrawn` before it had any effect, `undone`."""
        return "undone" if self.undone_by else self.verdict or "proposed"


class Share(NamedTuple):
    """What is decided of one payment, and the revision of it that was looked at."""

    key: PaymentKey
    revision: int
    decided: Decided


async def find(connection: Any, council: str, decision_id: UUID) -> Held | None:
    """A decision, and what became of it."""
    row = await connection.fetchrow(FIND, council, decision_id)
    return Held(*row) if row else None


async def keep(held: Held, shares: Iterable[Share], lines: Collection[Line], work: Work) -> None:
    """Keep what was decided; it has no effect by itself."""
    await KEEP(work.connection, [held[: KEEP.width]])
    rows = [
        (*share.key[:1], held.decision_id, share.key[1], share.revision, json.dumps(share.decided.parts), share.decided.refund_due_pence,
         json.dumps([str(each) for each in share.decided.seen]))
        for share in shares
    ]  # fmt: skip
    await KEEP_DECIDED(work.connection, rows)
    if lines:
        await KEEP_JOURNAL(work.connection, [(held.council, held.decision_id, json.dumps(list(lines)))])


async def give(held: Held, verdict: str, by: str, work: Work) -> None:
    """Say once what becomes of a decision; the database holds that no author approves their own."""
    fresh = await GIVE(
        work.connection,
        [(held.council, held.decision_id, verdict, held.undoes, held.decided_by, held.needs_approval, by, work.now)],
    )
    assert fresh, "a verdict is given under the decision's lock, to one that has none"


async def shares(connection: Any, council: str, decisions: Collection[UUID]) -> list[Share]:
    """What some decisions say of each of their payments."""
    return [share(row) for row in await connection.fetch(SHARES, council, list(decisions))]


async def lines(connection: Any, council: str, decisions: Collection[UUID]) -> dict[UUID, list[Line]]:
    """What some decisions move between accounts."""
    rows = await connection.fetch(LINES, council, list(decisions))
    return {row["decision_id"]: [Line(*each) for each in json.loads(row["lines"])] for row in rows}


async def before(connection: Any, council: str, payments: Collection[UUID], decision_id: UUID) -> dict[PaymentKey, Decided | None]:
    """For each payment the decision that is in force without this one, if any is."""
    found = [share(row) for row in await connection.fetch(BEFORE, council, list(payments), decision_id)]
    nothing: dict[PaymentKey, Decided | None] = {(council, payment_id): None for payment_id in payments}
    return nothing | {each.key: each.decided for each in found}


async def alone(connection: Any, council: str, payments: Collection[UUID]) -> dict[PaymentKey, Placement]:
    """Where payments were before what is in force of them was decided without another person's approval."""
    rows = await connection.fetch(ALONE, council, list(payments))
    return {(council, row["payment_id"]): placed for row in rows if (placed := record(row).placement)}


async def of_payment(connection: Any, council: str, payment_id: UUID) -> list[Held]:
    """All that was ever decided of a payment, and undone, in order."""
    return [Held(*row) for row in await connection.fetch(OF_PAYMENT, council, payment_id)]


async def page(connection: Any, council: str, asked: Mapping[str, Any], count_max: int) -> list[Held]:
    """The newest decisions of which all that is asked holds; `before` is the last one of the page before."""
    wheres, values = ["d.council = $1"], [council]
    for name, value in asked.items():
        if value is not None:
            each = value if isinstance(value, tuple) else (value,)
            wheres.append(LISTED[name].format(*(f"${len(values) + at}" for at in range(1, len(each) + 1))))
            values += each
    found = f"{HELD} WHERE {' AND '.join(wheres)} ORDER BY d.decided_at DESC, d.decision_id DESC LIMIT {int(count_max)}"
    return [Held(*row) for row in await connection.fetch(found, *values)]


def share(row: Any) -> Share:
    parts = tuple(Part(*each) for each in json.loads(row["parts"]))
    seen = tuple(UUID(each) for each in json.loads(row["seen"]))
    return Share((row["council"], row["payment_id"]), row["revision"], Decided(row["decision_id"], parts, row["refund_due_pence"], seen))

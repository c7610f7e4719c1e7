"""What the ledger and the placements say in all, and whether they say the same."""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from ims_allocation.store import sums

# What each posting day added, from the placements (each revision less the one before it) beside the ledger's lines.
DAYS = """WITH placed AS (
    SELECT council, posted_on, sum(taken) AS taken, sum(allocated) AS allocated, sum(suspended) AS suspended, sum(due) AS due FROM (
      SELECT council, posted_on, live - lag(live, 1, 0::bigint) OVER story AS taken,
        allocated_pence - lag(allocated_pence, 1, 0::bigint) OVER story AS allocated,
        suspended_pence - lag(suspended_pence, 1, 0::bigint) OVER story AS suspended,
        refund_due_pence - lag(refund_due_pence, 1, 0::bigint) OVER story AS due
      FROM (SELECT *, amount_pence - reversed_pence - refunded_pence AS live FROM placement) AS revisions
      WINDOW story AS (PARTITION BY council, payment_id ORDER BY revision)) AS steps
    GROUP BY council, posted_on),
  posted AS (
    SELECT council, posted_on, sum(amount_pence) AS total,
      sum(amount_pence) FILTER (WHERE split_part(ledger_account, ':', 1) NOT IN ('fund', 'suspense', 'refunds-due')) AS taken,
      -sum(amount_pence) FILTER (WHERE ledger_account LIKE 'fund:%') AS allocated,
      -sum(amount_pence) FILTER (WHERE ledger_account = 'suspense') AS suspended,
      -sum(amount_pence) FILTER (WHERE ledger_account = 'refunds-due') AS due
    FROM ledger_line GROUP BY council, posted_on)
SELECT council, posted_on, coalesce(p.taken, 0) - coalesce(p.allocated, 0) - coalesce(p.suspended, 0) - coalesce(p.due, 0) AS lost,
  abs(coalesce(p.taken, 0) - coalesce(l.taken, 0)) + abs(coalesce(p.allocated, 0) - coalesce(l.allocated, 0))
    + abs(coalesce(p.suspended, 0) - coalesce(l.suspended, 0)) + abs(coalesce(p.due, 0) - coalesce(l.due, 0)) AS apart,
  coalesce(l.total, 0) AS unbalanced
FROM placed p FULL JOIN posted l USING (council, posted_on) ORDER BY council, posted_on"""

JOURNALS = """SELECT council, sum(abs(pence)) AS pence FROM (
    SELECT council, journal_id, sum(amount_pence) AS pence FROM ledger_line GROUP BY council, journal_id) AS journals GROUP BY council"""
TWICE = """SELECT council, sum(gap) AS payments FROM (
    SELECT council, payment_id, (count(*) <> max(revision))::int AS gap FROM placement GROUP BY council, payment_id) AS stories
  GROUP BY council"""


# What people decided, beside what it made of placements, ledger and queue: each row that is not as it should be counts one.
QUEUE = """WITH there AS (SELECT p.* FROM placement p WHERE p.suspended_pence <> 0 AND NOT EXISTS (SELECT FROM placement later
    WHERE later.council = p.council AND later.payment_id = p.payment_id AND later.revision = p.revision + 1)),
  whose AS (SELECT DISTINCT ON (council, payment_id) council, payment_id, owner, area FROM suspense_note WHERE kind = 'assign'
    ORDER BY council, payment_id, note_number DESC)
  SELECT council, sum(((there.suspended_pence, there.revision, coalesce(there.reason, there.outcome), whose.owner, whose.area)
    IS DISTINCT FROM (i.amount_pence, i.revision, i.reason, i.owner, i.area))::int) AS difference
  FROM there FULL JOIN suspense_item i USING (council, payment_id) LEFT JOIN whose USING (council, payment_id) GROUP BY council"""
IN_FORCE = """WITH said AS (SELECT DISTINCT ON (council, payment_id) council, payment_id, decision_id
    FROM decided d JOIN verdict v USING (council, decision_id) WHERE v.verdict = 'in-force' AND NOT EXISTS (
      SELECT FROM verdict u WHERE u.council = d.council AND u.undoes = d.decision_id AND u.verdict = 'in-force')
    ORDER BY council, payment_id, revision DESC),
  done AS (SELECT p.council, p.payment_id, (p.details -> 'placement' ->> 'decision_id')::uuid AS decision_id FROM placement p
    WHERE p.rule = 'officer' AND NOT EXISTS (SELECT FROM placement later
      WHERE later.council = p.council AND later.payment_id = p.payment_id AND later.revision = p.revision + 1))
  SELECT council, sum((said.decision_id IS DISTINCT FROM done.decision_id)::int) AS difference
  FROM said FULL JOIN done USING (council, payment_id) GROUP BY council"""
MOVED = """WITH said AS (SELECT v.council, v.decision_id AS journal_id, (SELECT coalesce(sum(abs((line ->> 2)::bigint)), 0)
      FROM jsonb_array_elements(j.lines) AS line) AS pence
    FROM verdict v JOIN journal j ON j.council = v.council AND j.decision_id = coalesce(v.undoes, v.decision_id)
    WHERE v.verdict = 'in-force'),
  done AS (SELECT council, journal_id, sum(abs(amount_pence)) AS pence FROM ledger_line WHERE payment_id IS NULL GROUP BY 1, 2)
  SELECT council, sum(abs(said.pence - coalesce(done.pence, 0))) AS difference
  FROM said LEFT JOIN done USING (council, journal_id) GROUP BY council"""
# What is claimed of each payment by refunds that are asked for, beside what is due back, what is left, and what was paid.
CLAIMS = """WITH held AS (SELECT r.council, r.payment_id, origin, amount_pence, approved_pence, asked_pence, sent_pence, is_ended
    FROM refund r LEFT JOIN LATERAL (SELECT max(amount_pence) FILTER (WHERE step = 'approved') AS approved_pence,
        max(amount_pence) FILTER (WHERE step = 'asked') AS asked_pence, max(amount_pence) FILTER (WHERE step = 'sent') AS sent_pence,
        bool_or(step IN ('sent', 'failed', 'cancelled')) AS is_ended
      FROM refund_step WHERE refund_step.council = r.council AND refund_step.refund_id = r.refund_id) AS s ON true),
  claimed AS (SELECT council, payment_id,
      sum(amount_pence) FILTER (WHERE origin <> 'officer' AND asked_pence IS NULL AND is_ended IS NOT TRUE) AS due,
      sum(coalesce(asked_pence, approved_pence, amount_pence))
        FILTER (WHERE (origin = 'officer' OR asked_pence IS NOT NULL) AND is_ended IS NOT TRUE) AS others,
      sum(coalesce(sent_pence, asked_pence)) FILTER (WHERE is_ended IS NOT TRUE OR sent_pence IS NOT NULL) AS going,
      sum(sent_pence) AS sent, sum(greatest(0, sent_pence - asked_pence)) AS beyond
    FROM held GROUP BY council, payment_id),
  now AS (SELECT p.* FROM placement p WHERE NOT EXISTS (SELECT FROM placement later
      WHERE later.council = p.council AND later.payment_id = p.payment_id AND later.revision = p.revision + 1)
    AND (p.refund_due_pence > 0 OR (p.council, p.payment_id) IN (SELECT council, payment_id FROM claimed)))"""
ASKED_FOR = f"""{CLAIMS} SELECT council, sum(abs(coalesce(due, 0) - greatest(0,
    least(refund_due_pence, amount_pence - reversed_pence - refunded_pence) - coalesce(others, 0)))) AS difference
  FROM now FULL JOIN claimed USING (council, payment_id) GROUP BY council"""  # noqa: S608
PAID_BEFORE = f"""{CLAIMS} SELECT council, sum(greatest(0, going - coalesce(amount_pence, 0))) AS difference
  FROM claimed LEFT JOIN now USING (council, payment_id) GROUP BY council"""  # noqa: S608
SENT = f"""{CLAIMS} SELECT council, sum(coalesce(beyond, 0) + greatest(0, coalesce(sent, 0) - coalesce(refunded_pence, 0))) AS difference
  FROM claimed LEFT JOIN now USING (council, payment_id) GROUP BY council"""  # noqa: S608
REJECTED = """WITH said AS (SELECT council, payment_id, count(*) AS lines FROM rejected_line WHERE became = 'suspense' GROUP BY 1, 2),
  done AS (SELECT p.council, p.payment_id, jsonb_array_length(p.details -> 'rejected') AS lines FROM placement p
    WHERE jsonb_array_length(p.details -> 'rejected') > 0 AND NOT EXISTS (SELECT FROM placement later
      WHERE later.council = p.council AND later.payment_id = p.payment_id AND later.revision = p.revision + 1))
  SELECT council, sum(abs(coalesce(said.lines, 0) - coalesce(done.lines, 0))) AS difference
  FROM said FULL JOIN done USING (council, payment_id) GROUP BY council"""
OF_ALL = {
    "what is summed is what there is": sums.LAW,
    "the queue is what is in suspense": QUEUE,
    "what was decided is where it was decided": IN_FORCE,
    "journals are posted as they were decided": MOVED,
    "what back offices rejected is held against its payment, once": REJECTED,
    "what is due back is asked for, once": ASKED_FOR,
    "no more was approved to go back than was paid": PAID_BEFORE,
    "what was sent is what was approved, and off its payment": SENT,
}


async def balances(pool: Any, council: str) -> dict[str, Any]:
    """A council's money: from the placements with counts, from the ledger, and the differences, which are nothing. As of one instant."""
    async with pool.acquire() as connection, connection.transaction(isolation="repeatable_read", readonly=True):
        rows, ledger = await sums.placed(connection, council), await sums.posted(connection, council)
    placed = {what: {unit: sum(row[f"{what}_{unit}"] for row in rows) for unit in ("count", "pence")} for what in sums.COUNTED}
    suspended = sorted((row["why"], row["suspended_count"], row["suspended_pence"]) for row in rows if row["suspended_count"])
    reasons = {why: {"count": count, "pence": pence} for why, count, pence in suspended}
    pence = {what: total["pence"] for what, total in placed.items()}
    taken = pence["received"] - pence["reversed"] - pence["refunded"]
    expected = {"taken": taken} | {what: -pence[what] for what in ("allocated", "suspended", "refund_due")}
    differences = {what: amount - ledger.get(what, 0) for what, amount in expected.items()}
    return placed | {"suspended_by_reason": reasons, "ledger": ledger, "differences": differences}


LAWS_OF_A_DAY = {
    "no penny is lost": "lost",
    "placements are the ledger": "apart",
    "the ledger sums to nothing": "unbalanced",
}


def law(name: str, council: str, day: date | None, difference: Any) -> dict[str, Any]:
    pence = int(difference or 0)
    return {"law": name, "council": council, "day": day and day.isoformat(), "holds": pence == 0, "difference": pence}


async def laws(connection: Any) -> list[dict[str, Any]]:
    """What must hold of all that this service ever did; a difference is in pence, or in payments that are wrong."""
    found = []
    for row in await connection.fetch(DAYS):
        for name, column in LAWS_OF_A_DAY.items():
            found.append(law(name, row["council"], row["posted_on"], row[column]))
    found += [law("every journal sums to nothing", row["council"], None, row["pence"]) for row in await connection.fetch(JOURNALS)]
    found += [law("twice is once", row["council"], None, row["payments"]) for row in await connection.fetch(TWICE)]
    for name, query in OF_ALL.items():
        found += [law(name, row["council"], None, row["difference"]) for row in await connection.fetch(query)]
    return found


STORY = "SELECT * FROM placement WHERE council = $1 AND payment_id = $2 ORDER BY revision"
LINES = """SELECT journal_id, posted_on, ledger_account, account_reference, amount_pence, vat_code, vat_pence, cost_centre FROM ledger_line
  WHERE posted_on = ANY($3::date[]) AND council = $1 AND payment_id = $2 ORDER BY line_id"""
ON_ACCOUNT = """SELECT payment_id, posted_on, sum(-amount_pence)::bigint AS amount_pence FROM ledger_line
  WHERE council = $1 AND ledger_account = $2 AND account_reference = $3
    AND ($4::date IS NULL OR (posted_on, coalesce(payment_id, $6)) < ($4, $5::uuid)) GROUP BY payment_id, posted_on
  ORDER BY posted_on DESC, coalesce(payment_id, $6) DESC LIMIT $7"""
NO_PAYMENT = UUID(int=0)
"""In whose place journals of a day stand, which move no payment."""
PAID = """SELECT coalesce(sum(-amount_pence), 0)::bigint FROM ledger_line
  WHERE council = $1 AND ledger_account = $2 AND account_reference = $3"""


PAID_ON = """SELECT ledger_account, account_reference, sum(-amount_pence)::bigint AS pence FROM ledger_line
  JOIN unnest($2::text[], $3::text[]) AS asked (ledger_account, account_reference) USING (ledger_account, account_reference)
  WHERE council = $1 GROUP BY 1, 2"""


async def paid_on(connection: Any, council: str, accounts: Collection[tuple[str, str | None]]) -> dict[tuple[str, str | None], int]:
    """What payments and journals put on some accounts, as the ledger names them, in pence."""
    rows = await connection.fetch(PAID_ON, council, *zip(*accounts, strict=True)) if accounts else []
    return {(row["ledger_account"], row["account_reference"]): row["pence"] for row in rows}


async def story(connection: Any, council: str, payment_id: UUID) -> tuple[list[Any], list[Any]]:
    """Every revision of a payment, and every line of its journals."""
    rows = await connection.fetch(STORY, council, payment_id)
    days = sorted({row["posted_on"] for row in rows})
    return rows, await connection.fetch(LINES, council, payment_id, days)


async def on_account(
    connection: Any, account: tuple[str, str, str], before: tuple[date, UUID] | None, count_max: int
) -> tuple[int, list[Any]]:
    """What was put on an account (council, fund, reference) in all, and a page of it by day and payment, the newest first."""
    council, fund, reference = account
    asked = council, f"fund:{fund}", reference
    rows = await connection.fetch(ON_ACCOUNT, *asked, *(before or (None, None)), NO_PAYMENT, count_max)
    return await connection.fetchval(PAID, *asked), rows

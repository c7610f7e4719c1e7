"""What ingest remembers, put together for those who ask."""

import json
from typing import Any
from uuid import UUID

TOTALS = """SELECT 'received' AS name, count(*) AS count, coalesce(sum(amount_pence), 0)::bigint AS pence FROM payment WHERE council = $1
  UNION ALL SELECT 'reversed', count(*), coalesce(sum(amount_pence), 0)::bigint FROM reversal WHERE council = $1
  UNION ALL SELECT 'refunded', count(*), coalesce(sum(amount_pence), 0)::bigint FROM (SELECT amount_pence FROM refund
    WHERE council = $1 AND amount_pence > 0 UNION ALL SELECT amount_pence FROM refund_by_hand WHERE council = $1 AND state = 'sent') AS each
  UNION ALL SELECT 'refused', count(*), 0 FROM refusal WHERE council = $1
  UNION ALL SELECT 'conflicts', count(*), 0 FROM conflict WHERE council = $1"""
# One look by each index; an OR over all three would read every payment.
PAYMENTS = """SELECT payment_id, revision, amount_pence, remittance_id, body::jsonb ->> 'remittance_line' AS remittance_line
  FROM payment WHERE council = $1 AND payment_id = ANY (ARRAY(
    SELECT $4::uuid
    UNION SELECT payment_id FROM payment WHERE council = $1 AND source = $2 AND source_payment_id = $3 AND provider IS NOT NULL
    UNION SELECT payment_id FROM observation WHERE council = $1 AND source = $2 AND source_payment_id = $3))"""
REFUSALS = """SELECT content_sha256, reasons, refused_at FROM refusal
  WHERE council = $1 AND source = $2 AND source_payment_id = $3 ORDER BY refused_at"""
REVERSALS = "SELECT reversal_id, payment_id, amount_pence FROM reversal WHERE reversal_id = $1"
# What could not even be read is found by the record's key: the council, a slash, and the publisher's own id.
SET_ASIDE = "SELECT headers, body, reason, set_aside_at FROM set_aside WHERE key = $1 AND retried_at IS NULL ORDER BY id LIMIT 100"
CONFLICTS = "SELECT reason, found_at FROM conflict WHERE subject_id = ANY($1) ORDER BY found_at"
# Each a law of money: a difference of anything but nothing is a fault of ours.
REMITTANCES = """SELECT part.council, part.reference,
    coalesce((SELECT sum(amount_pence) FROM payment WHERE remittance_id = part_id), 0)
      - coalesce((summary::jsonb -> 'remittances_pence' ->> part_id::text)::bigint,
                 (summary::jsonb ->> 'payments_pence')::bigint, 0) AS difference
  FROM part JOIN file USING (file_id) WHERE part.kind = 'remittance' AND file.state = 'received'"""
IMPORTS = """SELECT whole.council, whole.remittance_id::text AS reference, coalesce((SELECT sum(reversal.amount_pence)
      FROM payment JOIN reversal USING (payment_id)
      WHERE payment.remittance_id = whole.remittance_id AND reversal.body::jsonb ->> 'reason' = 'import-reversed'), 0)
    - payments_pence AS difference
  FROM import_reversal AS whole"""
# Refunds told by totals come to the highest, as long as none has a name; those that are named are never more than told.
REFUNDS = """SELECT council, 'refunds' AS reference,
    coalesce(sum(CASE WHEN named = 0 THEN told - most ELSE least(told - named, 0) END), 0) AS difference
  FROM (SELECT council, payment_id, sum(amount_pence) AS told, max(in_all_pence) AS most,
      coalesce(sum(named_pence) FILTER (WHERE state = 'sent'), 0) AS named
    FROM refund GROUP BY 1, 2 HAVING sum(amount_pence) > 0) AS each
  GROUP BY 1"""

LAWS = (
    ("a remittance's payments are its total", REMITTANCES),
    ("an import that is taken back is its payments' reversals", IMPORTS),
    ("refunds are what their provider says", REFUNDS),
)


async def totals(connection: Any, council: str) -> dict[str, Any]:
    """Received, reversed, refunded, refused: how many, and how many pence."""
    return {row["name"]: {"count": row["count"], "pence": row["pence"]} for row in await connection.fetch(TOTALS, council)}


async def submission(connection: Any, names: tuple[str, str, str], derived: tuple[UUID, UUID]) -> dict[str, Any]:
    """What became of what a source submitted under its own id. `names` are council, source, id; `derived` the payment and the
    reversal that they name."""
    payment_id, reversal_id = derived
    payments = await connection.fetch(PAYMENTS, *names, payment_id)
    reversals = await connection.fetch(REVERSALS, reversal_id)
    refusals = await connection.fetch(REFUSALS, *names)
    subjects = [*(row["payment_id"] for row in payments), *(row["reversal_id"] for row in reversals)]
    conflicts = await connection.fetch(CONFLICTS, subjects)
    return {
        "source": names[1],
        "source_payment_id": names[2],
        "payments": [dict(row) for row in payments],
        "reversals": [dict(row) for row in reversals],
        "refusals": [{**row, "reasons": json.loads(row["reasons"])} for row in map(dict, refusals)],
        "conflicts": [dict(row) for row in conflicts],
    }


async def unreadable(connection: Any, council: str, own_id: str) -> list[Any]:
    """The records of the topic that were set aside under this key."""
    rows: list[Any] = await connection.fetch(SET_ASIDE, f"{council}/{own_id}".encode())
    return rows


async def conflicts(connection: Any, council: str, most: int) -> list[dict[str, Any]]:
    """What two tellings cannot both be true of, the newest first; without what they said, which may be a payer's."""
    found = await connection.fetch(
        """SELECT conflict_id, kind, subject_id, reason, found_at FROM conflict
           WHERE council = $1 AND NOT EXISTS (SELECT FROM file WHERE file_id = subject_id AND state <> 'conflict')
           ORDER BY found_at DESC LIMIT $2""",
        council, most,
    )  # fmt: skip
    return [dict(row) for row in found]


async def laws(connection: Any) -> list[dict[str, Any]]:
    """Whether a file's payments come to its total, and a payment's refunds to the total that its provider told last."""
    found = []
    for law, sql in LAWS:
        for row in await connection.fetch(sql):
            found.append({
                "law": law, "council": row["council"], "day": None, "subject": row["reference"],
                "holds": row["difference"] == 0, "difference": int(row["difference"]),
            })  # fmt: skip
    return found

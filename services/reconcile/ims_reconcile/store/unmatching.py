"""Undoes matches: everything they wrote is written once more below nothing, and lines and items are open as before."""

from typing import Any
from uuid import UUID

from ims_reconcile.domain import derived_id
from ims_reconcile.domain.unmatching import Held

# All matches that share lines with it hang together: several payouts in one credit are one decision.
GROUP = """WITH RECURSIVE together AS (SELECT $1::uuid AS match_id UNION
    SELECT m.match_id FROM together JOIN match_line p USING (match_id) JOIN match_line other ON other.line_id = p.line_id
      JOIN match m ON m.match_id = other.match_id
    WHERE m.undoes IS NULL AND m.why NOT IN ('bank-line', 'told-by-file') AND NOT EXISTS (SELECT FROM match u WHERE u.undoes = m.match_id))
  SELECT m.match_id, m.council, m.why, m.undoes IS NOT NULL AS is_undoing,
    (SELECT u.match_id FROM match u WHERE u.undoes = m.match_id) AS undone_by,
    EXISTS (SELECT FROM match_line p JOIN submitted s USING (line_id) WHERE p.match_id = m.match_id) AS was_from_bank
  FROM together JOIN match m USING (match_id) ORDER BY m.match_id"""
BACK = """INSERT INTO reconciled (subject_id, council, turn, match_id, page, payment_id, method_of_payment, gross_pence, fee_pence,
    net_pence, fee_account)
  SELECT subject_id, council, turn + 1, undo_id, page, payment_id, method_of_payment, -gross_pence, -fee_pence, -net_pence, fee_account
  FROM reconciled JOIN unnest($1::uuid[], $2::uuid[]) AS undone (match_id, undo_id) USING (match_id)"""
# Lines and items are open again, and whoever was in one match with another is not paired with it again.
REOPEN = (
    """INSERT INTO parted (line_id, item_id) SELECT p.line_id, coalesce(m.settlement_id, m.remittance_id, m.subject_id)
      FROM match m, match_line p WHERE m.match_id = ANY($1) AND p.match_id = ANY($1)
      ON CONFLICT DO NOTHING""",
    """UPDATE bank_line SET state = 'open', source = NULL, is_weighed = false FROM match_line p
      WHERE p.match_id = ANY($1) AND bank_line.line_id = p.line_id""",
    "UPDATE settlement SET match_id = NULL, is_done = false WHERE match_id = ANY($1)",
    "UPDATE remittance SET match_id = NULL, is_done = false WHERE match_id = ANY($1)",
)
UNDOING = """INSERT INTO match (match_id, council, line_id, settlement_id, remittance_id, subject_id, why, rule, evidence, undoes,
    matched_by, gross_pence, fee_pence, net_pence, payment_count, page_count)
  SELECT undo_id, council, line_id, settlement_id, remittance_id, subject_id, 'un-matched', 'person', $3, match_id, $4,
    -gross_pence, -fee_pence, -net_pence, payment_count, page_count
  FROM match JOIN unnest($1::uuid[], $2::uuid[]) AS undone (match_id, undo_id) USING (match_id)"""
SHARES = """INSERT INTO match_line (match_id, line_id, amount_pence) SELECT undo_id, line_id, -amount_pence
  FROM match_line JOIN unnest($1::uuid[], $2::uuid[]) AS undone (match_id, undo_id) USING (match_id)"""


async def together(connection: Any, match_id: UUID) -> list[Held]:
    """The match and all that share its lines; nothing: there is no such match."""
    return [Held(*row) for row in await connection.fetch(GROUP, match_id)]


async def undo(connection: Any, held: list[Held], reason: str, officer: str) -> list[UUID]:
    """Undo these, in the name of an officer; returns the matches that undo them."""
    ids = [each.match_id for each in held]
    undoing = [derived_id("un-match", match_id) for match_id in ids]
    await connection.execute(UNDOING, ids, undoing, reason, officer)
    await connection.execute(SHARES, ids, undoing)
    await connection.execute(BACK, ids, undoing)
    for sql in REOPEN:
        await connection.execute(sql, ids)
    return undoing

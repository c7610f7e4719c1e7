"""Sums what was told and proved of each payment, so that what is left of it is found however much was ever received."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

# Rows that no sum has yet: what one statement inserted is a lot, and unswept. Sums and these are read in one statement.
UNSWEPT = "lot >= (SELECT min(lot) FROM unswept) AND lot IN (SELECT lot FROM unswept)"
# Rows that a sweep, which is one statement, adds to the sums.
TAKE = "taken AS (DELETE FROM unswept RETURNING lot)"
TAKEN = "lot >= (SELECT min(lot) FROM taken) AND lot IN (SELECT lot FROM taken)"
# What a row of a settlement proves is its payment's, which it may have been tied to since; nearly all name it.
OF_PAYMENT = "coalesce(r.payment_id, (SELECT m.payment_id FROM member m WHERE m.member_id = r.subject_id), r.subject_id)"
MOVED = f"""SELECT council, coalesce(payment_id, subject_id) AS id, amount_pence AS pence FROM expectation WHERE {{lots}}
  UNION ALL SELECT council, {OF_PAYMENT}, -gross_pence FROM reconciled r WHERE {{lots}}"""  # noqa: S608 - constants
# Of each payment with its refunds and reversals: what was told less what was proved, where that is not nothing.
LEFT = f"""SELECT council, id, sum(pence)::bigint AS pence
  FROM (SELECT council, id, pence FROM outstanding UNION ALL {MOVED.format(lots=UNSWEPT)}) each
  GROUP BY 1, 2 HAVING sum(pence) <> 0"""  # noqa: S608 - constants
# What was undone takes off what it had proved.
SUMS = """(count(*) FILTER (WHERE turn % 2 = 0) - count(*) FILTER (WHERE turn % 2 = 1)) AS item_count,
  sum(gross_pence) AS gross_pence, sum(fee_pence) AS fee_pence, sum(net_pence) AS net_pence"""
PROVED_SUM = f"""SELECT council, sum(item_count)::int AS count, sum(gross_pence)::bigint AS gross_pence,
    sum(fee_pence)::bigint AS fee_pence, sum(net_pence)::bigint AS net_pence
  FROM (SELECT * FROM proved_sum UNION ALL SELECT council, {SUMS} FROM reconciled WHERE {UNSWEPT} GROUP BY 1) each GROUP BY 1"""  # noqa: S608 - constants
LAW = f"""SELECT council, NULL::date AS day, greatest(abs(coalesce(e.gross_pence, 0) - coalesce(s.gross_pence, 0)), 1)::bigint AS difference
  FROM (SELECT council, {SUMS} FROM reconciled GROUP BY 1) e FULL JOIN ({PROVED_SUM}) s USING (council)
  WHERE (e.item_count, e.gross_pence, e.fee_pence, e.net_pence) IS DISTINCT FROM (s.count, s.gross_pence, s.fee_pence, s.net_pence)"""  # noqa: S608 - constants
SWEEP = f"""WITH {TAKE}, left_of_each AS (
    INSERT INTO outstanding (council, id, pence) SELECT council, id, sum(pence) FROM ({MOVED.format(lots=TAKEN)}) moved
      GROUP BY 1, 2 HAVING sum(pence) <> 0
    ON CONFLICT (id, council) DO UPDATE SET pence = outstanding.pence + excluded.pence)
  INSERT INTO proved_sum (council, item_count, gross_pence, fee_pence, net_pence)
    SELECT council, {SUMS} FROM reconciled WHERE {TAKEN} GROUP BY 1
  ON CONFLICT (council) DO UPDATE SET item_count = proved_sum.item_count + excluded.item_count,
    gross_pence = proved_sum.gross_pence + excluded.gross_pence, fee_pence = proved_sum.fee_pence + excluded.fee_pence,
    net_pence = proved_sum.net_pence + excluded.net_pence"""  # noqa: S608 - constants
COUNT = "SELECT count(*) FROM unswept"
EVEN = "DELETE FROM outstanding WHERE pence = 0"
TIED = """WITH tied AS (DELETE FROM outstanding o USING member m WHERE m.member_id = ANY($1) AND m.member_id = o.id
    RETURNING o.council, m.payment_id, o.pence)
  INSERT INTO outstanding (council, id, pence) SELECT council, payment_id, sum(pence) FROM tied GROUP BY 1, 2
  ON CONFLICT (id, council) DO UPDATE SET pence = outstanding.pence + excluded.pence"""

LOTS_MAX = 100
"""So many are left to gather, for whoever asks to read: what is told and proved by the time of the sweep is never written."""


async def sweep(connection: Any, lots_max: int = LOTS_MAX) -> None:
    """Add what came since the last sweep to the sums, if it is more than so many lots. Only for whose turn it is: it takes for granted
    that nobody ties a row in the meantime."""
    if await connection.fetchval(COUNT) > lots_max:
        await connection.execute(SWEEP)
        await connection.execute(EVEN)


async def follow_ties(connection: Any, member_ids: Sequence[UUID]) -> None:
    """What these rows proved is their payments' from now on. In the transaction that ties them, whose turn it is."""
    await connection.execute(TIED, member_ids)

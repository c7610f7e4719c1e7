"""Files that were refused, held or contradicted, and what ended that: the good file that came for one, or what a person did."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from ims_kit.telling import Cause
from ims_reconcile.domain import wording
from ims_reconcile.store.causes import cause

# Numbers begin again: the same name a month apart is another file's. What says otherwise than a file of its own name waits for a person.
PUT_RIGHT = """WITH broken AS (SELECT remittance_id, council, source, reference, business_on, received_on, refused_for FROM remittance
    WHERE is_refused AND NOT is_done),
  came AS (
    SELECT council, source, reference, business_on AS day, received_on, because FROM remittance WHERE NOT is_refused
    UNION ALL SELECT council, source, reference, paid_on, received_on, because FROM settlement
    UNION ALL SELECT council, source, bank_account || to_char(closed_on, ' YYYY-MM-DD'), closed_on, received_on, because FROM statement),
  found AS (
    SELECT remittance_id, verdict AS how, because FROM broken JOIN remittance_decided USING (remittance_id)
    UNION ALL SELECT remittance_id, 'came', because FROM broken b JOIN came USING (council, source)
      WHERE came.received_on BETWEEN b.received_on - 31 AND b.received_on + 31 AND refused_for <> 'name'
        AND CASE b.reference WHEN '' THEN came.day = b.business_on ELSE came.reference = b.reference END)
  UPDATE remittance r SET is_done = true, put_right_by = how, put_right_because = found.because
  FROM (SELECT DISTINCT ON (remittance_id) * FROM found ORDER BY remittance_id, how, because) AS found
  WHERE r.remittance_id = found.remittance_id"""
OF_BREAKS = """SELECT break_id, put_right_by, put_right_because FROM break JOIN remittance ON remittance_id = subject_id
    WHERE break_id = ANY($1) AND is_refused AND put_right_by IS NOT NULL
  UNION ALL SELECT DISTINCT ON (break_id) break_id, 'taken-back', back.because FROM break
    JOIN remittance r ON r.remittance_id = subject_id AND NOT r.is_refused
    JOIN remittance o ON (o.council, o.source, o.reference) = (r.council, r.source, r.reference)
    JOIN remittance_reversed back ON back.remittance_id = o.remittance_id
    WHERE break_id = ANY($1) AND break.kind = 'file-conflict'"""


class End(NamedTuple):
    """Why a break is closed, and what was heard that closed it, where that is kept."""

    reason: str
    because: Cause | None


async def put_right(connection: Any) -> None:
    """Note which files that were refused or held are so no more: for good, whatever becomes of what came for them."""
    await connection.execute(PUT_RIGHT)


async def ends(connection: Any, break_ids: Iterable[UUID]) -> list[End]:
    """Why these breaks, one after the other, are closed: those about such files by what put them right."""
    ids = list(break_ids)
    rows = await connection.fetch(OF_BREAKS, ids) if ids else []
    found = {break_id: End(wording.PUT_RIGHT[how], cause(because)) for break_id, how, because in rows}
    return [found.get(break_id, End(wording.MENDED, None)) for break_id in ids]

"""Writes what was decided: matches and all that they prove in three inserts, whatever their size; states of lines; breaks."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from ims_reconcile.domain import Awaiting, Changes, Pairing, derived_id

PAGE_SIZE = 500
PAIRS = """WITH pair AS (SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[])
  AS pair (match_id, council, line_id, item_id, kind)),"""
# Pages hold one method of payment each, since that decides the clearing account.
INTO = f""",
  cut AS (SELECT *, (row_number() OVER (PARTITION BY match_id, method_of_payment ORDER BY subject_id) - 1) / {PAGE_SIZE} AS piece FROM part)
  INSERT INTO reconciled (subject_id, council, match_id, page, payment_id, method_of_payment, gross_pence, fee_pence, net_pence)
  SELECT subject_id, council, match_id, dense_rank() OVER (PARTITION BY match_id ORDER BY method_of_payment, piece),
    payment_id, method_of_payment, gross_pence, fee_pence, net_pence FROM cut"""  # noqa: S608 - a constant
# A charge is its payment, once; whatever else a provider took or gave, and a payment it paid over twice, stands by itself.
OF_SETTLEMENTS = f"""{PAIRS}
  part AS (SELECT pair.match_id, m.council, m.payment_id, s.method_of_payment, m.gross_pence, m.fee_pence, m.net_pence,
    CASE WHEN m.kind = 'charge' AND m.gross_pence > 0 AND m.payment_id IS NOT NULL
      AND row_number() OVER (PARTITION BY m.council, m.payment_id, m.kind, m.gross_pence > 0 ORDER BY m.member_id) = 1
      AND NOT EXISTS (SELECT FROM reconciled r WHERE (r.subject_id, r.council) = (m.payment_id, m.council))
      THEN m.payment_id ELSE m.member_id END AS subject_id
    FROM pair JOIN settlement s ON s.settlement_id = pair.item_id JOIN member m ON m.settlement_id = s.settlement_id
    WHERE pair.kind = 'settlement')
  {INTO}"""  # noqa: S608 - constants
OF_REMITTANCES = f"""{PAIRS}
  part AS (SELECT pair.match_id, e.council, e.subject_id, e.payment_id, e.method_of_payment,
    e.amount_pence AS gross_pence, 0 AS fee_pence, e.amount_pence AS net_pence
    FROM pair JOIN expectation e ON e.remittance_id = pair.item_id WHERE pair.kind = 'remittance')
  {INTO}"""  # noqa: S608 - constants
OF_ONE = f"""{PAIRS}
  part AS (SELECT pair.match_id, e.council, e.subject_id, e.payment_id, e.method_of_payment,
    e.amount_pence AS gross_pence, 0 AS fee_pence, e.amount_pence AS net_pence
    FROM pair JOIN expectation e ON (e.subject_id, e.council) = (pair.item_id, pair.council)
    WHERE pair.kind IN ('payment', 'reversal', 'refund'))
  {INTO}"""  # noqa: S608 - constants
MATCHES = """INSERT INTO match (match_id, council, line_id, settlement_id, remittance_id, why,
    gross_pence, fee_pence, net_pence, payment_count, page_count)
  SELECT match_id, pair.council, line_id, CASE WHEN kind = 'settlement' THEN item_id END, CASE WHEN kind = 'remittance' THEN item_id END,
    why, sum(gross_pence), sum(fee_pence), sum(net_pence), count(*), max(page)
  FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::bigint[])
    AS pair (match_id, council, line_id, item_id, kind, why, expected_pence) JOIN reconciled r USING (match_id)
  GROUP BY match_id, pair.council, line_id, item_id, kind, why, expected_pence HAVING sum(net_pence) = expected_pence"""
SETTLED_ELSEWHERE = """UPDATE remittance SET is_settled_elsewhere = true WHERE remittance_id = ANY($1) AND EXISTS (
    SELECT FROM expectation e JOIN reconciled r USING (subject_id, council) WHERE e.remittance_id = remittance.remittance_id)
  RETURNING remittance_id"""
MATCHED = """UPDATE bank_line SET state = 'matched', source = found.source
  FROM unnest($1::uuid[], $2::text[]) AS found (line_id, source) WHERE bank_line.line_id = found.line_id"""
AWAITING = """UPDATE bank_line SET state = 'awaiting', source = found.source
  FROM unnest($1::uuid[], $2::text[]) AS found (line_id, source)
  WHERE bank_line.line_id = found.line_id AND (state, bank_line.source) IS DISTINCT FROM ('awaiting', found.source)"""
FROM_BANK = """UPDATE bank_line SET state = 'from-bank', source = 'bank' WHERE line_id = ANY($1)
  RETURNING line_id, council, amount_pence, booked_on, value_on, counterparty_name, counterparty_account, reference, narrative"""
SUBMITTED = "INSERT INTO submitted (line_id, kind, council) SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[]) ON CONFLICT DO NOTHING"
ANSWERED = """UPDATE submitted SET is_answered = true FROM bank_line l, expectation e
  WHERE NOT submitted.is_answered AND l.line_id = submitted.line_id AND e.statement_line_id = l.line_id AND e.council = l.council
    AND e.kind = submitted.kind AND e.amount_pence = CASE e.kind WHEN 'payment' THEN l.amount_pence ELSE -l.amount_pence END
    AND (e.kind = 'payment' OR e.source = 'bank')
    AND NOT EXISTS (SELECT FROM reconciled r WHERE (r.subject_id, r.council) = (e.subject_id, e.council))
  RETURNING l.council, l.line_id, e.subject_id, e.kind, e.amount_pence"""
BREAKS = """INSERT INTO break (break_id, council, kind, source, subject_id, amount_pence, opened_on, explanation, revision, is_open)
  SELECT *, true FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::uuid[], $6::bigint[], $7::date[], $8::text[], $9::int[])
  ON CONFLICT (break_id) DO UPDATE SET amount_pence = excluded.amount_pence, opened_on = excluded.opened_on,
    explanation = excluded.explanation, revision = excluded.revision, is_open = true, closed_on = NULL"""
CLOSE = """UPDATE break SET is_open = false, closed_on = $3, revision = mended.revision
  FROM unnest($1::uuid[], $2::int[]) AS mended (break_id, revision) WHERE break.break_id = mended.break_id"""
# By table, what can be said of it for good.
FLAGS = {
    "statement": ("is_whole", "is_done"),
    "settlement": ("is_agreed", "is_done"),
    "remittance": ("is_whole", "is_done"),
}


class Proof(NamedTuple):
    """A match to be written: whose line, what it is, and the pence that must come out."""

    match_id: UUID
    council: str
    line_id: UUID
    item_id: UUID
    kind: str
    why: str
    net_pence: int


def proof_of(pairing: Pairing) -> Proof:
    """What is to be written of a line and its file, payout or return."""
    line, item = pairing.line, pairing.item
    return Proof(pairing.match_id, line.council, line.line_id, item.item_id, item.kind, pairing.why, line.amount_pence)


async def without_settled(connection: Any, pairings: Sequence[Pairing]) -> list[Pairing]:
    """The pairings but those of files of which a payment is proved elsewhere; those are marked, for a person to look at."""
    remittances = [pairing.item.item_id for pairing in pairings if pairing.item.kind == "remittance"]
    if not remittances:
        return list(pairings)
    settled = {row["remittance_id"] for row in await connection.fetch(SETTLED_ELSEWHERE, remittances)}
    return [pairing for pairing in pairings if pairing.item.item_id not in settled]


async def write_matches(connection: Any, proofs: Sequence[Proof]) -> None:
    """Write matches and every payment they prove."""
    if not proofs:
        return
    match_ids, councils, line_ids, item_ids, kinds, whys, pence = (list(each) for each in zip(*proofs, strict=True))
    for sql, wanted in ((OF_SETTLEMENTS, {"settlement"}), (OF_REMITTANCES, {"remittance"}), (OF_ONE, {"payment", "reversal", "refund"})):
        if wanted & set(kinds):
            await connection.execute(sql, match_ids, councils, line_ids, item_ids, kinds)
    answer = await connection.execute(MATCHES, match_ids, councils, line_ids, item_ids, kinds, whys, pence)
    assert answer == f"INSERT 0 {len(proofs)}", "what a match proves must make its bank line"


async def write_pairings(connection: Any, pairings: Sequence[Pairing]) -> None:
    """Write lines paired with their files, payouts and returns."""
    await write_matches(connection, [proof_of(pairing) for pairing in pairings])
    by_kind: dict[str, list[tuple[UUID, UUID]]] = {"settlement": [], "remittance": [], "reversal": [], "refund": []}
    for pairing in pairings:
        by_kind[pairing.item.kind].append((pairing.item.item_id, pairing.match_id))
    for kind in ("settlement", "remittance"):
        if pairs := by_kind[kind]:
            sql = f"UPDATE {kind} SET match_id = m.match_id FROM unnest($1::uuid[], $2::uuid[]) AS m (id, match_id) WHERE {kind}_id = m.id"  # noqa: S608 - constants
            await connection.execute(sql, *zip(*pairs, strict=True))
    if pairings:
        await connection.execute(MATCHED, [p.line.line_id for p in pairings], [p.item.source for p in pairings])


async def write_awaiting(connection: Any, awaiting: Sequence[Awaiting]) -> None:
    """Write whose file a line waits for."""
    if awaiting:
        await connection.execute(AWAITING, [line.line_id for line, _ in awaiting], [source for _, source in awaiting])


async def take_from_bank(connection: Any, line_ids: list[UUID]) -> list[Any]:
    """Mark lines as payments that only the bank knows of; returns them whole, to be submitted."""
    rows: list[Any] = await connection.fetch(FROM_BANK, line_ids) if line_ids else []
    return rows


async def write_submitted(connection: Any, kind: str, lines: Sequence[tuple[UUID, str]]) -> None:
    """Remember that a payment or its reversal was submitted of these lines (line, council)."""
    if lines:
        await connection.execute(SUBMITTED, [line for line, _ in lines], [kind] * len(lines), [council for _, council in lines])


async def write_answered(connection: Any) -> int:
    """What was submitted of a line, and has come back as a fact, is proved by that line; returns how many."""
    rows = await connection.fetch(ANSWERED)
    why = {"payment": "bank-line", "reversal": "told-by-file"}
    proofs = [
        Proof(derived_id(council, line_id, subject_id), council, line_id, subject_id, kind, why[kind], amount_pence)
        for council, line_id, subject_id, kind, amount_pence in rows
    ]
    await write_matches(connection, proofs)
    return len(rows)


async def write_breaks(connection: Any, changed: Changes, closed_on: Any) -> None:
    """Write what was opened and closed."""
    if changed.opened:
        rows = [
            (f.break_id, f.council, f.kind, f.source, f.subject_id, f.amount_pence, f.opened_on, f.explanation, revision)
            for f, revision in changed.opened
        ]
        await connection.execute(BREAKS, *zip(*rows, strict=True))
    if changed.closed:
        await connection.execute(CLOSE, [b.break_id for b, _ in changed.closed], [revision for _, revision in changed.closed], closed_on)


async def write_flag(connection: Any, table: str, flag: str, ids: list[UUID]) -> None:
    """Say for good that these are whole, agreed or done."""
    assert flag in FLAGS[table]
    if ids:
        await connection.execute(f"UPDATE {table} SET {flag} = true WHERE {table}_id = ANY($1) AND NOT {flag}", ids)  # noqa: S608 - names from FLAGS

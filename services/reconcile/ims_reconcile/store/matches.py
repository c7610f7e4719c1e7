"""Writes matches and all that they prove, in a few inserts whatever their size."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from ims_reconcile.domain import WHY, Item, Line, Pack, Pairing, derived_id

PAGE_SIZE = 500
PAIRS = """WITH pair AS (SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::boolean[])
  AS pair (match_id, council, item_id, kind, is_gross)),"""
# Pages hold one method of payment each, since that decides the clearing account.
INTO = f""",
  cut AS (SELECT *, (row_number() OVER (PARTITION BY match_id, method_of_payment ORDER BY subject_id) - 1) / {PAGE_SIZE} AS piece FROM part)
  INSERT INTO reconciled (subject_id, council, turn, match_id, page, payment_id, method_of_payment, gross_pence, fee_pence, net_pence)
  SELECT subject_id, council, coalesce((SELECT max(turn) + 1 FROM reconciled r
      WHERE (r.subject_id, r.council) = (cut.subject_id, cut.council)), 0),
    match_id, dense_rank() OVER (PARTITION BY match_id ORDER BY method_of_payment, piece),
    payment_id, method_of_payment, gross_pence, fee_pence, net_pence FROM cut"""  # noqa: S608 - a constant
# A charge is its payment, once; whatever else a provider took or gave, and a payment it paid over twice, stands by itself.
OF_SETTLEMENTS = f"""{PAIRS}
  part AS (SELECT pair.match_id, m.council, m.payment_id, s.method_of_payment, m.gross_pence,
    CASE WHEN pair.is_gross THEN 0 ELSE m.fee_pence END AS fee_pence,
    CASE WHEN pair.is_gross THEN m.gross_pence ELSE m.net_pence END AS net_pence,
    CASE WHEN m.kind = 'charge' AND m.gross_pence > 0 AND m.payment_id IS NOT NULL
      AND row_number() OVER (PARTITION BY m.council, m.payment_id, m.kind, m.gross_pence > 0 ORDER BY m.member_id) = 1
      AND NOT (EXISTS (SELECT FROM reconciled r WHERE (r.subject_id, r.council) = (m.payment_id, m.council) OFFSET 0)
        AND is_proved(m.payment_id, m.council))
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
# What is written off of a match is no payment's: gross nothing, as a fee, with the ledger account that it goes to. On a page of its own.
WRITTEN_OFF = """INSERT INTO reconciled
    (subject_id, council, turn, match_id, page, payment_id, method_of_payment, gross_pence, fee_pence, net_pence, fee_account)
  SELECT subject_id, council, 0, match_id, coalesce((SELECT max(page) FROM reconciled WHERE match_id = w.match_id), 0) + 1, NULL,
    coalesce((SELECT min(method_of_payment) FROM reconciled WHERE match_id = w.match_id), 'bank-transfer'), 0, -pence, pence, account
  FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::bigint[], $5::text[]) AS w (match_id, council, subject_id, pence, account)"""
MATCHES = """INSERT INTO match (match_id, council, line_id, settlement_id, remittance_id, subject_id, why, rule, evidence,
    matched_by, gross_pence, fee_pence, net_pence, payment_count, page_count)
  SELECT match_id, pair.council, line_id, CASE WHEN kind = 'settlement' THEN item_id END, CASE WHEN kind = 'remittance' THEN item_id END,
    CASE WHEN kind NOT IN ('settlement', 'remittance') THEN item_id END,
    why, rule, evidence, $10, sum(gross_pence), sum(fee_pence), sum(net_pence), count(*), max(page)
  FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[], $9::bigint[])
    AS pair (match_id, council, line_id, item_id, kind, why, rule, evidence, expected_pence) JOIN reconciled r USING (match_id)
  GROUP BY match_id, pair.council, line_id, item_id, kind, why, rule, evidence, expected_pence HAVING sum(net_pence) = expected_pence"""
SHARES = "INSERT INTO match_line (match_id, line_id, amount_pence) SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bigint[])"
OF_ITEMS = {
    table: f"""UPDATE {table} SET match_id = m.match_id FROM unnest($1::uuid[], $2::uuid[]) AS m (id, match_id) WHERE {table}_id = m.id"""  # noqa: S608 - constants
    for table in ("settlement", "remittance")
}
# Payment by payment (OFFSET 0): the server may think it as quick to read all that was ever reconciled, once for each file.
SETTLED_ELSEWHERE = """UPDATE remittance SET is_settled_elsewhere = true WHERE remittance_id = ANY($1) AND EXISTS (
    SELECT FROM expectation e WHERE e.remittance_id = remittance.remittance_id
      AND (SELECT count(*) FROM reconciled r WHERE (r.subject_id, r.council) = (e.subject_id, e.council)) % 2 = 1 OFFSET 0)
  RETURNING remittance_id"""
MATCHED = """UPDATE bank_line SET state = 'matched', source = found.source
  FROM unnest($1::uuid[], $2::text[]) AS found (line_id, source) WHERE bank_line.line_id = found.line_id"""


class Proof(NamedTuple):
    """A match to be written: what it is, with the first of its lines, and the pence that must come out."""

    match_id: UUID
    council: str
    line_id: UUID
    item_id: UUID
    kind: str
    why: str
    rule: str
    evidence: str
    net_pence: int
    is_gross: bool = False


class WrittenOff(NamedTuple):
    """So much of a match is no payment's, and given up."""

    match_id: UUID
    council: str
    subject_id: UUID
    pence: int
    account: str
    """Of the ledger."""


class Part(NamedTuple):
    """So much of a line is so much of a match."""

    match_id: UUID
    line_id: UUID
    amount_pence: int


def match_of(line: Line, item: Item) -> UUID:
    """The match of an item whose first line this is."""
    return derived_id(line.council, line.line_id, item.item_id)


def proofs_of(pairing: Pairing, pack: Pack) -> tuple[list[Proof], list[Part]]:
    """What is to be written of lines and their files, payouts or returns: each of these is a match of its own, with the first of its
    lines."""
    shares = list(pairing.shares())
    first = {share.item.item_id: share.line for share in reversed(shares)}
    ids = {item.item_id: match_of(first[item.item_id], item) for item in pairing.items}
    parts = [Part(ids[share.item.item_id], share.line.line_id, share.amount_pence) for share in shares]
    proofs = []
    for item in pairing.items:
        match_id, source = ids[item.item_id], pack.by_name.get(item.source)
        is_gross = source is not None and source.pays == "gross"
        what = (match_id, item.council, first[item.item_id].line_id, item.item_id, item.kind, WHY[item.kind])
        proofs.append(Proof(*what, pairing.rule, pairing.evidence, item.amount_pence, is_gross))
    return proofs, parts


async def without_settled(connection: Any, pairings: Sequence[Pairing]) -> list[Pairing]:
    """The pairings but those of files of which a payment is proved elsewhere; those are marked, for a person to look at."""
    remittances = [item.item_id for pairing in pairings for item in pairing.items if item.kind == "remittance"]
    if not remittances:
        return list(pairings)
    settled = {row["remittance_id"] for row in await connection.fetch(SETTLED_ELSEWHERE, remittances)}
    return [pairing for pairing in pairings if not settled & {item.item_id for item in pairing.items}]


async def write_matches(
    connection: Any, proofs: Sequence[Proof], parts: Iterable[Part], written_off: Sequence[WrittenOff] = (), by: str | None = None
) -> None:
    """Write matches, every payment they prove, what of them is written off, and how much of which line each is. `by` is the officer
    whose they are, if any."""
    if not proofs:
        return
    match_ids, councils, line_ids, item_ids, kinds, whys, rules, seen, pence, gross = (list(each) for each in zip(*proofs, strict=True))
    singles = {"payment", "reversal", "refund"}
    for sql, wanted in ((OF_SETTLEMENTS, {"settlement"}), (OF_REMITTANCES, {"remittance"}), (OF_ONE, singles)):
        if wanted & set(kinds):
            await connection.execute(sql, match_ids, councils, item_ids, kinds, gross)
    if written_off:
        await connection.execute(WRITTEN_OFF, *zip(*written_off, strict=True))
    answer = await connection.execute(MATCHES, match_ids, councils, line_ids, item_ids, kinds, whys, rules, seen, pence, by)
    assert answer == f"INSERT 0 {len(proofs)}", "what a match proves must make its bank lines"
    await connection.execute(SHARES, *zip(*parts, strict=True))


async def write_pairings(
    connection: Any, pairings: Sequence[Pairing], pack: Pack, written_off: Sequence[WrittenOff] = (), by: str | None = None
) -> None:
    """Write lines paired with their files, payouts and returns."""
    written = [proofs_of(pairing, pack) for pairing in pairings]
    proofs = [proof for held, _ in written for proof in held]
    await write_matches(connection, proofs, [part for _, held in written for part in held], written_off, by)
    for table, sql in OF_ITEMS.items():
        if pairs := [(proof.item_id, proof.match_id) for proof in proofs if proof.kind == table]:
            await connection.execute(sql, *zip(*pairs, strict=True))
    if lines := [(line.line_id, pairing.items[0].source) for pairing in pairings for line in pairing.lines]:
        await connection.execute(MATCHED, *zip(*lines, strict=True))

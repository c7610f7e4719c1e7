"""What must hold of all that reconcile remembers, whenever it is asked."""

from typing import Any

from ims_reconcile.store import clearing, outstanding, years

# Each says, per council and bank day, by how many pence (or things) it fails; no row: it holds everywhere.
LAWS = {
    "what a line proves is the line": """SELECT l.council, l.booked_on AS day, sum(abs(l.amount_pence - m.pence))::bigint AS difference
      FROM bank_line l JOIN (SELECT line_id, sum(amount_pence) AS pence FROM match_line GROUP BY 1) m USING (line_id)
      WHERE m.pence <> CASE WHEN l.state IN ('matched', 'from-bank') THEN l.amount_pence ELSE 0 END
        AND NOT EXISTS (SELECT FROM submitted s WHERE s.line_id = l.line_id AND NOT s.is_answered)
      GROUP BY 1, 2""",
    "a match is the sum of its payments": """SELECT m.council, l.booked_on AS day,
        sum(abs(m.net_pence - coalesce(r.net, 0)) + abs(m.gross_pence - coalesce(r.gross, 0)))::bigint AS difference
      FROM match m JOIN bank_line l USING (line_id) LEFT JOIN (SELECT match_id, sum(net_pence) AS net, sum(gross_pence) AS gross,
        count(*) AS count FROM reconciled GROUP BY 1) r USING (match_id)
      WHERE (m.net_pence, m.gross_pence, m.payment_count) IS DISTINCT FROM (r.net, r.gross, r.count) GROUP BY 1, 2""",
    "a match is the sum of its lines": """SELECT m.council, l.booked_on AS day,
        sum(abs(m.net_pence - coalesce(p.pence, 0)))::bigint AS difference
      FROM match m JOIN bank_line l USING (line_id)
        LEFT JOIN (SELECT match_id, sum(amount_pence) AS pence FROM match_line GROUP BY 1) p USING (match_id)
      WHERE m.net_pence IS DISTINCT FROM p.pence GROUP BY 1, 2""",
    "what is proved is proved once": """SELECT r.council, min(l.booked_on) AS day, count(*)::bigint AS difference
      FROM (SELECT council, subject_id, min(match_id::text)::uuid AS match_id FROM reconciled GROUP BY 1, 2
        HAVING count(*) FILTER (WHERE turn % 2 = 0) - count(*) FILTER (WHERE turn % 2 = 1) NOT IN (0, 1)
          OR max(turn) <> count(*) - 1) r
      JOIN match m USING (match_id) JOIN bank_line l USING (line_id) GROUP BY 1""",
    "a payment is proved by what it is": """SELECT r.council, l.booked_on AS day, count(*)::bigint AS difference
      FROM reconciled r JOIN match m USING (match_id) JOIN bank_line l USING (line_id)
        JOIN expectation e ON (e.subject_id, e.council) = (r.subject_id, r.council)
      WHERE r.gross_pence <> CASE WHEN r.turn % 2 = 0 THEN e.amount_pence ELSE -e.amount_pence END AND NOT EXISTS (SELECT FROM break b
        WHERE b.subject_id = r.subject_id AND b.kind = 'settlement-amount') GROUP BY 1, 2""",
    "a matched file is whole": """SELECT r.council, r.business_on AS day, sum(abs(r.net_pence - coalesce(e.pence, 0)))::bigint AS difference
      FROM remittance r LEFT JOIN (SELECT remittance_id, sum(amount_pence) AS pence FROM expectation
        WHERE remittance_id IS NOT NULL GROUP BY 1) e USING (remittance_id)
      WHERE r.match_id IS NOT NULL AND r.net_pence IS DISTINCT FROM e.pence GROUP BY 1, 2""",
    "closed days are a chain of what was signed": """SELECT council, day, count(*)::bigint AS difference
      FROM (SELECT c.*, p.evidence, p.prepared_at,
          lag(c.signed_sha256, 1, repeat('0', 64)) OVER (PARTITION BY c.council, c.bank_account ORDER BY c.day) AS before
        FROM day_closed c JOIN day_prepared p USING (evidence_sha256)) closed
      WHERE previous_sha256 <> before
        OR evidence_sha256 <> encode(sha256(convert_to(previous_sha256 || E'\\n' || evidence, 'UTF8')), 'hex')
        OR signed_sha256 <> encode(sha256(convert_to(concat_ws(E'\\n', evidence_sha256, prepared_by, moment(prepared_at), closed_by,
          moment(closed_at)), 'UTF8')), 'hex') GROUP BY 1, 2""",
    "a closed day is what it counted": """SELECT c.council, c.day, sum(abs(said.lines - coalesce(l.pence, 0))
        + abs(said.net - coalesce(m.pence, 0)))::bigint AS difference
      FROM day_closed c JOIN day_prepared p USING (evidence_sha256)
        CROSS JOIN LATERAL (SELECT
          (SELECT coalesce(sum((x->>'pence')::bigint), 0) FROM jsonb_array_elements(p.evidence::jsonb->'lines') x) AS lines,
          (SELECT coalesce(sum((x->>'net_pence')::bigint), 0) FROM jsonb_array_elements(p.evidence::jsonb->'settled') x) AS net) said
        LEFT JOIN (SELECT evidence_sha256, sum(amount_pence) AS pence FROM day_line JOIN bank_line USING (line_id) GROUP BY 1) l
          USING (evidence_sha256)
        LEFT JOIN (SELECT evidence_sha256, sum(net_pence) AS pence FROM day_match JOIN match USING (match_id) GROUP BY 1) m
          USING (evidence_sha256)
      WHERE (said.lines, said.net) <> (coalesce(l.pence, 0), coalesce(m.pence, 0)) GROUP BY 1, 2""",
    "what a day counted is counted once": """SELECT council, min(day) AS day, (count(*) - 1)::bigint AS difference
      FROM day_closed JOIN (SELECT evidence_sha256, 'line' AS kind, line_id AS id FROM day_line
        UNION ALL SELECT evidence_sha256, 'match', match_id FROM day_match
        UNION ALL SELECT evidence_sha256, 'statement', statement_id FROM day_statement) counted USING (evidence_sha256)
      GROUP BY council, kind, id HAVING count(*) > 1""",
    "what stays on clearing and bank accounts is all that is not proved": clearing.LAW,
    "the sum of what is proved is what is proved": outstanding.LAW,
    "years that are cut off are what was signed": years.LAW,
}


async def laws(connection: Any) -> list[dict[str, Any]]:
    """Every law, and where it fails by how much. Reads everything: for a check, not for every day's screen."""
    found: list[dict[str, Any]] = []
    for law, sql in LAWS.items():
        failing = await connection.fetch(sql)
        found += [{"law": law, "council": r["council"], "day": r["day"], "holds": False, "difference": r["difference"]} for r in failing]
        if not failing:
            found.append({"law": law, "council": None, "day": None, "holds": True, "difference": 0})
    return found

"""Loads what is open, and only that: nothing here grows with the history."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from ims_reconcile.domain import Break, Horizon, Item, Line, Member, Pack, Remittance, Settlement, Statement

LINE_COLUMNS = """line_id, council, amount_pence, booked_on,
  concat_ws(' | ', counterparty_name, reference, narrative, bank_reference, transaction_code) AS text,
  state = 'from-bank' AS is_from_bank, heard_at > $1 AS is_fresh"""
LINES = f"SELECT {LINE_COLUMNS} FROM bank_line WHERE state IN ('open', 'awaiting')"  # noqa: S608 - constants
FROM_BANK = f"""SELECT {LINE_COLUMNS} FROM bank_line JOIN unnest($2::text[], $3::bigint[]) AS sought (council, amount_pence)
  USING (council, amount_pence) WHERE state = 'from-bank'"""  # noqa: S608 - constants
HORIZON = "SELECT council, max(closed_on) AS day FROM statement WHERE is_whole GROUP BY council"
# The lines of a statement are counted by its own id; where another statement of the same day brought them, by account and day.
STATEMENTS = """SELECT s.statement_id, s.council, s.bank_account, s.opened_on, s.closed_on, s.opening_pence, s.closing_pence,
    s.line_count, s.net_pence, CASE WHEN own.count = s.line_count THEN own.count ELSE day.count END AS heard_count,
    CASE WHEN own.count = s.line_count THEN own.pence ELSE day.pence END AS heard_net_pence,
    CASE WHEN cardinality(earlier) > 0 THEN earlier || sibling ELSE earlier END AS prior_closings,
    s.is_proved, s.heard_at > $1 AS is_fresh
  FROM statement s
  CROSS JOIN LATERAL (SELECT count(*)::int AS count, coalesce(sum(amount_pence), 0)::bigint AS pence
    FROM bank_line WHERE statement_id = s.statement_id) AS own
  CROSS JOIN LATERAL (SELECT count(*)::int AS count, coalesce(sum(amount_pence), 0)::bigint AS pence
    FROM bank_line WHERE (council, bank_account) = (s.council, s.bank_account)
      AND booked_on BETWEEN s.opened_on AND s.closed_on) AS day
  CROSS JOIN LATERAL (SELECT ARRAY(SELECT p.closing_pence FROM statement p
    WHERE (p.council, p.bank_account) = (s.council, s.bank_account) AND p.closing_pence IS NOT NULL
      AND p.closed_on = (SELECT max(q.closed_on) FROM statement q WHERE (q.council, q.bank_account) = (s.council, s.bank_account)
        AND q.closing_pence IS NOT NULL AND q.closed_on < s.closed_on) ORDER BY 1)) AS before (earlier)
  CROSS JOIN LATERAL (SELECT ARRAY(SELECT p.closing_pence FROM statement p
    WHERE (p.council, p.bank_account, p.closed_on) = (s.council, s.bank_account, s.closed_on)
      AND p.closing_pence IS NOT NULL AND p.statement_id <> s.statement_id ORDER BY 1)) AS beside (sibling)
  WHERE NOT s.is_done"""
SETTLEMENTS = """SELECT s.settlement_id, s.council, s.source, s.reference, s.paid_on, s.gross_pence, s.fee_pence, s.net_pence,
    s.member_count, s.page_count, heard.*, s.match_id IS NOT NULL AS is_matched, s.heard_at > $1 AS is_fresh
  FROM settlement s CROSS JOIN LATERAL (SELECT count(*)::int AS heard_pages, coalesce(sum(member_count), 0)::int AS heard_count,
    coalesce(sum(gross_pence), 0)::bigint AS heard_gross_pence, coalesce(sum(fee_pence), 0)::bigint AS heard_fee_pence,
    coalesce(sum(net_pence), 0)::bigint AS heard_net_pence FROM settlement_page WHERE settlement_id = s.settlement_id) AS heard
  WHERE NOT s.is_done"""
# A charge of nothing is a failed payment that cost a fee: no payment of ours is behind it.
MEMBERS = """WITH looked_at AS (SELECT s.settlement_id, s.council, s.source, s.paid_on, s.heard_at > $1 AS is_fresh,
    m.member_id, m.payment_id, m.kind, m.gross_pence
  FROM settlement s JOIN member m USING (settlement_id) WHERE s.settlement_id = ANY($2) AND NOT s.is_agreed)
  SELECT coalesce(m.payment_id, m.member_id) AS subject_id, m.settlement_id, m.council, m.source,
    CASE WHEN e.subject_id IS NULL THEN 'settlement-without-payment' ELSE 'settlement-amount' END AS fault,
    m.gross_pence - coalesce(e.amount_pence, 0) AS amount_pence, m.paid_on, m.is_fresh
  FROM looked_at m LEFT JOIN expectation e ON (e.subject_id, e.council) = (m.payment_id, m.council)
  WHERE m.kind = 'charge' AND m.gross_pence > 0 AND e.amount_pence IS DISTINCT FROM m.gross_pence
  UNION ALL
  SELECT m.payment_id, m.settlement_id, m.council, m.source, 'settled-twice', m.gross_pence, m.paid_on, m.is_fresh
  FROM looked_at m WHERE m.kind = 'charge' AND m.gross_pence > 0 AND EXISTS (SELECT FROM member o WHERE o.payment_id = m.payment_id
    AND o.council = m.council AND o.kind = 'charge' AND o.gross_pence > 0 AND o.member_id <> m.member_id)
  UNION ALL
  SELECT m.payment_id, m.settlement_id, m.council, m.source, 'settlement-without-refund', taken.pence - told.pence, m.paid_on, m.is_fresh
  FROM (SELECT DISTINCT ON (settlement_id, payment_id) * FROM looked_at
    WHERE kind IN ('refund', 'dispute') AND payment_id IS NOT NULL) AS m
  CROSS JOIN LATERAL (SELECT sum(gross_pence)::bigint AS pence FROM member o WHERE o.payment_id = m.payment_id
    AND o.council = m.council AND o.kind IN ('refund', 'dispute', 'dispute-reversal')) AS taken
  CROSS JOIN LATERAL (SELECT coalesce(sum(amount_pence), 0)::bigint AS pence FROM expectation e
    WHERE e.payment_id = m.payment_id AND e.council = m.council AND e.kind <> 'payment') AS told
  WHERE taken.pence < told.pence"""
REMITTANCES = """SELECT r.remittance_id, r.council, r.source, r.reference, r.business_on, r.payment_count, r.reversal_count, r.net_pence,
    coalesce(heard.payments, r.payment_count) AS heard_payments, coalesce(heard.reversals, r.reversal_count) AS heard_reversals,
    coalesce(heard.pence, r.net_pence) AS heard_net_pence, r.match_id IS NOT NULL AS is_matched, r.is_settled_elsewhere,
    r.is_refused, r.heard_at > $1 AS is_fresh
  FROM remittance r LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE kind = 'payment')::int AS payments,
    count(*) FILTER (WHERE kind = 'reversal')::int AS reversals, coalesce(sum(amount_pence), 0)::bigint AS pence
    FROM expectation e WHERE e.remittance_id = r.remittance_id) AS heard ON NOT r.is_whole
  WHERE NOT r.is_done AND NOT EXISTS (SELECT FROM remittance_reversed b WHERE b.remittance_id = r.remittance_id)"""
RETURNS = """SELECT subject_id, kind, council, method_of_payment, reference, amount_pence, due_on FROM expectation e
  WHERE kind <> 'payment' AND remittance_id IS NULL AND statement_line_id IS NULL AND amount_pence = ANY($1)
    AND NOT EXISTS (SELECT FROM reconciled r WHERE (r.subject_id, r.council) = (e.subject_id, e.council))"""
BREAKS = "SELECT break_id, council, kind, amount_pence, revision, is_open FROM break WHERE is_open OR break_id = ANY($1)"


async def horizon(connection: Any) -> Horizon:
    """How far each council's bank has been heard."""
    return Horizon({row["council"]: row["day"] for row in await connection.fetch(HORIZON)})


async def open_lines(connection: Any, fresh_since: datetime) -> list[Line]:
    """Lines that nothing explains yet."""
    return [Line(*row) for row in await connection.fetch(LINES, fresh_since)]


async def lines_from_bank(connection: Any, fresh_since: datetime, items: Sequence[Item]) -> list[Line]:
    """Lines submitted as payments already, of the very amounts that something open is for."""
    sought = {(item.council, item.amount_pence) for item in items}
    if not sought:
        return []
    return [Line(*row) for row in await connection.fetch(FROM_BANK, fresh_since, *zip(*sought, strict=True))]


async def open_statements(connection: Any, fresh_since: datetime) -> list[Statement]:
    """Statements that are not proved yet."""
    rows = await connection.fetch(STATEMENTS, fresh_since)
    return [Statement(*row)._replace(prior_closings=tuple(row["prior_closings"])) for row in rows]


async def open_settlements(connection: Any, fresh_since: datetime) -> list[Settlement]:
    """Settlements that are not proved and at the bank yet."""
    return [Settlement(*row) for row in await connection.fetch(SETTLEMENTS, fresh_since)]


async def open_members(connection: Any, fresh_since: datetime, settlements: list[UUID]) -> list[Member]:
    """What disagrees with its payment, of these settlements."""
    return [Member(*row) for row in await connection.fetch(MEMBERS, fresh_since, settlements)]


async def open_remittances(connection: Any, fresh_since: datetime) -> list[Remittance]:
    """Files that are not whole and at the bank yet."""
    return [Remittance(*row) for row in await connection.fetch(REMITTANCES, fresh_since)]


async def open_returns(connection: Any, lines: Sequence[Line], pack: Pack) -> list[Item]:
    """Single reversals and refunds of the very amounts that open debits are of."""
    amounts = list({line.amount_pence for line in lines if line.amount_pence < 0})
    found = []
    for row in await connection.fetch(RETURNS, amounts) if amounts else []:
        subject_id, kind, council, method_of_payment, reference, amount_pence, due_on = row
        if source := pack.returns_by(method_of_payment):
            found.append(Item(subject_id, kind, council, source.name, reference, amount_pence, due_on))
    return found


async def breaks(connection: Any, break_ids: list[UUID]) -> list[Break]:
    """Every open break, and these."""
    return [Break(*row) for row in await connection.fetch(BREAKS, break_ids)]

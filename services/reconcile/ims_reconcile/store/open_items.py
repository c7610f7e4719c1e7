"""Loads what is open, and only that: nothing here grows with the history."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from ims_reconcile.domain import Break, Horizon, Item, LateLine, Line, Pack, Pages, Remittance, Settlement, Statement, Undone

# No window is longer, in days.
NEAR = timedelta(days=60)

LINE_COLUMNS = """line_id, council, amount_pence, booked_on,
  concat_ws(' | ', counterparty_name, reference, narrative, bank_reference, transaction_code) AS text,
  state = 'from-bank' AS is_from_bank, heard_at > $1 AS is_fresh, bank_account"""
# A line that repeats one matched a few days before, word by word, may be the bank's mistake.
LINES = f"""SELECT {LINE_COLUMNS}, EXISTS (SELECT FROM bank_line m WHERE m.state = 'matched' AND m.source <> 'bank'
    AND (m.council, m.amount_pence, m.bank_account) = (bank_line.council, bank_line.amount_pence, bank_line.bank_account)
    AND m.booked_on BETWEEN bank_line.booked_on - 5 AND bank_line.booked_on + 5
    AND (m.counterparty_name, m.reference, m.narrative) IS NOT DISTINCT FROM
      (bank_line.counterparty_name, bank_line.reference, bank_line.narrative)) AS is_repeated
  FROM bank_line WHERE state IN ('open', 'awaiting') AND NOT EXISTS (
    SELECT FROM statement s WHERE s.statement_id = bank_line.statement_id AND s.currency <> 'GBP')"""  # noqa: S608 - constants
FROM_BANK = f"""SELECT {LINE_COLUMNS} FROM bank_line JOIN unnest($2::text[], $3::bigint[], $4::date[], $5::date[])
    AS sought (council, amount_pence, first_on, last_on) USING (council, amount_pence)
  WHERE state = 'from-bank' AND booked_on BETWEEN first_on AND last_on"""  # noqa: S608 - constants
# Only a statement that closes a day says that nothing more comes of it: not an advice, nor what is told during the day.
HORIZON = """SELECT council, bank_account, max(closed_on) AS day FROM statement
  WHERE is_whole AND closing_pence IS NOT NULL AND is_last_page
  GROUP BY council, bank_account"""
# Of a statement in several pages, all that are here: a bank may give the balances of the whole on each.
PAGES = """SELECT max(p.page) - count(*) + CASE WHEN bool_or(p.is_last_page) THEN 0 ELSE 1 END AS missing_pages,
    (array_agg(p.opening_pence ORDER BY p.page))[1] + sum(p.net_pence) - (array_agg(p.closing_pence ORDER BY p.page DESC))[1] AS difference,
    min(p.page) = s.page AS is_first FROM statement p
  WHERE (p.council, p.bank_account, p.format, p.reference) = (s.council, s.bank_account, s.format, s.reference)
    AND p.closed_on BETWEEN s.closed_on - 31 AND s.closed_on + 31"""
# The lines of a statement are counted by its own id; where another statement of the same day brought them, by account and day.
STATEMENTS = f"""SELECT s.statement_id, s.council, s.bank_account, s.opened_on, s.closed_on, s.opening_pence, s.closing_pence,
    s.line_count, s.net_pence, CASE WHEN own.count = s.line_count THEN own.count ELSE day.count END AS heard_count,
    CASE WHEN own.count = s.line_count THEN own.pence ELSE day.pence END AS heard_net_pence,
    CASE WHEN cardinality(earlier) > 0 THEN earlier || sibling ELSE earlier END AS prior_closings,
    s.is_proved, s.currency, s.sequence, earlier_number.sequence AS prior_sequence,
    pages.missing_pages::int, pages.difference::bigint, pages.is_first
  FROM statement s
  LEFT JOIN LATERAL ({PAGES}) AS pages ON s.page > 1 OR NOT s.is_last_page
  LEFT JOIN LATERAL (SELECT p.sequence FROM statement p
    WHERE (p.council, p.bank_account, p.format) = (s.council, s.bank_account, s.format) AND p.sequence IS NOT NULL
      AND (p.closed_on, p.sequence) < (s.closed_on, s.sequence)
      AND (s.sequence > 1 OR p.closed_on >= date_trunc('year', s.closed_on))
    ORDER BY p.closed_on DESC, p.sequence DESC LIMIT 1) AS earlier_number ON true
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
  WHERE NOT s.is_done"""  # noqa: S608 - constants
SETTLEMENTS = """SELECT s.settlement_id, s.council, s.source, s.reference, s.paid_on, s.gross_pence, s.fee_pence, s.net_pence,
    s.member_count, s.page_count, heard.*, s.match_id IS NOT NULL AS is_matched,
    EXISTS (SELECT FROM member m JOIN settlement later USING (settlement_id) WHERE m.kind = 'payout-failed' AND m.council = s.council
      AND m.gross_pence = s.net_pence AND later.source = s.source AND later.settlement_id <> s.settlement_id)
    AND NOT EXISTS (SELECT FROM failed_payout f WHERE (f.council, f.source, f.net_pence) = (s.council, s.source, s.net_pence)) AS is_failed,
    s.heard_at > $1 AS is_fresh
  FROM settlement s CROSS JOIN LATERAL (SELECT count(*)::int AS heard_pages, coalesce(sum(member_count), 0)::int AS heard_count,
    coalesce(sum(gross_pence), 0)::bigint AS heard_gross_pence, coalesce(sum(fee_pence), 0)::bigint AS heard_fee_pence,
    coalesce(sum(net_pence), 0)::bigint AS heard_net_pence FROM settlement_page WHERE settlement_id = s.settlement_id) AS heard
  WHERE NOT s.is_done"""
REMITTANCES = """SELECT r.remittance_id, r.council, r.source, r.reference, r.business_on, r.payment_count, r.reversal_count, r.net_pence,
    CASE WHEN r.is_whole THEN r.payment_count ELSE heard.payments END AS heard_payments,
    CASE WHEN r.is_whole THEN r.reversal_count ELSE heard.reversals END AS heard_reversals,
    CASE WHEN r.is_whole THEN r.net_pence ELSE heard.pence END AS heard_net_pence,
    r.match_id IS NOT NULL AS is_matched, r.is_settled_elsewhere,
    r.is_refused, EXISTS (SELECT FROM remittance o WHERE (o.council, o.source, o.business_on) = (r.council, r.source, r.business_on)
      AND (o.net_pence, o.payment_count) = (r.net_pence, r.payment_count) AND o.remittance_id <> r.remittance_id
      AND o.match_id IS NOT NULL) AS is_repeated,
    EXISTS (SELECT FROM remittance o WHERE (o.council, o.source, o.reference) = (r.council, r.source, r.reference)
      AND (o.net_pence, o.payment_count) IS DISTINCT FROM (r.net_pence, r.payment_count) AND o.remittance_id <> r.remittance_id
      AND NOT o.is_refused
      AND NOT EXISTS (SELECT FROM remittance_reversed b WHERE b.remittance_id = o.remittance_id)) AS is_contradicted,
    r.refused_for, r.heard_at > $1 AS is_fresh
  FROM remittance r CROSS JOIN LATERAL (SELECT count(*) FILTER (WHERE kind = 'payment')::int AS payments,
    count(*) FILTER (WHERE kind = 'reversal')::int AS reversals, coalesce(sum(amount_pence), 0)::bigint AS pence
    FROM expectation e WHERE NOT r.is_whole AND e.remittance_id = r.remittance_id) AS heard
  WHERE NOT r.is_done AND NOT EXISTS (SELECT FROM remittance_reversed b WHERE b.remittance_id = r.remittance_id)"""
SINGLE_COLUMNS = "subject_id, kind, council, source, method_of_payment, reference, amount_pence, due_on"
RETURNS = f"""SELECT {SINGLE_COLUMNS} FROM expectation e
  WHERE kind <> 'payment' AND remittance_id IS NULL AND statement_line_id IS NULL AND amount_pence = ANY($1)
    AND NOT is_proved(e.subject_id, e.council)"""  # noqa: S608 - constants
SINGLES = f"""SELECT {SINGLE_COLUMNS} FROM expectation e
  WHERE kind = 'payment' AND remittance_id IS NULL AND statement_line_id IS NULL AND provider IS NULL AND amount_pence = ANY($1)
    AND method_of_payment = ANY($2) AND due_on >= $3 AND NOT is_proved(e.subject_id, e.council)"""  # noqa: S608 - constants
NAMED = f"""SELECT {SINGLE_COLUMNS} FROM unnest($1::text[], $2::text[]) AS sought (its_council, word)
    CROSS JOIN LATERAL (SELECT * FROM expectation WHERE (council, last_word(reference)) = (its_council, word) AND remittance_id IS NULL
      AND statement_line_id IS NULL AND (kind <> 'payment' OR provider IS NULL) OFFSET 0) e
  WHERE NOT is_proved(e.subject_id, e.council)"""  # noqa: S608 - constants
PAID = """WITH sought AS (SELECT * FROM unnest($1::text[], $2::bigint[]) AS sought (council, net_pence))
  SELECT settlement_id, 'settlement', council, source, reference, -net_pence, paid_on
    FROM settlement s JOIN sought USING (council, net_pence)
    WHERE match_id IS NOT NULL AND NOT EXISTS (SELECT FROM failed_payout f WHERE f.settlement_id = s.settlement_id)
  UNION ALL SELECT settlement_id, 'failed-payout', council, source, reference, -net_pence, failed_on
    FROM failed_payout JOIN sought USING (council, net_pence)"""
FAILED = "SELECT settlement_id, 'failed-payout', council, source, reference, net_pence, failed_on FROM failed_payout"
# A chargeback that was told without its payment is that of its row, once the row is tied to one. One by one (OFFSET 0): the server would
# read all payments there ever were.
LINK = """UPDATE expectation e SET is_linked = true WHERE kind <> 'payment' AND NOT is_linked
  AND (EXISTS (SELECT FROM expectation p WHERE (p.subject_id, p.council, p.kind) = (e.payment_id, e.council, 'payment') OFFSET 0)
    OR e.payment_id IS NULL AND EXISTS (SELECT FROM member m JOIN settlement s USING (settlement_id)
      WHERE m.kind = 'dispute' AND m.tied_by IS NOT NULL
        AND (m.council, m.gross_pence, m.occurred_on, s.source) = (e.council, e.amount_pence, e.due_on, e.source) OFFSET 0))"""
UNDONE = """SELECT subject_id, council, source, amount_pence, due_on FROM expectation WHERE kind <> 'payment' AND NOT is_linked"""
# Only what was heard since the last closed day was prepared can be late; an hour before, as a line is written before it is seen.
LATE_LINES = """SELECT l.line_id, l.council, l.amount_pence, l.booked_on
  FROM (SELECT DISTINCT ON (council, bank_account) council, bank_account, day, prepared_at
      FROM day_closed JOIN day_prepared USING (evidence_sha256, council, bank_account, day)
      ORDER BY council, bank_account, day DESC) AS last
    JOIN bank_line l ON (l.council, l.bank_account) = (last.council, last.bank_account)
      AND l.booked_on <= last.day AND l.heard_at > last.prepared_at - interval '1 hour'
  WHERE NOT EXISTS (SELECT FROM day_line JOIN day_closed USING (evidence_sha256) WHERE day_line.line_id = l.line_id)"""
PARTED = "SELECT line_id, item_id FROM parted WHERE line_id = ANY($1)"
BREAKS = "SELECT break_id, council, kind, amount_pence, revision, is_open, opened_on FROM break WHERE is_open OR break_id = ANY($1)"


async def horizon(connection: Any) -> Horizon:
    """How far each council's bank has been heard, account by account."""
    accounts = {(row["council"], row["bank_account"]): row["day"] for row in await connection.fetch(HORIZON)}
    days: dict[str, date] = {}
    for (council, _), day in accounts.items():
        days[council] = max(day, days.get(council, day))
    return Horizon(days, accounts)


async def open_lines(connection: Any, fresh_since: datetime) -> list[Line]:
    """Lines that nothing explains yet."""
    return [Line(*row) for row in await connection.fetch(LINES, fresh_since)]


async def lines_from_bank(connection: Any, fresh_since: datetime, items: Sequence[Item]) -> list[Line]:
    """Lines submitted as payments already, of the very amounts that something open is for, and of days near its own."""
    days: dict[tuple[str, int], list[date]] = defaultdict(list)
    for item in items:
        days[item.council, item.amount_pence].append(item.due_on)
    if not days:
        return []
    sought = [(*key, min(held) - NEAR, max(held) + NEAR) for key, held in days.items()]
    return [Line(*row) for row in await connection.fetch(FROM_BANK, fresh_since, *zip(*sought, strict=True))]


async def parted(connection: Any, lines: Sequence[Line]) -> frozenset[tuple[UUID, UUID]]:
    """What a person has taken apart, of these lines."""
    return frozenset(tuple(row) for row in await connection.fetch(PARTED, [line.line_id for line in lines]))


async def open_statements(connection: Any) -> list[Statement]:
    """Statements that are not proved yet."""
    return [
        Statement(*row[:-3])._replace(
            prior_closings=tuple(row["prior_closings"]), pages=Pages(*row[-3:]) if row["missing_pages"] is not None else None
        )
        for row in await connection.fetch(STATEMENTS)
    ]


async def open_settlements(connection: Any, fresh_since: datetime) -> list[Settlement]:
    """Settlements that are not proved and at the bank yet."""
    return [Settlement(*row) for row in await connection.fetch(SETTLEMENTS, fresh_since)]


async def paid(connection: Any, lines: Sequence[Line]) -> list[Item]:
    """Payouts that are at the bank, of the very amounts that open debits take away: as what would undo them."""
    sought = {(line.council, -line.amount_pence) for line in lines if line.amount_pence < 0}
    return [Item(*row) for row in await connection.fetch(PAID, *zip(*sought, strict=True))] if sought else []


async def failed_payouts(connection: Any) -> list[Item]:
    """Payouts that their providers say failed: each is a break for good."""
    return [Item(*row) for row in await connection.fetch(FAILED)]


async def open_remittances(connection: Any, fresh_since: datetime) -> list[Remittance]:
    """Files that are not whole and at the bank yet."""
    return [Remittance(*row) for row in await connection.fetch(REMITTANCES, fresh_since)]


async def open_singles(connection: Any, lines: Sequence[Line], pack: Pack) -> list[Item]:
    """Single reversals and refunds of the very amounts that open debits are of, single payments of those of credits, and what such
    lines may name, of whatever amount: as far as they may be of what comes singly."""
    lines = [line for line in lines if (look := pack.look(line)) is None or look.is_single]
    debits = list({line.amount_pence for line in lines if line.amount_pence < 0})
    credits = list({line.amount_pence for line in lines if line.amount_pence > 0})
    methods = [method for source in pack.sources if source.by == "payment" for method in source.methods]
    rows = list(await connection.fetch(RETURNS, debits)) if debits else []
    if methods and credits:
        first = min(line.booked_on for line in lines) - NEAR
        rows += await connection.fetch(SINGLES, credits, methods, first)
    if words := {(line.council, word) for line in lines for word in line.words}:
        rows += await connection.fetch(NAMED, *zip(*words, strict=True))
    found: dict[UUID, Item] = {}
    for subject_id, kind, council, told_by, method_of_payment, reference, amount_pence, due_on in rows:
        if source := pack.single_of(kind, told_by, method_of_payment):
            found[subject_id] = Item(subject_id, kind, council, source.name, reference, amount_pence, due_on)
    return list(found.values())


async def late_lines(connection: Any) -> list[LateLine]:
    """Bank lines of closed days that no closed day has counted."""
    return [LateLine(*row) for row in await connection.fetch(LATE_LINES)]


async def undone(connection: Any) -> list[Undone]:
    """Reversals and refunds whose payment is not known."""
    await connection.execute(LINK)
    return [Undone(*row) for row in await connection.fetch(UNDONE)]


async def breaks(connection: Any, break_ids: list[UUID]) -> list[Break]:
    """Every open break, and these."""
    return [Break(*row) for row in await connection.fetch(BREAKS, break_ids)]

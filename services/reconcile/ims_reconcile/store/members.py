"""What settlements consist of, against what was told of the same payments."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from ims_reconcile.domain import Horizon, Member, Pack, working_days_after
from ims_reconcile.store.outstanding import follow_ties

# A provider that knows payments by ids of its own: tied where reference, pence and day are the same, as many rows as payments.
# What is alike in all of these is one choice: the first row is the first payment. Each such is looked up by itself.
TIE = """WITH these AS (
    SELECT DISTINCT council, upper(reference) AS reference, gross_pence, occurred_on FROM member
    WHERE settlement_id = ANY($1) AND payment_id IS NULL AND kind = 'charge' AND gross_pence > 0
      AND reference <> '' AND occurred_on IS NOT NULL),
  alike AS (SELECT loose.members, there.payments FROM these
    CROSS JOIN LATERAL (SELECT array_agg(m.member_id ORDER BY m.member_id) AS members FROM member m
      WHERE m.payment_id IS NULL AND m.kind = 'charge' AND m.gross_pence > 0
        AND (m.council, upper(m.reference), m.gross_pence, m.occurred_on)
          = (these.council, these.reference, these.gross_pence, these.occurred_on)
        AND (SELECT NOT s.is_agreed FROM settlement s WHERE s.settlement_id = m.settlement_id)) AS loose
    CROSS JOIN LATERAL (SELECT array_agg(e.subject_id ORDER BY e.subject_id) AS payments FROM expectation e
      WHERE e.kind = 'payment' AND e.remittance_id IS NULL AND e.statement_line_id IS NULL AND e.provider IS NOT NULL
        AND (e.due_on, e.reference) = (these.occurred_on, these.reference)
        AND (e.council, e.amount_pence) = (these.council, these.gross_pence)
        AND NOT EXISTS (SELECT FROM member o WHERE o.payment_id = e.subject_id OFFSET 0)) AS there
    WHERE cardinality(loose.members) = cardinality(there.payments))
  UPDATE member SET payment_id = pair.subject_id, tied_by = CASE cardinality(members) WHEN 1 THEN 'reference' ELSE 'choice' END
  FROM alike CROSS JOIN LATERAL unnest(members, payments) AS pair (member_id, subject_id)
  WHERE member.member_id = pair.member_id RETURNING member.member_id"""
# A payment that was told under the very id that its settlement has it under.
TIE_BY_ID = """UPDATE member SET payment_id = e.subject_id, tied_by = 'id' FROM settlement s, expectation e
  WHERE s.settlement_id = ANY($1) AND s.settlement_id = member.settlement_id AND NOT s.is_agreed
    AND member.payment_id IS NULL AND member.provider_reference IS NOT NULL
    AND (e.council, e.provider_reference, e.provider) = (member.council, member.provider_reference, s.source) AND e.kind = 'payment'
  RETURNING member.member_id"""
# Rows that one provider gives one reference are of one payment: what is new looks for its kind, and its kind's payment, everywhere.
TIE_KIN = """WITH fresh AS (SELECT m.member_id FROM settlement s JOIN member m USING (settlement_id)
      WHERE s.settlement_id = ANY($1) AND NOT s.is_scanned AND NOT s.is_done AND m.provider_reference IS NOT NULL
    UNION SELECT unnest($2::uuid[])),
  found AS (SELECT CASE WHEN m.payment_id IS NULL THEN m.member_id ELSE o.member_id END AS member_id,
      coalesce(m.payment_id, o.payment_id) AS payment_id, CASE WHEN m.payment_id IS NULL THEN o.tied_by ELSE m.tied_by END AS tied_by
    FROM fresh JOIN member m USING (member_id) JOIN settlement s USING (settlement_id)
      JOIN member o ON (o.council, o.provider_reference) = (m.council, m.provider_reference)
        AND (o.payment_id IS NULL) <> (m.payment_id IS NULL)
      JOIN settlement so ON so.settlement_id = o.settlement_id AND so.source = s.source)
  UPDATE member SET payment_id = found.payment_id, tied_by = coalesce(found.tied_by, 'kin')
  FROM (SELECT member_id, min(payment_id::text)::uuid AS payment_id, max(tied_by) AS tied_by FROM found GROUP BY 1) AS found
  WHERE member.member_id = found.member_id RETURNING member.member_id, settlement_id"""
UNTIED = "SELECT settlement_id FROM settlement WHERE NOT is_done AND NOT is_agreed"
LOOK_AGAIN = "UPDATE settlement SET is_scanned = false, is_agreed = false, is_done = false WHERE settlement_id = ANY($1) AND is_scanned"
# A charge of nothing is a failed payment that cost a fee: no payment of ours is behind it. What went back of one of several payments
# alike is not held against the one that it was given; a chargeback may be told without its payment, where its teller knew none.
MEMBERS = """WITH looked_at AS (SELECT s.settlement_id, s.council, s.source, s.paid_on, s.heard_at > $1 AS is_fresh,
    m.member_id, m.payment_id, m.kind, m.gross_pence, m.tied_by
  FROM settlement s JOIN member m USING (settlement_id) WHERE s.settlement_id = ANY($2) AND NOT s.is_scanned
  UNION ALL
  SELECT s.settlement_id, s.council, s.source, s.paid_on, s.heard_at > $1, m.member_id, m.payment_id, m.kind, m.gross_pence, m.tied_by
  FROM odd_member o JOIN settlement s USING (settlement_id) JOIN member m ON m.member_id = o.member_id
  WHERE s.settlement_id = ANY($2) AND s.is_scanned)
  SELECT coalesce(m.payment_id, m.member_id) AS subject_id, m.settlement_id, m.council, m.source,
    CASE WHEN e.subject_id IS NULL THEN 'settlement-without-payment' ELSE 'settlement-amount' END AS fault,
    m.gross_pence - coalesce(e.amount_pence, 0) AS amount_pence, m.paid_on, m.is_fresh, m.member_id
  FROM looked_at m LEFT JOIN expectation e ON (e.subject_id, e.council) = (m.payment_id, m.council)
  WHERE m.kind = 'charge' AND m.gross_pence > 0 AND e.amount_pence IS DISTINCT FROM m.gross_pence
  UNION ALL
  SELECT m.payment_id, m.settlement_id, m.council, m.source, 'settled-twice', m.gross_pence, m.paid_on, m.is_fresh, m.member_id
  FROM looked_at m WHERE m.kind = 'charge' AND m.gross_pence > 0 AND EXISTS (SELECT FROM member o WHERE o.payment_id = m.payment_id
    AND o.council = m.council AND o.kind = 'charge' AND o.gross_pence > 0 AND o.member_id <> m.member_id)
  UNION ALL
  SELECT m.payment_id, m.settlement_id, m.council, m.source, 'settlement-without-refund',
    taken.pence - told.pence - unnamed.pence, m.paid_on, m.is_fresh, m.member_id
  FROM (SELECT DISTINCT ON (settlement_id, payment_id) * FROM looked_at
    WHERE kind IN ('refund', 'dispute') AND payment_id IS NOT NULL
      AND tied_by IS DISTINCT FROM 'choice' ORDER BY settlement_id, payment_id, member_id) AS m
  CROSS JOIN LATERAL (SELECT sum(gross_pence)::bigint AS pence FROM member o WHERE o.payment_id = m.payment_id
    AND o.council = m.council AND o.kind IN ('refund', 'dispute', 'dispute-reversal')) AS taken
  CROSS JOIN LATERAL (SELECT coalesce(sum(amount_pence), 0)::bigint AS pence FROM expectation e
    WHERE e.payment_id = m.payment_id AND e.council = m.council AND e.kind <> 'payment') AS told
  CROSS JOIN LATERAL (SELECT coalesce(sum(o.gross_pence), 0)::bigint AS pence FROM member o
    WHERE o.payment_id = m.payment_id AND o.council = m.council AND o.kind = 'dispute' AND EXISTS (SELECT FROM expectation e
      WHERE e.payment_id IS NULL AND e.kind = 'reversal' AND (e.council, e.source, e.amount_pence, e.due_on)
        = (m.council, m.source, o.gross_pence, o.occurred_on))) AS unnamed
  WHERE taken.pence < told.pence + unnamed.pence"""
# What was told as taken back, and given back since, however long ago either was heard: there are few.
WON = """SELECT DISTINCT ON (m.council, m.payment_id) m.payment_id, m.settlement_id, m.council, s.source, 'dispute-won',
    taken.pence - told.pence, s.paid_on, s.heard_at > $1
  FROM member m JOIN settlement s USING (settlement_id)
  CROSS JOIN LATERAL (SELECT sum(gross_pence)::bigint AS pence FROM member o WHERE o.payment_id = m.payment_id
    AND o.council = m.council AND o.kind IN ('refund', 'dispute', 'dispute-reversal')) AS taken
  CROSS JOIN LATERAL (SELECT coalesce(sum(amount_pence), 0)::bigint AS pence FROM expectation e
    WHERE e.payment_id = m.payment_id AND e.council = m.council AND e.kind <> 'payment') AS told
  WHERE m.kind = 'dispute-reversal' AND m.payment_id IS NOT NULL AND taken.pence > told.pence
  ORDER BY m.council, m.payment_id, m.member_id"""
NOT_ODD = "DELETE FROM odd_member WHERE settlement_id = ANY($1) AND member_id <> ALL($2)"
ODD = "INSERT INTO odd_member (settlement_id, member_id) SELECT * FROM unnest($1::uuid[], $2::uuid[]) ON CONFLICT DO NOTHING"
SCANNED = "UPDATE settlement SET is_scanned = true WHERE settlement_id = ANY($1) AND NOT is_scanned"
# Twice, since what was on its way at the first time may have come by the second. Days before the first are not gone through. Each
# payment is looked for by itself (OFFSET 0): the server would read all rows there ever were.
SWEPT = "SELECT day FROM swept WHERE council = $1 AND times >= $2 AND day >= $3"
WATCH = """INSERT INTO watched (subject_id, council) SELECT e.subject_id, e.council FROM expectation e
  WHERE e.due_on = ANY($2) AND e.council = $1 AND e.kind = 'payment' AND e.remittance_id IS NULL AND e.statement_line_id IS NULL
    AND (e.provider IS NOT NULL AND NOT EXISTS (SELECT FROM member m WHERE m.payment_id = e.subject_id AND m.council = e.council OFFSET 0)
      OR e.provider IS NULL AND e.method_of_payment = ANY($3) AND NOT is_proved(e.subject_id, e.council))
  ON CONFLICT DO NOTHING"""
SWEEP = """INSERT INTO swept (council, day, times, payment_count) SELECT $1, day, $3, (SELECT count(*) FROM expectation e
    WHERE e.due_on = day AND e.council = $1 AND e.kind = 'payment' AND e.remittance_id IS NULL AND e.statement_line_id IS NULL)
  FROM unnest($2::date[]) AS day
  ON CONFLICT (council, day) DO UPDATE SET times = excluded.times, payment_count = excluded.payment_count"""
COUNTS = """SELECT council, day, payment_count FROM swept
  JOIN unnest($1::text[], $2::date[]) AS asked (council, day) USING (council, day)"""
SEEN = """DELETE FROM watched w WHERE is_proved(w.subject_id, w.council)
  OR EXISTS (SELECT FROM member m WHERE m.payment_id = w.subject_id AND m.council = w.council OFFSET 0)"""
WATCHED = """SELECT e.subject_id, e.subject_id, e.council, e.source,
    CASE WHEN e.provider IS NULL THEN 'payment-without-bank-line' ELSE 'payment-without-settlement' END, e.amount_pence, e.due_on, false
  FROM watched w JOIN expectation e USING (subject_id, council)"""
# In working days after the payer's act: when a settlement should have it, and when it is looked for again.
SWEPT_AFTER = (6, 11)
# How far back days are looked for that were not gone through, so that a week without statements leaves none out.
SWEPT_BACK = 30


async def untied(connection: Any) -> list[UUID]:
    """The settlements of which not every row agrees with what was told."""
    return [row["settlement_id"] for row in await connection.fetch(UNTIED)]


async def tie(connection: Any, settlements: list[UUID]) -> None:
    """Give the rows of these settlements that name no payment the one that they are of, where there is no doubt: by its provider's
    id, by reference, pence and day, or because a row of the same reference at its provider has one."""
    tied = [row["member_id"] for sql in (TIE_BY_ID, TIE) for row in await connection.fetch(sql, settlements)]
    if kin := await connection.fetch(TIE_KIN, settlements, tied):
        await connection.execute(LOOK_AGAIN, [row["settlement_id"] for row in kin])
    if tied := tied + [row["member_id"] for row in kin]:
        await follow_ties(connection, tied)


async def open_members(connection: Any, fresh_since: datetime, settlements: list[UUID]) -> list[Member]:
    """What disagrees with its payment, of these settlements, whole ones. Each is looked through once, and then only what was odd."""
    rows = await connection.fetch(MEMBERS, fresh_since, settlements)
    odd = {(row["settlement_id"], row["member_id"]) for row in rows}
    await connection.execute(NOT_ODD, settlements, [member for _, member in odd])
    await connection.execute(ODD, [settlement for settlement, _ in odd], [member for _, member in odd])
    await connection.execute(SCANNED, settlements)
    return [Member(*tuple(row)[:-1]) for row in rows]


async def won(connection: Any, fresh_since: datetime) -> list[Member]:
    """Payments that a dispute took and gave back, and that are told as taken back."""
    return [Member(*row) for row in await connection.fetch(WON, fresh_since)]


async def sweep(connection: Any, horizon: Horizon, pack: Pack) -> None:
    """Look, day by day as the bank is heard, for payments by a provider that no settlement has, and for those that have a bank line
    each and have not had it; they are watched from then on."""
    methods = [method for source in pack.sources if source.by == "payment" for method in source.methods]
    for council, heard in horizon.days.items():
        for times, after in enumerate(SWEPT_AFTER, 1):
            last = working_days_after(heard, -after)
            first = working_days_after(last, -SWEPT_BACK)
            done = {row["day"] for row in await connection.fetch(SWEPT, council, times, first)}
            days = [day for day in days_between(first, last) if day not in done]
            if days:
                await connection.execute(WATCH, council, days, methods)
                await connection.execute(SWEEP, council, days, times)


async def counts(connection: Any, days: set[tuple[str, date]]) -> dict[tuple[str, date], int]:
    """How many payments without a file there are of these days (council, day)."""
    rows = await connection.fetch(COUNTS, [council for council, _ in days], [day for _, day in days])
    return {(row["council"], row["day"]): row["payment_count"] for row in rows}


async def open_watched(connection: Any) -> list[Member]:
    """The payments that are watched and that no settlement has yet."""
    await connection.execute(SEEN)
    return [Member(*row) for row in await connection.fetch(WATCHED)]


def days_between(first: date, last: date) -> list[date]:
    return [date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1)]

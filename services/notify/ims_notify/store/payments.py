"""Keep what is heard of payments and accounts; a receipt becomes due when both halves of its payment are known.

Both topics write the same row of `payment`, in order of its key: whoever comes second waits for the first to commit,
and sees its half. So nobody misses the other, and the hot path takes no lock of its own."""

from typing import NamedTuple
from uuid import UUID

from pydantic_core import to_json

from ims_kit import Work
from ims_notify.domain.facts import Contact, Heard, Placed, Posting

# How a payer or a holder is written to, by what they gave.
OWN = "CASE WHEN email IS NOT NULL THEN 'email' WHEN phone IS NOT NULL THEN 'sms' END"
HOLDERS = "CASE WHEN c.email IS NOT NULL THEN 'email' WHEN c.phone IS NOT NULL THEN 'sms' WHEN c.address IS NOT NULL THEN 'letter' END"
HOLDER = f"""(SELECT {HOLDERS} FROM contact c
  WHERE c.council = {{0}}.council AND c.fund = {{0}}.fund AND c.account_reference = {{0}}.account_reference)"""  # noqa: S608 - built of constants

RECEIPT = "INSERT INTO delivery (delivery_id, council, payment_id, kind, channel, destination, revision, since, due_at)"

SEEKING = "way IS NULL AND receipt_id IS NOT NULL AND fund IS NOT NULL AND account_reference IS NOT NULL"
# What is due follows in the same statement, from the row as it is now: with the other half that was there before.
THEN_DUE = f"""RETURNING council, payment_id, heard_revision, placed_revision, receipt_id, email, phone, outcome, fund, account_reference),
known AS MATERIALIZED (
  SELECT *, CASE WHEN placed_revision > 0 AND receipt_id IS NOT NULL THEN coalesce({OWN}, {HOLDER.format("kept")}) END AS way
  FROM kept WHERE heard_revision > 0 AND outcome IS NOT NULL),
due AS (
  {RECEIPT} SELECT receipt_id, council, payment_id, 'receipt', way, '', 0, $1::timestamptz, $1 FROM known WHERE way IS NOT NULL
  ON CONFLICT DO NOTHING)
SELECT council, payment_id, receipt_id, fund, account_reference, {SEEKING} AS is_seeking FROM known"""  # noqa: S608 - built of constants

HEAR = f"""WITH kept AS (
INSERT INTO payment (heard_on, council, payment_id, heard_revision, channel, paid_on, receipt_id, email, phone, reference, email_key)
SELECT ($1::timestamptz AT TIME ZONE 'Europe/London')::date, *
FROM unnest($2::text[], $3::uuid[], $4::int[], $5::text[], $6::date[], $7::uuid[], $8::text[], $9::text[], $10::text[],
  $11::text[]) ORDER BY 3, 2
ON CONFLICT (payment_id, council) DO UPDATE SET
  heard_revision = excluded.heard_revision, heard_on = excluded.heard_on, channel = excluded.channel, paid_on = excluded.paid_on,
  receipt_id = excluded.receipt_id, email = excluded.email, phone = excluded.phone,
  reference = excluded.reference, email_key = excluded.email_key
WHERE excluded.heard_revision > payment.heard_revision
{THEN_DUE}"""  # noqa: S608 - built of constants

PLACE = f"""WITH kept AS (
INSERT INTO payment (council, payment_id, placed_revision, outcome, fund, account_reference, account_references,
  amount_pence, refund_due_pence, balance_pence, next_due_on, vat_pence, because)
SELECT * FROM unnest($2::text[], $3::uuid[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[],
  $9::bigint[], $10::bigint[], $11::bigint[], $12::date[], $13::bigint[], $14::text[]) ORDER BY 2, 1
ON CONFLICT (payment_id, council) DO UPDATE SET
  placed_revision = excluded.placed_revision, outcome = excluded.outcome, fund = excluded.fund,
  account_reference = excluded.account_reference, account_references = excluded.account_references,
  amount_pence = excluded.amount_pence, refund_due_pence = excluded.refund_due_pence,
  balance_pence = excluded.balance_pence, next_due_on = excluded.next_due_on, vat_pence = excluded.vat_pence,
  because = excluded.because, is_anew = payment.is_anew OR payment.placed_revision > 0
WHERE excluded.placed_revision > payment.placed_revision
{THEN_DUE} WHERE {SEEKING}"""  # noqa: S608 - built of constants

SEEK = f"""WITH sought AS (
  SELECT * FROM unnest($2::text[], $3::uuid[], $4::uuid[], $5::text[], $6::text[])
    AS s (council, payment_id, receipt_id, fund, account_reference)),
looked AS MATERIALIZED (SELECT *, {HOLDER.format("sought")} AS way FROM sought),
due AS (
  {RECEIPT} SELECT receipt_id, council, payment_id, 'receipt', way, '', 0, $1::timestamptz, $1 FROM looked WHERE way IS NOT NULL
  ON CONFLICT DO NOTHING)
INSERT INTO seeker SELECT council, fund, account_reference, payment_id FROM looked WHERE way IS NULL ON CONFLICT DO NOTHING"""  # noqa: S608 - built of constants

CONTACT = """INSERT INTO contact (council, fund, account_reference, revision, email, phone, address, language, vat_code, email_key)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
  $10::text[]) ORDER BY 1, 2, 3
ON CONFLICT (council, fund, account_reference) DO UPDATE SET
  revision = excluded.revision, email = excluded.email, phone = excluded.phone, address = excluded.address,
  language = excluded.language, vat_code = excluded.vat_code, email_key = excluded.email_key
WHERE excluded.revision > contact.revision"""

FOUND = f"""{RECEIPT}
SELECT p.receipt_id, p.council, p.payment_id, 'receipt', {HOLDERS}, '', 0, $1::timestamptz, $1
FROM unnest($2::text[], $3::text[], $4::text[]) AS a (council, fund, account_reference)
JOIN contact c USING (council, fund, account_reference)
JOIN seeker s USING (council, fund, account_reference)
JOIN payment p USING (council, payment_id)
WHERE {HOLDERS} IS NOT NULL AND p.receipt_id IS NOT NULL AND p.fund = a.fund AND p.account_reference = a.account_reference
ON CONFLICT DO NOTHING"""  # noqa: S608 - built of constants

POST = """INSERT INTO delivery
  (delivery_id, council, payment_id, revision, kind, channel, destination, amount_pence, facts, state, since, due_at)
SELECT n.delivery_id, n.council, n.payment_id, n.revision, 'posting', 'webhook', n.destination, n.amount_pence, n.facts,
  CASE WHEN p.heard_revision > 0 THEN 'due' ELSE 'waiting' END, $1::timestamptz, $1
FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::int[], $6::text[], $7::bigint[], $8::bool[], $9::bool[], $10::jsonb[])
  AS n (delivery_id, council, payment_id, revision, destination, amount_pence, is_placement, is_withdrawal, facts)
JOIN payment p USING (council, payment_id)
WHERE NOT (n.is_placement AND n.revision < p.placed_revision)
  AND NOT (n.is_withdrawal AND NOT EXISTS (
    SELECT FROM delivery d WHERE d.council = n.council AND d.payment_id = n.payment_id AND d.kind = 'posting'
      AND d.destination = n.destination AND d.revision < n.revision))
ON CONFLICT DO NOTHING"""

RELEASE = """UPDATE delivery d SET state = 'due', since = $1::timestamptz, due_at = $1
FROM unnest($2::text[], $3::uuid[]) AS n (council, payment_id)
WHERE d.council = n.council AND d.payment_id = n.payment_id AND d.kind = 'posting' AND d.state = 'waiting'"""


class Known(NamedTuple):
    """A payment of which both halves are known, since this moment."""

    council: str
    payment_id: UUID
    receipt_id: UUID | None
    fund: str | None
    account_reference: str | None
    is_seeking: bool
    """A receipt is wanted, and there is nowhere to send it."""


async def keep_heard(rows: list[Heard], work: Work) -> list[Known]:
    """Keep how payments came, one row a payment. Returns those that had been placed before they were heard of."""
    return await keep(HEAR, rows, work)


async def keep_placed(rows: list[Placed], work: Work) -> list[Known]:
    """Keep where payments went, one row a payment. Returns those that had been heard of and want a receipt that has nowhere to go."""
    return await keep(PLACE, rows, work)


async def keep(sql: str, rows: list[Heard] | list[Placed], work: Work) -> list[Known]:
    if not rows:
        return []
    return [Known(*row) for row in await work.connection.fetch(sql, work.now, *zip(*rows, strict=True))]


async def seek(known: list[Known], work: Work) -> None:
    """Send receipts without an address to the accounts' holders, or keep them until an address is told."""
    seeking = [each for each in known if each.is_seeking]
    if not seeking:
        return
    # The account may be told of at this moment: only under its lock is a holder's absence certain.
    await work.lock(account_key(each.council, each.fund, each.account_reference) for each in seeking)
    columns = zip(*((e.council, e.payment_id, e.receipt_id, e.fund, e.account_reference) for e in seeking), strict=True)
    await work.connection.execute(SEEK, work.now, *columns)


async def keep_contacts(rows: list[Contact], work: Work) -> None:
    """Keep how holders are written to, one row an account, and send what was waiting for them."""
    if not rows:
        return
    reachable = [row[:3] for row in rows if row.email or row.phone or row.address]
    await work.lock(account_key(*key) for key in reachable)
    await work.connection.execute(CONTACT, *zip(*rows, strict=True))
    if reachable:
        await work.connection.execute(FOUND, work.now, *zip(*reachable, strict=True))


def account_key(council: str, fund: str | None, account_reference: str | None) -> str:
    return f"{council}|{fund}|{account_reference}"


async def keep_postings(postings: list[Posting], work: Work) -> None:
    """Keep what back offices are to be told; what is not known of its payment yet waits."""
    if postings:
        rows = [(*posting[:-1], to_json(posting.facts | {"timestamp": work.now}).decode()) for posting in postings]
        await work.connection.execute(POST, work.now, *zip(*rows, strict=True))


async def release(known: list[Known], work: Work) -> None:
    """Let go the postings that waited for these payments to be heard of."""
    if known:
        await work.connection.execute(RELEASE, work.now, [each.council for each in known], [each.payment_id for each in known])

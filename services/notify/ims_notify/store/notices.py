"""Notices beside the receipt: kept as they are heard of, due once it is known to whom they go."""

import asyncio
from datetime import timedelta

from pydantic_core import to_json

from ims_kit import Service, Work
from ims_notify.domain.notices import Anew, Notice, placement
from ims_notify.store.payments import HOLDER, OWN

LOOK_SECONDS = 1.0
LOOK_AGAIN = timedelta(minutes=1)
# A holder's address may be told after the money; whose comes later than this has the letter of their back office.
WAIT_FOR_CONTACT = timedelta(days=1)

KEEP = """INSERT INTO delivery
  (delivery_id, council, payment_id, kind, channel, destination, revision, state, amount_pence, facts, since, due_at)
SELECT delivery_id, council, payment_id, kind, 'email', '', revision, 'waiting', amount_pence, facts, $1::timestamptz, $1
FROM unnest($2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::int[], $7::bigint[], $8::jsonb[])
  AS n (delivery_id, council, payment_id, kind, revision, amount_pence, facts)
ON CONFLICT DO NOTHING"""

# Who is not told of a receipt is told of a refund neither; but of money that was taken back the holder hears in any case.
RELEASE = f"""WITH waiting AS (
  SELECT delivery_id, council, payment_id, kind, since FROM delivery
  WHERE state = 'waiting' AND kind <> 'posting' AND due_at <= $1::timestamptz ORDER BY due_at LIMIT 500 FOR UPDATE SKIP LOCKED),
known AS (
  SELECT w.delivery_id, w.since, CASE WHEN p.outcome IS NOT NULL AND p.heard_revision > 0
    AND (p.receipt_id IS NOT NULL OR w.kind = 'taken-back') THEN coalesce({OWN}, {HOLDER.format("p")}) END AS way
  FROM waiting w LEFT JOIN payment p USING (council, payment_id))
UPDATE delivery d SET channel = coalesce(k.way, d.channel),
  state = CASE WHEN k.way IS NOT NULL THEN 'due' WHEN k.since < $2 THEN 'no-contact' ELSE 'waiting' END,
  due_at = CASE WHEN k.way IS NOT NULL THEN $1 ELSE $3::timestamptz END
FROM known k WHERE d.delivery_id = k.delivery_id"""  # noqa: S608 - built of constants

# While something is on its way, it is not certain what it will have said.
ANEW = """SELECT p.council, p.payment_id, p.placed_revision, p.outcome, s.revision, s.outcome
FROM payment p CROSS JOIN LATERAL (
  SELECT bool_or(d.state IN ('waiting', 'due')) AS is_open, max(d.said_revision) AS revision,
    (array_agg(d.said_outcome ORDER BY d.said_revision DESC NULLS LAST))[1] AS outcome
  FROM (
    SELECT * FROM delivery r WHERE r.council = p.council AND r.payment_id = p.payment_id AND r.kind = 'receipt'
    UNION ALL SELECT * FROM delivery n WHERE n.council = p.council AND n.payment_id = p.payment_id AND n.kind NOT IN ('receipt', 'posting')
      AND n.kind = 'placement') AS d) AS s
WHERE p.is_anew AND s.is_open IS NOT TRUE ORDER BY 1, 2 LIMIT 500 FOR UPDATE OF p SKIP LOCKED"""

SEEN = """UPDATE payment p SET is_anew = false FROM unnest($1::text[], $2::uuid[]) AS n (council, payment_id)
WHERE p.council = n.council AND p.payment_id = n.payment_id"""


async def keep(notices: list[Notice], work: Work) -> None:
    """Keep what is to be told; the same again is known."""
    if notices:
        rows = [(*notice[:-1], to_json(notice.facts).decode()) for notice in notices]
        await work.connection.execute(KEEP, work.now, *zip(*rows, strict=True))


async def release(work: Work) -> None:
    """Make due what can go: both halves of its payment are known, and somebody can be written to."""
    await work.connection.execute(RELEASE, work.now, work.now - WAIT_FOR_CONTACT, work.now + LOOK_AGAIN)


async def look_anew(work: Work) -> None:
    """Write to those whose money is elsewhere by now than they read."""
    rows = [Anew(*row) for row in await work.connection.fetch(ANEW)]
    if rows:
        await keep([notice for notice in map(placement, rows) if notice], work)
        await work.connection.execute(SEEN, [row.council for row in rows], [row.payment_id for row in rows])


async def write(service: Service) -> None:
    """Every second: off the path of payments, as no notice is in such a hurry."""
    while True:
        async with service.begin() as work:
            await look_anew(work)
            await release(work)
        await asyncio.sleep(LOOK_SECONDS)

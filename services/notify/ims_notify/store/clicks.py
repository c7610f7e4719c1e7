"""Payments by persons of the last days, and which of them are two of a kind: heard a row a batch, compared by the watch."""

from datetime import timedelta

from ims_kit import Work
from ims_notify.domain.alerting import NEWS
from ims_notify.domain.clicks import Click, Pair, twice
from ims_notify.store.alerts import raise_alarms

HEARD = "INSERT INTO click_heard VALUES ($1, $2, $3, $4, $5)"

TAKE = """WITH heard AS (DELETE FROM click_heard RETURNING *)
INSERT INTO click (council, payment_id, likeness, method_of_payment, paid_at)
SELECT c.* FROM heard h, unnest(h.council, h.payment_id, h.likeness, h.method_of_payment, h.paid_at) AS c
ON CONFLICT DO NOTHING RETURNING council, likeness"""

FORGET = "DELETE FROM click WHERE paid_at < $1"

PAIRS = """SELECT DISTINCT ON (council, later.payment_id)
  council, later.method_of_payment, later.payment_id, earlier.payment_id, (later.paid_at AT TIME ZONE 'Europe/London')::date
FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::bytea[]) AS fresh (council, likeness)) AS fresh
JOIN click earlier USING (council, likeness) JOIN click later USING (council, likeness)
JOIN unnest($3::text[], $4::interval[]) AS own (council, apart) USING (council)
WHERE (earlier.paid_at, earlier.payment_id) < (later.paid_at, later.payment_id) AND later.paid_at <= earlier.paid_at + own.apart
ORDER BY council, later.payment_id, earlier.paid_at DESC, earlier.payment_id DESC"""


async def keep(rows: list[Click], work: Work) -> None:
    """Keep what was heard of, a row a batch."""
    if rows:
        await work.connection.execute(HEARD, *zip(*rows, strict=True))


async def compare(apart: dict[str, timedelta], work: Work) -> None:
    """Raise an alarm for each payment that came so soon after another like it, in whatever order they were heard; forget old ones."""
    fresh = await work.connection.fetch(TAKE)
    if fresh:
        found = await work.connection.fetch(PAIRS, *zip(*fresh, strict=True), list(apart), list(apart.values()))
        await raise_alarms([twice(Pair(*row)) for row in found], work)
        await work.connection.execute(FORGET, work.now - NEWS)

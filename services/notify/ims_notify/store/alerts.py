"""Keep what alerts are made of: alarms as they are raised, and what is open, one set-based statement a batch."""

from collections.abc import Sequence

from ims_kit import Insert, Work
from ims_notify.domain.alert_facts import Arrival, Break, SuspenseMove, alarms
from ims_notify.domain.alerting import Alarm, Alarming
from ims_notify.store.alert_tables import AlarmRow

RAISE = Insert(AlarmRow, "council kind subject case_name happened_on detail raised_at")

ARRIVE = """INSERT INTO file_arrival (council, source, last_on) SELECT * FROM unnest($1::text[], $2::text[], $3::date[])
ON CONFLICT (council, source) DO UPDATE SET last_on = excluded.last_on WHERE excluded.last_on > file_arrival.last_on"""

BREAK = """INSERT INTO known_break (council, break_id, revision, is_open, amount_pence, opened_on)
SELECT * FROM unnest($1::text[], $2::uuid[], $3::int[], $4::bool[], $5::bigint[], $6::date[])
ON CONFLICT (council, break_id) DO UPDATE SET
  revision = excluded.revision, is_open = excluded.is_open, amount_pence = excluded.amount_pence, opened_on = excluded.opened_on
WHERE excluded.revision > known_break.revision"""


MOVED = "INSERT INTO suspense_heard VALUES ($1, $2, $3, $4, $5, $6, $7)"


async def sound(facts: Sequence[Alarming], work: Work) -> None:
    """Raise what facts alarm of; what was raised before is not raised again."""
    await raise_alarms(alarms(facts, work.today), work)


async def raise_alarms(raised: Sequence[Alarm], work: Work) -> None:
    await RAISE(work.connection, [(*each, work.now) for each in raised])


async def arrive(rows: list[Arrival], work: Work) -> None:
    """Know when the last file of each source came."""
    if rows:
        await work.connection.execute(ARRIVE, *zip(*rows, strict=True))


async def keep_breaks(rows: list[Break], work: Work) -> None:
    """Know each break as its highest revision has it."""
    if rows:
        await work.connection.execute(BREAK, *zip(*rows, strict=True))


async def keep_suspense(rows: list[SuspenseMove], work: Work) -> None:
    """Keep what moved in suspense, a row a batch: a night's returns are a hundred thousand."""
    if rows:
        await work.connection.execute(MOVED, *zip(*rows, strict=True))

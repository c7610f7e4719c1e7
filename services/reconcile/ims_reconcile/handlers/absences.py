"""What should have been heard by now and was not."""

from datetime import datetime
from typing import Any

from ims_reconcile.domain import (
    PLACED_WITHIN,
    Fault,
    Horizon,
    Pack,
    Run,
    feed_days,
    feed_faults,
    held_faults,
    in_bulk,
    late_faults,
    member_faults,
    run_faults,
    undone_faults,
    unplaced_fault,
    working_days_after,
)
from ims_reconcile.store import feeds, members, open_items, outcomes, placements, runs


async def absences(connection: Any, horizon: Horizon, pack: Pack, fresh_since: datetime) -> list[Fault]:
    """Settlements of payments, payments behind reversals, answers of back offices, places of payments, files of feeds."""
    await members.sweep(connection, horizon, pack)
    watched = await members.open_watched(connection)
    counts = await members.counts(connection, {(each.council, each.paid_on) for each in watched})
    found = [fault for each in in_bulk(watched, counts) for fault in member_faults(each, horizon)]
    found += [fault for each in await members.won(connection, fresh_since) for fault in member_faults(each, horizon)]
    found += [fault for each in await open_items.undone(connection) for fault in undone_faults(each, horizon)]
    firsts = await feeds.firsts(connection, [source.name for source in pack.sources if source.every])
    broken = await feeds.broken(connection)
    asked = {key: feed_days(key[0], first_on, horizon, broken.get(key, ())) for key, first_on in firsts.items()}
    came = await feeds.came(connection, [(*key, day) for key, days in asked.items() for day in days])
    found += [fault for each in await open_runs(connection) for fault in run_faults(each, horizon, pack)]
    found += await unplaced_faults(connection, horizon, fresh_since)
    found += [fault for each in await placements.still_held(connection) for fault in held_faults(each, horizon)]
    missed = feed_faults(asked, came, pack, horizon)
    return found + missed + late_faults(await feeds.late(connection), missed, pack)


async def open_runs(connection: Any) -> list[Run]:
    """Runs of postings that are not accepted whole; those that are need not be looked at again."""
    held = await runs.open_runs(connection)
    await outcomes.write_flag(connection, "run", "is_done", [run.run_id for run in held if run.is_whole])
    return [run for run in held if not run.is_whole]


async def unplaced_faults(connection: Any, horizon: Horizon, fresh_since: datetime) -> list[Fault]:
    """Files of which a payment should have its place by now."""
    last_on = {council: working_days_after(day, -PLACED_WITHIN) for council, day in horizon.days.items()}
    return [unplaced_fault(each) for each in await placements.unplaced(connection, last_on, fresh_since)]

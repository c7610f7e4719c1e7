"""A dry run: a day's stored payments under a version that is proposed. It reads in small portions, and cannot write."""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple
from uuid import UUID

from ims_allocation.domain import Accounts, Pack, PaymentKey, Record, keys_of
from ims_allocation.domain.trying import Difference, Reread, Typed, place_anew, reread
from ims_allocation.settings import Packs
from ims_allocation.store import accounts, placements, trying
from ims_kit import Service, Work

CHUNK = 200


class Trial(NamedTuple):
    """Which payments are tried, and with what."""

    pack: Pack
    day: date
    shown_max: int


async def try_out(service: Service, trial: Trial) -> Difference:
    """What the payments that were first placed on the day would do under the pack."""
    difference = Difference(trial.shown_max)
    async with service.begin() as work:
        await work.connection.execute("SET TRANSACTION READ ONLY")
        cursor = await work.connection.cursor(trying.OF_A_DAY, trial.pack.council, trial.day)
        while found := await cursor.fetch(CHUNK):
            await try_some([row["payment_id"] for row in found], trial, work, difference)
    return difference


async def try_some(ids: Collection[UUID], trial: Trial, work: Work, difference: Difference) -> None:
    stored = await placements.latest([(trial.pack.council, id_) for id_ in ids], work.connection)
    anew = await read_anew(stored.values(), trial.pack, work)
    reached, neighbours = await around([*stored.values(), *(each.record for each in anew.values())], work)
    of_the_day = await trying.of_the_day(trial.day, neighbours.keys() - stored.keys(), work.connection)
    all_anew = anew | await read_anew([neighbours[key] for key in of_the_day], trial.pack, work)
    reached |= {key for each in all_anew.values() for key in keys(each.record)}
    known = Accounts(await accounts.find(reached, work.connection))
    placed = place_anew(all_anew.values(), neighbours.values(), known, Packs([trial.pack]))
    difference.take(stored.values(), anew, placed)


async def read_anew(stored: Collection[Record], pack: Pack, work: Work) -> dict[PaymentKey, Reread]:
    rows = await trying.typed(pack.council, [each.payment_id for each in stored], work.connection)
    typed = {row["payment_id"]: Typed(row["reference"], row["narrative"]) for row in rows}
    return {each.key: reread(each, typed.get(each.payment_id), pack) for each in stored}


async def around(records: Collection[Record], work: Work) -> tuple[set[tuple[str, str]], dict[PaymentKey, Record]]:
    """What bears on these payments, as they are read or were, and every payment that minds it."""
    reached = await placements.reach({key for each in records for key in keys(each)}, [each.key for each in records], work)
    neighbours = await placements.latest(await placements.minding(reached, work), work.connection)
    return reached | {key for each in neighbours.values() for key in keys(each)}, neighbours


def keys(record: Record) -> list[tuple[str, str]]:
    return keys_of(record.council, record.payment) if record.payment else []

"""The batch unit of work: a poll of one topic is decoded, handled, told and moved past in one transaction."""

from typing import Any

import structlog

from ims_kit import aside
from ims_kit.decoding import Decoded, Hearing, decode
from ims_kit.errors import Refused, Stop, describe, is_accident
from ims_kit.positions import Moves, advance
from ims_kit.settings import ServiceSettings
from ims_kit.telling import tell
from ims_kit.work import Work

log = structlog.get_logger()

type Place = tuple[str, int, int]
"""Topic, partition, offset."""


def place(record: Any) -> Place:
    return record.topic, record.partition, record.offset


class Unit:
    """Takes batches of records; keeps in mind only whether the next one needs care."""

    def __init__(self, reader: str, pool: Any, settings: ServiceSettings, hearings: dict[str, Hearing]) -> None:
        self.reader, self.pool, self.refused_max = reader, pool, settings.refused_max
        self.hearings = {settings.topic_prefix + topic: hearing for topic, hearing in hearings.items()}
        self.is_careful, self.refused_in_row = False, 0
        self.unheard: dict[str, int] = {}
        """Records of types nobody here hears, counted by topic."""

    async def commit(self, records: list[Any], moves: Moves) -> None:
        """One topic's records, all or nothing, with its positions. Raises Fenced if another process was there."""
        hearing = self.hearings[next(iter(moves)).topic]
        async with self.pool.acquire() as connection, connection.transaction():
            await advance(connection, self.reader, moves)
            refused = await self.handle(connection, hearing, records)
            in_row = await self.set_aside(connection, records, refused)
        self.refused_in_row = in_row

    async def handle(self, connection: Any, hearing: Hearing, records: list[Any]) -> dict[Place, str]:
        refused: dict[Place, str] = {}
        heard: list[tuple[Any, Decoded]] = []
        for record in records:  # one by one: joined as one list, a crafted record can swallow its neighbour
            try:
                decoded = decode(record, hearing.validators)
            except Refused as error:
                refused[place(record)] = str(error)
                continue
            if decoded:
                heard.append((record, decoded))
            else:
                self.unheard[record.topic] = self.unheard.get(record.topic, 0) + 1
        if heard and self.is_careful:
            await self.bisect(connection, hearing, heard, refused)
        elif heard:
            await self.run(connection, hearing, heard)
        return refused

    async def run(self, connection: Any, hearing: Hearing, heard: list[tuple[Any, Decoded]]) -> None:
        work = Work(connection, {id(decoded.message): decoded.cause for _, decoded in heard})
        await hearing.handler([decoded.message for _, decoded in heard], work)
        await tell(connection, work.facts)

    async def bisect(
        self, connection: Any, hearing: Hearing, heard: list[tuple[Any, Decoded]], refused: dict[Place, str]
    ) -> None:
        """Halve a batch that failed down to the records whose fault it is; all others are handled."""
        try:
            async with connection.transaction():
                return await self.run(connection, hearing, heard)
        except Exception as error:
            if is_accident(error):
                raise
            if len(heard) == 1:
                refused[place(heard[0][0])] = describe(error)
                return None
        half = len(heard) // 2
        await self.bisect(connection, hearing, heard[:half], refused)
        await self.bisect(connection, hearing, heard[half:], refused)

    async def set_aside(self, connection: Any, records: list[Any], refused: dict[Place, str]) -> int:
        """Keep the refused in the same transaction. Raises Stop if it is not records that are bad, but the release."""
        if not refused:
            return 0 if records else self.refused_in_row
        in_row = self.refused_in_row
        for record in records:
            reason = refused.get(place(record))
            in_row = in_row + 1 if reason else 0
            if in_row > self.refused_max:
                raise Stop(f"more than {self.refused_max} records in a row refused, the last: {reason}")
            if reason:
                await aside.set_aside(connection, self.reader, record, reason, self.hearings[record.topic].clean)
                log.warning("set aside", topic=record.topic, partition=record.partition, offset=record.offset, reason=reason)
        return in_row

    async def retry(self, number: int) -> str:
        """Handle one record that was set aside. Says `handled`, `unknown` (no such record is set aside), or why not."""
        try:
            async with self.pool.acquire() as connection, connection.transaction():
                kept = await aside.take(connection, number)
                if kept is None:
                    return "unknown"
                refused = await self.handle(connection, self.hearings[kept.topic], [kept])
                if not refused:
                    await aside.done(connection, number)
                return next(iter(refused.values()), "handled")
        except Exception as error:
            if is_accident(error):
                raise
            return describe(error)

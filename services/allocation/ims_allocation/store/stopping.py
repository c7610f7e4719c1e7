"""Ways of placing payments without a person that officers stopped for a fund, until another officer lets them go on."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from ims_kit import Work

type Way = tuple[str, str, str]
"""Council, fund, way."""

LAST = """SELECT s.council, s.fund, s.tag, s.stop_id, s.stopped_by, s.reason, s.stopped_at, r.resumed_by
  FROM automatic_stop s LEFT JOIN automatic_resume r USING (council, stop_id)"""
BY_HAND = f"{LAST} WHERE council = ANY($1::text[]) AND resumed_by IS NULL ORDER BY council, fund, tag"
OF_WAY = f"{LAST} WHERE council = $1 AND fund = $2 AND tag = $3 ORDER BY s.stopped_at DESC LIMIT 1"
STOP = """INSERT INTO automatic_stop (council, stop_id, fund, tag, stopped_by, reason, stopped_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (council, stop_id) DO NOTHING"""
RESUME = """INSERT INTO automatic_resume (council, stop_id, resume_id, stopped_by, resumed_by, reason, resumed_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7)"""
RESUMED = "SELECT EXISTS (SELECT FROM automatic_resume WHERE council = $1 AND resume_id = $2)"


async def by_hand(councils: Collection[str], connection: Any) -> list[Any]:
    """What officers stopped, and nobody has let go on."""
    found: list[Any] = await connection.fetch(BY_HAND, list(councils))
    return found


async def last(way: Way, connection: Any) -> Any:
    """The last time that an officer stopped a way, and who let it go on; none, where nobody ever did."""
    return await connection.fetchrow(OF_WAY, *way)


async def stop(way: Way, stop_id: UUID, said: tuple[str, str], work: Work) -> None:
    """Keep that an officer stopped it (`said`: who, and why); what was kept under the same id is not kept again."""
    council, fund, tag = way
    await work.connection.execute(STOP, council, stop_id, fund, tag, *said, work.now)


async def is_resumed(council: str, resume_id: UUID, work: Work) -> bool:
    """Whether something was let go on under this id before."""
    return bool(await work.connection.fetchval(RESUMED, council, resume_id))


async def resume(stopped: Any, resume_id: UUID, said: tuple[str, str], work: Work) -> None:
    """Keep that another officer lets it go on."""
    await work.connection.execute(RESUME, stopped["council"], stopped["stop_id"], resume_id, stopped["stopped_by"], *said, work.now)

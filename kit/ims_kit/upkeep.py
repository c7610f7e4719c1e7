"""House-keeping: rows that are of no more use after a set time are let go, in chunks; so are facts told long ago, once their topic
has let them go too."""

import asyncio
from typing import Any

PURGE_TOLD = """DELETE FROM told WHERE id IN (
  SELECT id FROM told WHERE id <= (SELECT id FROM relayed) AND told_at < now() - make_interval(days => $1)
  ORDER BY id LIMIT 10000)"""


async def purge(pool: Any, statement: str, days: int) -> int:
    """Let go of what a statement deletes as older than so many days; it takes some rows at a time. Returns how many."""
    gone = 0
    while chunk := int((await pool.execute(statement, days)).split()[-1]):
        gone += chunk
        await asyncio.sleep(0)
    return gone

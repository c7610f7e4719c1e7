"""House-keeping of what the kit keeps: facts told long ago are let go, once their topic has let them go too."""

import asyncio
from typing import Any

PURGE = """DELETE FROM told WHERE id IN (
  SELECT id FROM told WHERE id <= (SELECT id FROM relayed) AND told_at < now() - make_interval(days => $1)
  ORDER BY id LIMIT 10000)"""


async def purge_told(pool: Any, days: int) -> int:
    """Let go of facts that were sent, and told more than so many days ago; in chunks. Returns how many."""
    gone = 0
    while chunk := int((await pool.execute(PURGE, days)).split()[-1]):
        gone += chunk
        await asyncio.sleep(0)
    return gone

"""Who may decide now, and whether there is anything new to decide."""

from typing import Any

TURN = "SELECT pg_try_advisory_xact_lock(5, 0)"
# All that is open is found by an index made for it. The server would rather read whole tables when it has not looked at them since
# they were filled, as on the first day and after a large import: one look then takes hours.
BY_INDEX = "SET LOCAL enable_seqscan = off"
WAIT = "SELECT pg_advisory_xact_lock(5, 0)"
# What an officer wrote off or took apart is told by the next look: it does not wait until something is heard.
HEARD = """SELECT coalesce(sum(next_offset), 0)::bigint * 2 + (SELECT EXISTS (SELECT FROM match WHERE pages_told < page_count)::int)
  FROM heard"""


async def take_turn(connection: Any) -> bool:
    """Whether this transaction is the only one that decides, until it commits."""
    await connection.execute(BY_INDEX)
    is_mine: bool = await connection.fetchval(TURN)
    return is_mine


async def wait_for_turn(connection: Any) -> None:
    """Be the only one that decides, as soon as whoever does has committed."""
    await connection.execute(WAIT)


async def heard_so_far(pool: Any) -> int:
    """A number that is another one with everything heard, by whichever process, and while there is something to tell."""
    count: int = await pool.fetchval(HEARD)
    return count

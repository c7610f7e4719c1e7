"""Who may decide now, and whether there is anything new to decide."""

from typing import Any

TURN = "SELECT pg_try_advisory_xact_lock(5, 0)"
WAIT = "SELECT pg_advisory_xact_lock(5, 0)"
HEARD = "SELECT coalesce(sum(next_offset), 0)::bigint FROM heard"


async def take_turn(connection: Any) -> bool:
    """Whether this transaction is the only one that decides, until it commits."""
    is_mine: bool = await connection.fetchval(TURN)
    return is_mine


async def wait_for_turn(connection: Any) -> None:
    """Be the only one that decides, as soon as whoever does has committed."""
    await connection.execute(WAIT)


async def heard_so_far(pool: Any) -> int:
    """A number that grows with everything heard, by whichever process."""
    count: int = await pool.fetchval(HEARD)
    return count

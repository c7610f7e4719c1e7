"""Who does not want to be written to: what they said, by a digest of their address; the last word counts."""

from collections.abc import Iterable
from typing import Any

from ims_kit import Work

SAY = "INSERT INTO opt_out (council, digest, is_out, said_at) VALUES ($1, $2, $3, clock_timestamp())"

OUT = """SELECT digest FROM (
  SELECT DISTINCT ON (digest) digest, is_out FROM opt_out WHERE digest = ANY($1::text[]) ORDER BY digest, said_at DESC) AS last
WHERE is_out"""


async def say(council: str, digest: str, is_out: bool, work: Work) -> None:
    """Keep what somebody said."""
    await work.connection.execute(SAY, council, digest, is_out)


async def out(digests: Iterable[str], connection: Any) -> set[str]:
    """Those of them who have opted out."""
    return {row[0] for row in await connection.fetch(OUT, list(digests))}

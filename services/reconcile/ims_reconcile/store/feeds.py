"""Feeds that come every working day: since when, and which of the days asked about have come; and files that ingest missed."""

from collections import defaultdict
from datetime import date
from typing import Any

from ims_reconcile.domain import LateFile

FIRST = """SELECT council, source, min(business_on) AS first_on FROM remittance WHERE source = ANY($1) AND NOT is_refused GROUP BY 1, 2"""
CAME = """SELECT DISTINCT r.council, r.source, r.business_on FROM remittance r
  JOIN unnest($1::text[], $2::text[], $3::date[]) AS asked (council, source, business_on) USING (council, source, business_on)"""
BROKEN = "SELECT council, source, opened_on FROM break WHERE is_open AND kind = 'file-late'"

# Whatever a source sent on the day or later ends it.
LATE = """SELECT council, source, expected_on FROM late_file l
  WHERE NOT EXISTS (SELECT FROM remittance r WHERE (r.council, r.source) = (l.council, l.source)
      AND r.received_on >= l.expected_on AND NOT r.is_refused)
    AND NOT EXISTS (SELECT FROM settlement s WHERE (s.council, s.source) = (l.council, l.source) AND s.received_on >= l.expected_on)
    AND NOT EXISTS (SELECT FROM statement s WHERE (s.council, s.source) = (l.council, l.source) AND s.received_on >= l.expected_on)"""


async def firsts(connection: Any, sources: list[str]) -> dict[tuple[str, str], date]:
    """By council and source, the first day that a file was of."""
    return {(row["council"], row["source"]): row["first_on"] for row in await connection.fetch(FIRST, sources)}


async def came(connection: Any, asked: list[tuple[str, str, date]]) -> dict[tuple[str, str], frozenset[date]]:
    """Of these days of these sources, those of which a file has come, whole or refused."""
    found: dict[tuple[str, str], set[date]] = defaultdict(set)
    for council, source, day in await connection.fetch(CAME, *zip(*asked, strict=True)) if asked else []:
        found[council, source].add(day)
    return {key: frozenset(days) for key, days in found.items()}


async def broken(connection: Any) -> dict[tuple[str, str], list[date]]:
    """The days of which a file is missed already."""
    found: dict[tuple[str, str], list[date]] = defaultdict(list)
    for council, source, day in await connection.fetch(BROKEN):
        found[council, source].append(day)
    return found


async def late(connection: Any) -> list[LateFile]:
    """Files that ingest missed, and whose source has sent nothing since."""
    return [LateFile(*row) for row in await connection.fetch(LATE)]

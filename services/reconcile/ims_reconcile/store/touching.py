"""Finds what is new, and what shares a name or its pence with that: each by an index made for it, however much else is open."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from ims_reconcile.domain import Line, Remittance, Settlement
from ims_reconcile.store.open_items import LINES, REMITTANCES, SETTLEMENTS

NEW_LINES = f"{LINES} AND state = 'open' AND NOT is_weighed"
NEW_SETTLEMENTS = f"{SETTLEMENTS} AND NOT s.is_scanned"
NEW_REMITTANCES = f"{REMITTANCES} AND NOT r.is_whole AND NOT r.is_refused"
LINES_OF = f"{LINES} AND line_id = ANY($2)"
SETTLEMENTS_OF = f"{SETTLEMENTS} AND s.settlement_id = ANY($2)"
REMITTANCES_OF = f"{REMITTANCES} AND r.remittance_id = ANY($2)"
# Each asks one thing at a time, so that the server cannot think it quicker to go through all that is open; a word, in a way that
# suits no other index than that of words.
SOUGHT = "SELECT found.id FROM unnest($1::text[], $2::{kind}[]) AS sought (council, {name}) CROSS JOIN LATERAL ({sql} OFFSET 0) AS found"
LINES_NAMING = SOUGHT.format(kind="text", name="word", sql="""SELECT line_id AS id FROM bank_line
  WHERE words_of(coalesce(counterparty_name, '') || ' ' || coalesce(reference, '') || ' ' || coalesce(narrative, '') || ' ' ||
    coalesce(bank_reference, '') || ' ' || coalesce(transaction_code, '')) @> ARRAY[sought.word]
  AND council || '' = sought.council AND state NOT IN ('from-bank', 'matched')""")  # fmt: skip
LINES_OF_PENCE = SOUGHT.format(kind="bigint", name="pence", sql="""SELECT line_id AS id FROM bank_line
  WHERE (council, amount_pence) = (sought.council, sought.pence) AND state IN ('open', 'awaiting')""")  # fmt: skip
ITEMS_NAMED = SOUGHT.format(kind="text", name="word", sql="""SELECT settlement_id AS id FROM settlement
  WHERE (council, last_word(reference)) = (sought.council, sought.word) AND match_id IS NULL
  UNION ALL SELECT remittance_id FROM remittance
  WHERE (council, last_word(reference)) = (sought.council, sought.word) AND match_id IS NULL""")  # fmt: skip
ITEMS_OF_PENCE = SOUGHT.format(kind="bigint", name="pence", sql="""SELECT settlement_id AS id FROM settlement
  WHERE (council, net_pence) = (sought.council, sought.pence) AND match_id IS NULL
  UNION ALL SELECT settlement_id FROM settlement WHERE (council, gross_pence) = (sought.council, sought.pence) AND match_id IS NULL
  UNION ALL SELECT remittance_id FROM remittance
  WHERE (council, net_pence) = (sought.council, sought.pence) AND match_id IS NULL""")  # fmt: skip
type Files = tuple[list[Settlement], list[Remittance]]


async def new_lines(connection: Any, fresh_since: datetime) -> list[Line]:
    """Lines that were never weighed."""
    return [Line(*row) for row in await connection.fetch(NEW_LINES, fresh_since)]


async def new_files(connection: Any, fresh_since: datetime) -> Files:
    """Settlements and files that are not whole, or were not when all that is open was last looked at."""
    settlements = [Settlement(*row) for row in await connection.fetch(NEW_SETTLEMENTS, fresh_since)]
    return settlements, [Remittance(*row) for row in await connection.fetch(NEW_REMITTANCES, fresh_since)]


async def lines_like(connection: Any, fresh_since: datetime, words: set[tuple[str, str]], pence: set[tuple[str, int]]) -> list[Line]:
    """Open lines that have one of these words (council, word), or are of these pence (council, pence)."""
    found = await sought(connection, LINES_NAMING, words) | await sought(connection, LINES_OF_PENCE, pence)
    return [Line(*row) for row in await connection.fetch(LINES_OF, fresh_since, list(found))] if found else []


async def files_like(connection: Any, fresh_since: datetime, words: set[tuple[str, str]], pence: set[tuple[str, int]]) -> Files:
    """Open settlements and files whose reference ends with one of these words, or that are of these pence."""
    found = list(await sought(connection, ITEMS_NAMED, words) | await sought(connection, ITEMS_OF_PENCE, pence))
    settlements = [Settlement(*row) for row in await connection.fetch(SETTLEMENTS_OF, fresh_since, found)] if found else []
    remittances = [Remittance(*row) for row in await connection.fetch(REMITTANCES_OF, fresh_since, found)] if found else []
    return settlements, remittances


async def sought(connection: Any, sql: str, keys: Iterable[tuple[str, Any]]) -> set[UUID]:
    pairs = list(keys)
    return {row["id"] for row in await connection.fetch(sql, *zip(*pairs, strict=True))} if pairs else set()

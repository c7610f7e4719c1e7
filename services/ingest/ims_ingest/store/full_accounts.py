"""Files of accounts that are full: what is not in them is closed."""

import json
from collections.abc import Sequence
from typing import Any

from ims_contracts.accounts import AccountChanged
from ims_ingest.domain.rows import FileHead
from ims_ingest.store.accounts import change
from ims_ingest.store.tables import ListedAccount
from ims_kit import Insert, Work

LIST = Insert(ListedAccount, "file_id fund account_reference is_counted")
# What is told already that the money is settled or must go back stays so.
OPEN = """account.council = $2 AND account.source = $3 AND account.status NOT IN ('closed', 'cancelled')
  AND account.fund IN (SELECT fund FROM listed_account WHERE file_id = $1)"""
MISSING = """NOT EXISTS (SELECT FROM listed_account AS listed WHERE listed.file_id = $1
  AND (listed.fund, listed.account_reference) = (account.fund, account.account_reference))"""
COUNT = f"SELECT count(*) AS held, count(*) FILTER (WHERE {MISSING}) AS missing FROM account WHERE {OPEN}"  # noqa: S608 - our own words
# An account that was told of after this file came is not this file's to close.
NEXT = f"""SELECT body, revision FROM account WHERE {OPEN} AND {MISSING} AND revision < $4
  ORDER BY fund, account_reference LIMIT $5"""  # noqa: S608 - our own words
# How many it closed in all, also where a crash came between.
TALLY = "UPDATE file SET closed = closed + $2 WHERE file_id = $1 RETURNING closed"


async def list_accounts(head: FileHead, accounts: Sequence[AccountChanged], work: Work) -> None:
    """Remember that these accounts are in a full file, until it is taken in."""
    rows = {(account.fund, account.account_reference): account.revision != head.revision for account in accounts}
    await LIST(work.connection, [(head.file_id, *key, is_counted) for key, is_counted in rows.items()])


async def missing(head: FileHead, connection: Any) -> tuple[int, int]:
    """How many open accounts of the file's funds, known from its source, are not in it; and how many there are."""
    found = await connection.fetchrow(COUNT, head.file_id, head.council, head.source)
    return found["missing"], found["held"]


async def close_next(head: FileHead, most: int, work: Work) -> tuple[int, int]:
    """Tell the next accounts that are not in the file as closed, otherwise as they were told last; returns how many, and how
    many the file closed in all."""
    is_counted = await work.connection.fetchval("SELECT bool_or(is_counted) FROM listed_account WHERE file_id = $1", head.file_id)
    latest = (1 << 62) if is_counted else head.revision
    found = await work.connection.fetch(NEXT, head.file_id, head.council, head.source, latest, most)
    closed = [
        AccountChanged.model_validate(json.loads(body) | {"status": "closed", "revision": revision + 1 if is_counted else head.revision})
        for body, revision in found
    ]
    await change(closed, work, "revisions", source=head.source)
    return len(closed), await work.connection.fetchval(TALLY, head.file_id, len(closed))


async def forget(head: FileHead, work: Work) -> None:
    """The file is done with."""
    await work.connection.execute("DELETE FROM listed_account WHERE file_id = $1", head.file_id)

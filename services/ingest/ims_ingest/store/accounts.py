"""Accounts: what tells whether a back office says something new, and how each was told last."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Literal

from ims_contracts.accounts import AccountChanged
from ims_contracts.message import Message
from ims_ingest.store.tables import Account
from ims_kit import Insert, Work

COLUMNS = "council fund account_reference revision content_sha256 status source body"
KEY = "council fund account_reference"
NEWER = """(council, fund, account_reference) DO UPDATE SET revision = excluded.revision, content_sha256 = excluded.content_sha256,
  status = excluded.status, source = coalesce(excluded.source, account.source), body = excluded.body"""
COUNTED = Insert(Account, COLUMNS, returning=KEY, conflict=f"{NEWER} WHERE excluded.revision > account.revision")
UNCOUNTED = Insert(
    Account,
    COLUMNS,
    returning=KEY,
    conflict=f"{NEWER} WHERE excluded.revision > account.revision AND excluded.content_sha256 <> account.content_sha256",
)

type Counts = Literal["revisions", "times"]
"""What orders what is told of an account: the back office's own count, or when its file came."""


async def change(
    accounts: Sequence[AccountChanged],
    work: Work,
    counts: Counts,
    because: Mapping[int, Message] | None = None,
    source: str | None = None,
) -> set[tuple[str, str, str]]:
    """Keep and tell the accounts that are newer than what is held; returns their keys. A file without revisions tells only
    what differs from what was told before. `source` is a file's: by it, its next full file is known to leave an account out."""
    newest: dict[tuple[str, str, str], AccountChanged] = {}
    for account in accounts:
        key = (account.council, account.fund, account.account_reference)
        if key not in newest or newest[key].revision < account.revision:
            newest[key] = account
    insert = COUNTED if counts == "revisions" else UNCOUNTED
    changed = {tuple(found) for found in await insert(work.connection, [row(newest[key], source) for key in sorted(newest)])}
    for key in newest:
        if key in changed:
            work.tell(newest[key], because=(because or {}).get(id(newest[key])))
    return changed


def row(account: AccountChanged, source: str | None) -> tuple[object, ...]:
    body = account.model_dump_json(exclude={"revision"}, exclude_none=True)
    digest = hashlib.sha256(body.encode()).hexdigest()
    key = (account.council, account.fund, account.account_reference)
    return *key, account.revision, digest, account.status, source, body

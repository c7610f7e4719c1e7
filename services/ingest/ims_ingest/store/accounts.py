"""Accounts: only what tells whether a back office says something new."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Literal

from ims_contracts.accounts import AccountChanged
from ims_contracts.message import Message
from ims_ingest.store.tables import Account
from ims_kit import Insert, Work

COLUMNS, KEY = "council fund account_reference revision content_sha256", "council fund account_reference"
NEWER = "(council, fund, account_reference) DO UPDATE SET revision = excluded.revision, content_sha256 = excluded.content_sha256"
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
    accounts: Sequence[AccountChanged], work: Work, counts: Counts, because: Mapping[int, Message] | None = None
) -> set[tuple[str, str, str]]:
    """Keep and tell the accounts that are newer than what is held; returns their keys. A file without revisions tells only
    what differs from what was told before."""
    newest: dict[tuple[str, str, str], AccountChanged] = {}
    for account in accounts:
        key = (account.council, account.fund, account.account_reference)
        if key not in newest or newest[key].revision < account.revision:
            newest[key] = account
    rows = [(*key, newest[key].revision, digest(newest[key])) for key in sorted(newest)]
    insert = COUNTED if counts == "revisions" else UNCOUNTED
    changed = {tuple(found) for found in await insert(work.connection, rows)}
    for key in newest:
        if key in changed:
            work.tell(newest[key], because=(because or {}).get(id(newest[key])))
    return changed


def digest(account: AccountChanged) -> str:
    return hashlib.sha256(account.model_dump_json(exclude={"revision"}, exclude_none=True).encode()).hexdigest()

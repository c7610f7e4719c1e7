"""Accounts: kept by their highest revision, found by reference or by vehicle."""

import json
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any, NamedTuple

from ims_allocation.domain import NEAR, NO_NAMES, Account, AccountKey, Names, Stage, amounts, vehicle_mark
from ims_allocation.store.tables import AccountRow, OwedRow
from ims_contracts.accounts import AccountChanged
from ims_kit import Insert, Work

KEEP = Insert(
    AccountRow,
    """council account_reference fund revision status stages balance_pence instalment_pence second_keys issued_on names
    is_stopped stop_reason""",
    conflict="""(council, account_reference, fund) DO UPDATE SET revision = excluded.revision, status = excluded.status,
      stages = excluded.stages, balance_pence = excluded.balance_pence, instalment_pence = excluded.instalment_pence,
      second_keys = excluded.second_keys, issued_on = excluded.issued_on, names = excluded.names,
      is_stopped = excluded.is_stopped, stop_reason = excluded.stop_reason
      WHERE account.revision < excluded.revision""",
)
KEEP_OWED = Insert(OwedRow, "council account_reference fund amount_pence")

# OFFSET 0: each is looked for by the index. Joined at once, some thousands are looked for by reading the whole register.
KNOWN = """SELECT fund, asked.reference, status, balance_pence, instalment_pence FROM unnest($2::text[]) AS asked (reference)
  CROSS JOIN LATERAL (SELECT * FROM account WHERE council = $1 AND account_reference = asked.reference OFFSET 0) AS there"""
BY_KEY = """SELECT a.*, ARRAY(SELECT amount_pence FROM owed o WHERE o.council = a.council
    AND o.account_reference = a.account_reference AND o.fund = a.fund) AS owed
  FROM account a JOIN unnest($1::text[], $2::text[]) AS asked (council, account_reference) USING (council, account_reference)"""
BY_VEHICLE = """SELECT *, '{}'::bigint[] AS owed FROM account
  WHERE second_keys <> '[]' AND council = ANY($1::text[]) AND second_keys ?| $2::text[]"""
VEHICLE = "vehicle:"

type Key = tuple[str, str]
"""Council, and a reference or `vehicle:` and a mark."""


async def keep(
    changes: Collection[AccountChanged], owed: list[tuple[str, str, str, int]], work: Work, names: Names = NO_NAMES
) -> None:
    """Remember what accounts are now: of several revisions the highest; and what those without check digits ever owed."""
    latest: dict[AccountKey, AccountChanged] = {}
    for change in sorted(changes, key=lambda each: each.revision):
        latest[change.council, change.fund, change.account_reference] = change
    await KEEP(work.connection, [row(change, names) for _, change in sorted(latest.items())])
    await KEEP_OWED(work.connection, sorted(set(owed)))


def row(told: AccountChanged, names: Names = NO_NAMES) -> tuple[Any, ...]:
    holder = told.holder.name if told.holder else None
    return (
        *(told.council, told.account_reference, told.fund, told.revision, told.status, stages(told)),
        *(told.balance_pence, told.instalment_pence, marks(told), told.issued_on),
        json.dumps(sorted(names.of_holder(holder)) if holder else []),
        *(told.is_stopped, told.stop_reason),
    )


def owed_ever(change: AccountChanged) -> list[tuple[str, str, str, int]]:
    """What this revision says is owed, as rows to keep."""
    return [(change.council, change.account_reference, change.fund, amount) for amount in amounts(change)]


def stages(change: AccountChanged) -> str:
    return json.dumps([[s.stage, s.amount_pence, *(str(d) if d else None for d in (s.from_on, s.until_on))] for s in change.schedule])


def marks(change: AccountChanged) -> str:
    return json.dumps([vehicle_mark(key) for key in change.second_keys])


class Known(NamedTuple):
    """What the hot path needs of an account that there is."""

    status: str
    balance_pence: int | None
    instalment_pence: int | None


async def known(keys: Collection[Key], work: Work) -> dict[AccountKey, Known]:
    """Which accounts there are of these councils and references: the one look-up of the hot path."""
    found = dict[AccountKey, Known]()
    for council in {council for council, _ in keys}:
        rows = await work.connection.fetch(KNOWN, council, [reference for other, reference in keys if other == council])
        found |= {(council, fund, ref): Known(status, balance, instalment) for fund, ref, status, balance, instalment in rows}
    return found


async def find(keys: Collection[Key], connection: Any) -> list[Account]:
    """The accounts of these references and vehicles."""
    references = [key for key in keys if not key[1].startswith((VEHICLE, NEAR))]
    vehicles = [(council, key.removeprefix(VEHICLE)) for council, key in keys if key.startswith(VEHICLE)]
    rows = await connection.fetch(BY_KEY, *zip(*references, strict=True)) if references else []
    if vehicles:
        councils, wanted = zip(*vehicles, strict=True)
        rows += await connection.fetch(BY_VEHICLE, list(set(councils)), list(set(wanted)))
    return list({(row["council"], row["fund"], row["account_reference"]): account(row) for row in rows}.values())


def account(row: Any) -> Account:
    owed: Iterable[int | None] = (*row["owed"], row["balance_pence"], row["instalment_pence"])
    return Account(
        council=row["council"],
        fund=row["fund"],
        account_reference=row["account_reference"],
        status=row["status"],
        stages=tuple(Stage(name, pence, day(since), day(until)) for name, pence, since, until in json.loads(row["stages"])),
        amounts_pence=frozenset(amount for amount in owed if amount and amount > 0),
        instalment_pence=row["instalment_pence"],
        second_keys=frozenset(json.loads(row["second_keys"])),
        issued_on=row["issued_on"],
        owes_nothing=row["balance_pence"] == 0,
        names=frozenset(json.loads(row["names"])),
        is_stopped=row["is_stopped"],
        stop_reason=row["stop_reason"],
    )


def day(written: str | None) -> date | None:
    return date.fromisoformat(written) if written else None

"""What the evidence is weighed by: how common amounts are, and how what was placed by it has turned out."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from ims_allocation.domain import BY_PAYER, REPAIRED, WATCHED_DAYS, Change, Owing, is_found_wrong, is_sampled, stops
from ims_allocation.store import stopping
from ims_allocation.store.tables import AutomaticOutcomeRow
from ims_kit import Insert, Work

OWING = """SELECT council, amount_pence, fund, accounts FROM owing
  WHERE council = ANY($1::text[]) AND amount_pence = ANY($2::bigint[]) AND accounts > 0"""
# What was placed is counted only where something was found wrong: as a rule nowhere.
WRONG = """SELECT w.council, w.fund, w.tag, w.wrong, (SELECT count(DISTINCT p.payment_id) FROM placement p
    WHERE p.council = w.council AND p.posted_on > $2 AND p.tag IS NOT NULL AND p.tag = w.tag AND p.fund = w.fund) AS placed
  FROM (SELECT council, fund, tag, count(*) AS wrong FROM automatic_outcome
    WHERE council = ANY($1::text[]) AND found_on > $2 AND is_wrong GROUP BY council, fund, tag) AS w ORDER BY w.council, w.fund, w.tag"""
WATCHED = """SELECT DISTINCT ON (council, payment_id) council, payment_id, fund, tag, account_reference FROM placement
  JOIN unnest($1::text[], $2::uuid[]) AS asked (council, payment_id) USING (council, payment_id)
  WHERE tag = ANY($3::text[]) ORDER BY council, payment_id, revision"""
TAGGED = """SELECT p.payment_id, p.revision, p.tag, p.posted_on, p.fund, p.account_reference, p.amount_pence, p.rule, p.rule_version,
    o.is_wrong
  FROM placement p LEFT JOIN automatic_outcome o USING (council, payment_id)
  WHERE p.council = $1 AND p.tag IS NOT NULL AND p.posted_on = $2 AND p.payment_id > $3 ORDER BY p.payment_id, p.revision"""
FOUND = Insert(
    AutomaticOutcomeRow,
    "council payment_id fund tag is_wrong found_on",
    conflict="(council, payment_id) DO UPDATE SET is_wrong = excluded.is_wrong, found_on = excluded.found_on",
)


async def owing(councils: Collection[str], amounts: Collection[int], connection: Any) -> Owing:
    """How many accounts owe each of some amounts, and how many there are."""
    rows = await connection.fetch(OWING, list(councils), [0, *amounts])
    by_amount = {(row["council"], row["fund"], row["amount_pence"]): row["accounts"] for row in rows if row["amount_pence"]}
    return Owing(by_amount, {(row["council"], row["fund"]): row["accounts"] for row in rows if not row["amount_pence"]})


async def wrong(councils: Collection[str], today: date, connection: Any) -> list[dict[str, Any]]:
    """The ways of which something was found wrong within the days watched, by fund: how much, of how many, and whether it is stopped."""
    rows = await connection.fetch(WRONG, list(councils), today - timedelta(days=WATCHED_DAYS))
    return [{**row, "is_stopped": stops(row["placed"], row["wrong"])} for row in rows]


async def stopped(councils: Collection[str], today: date, connection: Any) -> set[tuple[str, str, str]]:
    """The ways that are stopped, by council and fund: for what was wrong, or by an officer."""
    found = [each for each in await wrong(councils, today, connection) if each["is_stopped"]]
    return {(each["council"], each["fund"], each["tag"]) for each in (*found, *await stopping.by_hand(councils, connection))}


async def found(changes: Collection[Change], work: Work) -> None:
    """Remember what people's decisions say of payments that were placed in a way that is watched: that it was right, or wrong. The last one
    counts."""
    decided = {each.after.key: each.after.placement for each in changes if each.after.placement and is_decided_otherwise(each)}
    if decided:
        rows = await work.connection.fetch(WATCHED, *zip(*decided, strict=True), [REPAIRED, BY_PAYER])
        said = [(*row[:4], is_found_wrong((row[2], row[4]), decided[row[0], row[1]]), work.today) for row in map(tuple, rows)]
        await FOUND(work.connection, said)


def is_decided_otherwise(change: Change) -> bool:
    was, now = change.before.placement, change.after.placement
    return (was and was.decision_id) != (now and now.decision_id)


async def tagged(of: tuple[str, date], after: UUID, count_max: int, connection: Any) -> list[dict[str, Any]]:
    """The sample of a day's automatic allocations that are worth a look, by payment, from after one on; `of` is the
    council and the posting day."""
    rows = await connection.fetch(TAGGED, *of, after)
    return [dict(row) for row in rows if is_sampled(row["payment_id"])][:count_max]

"""What the evidence is weighed by: how common amounts are, and how repairs have turned out."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from ims_allocation.domain import REPAIRS_WATCHED_DAYS, Change, Owing, is_found_wrong, is_sampled, repair_stops
from ims_allocation.store.tables import RepairOutcomeRow
from ims_kit import Insert, Work

OWING = """SELECT council, amount_pence, fund, accounts FROM owing
  WHERE council = ANY($1::text[]) AND amount_pence = ANY($2::bigint[]) AND accounts > 0"""
REPAIRS = """SELECT council, fund, sum(repaired)::bigint AS repaired, sum(wrong)::bigint AS wrong FROM (
    SELECT council, fund, count(DISTINCT payment_id) AS repaired, 0 AS wrong FROM placement
    WHERE council = ANY($1::text[]) AND posted_on > $2 AND tag IS NOT NULL AND tag = 'repaired' GROUP BY council, fund
  UNION ALL SELECT council, fund, 0, 1 FROM repair_outcome WHERE council = ANY($1::text[]) AND found_on > $2 AND is_wrong) AS all_of_them
  GROUP BY council, fund HAVING sum(wrong) > 0"""
REPAIRED = """SELECT DISTINCT ON (council, payment_id) council, payment_id, fund, account_reference FROM placement
  JOIN unnest($1::text[], $2::uuid[]) AS asked (council, payment_id) USING (council, payment_id)
  WHERE tag = 'repaired' ORDER BY council, payment_id, revision"""
TAGGED = """SELECT p.payment_id, p.revision, p.tag, p.posted_on, p.fund, p.account_reference, p.amount_pence, p.rule, p.rule_version,
    o.is_wrong
  FROM placement p LEFT JOIN repair_outcome o USING (council, payment_id)
  WHERE p.council = $1 AND p.tag IS NOT NULL AND p.posted_on = $2 AND p.payment_id > $3 ORDER BY p.payment_id, p.revision"""
FOUND = Insert(
    RepairOutcomeRow,
    "council payment_id fund is_wrong found_on",
    conflict="(council, payment_id) DO UPDATE SET fund = excluded.fund, is_wrong = excluded.is_wrong, found_on = excluded.found_on",
)


async def owing(councils: Collection[str], amounts: Collection[int], connection: Any) -> Owing:
    """How many accounts owe each of some amounts, and how many there are."""
    rows = await connection.fetch(OWING, list(councils), [0, *amounts])
    by_amount = {(row["council"], row["fund"], row["amount_pence"]): row["accounts"] for row in rows if row["amount_pence"]}
    return Owing(by_amount, {(row["council"], row["fund"]): row["accounts"] for row in rows if not row["amount_pence"]})


async def repair_stopped(councils: Collection[str], today: date, connection: Any) -> set[tuple[str, str]]:
    """The funds (council, fund) whose references are put right no more, as too often that was wrong."""
    rows = await connection.fetch(REPAIRS, list(councils), today - timedelta(days=REPAIRS_WATCHED_DAYS))
    return {(row["council"], row["fund"]) for row in rows if repair_stops(row["repaired"], row["wrong"])}


async def found(changes: Collection[Change], work: Work) -> None:
    """Remember what people's decisions say of payments that were repaired: that it was right, or wrong. The last one counts."""
    decided = {each.after.key: each.after.placement for each in changes if each.after.placement and is_decided_otherwise(each)}
    if decided:
        rows = await work.connection.fetch(REPAIRED, *zip(*decided, strict=True))
        said = [(*row[:3], is_found_wrong((row[2], row[3]), decided[row[0], row[1]]), work.today) for row in map(tuple, rows)]
        await FOUND(work.connection, said)


def is_decided_otherwise(change: Change) -> bool:
    was, now = change.before.placement, change.after.placement
    return (was and was.decision_id) != (now and now.decision_id)


async def tagged(of: tuple[str, date], after: UUID, count_max: int, connection: Any) -> list[dict[str, Any]]:
    """The sample of a day's automatic allocations that are worth a look, by payment, from after one on; `of` is the
    council and the posting day."""
    rows = await connection.fetch(TAGGED, *of, after)
    return [dict(row) for row in rows if is_sampled(row["payment_id"])][:count_max]

"""What the placements and the ledger come to: triggers sum what each statement inserts, and here those sums are added up."""

from typing import Any

# Of a payment where it is now: which count, and what of them is summed.
COUNTED = {
    "received": ("kind = 'payment'", "amount_pence"),
    "reversed": ("reversed_pence > 0", "reversed_pence"),
    "refunded": ("refunded_pence > 0", "refunded_pence"),
    "allocated": ("allocated_pence <> 0", "allocated_pence"),
    "suspended": ("suspended_pence <> 0", "suspended_pence"),
    "refund_due": ("refund_due_pence > 0", "refund_due_pence"),
}
COLUMNS = [f"{what}_{unit}" for what in COUNTED for unit in ("count", "pence")]
SUM = ", ".join(f"sum({column})::bigint AS {column}" for column in COLUMNS)
PLACED = f"SELECT council, why, {SUM} FROM {{rows}} GROUP BY 1, 2"  # noqa: S608 - constants
POSTED = "SELECT council, what, sum(pence)::bigint AS pence FROM {rows} GROUP BY 1, 2"
PLACED_SUM, POSTED_SUM = PLACED.format(rows="placed_sum"), POSTED.format(rows="posted_sum")
# The same as they are defined, from everything: of each payment the revision that has none after it, and the ledger.
COUNT = ", ".join(
    f"count(*) FILTER (WHERE {is_counted}) AS {what}_count, sum({pence}) FILTER (WHERE {is_counted}) AS {what}_pence"
    for what, (is_counted, pence) in COUNTED.items()
)
NOW = f"""SELECT council, coalesce(reason, outcome) AS why, {COUNT} FROM placement p WHERE NOT EXISTS (SELECT FROM placement later
  WHERE later.council = p.council AND later.payment_id = p.payment_id AND later.revision = p.revision + 1) GROUP BY 1, 2"""  # noqa: S608 - constants
LEDGER = """SELECT council, CASE split_part(ledger_account, ':', 1) WHEN 'fund' THEN 'allocated' WHEN 'suspense' THEN 'suspended'
    WHEN 'refunds-due' THEN 'refund_due' ELSE 'taken' END AS what, sum(amount_pence) AS pence FROM ledger_line GROUP BY 1, 2"""
LAW = f"""SELECT council, sum(difference) AS difference FROM (
    SELECT council, (({", ".join(f"coalesce(e.{each}, 0)" for each in COLUMNS)})
      IS DISTINCT FROM ({", ".join(f"coalesce(s.{each}, 0)" for each in COLUMNS)}))::int AS difference
    FROM ({NOW}) e FULL JOIN ({PLACED_SUM}) s USING (council, why)
    UNION ALL SELECT council, (e.pence IS DISTINCT FROM s.pence)::int
    FROM ({LEDGER}) e FULL JOIN ({POSTED_SUM}) s USING (council, what)) each GROUP BY 1"""  # noqa: S608 - constants
ADD_UP = (
    f"WITH taken AS (DELETE FROM placed_sum RETURNING *) INSERT INTO placed_sum {PLACED.format(rows='taken')}",  # noqa: S608 - constants
    f"WITH taken AS (DELETE FROM posted_sum RETURNING *) INSERT INTO posted_sum {POSTED.format(rows='taken')}",  # noqa: S608 - constants
)


async def placed(connection: Any, council: str) -> list[Any]:
    """What payments are counted by where they are now, by reason or outcome."""
    found: list[Any] = await connection.fetch(f"SELECT * FROM ({PLACED_SUM}) s WHERE council = $1", council)  # noqa: S608 - constants
    return found


async def posted(connection: Any, council: str) -> dict[str, int]:
    """What the ledger has in funds, suspense, refunds due, and as taken from all other accounts, in pence."""
    rows = await connection.fetch(f"SELECT what, pence FROM ({POSTED_SUM}) s WHERE council = $1", council)  # noqa: S608 - constants
    return {row["what"]: row["pence"] for row in rows}


async def add_up(connection: Any) -> None:
    """Make few rows of many: the sums are the same. Several processes may; none takes what another has taken."""
    for sql in ADD_UP:
        await connection.execute(sql)

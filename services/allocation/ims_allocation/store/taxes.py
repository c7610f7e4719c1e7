"""Whether the VAT in what was paid and moved is what its codes say, and the ledger has it where the placements do."""

from collections.abc import Mapping
from typing import Any

from ims_allocation.domain import Pack
from ims_allocation.store.reports import law

# Every rate by council, code and days, as a fraction; and the codes that come to anything.
RATES = """WITH rate AS (SELECT * FROM unnest($1::text[], $2::text[], $3::date[], $4::date[], $5::bigint[], $6::bigint[], $7::bool[])
    AS rate (council, code, from_on, until_on, n, d, is_half_up)),
  vatable AS (SELECT DISTINCT council, code FROM rate WHERE n > 0)"""
# A payment that has only one part has its code in a column: of most there is nothing more to read.
PARTS = """now AS (SELECT p.*, ((council, vat_code) IN (SELECT council, code FROM vatable)) IS TRUE AS is_vatable FROM placement p
    WHERE p.allocated_pence <> 0 AND NOT EXISTS (SELECT FROM placement later
      WHERE later.council = p.council AND later.payment_id = p.payment_id AND later.revision = p.revision + 1)),
  parted AS (SELECT council, payment_id, decided_on AS tax_point, part ->> 0 AS fund, part ->> 3 AS code, part ->> 5 AS centre,
      (part ->> 2)::bigint AS gross, (part ->> 4)::bigint AS vat
    FROM now, jsonb_array_elements(details -> 'placement' -> 'parts') AS part WHERE details IS NOT NULL AND (fund IS NULL OR is_vatable)
  UNION ALL SELECT council, payment_id, decided_on, fund, vat_code, cost_centre, allocated_pence, 0
    FROM now WHERE fund IS NOT NULL AND (details IS NULL OR NOT is_vatable))"""
MOVED = """parted AS (SELECT l.council, l.journal_id AS payment_id, l.vat_code AS code, l.amount_pence AS gross, l.vat_pence AS vat,
      (coalesce(u.decided_at, d.decided_at) AT TIME ZONE 'Europe/London')::date AS tax_point
    FROM ledger_line l JOIN decision d ON d.council = l.council AND d.decision_id = l.journal_id
      LEFT JOIN decision u ON u.council = d.council AND u.decision_id = d.undoes
    WHERE l.payment_id IS NULL AND l.vat_code IS NOT NULL)"""
# What is under one code has together the VAT of its whole, half a penny up; by another rounding less than a penny away from it.
AT_RATE = """, whole AS (SELECT council, tax_point, code, sum(gross) AS gross, sum(vat) AS vat
    FROM parted GROUP BY council, payment_id, tax_point, code, gross < 0),
  rated AS (SELECT w.*, 2 * abs(gross) * coalesce(n, 0) - 2 * abs(vat) * (coalesce(n, 0) + coalesce(d, 1)) AS apart,
      (coalesce(n, 0) + coalesce(d, 1)) * CASE WHEN is_half_up IS FALSE THEN 2 ELSE 1 END AS penny
    FROM whole w LEFT JOIN rate r ON r.council = w.council AND r.code = w.code AND w.tax_point BETWEEN r.from_on AND r.until_on)
  SELECT council, count(*) FILTER (WHERE apart < -penny OR apart >= penny OR gross * vat < 0) AS difference FROM rated GROUP BY council"""
POSTED = """, income AS (SELECT council, fund, code, centre, gross, vat FROM parted
    UNION ALL SELECT council, substr(ledger_account, 6), vat_code, cost_centre, amount_pence, vat_pence FROM ledger_line l
      WHERE ledger_account LIKE 'fund:%' AND (payment_id IS NOT NULL OR NOT EXISTS (SELECT FROM decision
        WHERE decision.council = l.council AND decision.decision_id = l.journal_id))),
  apart AS (SELECT council, abs(sum(gross)) + abs(sum(vat)) AS pence FROM income GROUP BY council, fund, code, centre)
  SELECT council, sum(pence) AS difference FROM apart GROUP BY council"""
LAWS = {
    "the VAT in what was paid is its codes'": f"{RATES}, {PARTS}{AT_RATE}",
    "the VAT in what people moved is its codes'": f"{RATES}, {MOVED}{AT_RATE}",
    "income is posted under its VAT code and cost centre": f"{RATES}, {PARTS}{POSTED}",
}


async def laws(packs: Mapping[str, Pack], connection: Any) -> list[dict[str, Any]]:
    """What must hold of VAT, by the rates that the packs say of each day; a difference is in payments or journals that are wrong, of what
    is posted in pence."""
    rates = [(council, *rate) for council, pack in packs.items() for rate in pack.tables.rates()]
    columns = list(zip(*rates, strict=True)) or [()] * 7
    found = []
    for name, query in LAWS.items():
        found += [law(name, row["council"], None, row["difference"]) for row in await connection.fetch(query, *columns)]
    return found

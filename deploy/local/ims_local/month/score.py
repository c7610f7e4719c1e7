"""What reconcile made of the invented month, against its truth."""

from collections import Counter, defaultdict
from typing import Any
from uuid import UUID

from ims_local.month.bank import named
from ims_local.month.truth import Planted, Truth
from ims_local.settings import COUNCIL
from ims_reconcile.domain import TYPE_OF, derived_id
from ims_reconcile.store.laws import laws

PAIRS = """SELECT coalesce(m.settlement_id, m.remittance_id, m.subject_id) AS item_id, p.line_id, m.why FROM match m
  JOIN match_line p USING (match_id) WHERE m.undoes IS NULL AND NOT EXISTS (SELECT FROM match u WHERE u.undoes = m.match_id)"""
TIED = "SELECT member_id, payment_id FROM member WHERE settlement_id = $1 AND payment_id IS NOT NULL"
IS_ALIKE = """SELECT (a.reference, a.amount_pence, a.due_on) = (b.reference, b.amount_pence, b.due_on)
  FROM expectation a, expectation b WHERE a.subject_id = $1 AND b.subject_id = $2"""
BREAKS = "SELECT kind, subject_id, other_id FROM break"
RULES = "SELECT rule, count(*) AS count FROM match GROUP BY 1 ORDER BY 1"


async def score(pool: Any, truth: Truth, made: int) -> dict[str, Any]:
    """Shares in per cent; counts of what is wrong, found and false."""
    async with pool.acquire() as connection:
        found = await matches(connection, truth, made)
        found |= await faults(connection, truth)
        found["rules"] = {row["rule"]: row["count"] for row in await connection.fetch(RULES)}
        found["laws_broken"] = [law["law"] for law in await laws(connection) if not law["holds"]]
    return found


async def matches(connection: Any, truth: Truth, made: int) -> dict[str, Any]:
    """What was matched, and what of it is not so."""
    pairs: dict[UUID, set[UUID]] = defaultdict(set)
    from_bank: set[UUID] = set()
    for item_id, line_id, why in await connection.fetch(PAIRS):
        if why == "bank-line":
            from_bank.add(line_id)
        elif why != "told-by-file":
            pairs[item_id].add(line_id)
    right = {item_id for item_id, lines in pairs.items() if truth.lines_of.get(item_id) == frozenset(lines)}
    matched = sum(truth.payments_of[item_id] for item_id in right) + len(from_bank & truth.bank_only)
    there = sum(truth.payments_of[item_id] for item_id in truth.lines_of) + len(truth.bank_only)
    lines = {line for item_id in right for line in truth.lines_of[item_id]}
    return {
        "payments": made,
        "payments_touched_by_fault_per_cent": per_cent(truth.touched(), made),
        "payments_matched_per_cent": per_cent(matched, made),
        "payments_not_matched_by_fault": not_matched(truth, right),
        "payments_at_bank": there,
        "payments_at_bank_matched_per_cent": per_cent(matched, there),
        "announced_lines": len(truth.told_lines),
        "announced_lines_matched_per_cent": per_cent(len(lines & truth.told_lines), len(truth.told_lines)),
        "bank_only_lines": len(truth.bank_only),
        "bank_only_lines_taken_per_cent": per_cent(len(from_bank & truth.bank_only), len(truth.bank_only)),
        "wrong_matches": len(pairs) - len(right) + len(from_bank - truth.bank_only) + await wrong_ties(connection, truth),
    }


def not_matched(truth: Truth, right: set[UUID]) -> dict[str, int]:
    """How many payments are in what is not matched, by the fault that was planted there."""
    touched, found = truth.by_touch(), Counter[str]()
    for item_id, payments in truth.payments_of.items():
        if item_id not in right and payments:
            found[next((fault.kind for fault in touched[item_id]), "none")] += payments
    return dict(found.most_common())


async def wrong_ties(connection: Any, truth: Truth) -> int:
    """Rows of settlements that were given another payment than theirs, and not one alike in reference, pence and day."""
    wrong = 0
    for settlement, payout in truth.loose.items():
        tied = {row["member_id"]: row["payment_id"] for row in await connection.fetch(TIED, settlement)}
        number = 0
        while tied:
            name = f"{payout}/{number}"
            given = tied.pop(derived_id("member", COUNCIL, settlement, name), None)
            if given not in (None, named(name)):
                wrong += await connection.fetchval(IS_ALIKE, named(name), given) is not True
            number += 1
    return wrong


async def faults(connection: Any, truth: Truth) -> dict[str, Any]:
    """Which planted faults have a break of their type, and which breaks are of no fault."""
    touched = truth.by_touch()
    types: dict[int, set[str]] = defaultdict(set)
    false: Counter[str] = Counter()
    for kind, subject_id, other_id in await connection.fetch(BREAKS):
        of: list[Planted] = [fault for each in (subject_id, other_id) if each for fault in touched.get(each, ())]
        if not of and subject_id not in truth.over:
            false[kind] += 1
        for fault in of:
            types[id(fault)].add(TYPE_OF[kind])
    named_right = [fault for fault in truth.planted if fault.type in types[id(fault)]]
    missed = Counter(fault.kind for fault in truth.planted) - Counter(fault.kind for fault in named_right)
    return {
        "faults_planted": len(truth.planted),
        "faults_found": sum(bool(types[id(fault)]) for fault in truth.planted),
        "faults_named": len(named_right),
        "faults_not_named": dict(missed),
        "false_breaks": false.total(),
        "false_breaks_by_kind": dict(false),
        "planted_by_type": dict(sorted(Counter(fault.type for fault in truth.planted).items())),
    }


def per_cent(part: int, whole: int) -> float:
    return round(100 * part / whole, 3) if whole else 100.0

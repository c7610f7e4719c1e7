"""Vectors of rules that put right what was said of a payment."""

from typing import Any, cast

from ims_allocation.domain.repairs import COMPARISONS, OPERATORS, Condition, Field, Repair, Said, compare, matches, repair
from ims_local.vectors.running import Answer, OnPurpose, Suite
from ims_local.vectors.world import whole

FIELDS: dict[str, Field] = {
    "AccountReference": "account_reference",
    "FundCode": "fund",
    "Narrative": "narrative",
    "Amount": "amount",
}


COMPARED = "Rules compare amounts as numbers, more and less too; the predecessor offers these comparisons and fails when it meets one."


def operator(told: str) -> str:
    return told.removeprefix("be_")


def run_operator(given: dict[str, Any]) -> Answer:
    if given["kind"] == "decimal":
        return {"result": compare(operator(given["operator"]), given["field_value"] or "", given["value"] or "")}
    return {"result": matches(operator(given["operator"]), given["field_value"], given["value"])}


def rule(told: dict[str, Any]) -> Repair:
    conditions = tuple(
        Condition(
            each["group"],
            FIELDS[each["field"]],
            operator(each["operator"]),
            each["value"] or "",
            cast(Any, (each["logical_operator"] or "").lower() or None),
        )
        for each in told["conditions"] or ()
    )
    return Repair(conditions, tuple((FIELDS[each["field"]], each["value"]) for each in told["actions"]))


def run_rules(given: dict[str, Any]) -> Answer | OnPurpose:
    rules = [rule(told) for told in (*(given["import_type_rules"] or ()), *(given["global_rules"] or ())) if not told.get("disabled")]
    if any(each.fault() for each in rules):
        return {"error": "rule_unusable"}
    said = given["transaction"]
    amount = said["Amount"]
    before = Said(said["FundCode"], said["AccountReference"], said["Narrative"], None if amount is None else whole(amount))
    after = repair(before, rules)
    answer = {
        "account_reference": after.account_reference,
        "fund_code": after.fund,
        "narrative": after.narrative,
        "destination": "transaction" if (after.fund or "").strip() else "suspense",
    }
    used = {each.operator for told in rules for each in told.conditions}
    return OnPurpose(answer, COMPARED) if used & (COMPARISONS.keys() - OPERATORS.keys()) else answer


SUITES = {"rule_operator": Suite(run_operator), "rule_engine": Suite(run_rules)}

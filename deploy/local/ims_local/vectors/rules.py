"""Vectors of rules that put right what was said of a payment: each written in CEL, and asked as officers' rules are."""

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from ims_allocation.domain.editions.officer_rules import EMPTY, LANGUAGE, Fields, compiled
from ims_local.vectors.running import Answer, OnPurpose, Suite, Unsupported
from ims_local.vectors.world import whole

FIELDS = {"AccountReference": "reference", "FundCode": "fund", "Narrative": "narrative", "Amount": "amount_pence"}
TEXTS = {
    "contain": "{0}.contains({1})", "not_contain": "!{0}.contains({1})", "start_with": "{0}.startsWith({1})",
    "end_with": "{0}.endsWith({1})", "equal": "{0} == {1}",
}  # fmt: skip
NUMBERS = {"greater_than": "{0} > {1}", "less_than": "{0} < {1}", "equal": "{0} == {1}"}
JOINS = {"and": "({0}) && {1}", "or": "({0}) || {1}", None: "{1}"}
"""Conditions count from left to right; one that is joined by nothing forgets what stood before."""
COMPARED = "Rules compare amounts as numbers, more and less too; the predecessor offers these comparisons and fails when it meets one."


def question(field: str, operator: str, value: str | None) -> str:
    """A condition in CEL. Raises LookupError for a comparison that there is none of."""
    name, operator = FIELDS[field], operator.removeprefix("be_")
    if name != "amount_pence":
        return TEXTS[operator].format(name, quoted(value))
    if operator in NUMBERS:
        return NUMBERS[operator].format(name, whole(value or ""))
    if operator == "end_with":  # pounds and pence end as the pence do
        return TEXTS[operator].format(f"string({name})", quoted((value or "").replace(".", "")))
    raise Unsupported("An amount is compared as a number, or by how it ends.")


def quoted(value: str | None) -> str:
    escaped = (value or "").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def asked(conditions: Iterable[dict[str, Any]]) -> str:
    """A rule's conditions in CEL: one group that holds is enough; a rule without any always applies."""
    groups = []
    for _, group in groupby(sorted(conditions, key=lambda each: int(each["group"])), key=lambda each: each["group"]):
        said = "false"
        for each in group:
            join = (each["logical_operator"] or "").lower() or None
            said = JOINS[join].format(said, question(each["field"], each["operator"], each["value"]))
        groups.append(f"({said})")
    return " || ".join(groups) or "true"


def holds(when: str, fields: Fields) -> bool:
    return bool(compiled(when).eval(LANGUAGE.Activation({**EMPTY, **fields})).value())


def run_operator(given: dict[str, Any]) -> Answer:
    if given["kind"] == "decimal":
        return {"result": holds(question("Amount", given["operator"], given["value"]), {"amount_pence": whole(given["field_value"])})}
    return {"result": holds(question("Narrative", given["operator"], given["value"]), {"narrative": given["field_value"] or ""})}


def run_rules(given: dict[str, Any]) -> Answer | OnPurpose:
    rules = [told for told in (*(given["import_type_rules"] or ()), *(given["global_rules"] or ())) if not told.get("disabled")]
    try:
        said = put_right(given["transaction"], [(asked(told["conditions"] or ()), told["actions"]) for told in rules])
    except LookupError:
        return {"error": "rule_unusable"}
    answer = {
        "account_reference": said["AccountReference"],
        "fund_code": said["FundCode"],
        "narrative": said["Narrative"],
        "destination": "transaction" if (said["FundCode"] or "").strip() else "suspense",
    }
    used = {each["operator"].removeprefix("be_") for told in rules for each in told["conditions"] or ()}
    return OnPurpose(answer, COMPARED) if used & (NUMBERS.keys() - TEXTS.keys()) else answer


def put_right(said: dict[str, Any], rules: list[tuple[str, list[dict[str, str]]]]) -> dict[str, Any]:
    """What was said after each rule in turn; later ones see what earlier ones set. Raises LookupError where one would change money."""
    for when, actions in rules:
        amount = {"amount_pence": whole(said["Amount"]) if said["Amount"] else 0}
        texts = {name: said[field] or "" for field, name in FIELDS.items() if field != "Amount"}
        if holds(when, texts | amount):
            said = said | {each["field"]: each["value"] for each in actions}
        if any(each["field"] == "Amount" for each in actions):
            raise LookupError("an amount is never put right by a rule")
    return said


SUITES = {"rule_operator": Suite(run_operator), "rule_engine": Suite(run_rules)}

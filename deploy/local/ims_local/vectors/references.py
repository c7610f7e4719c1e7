"""Vectors of references: length, characters, pattern, mask and check digit, limits, and all of them in a row."""

from fractions import Fraction
from typing import Any, cast

from ims_allocation.domain.check_digits import CheckDigit
from ims_allocation.domain.masks import Mask
from ims_allocation.domain.rounding import exact_pence, rounded
from ims_allocation.domain.validation import (
    Characters,
    FundRules,
    Intended,
    Limits,
    ReferenceRule,
    Standing,
    basket_faults,
    validate,
)
from ims_local.vectors.running import Answer, OnPurpose, Suite
from ims_local.vectors.world import ROUNDING, label, pounds, verdict

LABELS = {
    "above-method-maximum": "above_mop_maximum",
    "below-method-minimum": "below_mop_minimum",
}
SHORT = "A reference must go to the end of its mask, but for free text; the predecessor passes one that stops anywhere."


def check_digit(config: dict[str, Any] | None) -> CheckDigit | None:
    """The predecessor's way of writing a scheme; none where it is written wrongly, and then it lets nothing pass.

    Its remainder taken from the modulus is never nought but the modulus itself."""
    if not config:
        return None
    doubles = config["type"] == "dynix"
    try:
        weights = tuple(map(int, config["weightings"].split(","))) if config["weightings"] else ()
        pairs = [pair.split(":") for pair in (config["result_substitutions"] or "").split(",") if pair]
        results = {config["modulus"]: ""} | {int(remainder): written.strip() for remainder, written in pairs}
        return CheckDigit(
            config["modulus"],
            weights,
            subtract=doubles or bool(config["apply_subtraction"]),
            results=results,
            leading="" if doubles else (config["source_substitutions"] or ""),
            doubles=doubles,
            covers_all=True,
        )
    except ValueError:
        return None


def run_check_digit(given: dict[str, Any]) -> Answer:
    scheme, reference = check_digit(given["config"]), (given["reference"] or "").upper()
    return {"valid": scheme is not None and scheme.of(scheme.body(reference, len(reference) - 1)) == given["check_digit"]}


def mask(signs: str, config: dict[str, Any] | None) -> Mask:
    return Mask(signs, check_digit(config))


def run_mask(given: dict[str, Any]) -> Answer | OnPurpose:
    shape = mask(given["mask"] or "", given["check_digit"])
    answer = {"valid": shape.fits(given["reference"] or "")}
    is_short = len(given["reference"] or "") < shape.length_min
    return OnPurpose(answer, SHORT) if is_short else answer


def characters(told: str | None) -> Characters | None:
    return cast(Characters, told.replace("_", "-")) if told else None


def run_characters(given: dict[str, Any]) -> Answer:
    rule = ReferenceRule(characters=characters(given["character_type"]))
    return {"valid": rule.has_characters(given["reference"] or "")}


def run_pattern(given: dict[str, Any]) -> Answer:
    return {"valid": ReferenceRule(pattern=given["regex"]).has_pattern(given["reference"] or "")}


def run_length(given: dict[str, Any]) -> Answer:
    rule = ReferenceRule(given["min"], given["max"])
    return {"valid": rule.has_length(given["reference"])}


def limit_texts(given: dict[str, Any]) -> dict[str, str | None]:
    """Each limit of a case as it is written, by the reason it is a limit of; those of a method of payment may stand by themselves."""
    method = given.get("mop_limits") or {"maximum": given.get("mop_maximum"), "minimum": given.get("mop_minimum")}
    least, most = (next((value for name, value in method.items() if part in name), None) for part in ("min", "max"))
    return {"above-fund-maximum": given.get("fund_maximum"), "above-method-maximum": most, "below-method-minimum": least}


def limits(given: dict[str, Any]) -> Limits:
    """In exact pence: the vectors have limits and amounts that are finer."""
    return Limits(*(None if text is None else exact_pence(text) for text in limit_texts(given).values()))


def limit_told(reason: str, given: dict[str, Any]) -> str:
    """The error of a limit, and the limit as it is written, but in whole pence."""
    text = limit_texts(given)[reason] or ""
    exact = exact_pence(text)
    shown = text if exact.denominator == 1 else pounds(rounded(exact, ROUNDING))
    return f"{LABELS.get(reason) or label(reason)}:{shown}"


def run_limits(given: dict[str, Any]) -> Answer:
    reason = limits(given).fault(exact_pence(given["amount"]))
    return verdict(limit_told(reason, given) if reason else None)


def run_payment(given: dict[str, Any]) -> Answer:
    rule = given["validator"] and ReferenceRule(
        given["validator"]["min"],
        given["validator"]["max"],
        characters(given["validator"]["char_type"]),
        given["validator"].get("regex"),
        (mask(given["validator"]["mask"] or "", given["validator"]["check_digit"]),),
    )
    holder = given["account_holder"] or ""
    account = Standing(holder.startswith("on stop")) if holder.startswith(("ok", "on stop")) else None
    fund = FundRules(rule, limits(given), given["fund_account_must_exist"])
    intended = Intended(given["reference"], exact_pence(given["amount"]), given["user_is_finance"])
    reason = validate(intended, fund, account)
    if reason == "account-on-stop":
        return verdict("account_on_stop:<the fund message text>")
    return verdict(limit_told(reason, given) if reason and reason.endswith("imum") else label(reason))


def run_basket(given: dict[str, Any]) -> Answer:
    items = [Intended(item["account"], exact_pence(item["amount"])) for item in given["items"] or []]
    faults = [str(label(fault)) for fault in basket_faults(items, given["user_is_finance_or_cheque"])]
    return verdict(",".join(faults) or None) | {"total": decimals(sum((Fraction(item.amount_pence) for item in items), Fraction(0)))}


def decimals(pence: Fraction) -> str:
    """Pounds with two decimals, or as many as it takes."""
    places = next(places for places in range(2, 15) if (pence * 10 ** (places - 2)).denominator == 1)
    digits = f"{abs(int(pence * 10 ** (places - 2))):0{places + 1}}"
    return f"{'-' if pence < 0 else ''}{digits[:-places]}.{digits[-places:]}"


LIMIT_LABELS = {"above_fund_maximum", "above_mop_maximum", "below_mop_minimum"}
SUITES = {
    "check_digit": Suite(run_check_digit),
    "input_mask": Suite(run_mask),
    "character_type": Suite(run_characters),
    "regex": Suite(run_pattern),
    "reference_length": Suite(run_length),
    "amount_limits": Suite(run_limits, frozenset(LIMIT_LABELS)),
    "payment_validation": Suite(run_payment, frozenset({*LIMIT_LABELS, "reference_invalid", "account_not_found", "account_on_stop"})),
    "basket": Suite(run_basket, frozenset({"more_than_two_decimals", "duplicate_account_reference"})),
}

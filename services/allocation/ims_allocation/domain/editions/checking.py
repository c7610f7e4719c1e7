"""What is wrong with a pack beyond each field by itself: what it names and does not have, and what contradicts itself."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from datetime import date
from itertools import pairwise

from ims_allocation.domain.editions.officer_rules import EMPTY, OfficerRules, compiled, words_of
from ims_allocation.domain.editions.reading import Path
from ims_allocation.domain.editions.written import Dated, Example, Fund, Rule, Tariffs, WrittenPack
from ims_allocation.domain.masks import CHECK
from ims_allocation.domain.rates import Rates
from ims_allocation.domain.rounding import fraction
from ims_allocation.domain.validation import ReferenceRule

type Fault = tuple[Path, str]

UNBOUNDED_MAX = 3
# A group that is repeated can take for ever over a reference that nearly fits; so can many repetitions, one after the other.
REPEATED_GROUP = re.compile(r"\)[*+{]")
UNBOUNDED = re.compile(r"[*+]|\{\d*,\}")


def check(pack: WrittenPack) -> Iterator[Fault]:
    """Every fault, and where."""
    for code, fund in pack.funds.items():
        yield from check_fund(("funds", code), fund, pack)
        yield from check_rates(("funds", code, "evidence"), fund.evidence)
    yield from check_rates(("evidence",), pack.evidence)
    yield from check_masks(pack)
    for at, code in enumerate(pack.credit_note_funds):
        if code not in pack.funds:
            yield ("credit_note_funds", at), f"{code} is no fund of this pack"
    for code, vat in pack.vat.codes.items():
        yield from overlaps(("vat", "codes", code, "rates"), vat.rates)
        if vat.box in "ZEO" and any(fraction(rate.percent) for rate in vat.rates):
            yield ("vat", "codes", code), f"box {vat.box} has no rate but nought"
    if pack.tariffs:
        yield from check_tariffs(pack.tariffs, pack)
    yield from check_rules(pack)


def check_fund(at: Path, fund: Fund, pack: WrittenPack) -> Iterator[Fault]:
    if fund.vat_code not in pack.vat.codes:
        yield (*at, "vat_code"), f"{fund.vat_code} is no VAT code of this pack"
    if fund.check_digit is None and any(CHECK in mask for mask in fund.masks):
        yield (*at, "masks"), f"has the sign {CHECK}, and the fund has no check_digit"
    pattern = (fund.reference and fund.reference.pattern) or ""
    if REPEATED_GROUP.search(pattern) or len(UNBOUNDED.findall(pattern)) > UNBOUNDED_MAX:
        yield (*at, "reference", "pattern"), f"could take for ever: repeat no group, and use *, + and {{n,}} {UNBOUNDED_MAX} times at most"
        return
    try:
        asked = fund.reference.model_dump() if fund.reference else {}
        if ReferenceRule(**asked, masks=fund.shapes()).contradicts_itself:
            yield (*at, "reference"), "asks for characters that no reference of the masks has"
    except ValueError as error:
        yield (*at, "reference"), str(error)


def check_rates(at: Path, said: Mapping[str, int]) -> Iterator[Fault]:
    for name in said.keys() - {each.name for each in fields(Rates)}:
        yield (*at, name), "is no rate that is known. Mend its name, or take it out."


def check_masks(pack: WrittenPack) -> Iterator[Fault]:
    """No two funds may write their references alike at the same time: nobody could say whose one is."""
    seen: dict[str, list[tuple[str, Fund]]] = {}
    for code, fund in pack.funds.items():
        for at, mask in enumerate(fund.masks):
            for other, theirs in seen.get(mask, ()):
                if overlap(fund, theirs):
                    yield ("funds", code, "masks", at), f"is a mask of fund {other} at the same time"
            seen.setdefault(mask, []).append((code, fund))


def check_tariffs(tariffs: Tariffs, pack: WrittenPack) -> Iterator[Fault]:
    fund = pack.funds.get(tariffs.fund)
    if fund is None or not fund.is_penalty:
        yield ("tariffs", "fund"), f"{tariffs.fund} is no fund of penalties"
    if tariffs.band not in {band.band for band in tariffs.bands}:
        yield ("tariffs", "band"), f"{tariffs.band} is none of the bands"
    for code in sorted({*tariffs.higher} & {*tariffs.lower}):
        yield ("tariffs", "lower"), f"{code} is of the higher level as well"
    for name in sorted({band.band for band in tariffs.bands}):
        yield from overlaps(("tariffs", "bands"), [band for band in tariffs.bands if band.band == name])
    yield from overlaps(("tariffs", "registration_fees"), tariffs.registration_fees)


def overlaps(at: Path, items: Sequence[Dated]) -> Iterator[Fault]:
    """Of two that are so at the same time nobody could say which is."""
    in_order = sorted(items, key=lambda each: each.from_on or date.min)
    if any(overlap(one, other) for one, other in pairwise(in_order)):
        yield at, "two of these hold on the same day: end one before the other begins"


def overlap(one: Dated, other: Dated) -> bool:
    return one.holds(other.from_on or date.min) or other.holds(one.from_on or date.min)


def check_rules(pack: WrittenPack) -> Iterator[Fault]:
    broken = False
    for at, rule in enumerate(pack.rules):
        for path, what in check_rule(("rules", at), rule, pack):
            broken = True
            yield path, what
    if not broken:
        rules = OfficerRules(pack.rules)
        for at, rule in enumerate(pack.rules):
            yield from check_examples(("rules", at), rule, rules)


def check_rule(at: Path, rule: Rule, pack: WrittenPack) -> Iterator[Fault]:
    others = [other for other in pack.rules if other is not rule]
    if any(other.name == rule.name for other in others):
        yield (*at, "name"), f"{rule.name} is another rule's name as well"
    if any(other.priority == rule.priority and overlap(rule, other) for other in others):
        yield (*at, "priority"), f"{rule.priority} is another rule's as well, at the same time"
    try:
        compiled(rule.when)
    except ValueError as error:
        yield (*at, "when"), str(error)
    if rule.then.fund is not None:
        fund = pack.funds.get(rule.then.fund)
        if fund is None:
            yield (*at, "then", "fund"), f"{rule.then.fund} is no fund of this pack"
        elif not any(mask.fits(rule.then.account_reference or "") for mask in fund.shapes()):
            yield (*at, "then", "account_reference"), f"is no reference as fund {rule.then.fund} writes them"
    for number, example in enumerate(rule.examples):
        yield from check_fields((*at, "examples", number, "payment"), example)


def check_fields(at: Path, example: Example) -> Iterator[Fault]:
    for name, value in example.payment.items():
        if name not in EMPTY:
            yield (*at, name), "is no field that a rule may look at"
        elif type(value) is not type(EMPTY[name]):
            yield (*at, name), "must be a whole number" if name == "amount_pence" else "must be text. Put it in quotes."


def check_examples(at: Path, rule: Rule, rules: OfficerRules) -> Iterator[Fault]:
    """Every rule shows a payment that it decides, beside all the others, and shows what it must not take."""
    if not any(example.applies for example in rule.examples):
        yield (*at, "examples"), "has none that the rule applies to: show one"
    for number, example in enumerate(rule.examples):
        said = dict(EMPTY) | example.payment
        said["words"] = example.payment.get("words") or words_of(str(said["reference"]), str(said["narrative"]))
        verdict = rules.decide(said, rule.until_on or date.max)
        first = verdict.ruled.rule if verdict.ruled else None
        if (first == rule.name) != example.applies:
            does = f"{first} decides it" if first else "no rule decides it"
            fails = f"; {', '.join(verdict.failed)} failed" if verdict.failed else ""
            yield (*at, "examples", number), f"does not hold: {does}{fails}"

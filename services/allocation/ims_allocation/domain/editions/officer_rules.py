"""Rules that officers write, in CEL (the Common Expression Language): compiled once for a version, asked of each payment.

A rule cannot hold the service up: the language has no loop, and what could make much out of little is left out of it (macros such as
`map`, which double a text 30 times in 300 characters; `+`; `matches`, whose pattern `[a-z]{0,500}`, repeated, took seconds). What is
left costs at most the length of the rule times that of the text it looks at. A rule that fails does not apply, and is counted.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

from cel_expr_python import cel

from ims_allocation.domain.editions.written import Rule
from ims_contracts.payments import PaymentReceived

type Fields = Mapping[str, str | int]

TEXTS = (
    "source", "provider", "channel", "method_of_payment", "paid_on", "received_on", "value_on", "reference", "fund", "narrative", "words",
    "vehicle", "payer_name", "payer_bank_account",
)  # fmt: skip
"""What a rule may look at, besides `amount_pence`; nothing is the empty text, and days are as 2026-03-18. `words` is reference and
narrative together, in capitals and single-spaced."""
EMPTY: Fields = {"amount_pence": 0} | dict.fromkeys(TEXTS, "")

LEFT_OUT = """
stdlib:
  disable_macros: true
  exclude_functions: [{name: matches}, {name: _+_}]
"""


def like(text: str, pattern: str) -> bool:
    """Whether a text is as a pattern, in which `*` stands for anything, also nothing; capitals or not."""
    first, *rest = pattern.upper().split("*")
    text = text.upper()
    if not rest:
        return text == first
    last, at = rest.pop(), len(first)
    if not text.startswith(first) or not text.endswith(last):
        return False
    for piece in rest:
        found = text.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return at + len(last) <= len(text)


LIKE = cel.FunctionDecl(
    "like",
    [cel.Overload("string_like", return_type=cel.Type.BOOL, parameters=[cel.Type.STRING] * 2, is_member=True, impl=like)],
)
LEFT_OUT_WORDS = "loops (map, filter, exists, all), matches and + are left out"
UNDECLARED = re.compile(r"undeclared reference to '([^']+)'")
NO_OVERLOAD = re.compile(r"found no matching overload for '([^']+)' applied to '\(([^)]*)\)'")
KINDS = {"int": "a whole number", "string": "a text", "bool": "a yes or no"}
LANGUAGE = cel.NewEnv(
    config=cel.NewEnvConfigFromYaml(LEFT_OUT),
    variables={"amount_pence": cel.Type.INT} | dict.fromkeys(TEXTS, cel.Type.STRING),
    functions=[LIKE],
)


class Ruled(NamedTuple):
    """What a rule says of a payment: an account, or why it is held."""

    rule: str
    version: str
    fund: str | None = None
    account_reference: str | None = None
    reason: str | None = None
    is_before_references: bool = False


class Verdict(NamedTuple):
    """What the rules say of a payment in all: nothing, where none applies."""

    ruled: Ruled | None = None
    failed: tuple[str, ...] = ()
    """The rules that could not be asked, and so do not apply."""


class Compiled(NamedTuple):
    """A rule, ready to be asked."""

    rule: Rule
    expression: Any
    says: Ruled


class OfficerRules:
    """The rules of one version, those before references first, then by priority."""

    def __init__(self, rules: Sequence[Rule] = (), version: str = "none") -> None:
        """Raises ValueError, by `compiled`, for a rule that is none."""
        in_order = sorted(rules, key=lambda rule: (rule.before is None, rule.priority))
        self.rules = [Compiled(rule, compiled(rule.when), says(rule, version)) for rule in in_order]
        self.before = [each for each in self.rules if each.rule.before]
        self.failed: Counter[str] = Counter()
        """How often each rule failed, for whoever looks after them: nothing is decided by it."""

    def of(self, payment: PaymentReceived, day: date, has_reference: bool) -> Verdict:
        """What they say of a payment that was received. Where its references say something, only the rules before them are asked."""
        rules = self.before if has_reference else self.rules
        return self.decide(fields_of(payment), day, has_reference) if rules else Verdict()

    def decide(self, fields: Fields, day: date, has_reference: bool = False) -> Verdict:
        """The first rule in force that applies to a payment of these fields, by the day that decides it."""
        rules = self.before if has_reference else self.rules
        activation, failed = LANGUAGE.Activation(fields), list[str]()
        for each in rules:
            if not each.rule.holds(day):
                continue
            answer = ask(each, activation)
            if answer is None:
                failed.append(each.rule.name)
            elif answer:
                self.failed.update(failed)
                return Verdict(each.says, tuple(failed))
        self.failed.update(failed)
        return Verdict(None, tuple(failed))


def ask(rule: Compiled, activation: Any) -> bool | None:
    """Whether a rule applies; none, where it fails."""
    try:
        answer = rule.expression.eval(activation)
    except RuntimeError:
        return None
    return bool(answer.value()) if answer.type() == cel.Type.BOOL else None


def compiled(when: str) -> Any:
    """An expression, its types proved. Raises ValueError with what is wrong, and where in it."""
    try:
        expression = LANGUAGE.compile(when)
    except RuntimeError as error:
        raise ValueError(in_words(str(error))) from None
    if expression.return_type() != cel.Type.BOOL:
        raise ValueError("it is not a question: its answer must be true or false")
    return expression


def in_words(told: str) -> str:
    """What the compiler says, in one line and plain words, without the drawing under it."""
    first = told.partition("\n")[0]
    at, _, what = first.partition("<input>:")[2].partition(": ")
    if unknown := UNDECLARED.search(first):
        said = f"{unknown[1].strip('_')} is nothing that a rule can use: it looks at the payment's fields, and {LEFT_OUT_WORDS}"
    elif unlike := NO_OVERLOAD.search(first):
        said = f"{unlike[1].strip('_')} cannot be used of {' and '.join(KINDS.get(kind, kind) for kind in unlike[2].split(', '))}"
    else:
        said = what or first
    return f"{said} (at {at})" if at else said


def says(rule: Rule, version: str) -> Ruled:
    then = rule.then
    reason = then.suspense_reason or ("needs-person" if then.needs_person else None)
    return Ruled(rule.name, version, then.fund, then.account_reference, reason, rule.before is not None)


def fields_of(payment: PaymentReceived) -> dict[str, str | int]:
    """A payment as its rules see it."""
    reference, narrative, payer = payment.reference or "", payment.narrative or "", payment.payer
    return {
        "source": payment.source,
        "provider": payment.provider or "",
        "channel": payment.channel,
        "method_of_payment": payment.method_of_payment,
        "amount_pence": payment.amount_pence,
        "paid_on": payment.paid_on.isoformat(),
        "received_on": payment.received_on.isoformat(),
        "value_on": payment.value_on.isoformat() if payment.value_on else "",
        "reference": reference,
        "fund": payment.fund or "",
        "narrative": narrative,
        "words": words_of(reference, narrative),
        "vehicle": payment.vehicle or "",
        "payer_name": (payer and payer.name) or "",
        "payer_bank_account": (payer and payer.bank_account) or "",
    }


def words_of(reference: str, narrative: str) -> str:
    return " ".join(f"{reference} {narrative}".upper().split())

"""Rules that officers write: proved by their examples, asked by priority, and never able to hold the service up."""

from contextlib import suppress
from datetime import date
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from allocation.anytown import COUNCIL, payment, penalty, remembered, running_account
from allocation.test_allocation_packs import FILES, faults_of
from ims_allocation.domain import Accounts, Placement, Progress, known
from ims_allocation.domain.editions.edition import Edition, edition_of
from ims_allocation.domain.editions.officer_rules import TEXTS, OfficerRules, compiled, fields_of, like
from ims_allocation.domain.editions.written import Rule, Then
from ims_allocation.handlers.plain import is_plain
from ims_allocation.journey import figures
from ims_allocation.settings import Packs
from ims_allocation.store.accounts import Known
from ims_contracts.accounts import AccountChanged
from ims_contracts.payments import PaymentReceived

DAY = date(2026, 3, 18)

A_RULE = """
  - name: {name}
    priority: {priority}
    when: {when}
    then: {then}
    {more}
    examples: {examples}
"""
SHOWN = '[{payment: {channel: cash}, applies: true}, {payment: {channel: web}, applies: false}]'


def a_rule(**said: Any) -> str:
    given = {"name": "mine", "priority": 50, "when": 'channel == "cash"', "then": '{fund: "52", account_reference: MK/TAKINGS}'}
    return A_RULE.format(**{"more": "", "examples": SHOWN} | given | said)


def files(*rules: str) -> dict[str, str]:
    return FILES | {"rules.yaml": "rules:" + "".join(rules)}


def edition(*rules: str) -> Edition:
    return edition_of(files(*rules))


def rule(when: str, **said: Any) -> Rule:
    return Rule.model_construct(
        **{"name": "mine", "priority": 1, "when": when, "then": Then(needs_person=True), "before": None, "from_on": None, "until_on": None}
        | said
    )


def decided(said: Edition, heard: PaymentReceived, *accounts: AccountChanged) -> Placement:
    """Where a payment is put under a version."""
    pack = said.pack
    facts = {(COUNCIL, heard.payment_id): known(heard, pack.references.read(heard.reference, heard.narrative), pack)}
    [change] = Progress({}, Accounts([remembered(each) for each in accounts]), Packs([pack])).hear(facts, {})
    assert change.after.placement
    return change.after.placement


def cash(reference: str | None = None, **fields: Any) -> PaymentReceived:
    return payment(reference, **{"channel": "cash"} | fields)


@pytest.mark.parametrize(
    ("rule", "fault"),
    [
        (a_rule(when="chanel == 'cash'"), "chanel is nothing that a rule can use: it looks at the payment's fields"),
        (a_rule(when="channel =="), "Syntax error"),
        (a_rule(when="amount_pence"), "it is not a question"),
        (a_rule(when="amount_pence > '5'"), "> cannot be used of a whole number and a text (at 1:14)"),
        (a_rule(when='"[1].map(x, x) == [1]"'), "loops (map, filter, exists, all), matches and + are left out"),
        (a_rule(when="narrative.matches('[a-z]{0,500}')"), "matches is nothing that a rule can use"),
        (a_rule(when="narrative + narrative == ''"), "+ is nothing that a rule can use"),
        (a_rule(when=" || ".join(["channel == 'cash'"] * 80)), "at most 1000 characters"),
        (a_rule(when='"' + "(" * 100 + "true" + ")" * 100 + '"'), "recursion limit"),
        (a_rule(then='{fund: "99", account_reference: MK/TAKINGS}'), "then.fund 99 is no fund of this pack"),
        (a_rule(then='{fund: "52", account_reference: NOWHERE}'), "is no reference as fund 52 writes them"),
        (a_rule(then='{fund: "52"}'), "say fund and account_reference"),
        (a_rule(then='{fund: "52", account_reference: MK/TAKINGS, needs_person: true}'), "say fund and account_reference"),
        (a_rule(then="{}"), "say fund and account_reference"),
        (a_rule(then='{method_of_payment: cash}'), "method_of_payment is not known here"),
        (a_rule(more="before: breakfast"), "before"),
        (a_rule(priority=0), "priority"),
        (a_rule() + a_rule(name="other"), "50 is another rule's as well"),
        (a_rule() + a_rule(priority=51), "mine is another rule's name"),
        (a_rule(examples="[]"), "examples"),
        (a_rule(examples="[{payment: {channel: web}, applies: false}]"), "has none that the rule applies to"),
        (a_rule(examples="[{payment: {channel: web}, applies: true}]"), "examples.0 does not hold: no rule decides it"),
        (a_rule(examples="[{payment: {chanel: web}, applies: true}]"), "chanel is no field that a rule may look at"),
        (a_rule(examples="[{payment: {amount_pence: '5'}, applies: true}]"), "must be a whole number"),
        (a_rule(when="amount_pence % amount_pence == 0", examples="[{payment: {channel: cash}, applies: true}]"), "; mine failed"),
        (a_rule(name="first", priority=1) + a_rule(), "does not hold: first decides it"),
    ],
)  # fmt: skip
def test_a_rule_that_is_wrong_is_refused_with_its_line(rule: str, fault: str) -> None:
    found = faults_of(files(rule))
    assert any(fault in each and each.startswith("rules.yaml, line ") for each in found), found


@pytest.mark.parametrize(
    ("pattern", "text", "is_like"),
    [
        ("*MARKET*", "saturday market", True), ("*market*", "MARKET", True), ("MARKET", "MARKETS", False), ("MARKET*", "MARKETS", True),
        ("*S", "MARKETS", True), ("*A*B*", "xAxBx", True), ("*A*B*", "xBxAx", False), ("A*A", "A", False), ("A*A", "AA", True),
        ("*", "", True), ("", "", True), ("", "x", False), ("**", "x", True), ("A*B*C", "ABC", True), ("A*BC*C", "ABC", False),
    ],
)  # fmt: skip
def test_a_text_is_like_a_pattern(pattern: str, text: str, is_like: bool) -> None:
    assert like(text, pattern) == is_like


@pytest.mark.parametrize(
    ("rules", "heard", "where"),
    [
        # what it is given where the references say nothing
        ([a_rule()], cash(), "52/MK/TAKINGS by rule:mine"),
        ([a_rule()], cash("something else"), "52/MK/TAKINGS by rule:mine"),
        ([a_rule()], payment(None), "no-reference"),
        ([a_rule(then="{needs_person: true}")], cash(), "needs-person"),
        ([a_rule(then="{suspense_reason: look-at-this}")], cash(), "look-at-this"),
        ([a_rule(then='{fund: "23", account_reference: "770001559"}')], cash(), "account-awaited"),
        ([a_rule(then='{fund: "23", account_reference: "770001478"}')], cash(), "23/770001478 by rule:mine"),
        # a reference is before a rule, unless the officer says otherwise
        ([a_rule()], cash("770001478"), "23/770001478 by reference"),
        ([a_rule(more="before: references")], cash("770001478"), "52/MK/TAKINGS by rule:mine"),
        # the lowest priority decides, whatever the order they are written in; those before references come first
        ([a_rule(), a_rule(name="small", priority=9, when="amount_pence < 100", examples="[{payment: {amount_pence: 1}, applies: true}]",
                           then="{needs_person: true}")], cash(amount_pence=99), "needs-person"),
        ([a_rule(), a_rule(name="late", priority=99, more="before: references", then="{needs_person: true}",
                           examples="[{payment: {channel: cash}, applies: true}]", when="channel == 'cash' && amount_pence < 100")],
         cash(amount_pence=5000), "52/MK/TAKINGS by rule:mine"),
        # in force by the day that decides
        ([a_rule(more="from: 2026-03-10")], cash(paid_on=date(2026, 3, 9)), "no-reference"),
        ([a_rule(more="from: 2026-03-10")], cash(paid_on=date(2026, 3, 10)), "52/MK/TAKINGS by rule:mine"),
        ([a_rule(more="until: 2026-03-10")], cash(paid_on=date(2026, 3, 11)), "no-reference"),
    ],
)  # fmt: skip
def test_a_payment_ends_where_the_rules_put_it(rules: list[str], heard: PaymentReceived, where: str) -> None:
    examples = '[{payment: {channel: cash, amount_pence: 5000}, applies: true}, {payment: {channel: web}, applies: false}]'
    placed = decided(edition(*(each.replace(SHOWN, examples) for each in rules)), heard, running_account("770001478"))
    part = placed.parts[0] if placed.parts else None
    assert (f"{part.fund}/{part.account_reference} by {placed.rule}" if part else placed.reason) == where


def test_a_rule_may_name_a_penalty_and_it_is_settled_as_any() -> None:
    said = edition(a_rule(then='{fund: "11", account_reference: BJ90012273}'))
    placed = decided(said, cash(amount_pence=3500, paid_on=date(2026, 3, 10)), penalty("BJ90012273"))
    assert (placed.outcome, placed.rule, placed.allocated_pence) == ("discount", "rule:mine", 3500)


def test_a_plain_payment_is_not_plain_where_a_rule_comes_before_references() -> None:
    heard, there = cash("770001478"), {(COUNCIL, "23", "770001478"): Known("open", None, None)}
    for said, plain in ((edition(a_rule()), True), (edition(a_rule(more="before: references")), False)):
        reading = said.pack.references.read(heard.reference, None)
        assert is_plain(heard, reading, said.pack, there) is plain


def test_a_rule_that_fails_does_not_apply_and_is_counted_and_the_next_decides() -> None:
    rules = OfficerRules([rule("int(narrative) > 5", name="broken", priority=1), rule("channel == 'cash'", name="sound", priority=2)])
    verdict = rules.decide(fields_of(cash(narrative="not a number")), DAY)
    assert verdict.ruled
    assert (verdict.ruled.rule, verdict.failed) == ("sound", ("broken",))
    assert rules.failed == {"broken": 1}


@pytest.mark.parametrize("rule_before", ["", "before: references"])
def test_a_payment_says_which_rules_failed_on_it(rule_before: str) -> None:
    """One that would be plain too: what is kept of a plain payment has no room for it."""
    shown = "[{payment: {channel: cash, narrative: '6'}, applies: true}]"
    said = edition(a_rule(when="channel == 'cash' && int(narrative) > 5", examples=shown, more=rule_before))
    typed = "770001478" if rule_before else None
    heard = cash(typed, narrative="not a number")
    reading = said.pack.references.read(heard.reference, heard.narrative)
    assert not is_plain(heard, reading, said.pack, {(COUNCIL, "23", "770001478"): Known("open", None, None)})
    facts = {(COUNCIL, heard.payment_id): known(heard, reading, said.pack)}
    [change] = Progress({}, Accounts([remembered(running_account())]), Packs([said.pack])).hear(facts, {})
    assert change.after.placement
    assert "the rule mine failed on it, and was passed over" in figures(change.after, change.after.placement)


@pytest.mark.parametrize(
    "when",
    [
        " || ".join(["words.like('*A*A*A*A*A*A*A*A*B')"] * 27),
        " || ".join([f"narrative.contains('{'A' * 60}B')"] * 11),
        "narrative in [" + ", ".join(["'AAAA'"] * 122) + "]",
        " && ".join(["narrative < 'B'"] * 51),
    ],
)
def test_the_slowest_rule_there_can_be_is_quick(when: str) -> None:
    heard = cash(reference="A" * 500, narrative="A" * 500)
    assert 900 < len(when) <= 1000, "as long as a rule may be"
    rules = OfficerRules([rule(when)])
    began = perf_counter()
    for _ in range(20):
        rules.decide(fields_of(heard), DAY)
    assert (perf_counter() - began) / 20 < 0.005, "a payment costs a rule at most some milliseconds"


@given(st.text(max_size=60))
def test_an_expression_compiles_or_is_refused_and_nothing_else(when: str) -> None:
    with suppress(ValueError):
        compiled(when)


@given(st.dictionaries(st.sampled_from(TEXTS), st.text(max_size=20)), st.integers(-(2**62), 2**62))
def test_a_decision_is_a_function_of_the_payment_alone(texts: dict[str, str], pence: int) -> None:
    fields = dict.fromkeys(TEXTS, "") | texts | {"amount_pence": pence}
    whens = ["size(narrative) > 3", "amount_pence * amount_pence > 0", "int(reference) == 1", "words.like(fund)", "1 % amount_pence == 0"]
    rules = OfficerRules([rule(when, name=f"r{at}", priority=at + 1) for at, when in enumerate(whens)])
    assert rules.decide(fields, DAY) == rules.decide(dict(reversed(fields.items())), DAY)


def test_what_is_not_told_is_empty() -> None:
    bare = fields_of(payment(None))
    assert (bare["reference"], bare["words"], bare["payer_name"], bare["value_on"]) == ("", "", "", "")
    assert fields_of(cash("a  b", narrative="c\n d"))["words"] == "A B C D"



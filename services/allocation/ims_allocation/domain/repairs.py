"""A council's own rules that put right what was said of a payment, before anything is decided from it."""

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import Literal, NamedTuple

from ims_allocation.domain.rounding import exact_pence

type Field = Literal["fund", "account_reference", "narrative", "amount"]


class Said(NamedTuple):
    """What a source said of a payment; the amount in pence, none where it is not known."""

    fund: str | None = None
    account_reference: str | None = None
    narrative: str | None = None
    amount_pence: int | None = None

    def text(self, field: Field) -> str:
        """A field as text, nothing as the empty one; an amount as pounds with two decimals, however it was written."""
        if field == "amount":
            return "" if self.amount_pence is None else pounds(self.amount_pence)
        return {"fund": self.fund, "account_reference": self.account_reference, "narrative": self.narrative}[field] or ""


OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "contain": lambda text, value: value in text,
    "not_contain": lambda text, value: value not in text,
    "start_with": str.startswith,
    "end_with": str.endswith,
    "equal": lambda text, value: text == value,
}
"""On text; capitals matter."""
COMPARISONS = {"greater_than": 1, "less_than": -1, "equal": 0}
"""On amounts, and what the sign of the difference is where they hold."""


class Condition(NamedTuple):
    """One comparison. Within a group they count from left to right: `and`, `or`, or none, which forgets what stood before."""

    group: int
    field: Field
    operator: str
    value: str
    joined_by: Literal["and", "or"] | None = None

    @property
    def is_known(self) -> bool:
        return self.operator in OPERATORS or (self.field == "amount" and self.operator in COMPARISONS)

    def holds(self, said: Said) -> bool:
        """Amounts compare as numbers where they can, all else as text."""
        if self.field == "amount" and self.operator in COMPARISONS:
            return compare(self.operator, said.text("amount"), self.value)
        return matches(self.operator, said.text(self.field), self.value)


class Repair(NamedTuple):
    """What is set where the conditions hold; a rule without conditions always applies."""

    conditions: tuple[Condition, ...]
    sets: tuple[tuple[Field, str], ...]

    def applies(self, said: Said) -> bool:
        """One group that holds is enough."""
        ordered = sorted(self.conditions, key=lambda each: each.group)
        groups = [list(group) for _, group in groupby(ordered, key=lambda each: each.group)]
        return not groups or any(group_holds(group, said) for group in groups)

    def fault(self) -> str | None:
        """Why this rule may not be used: it would change money, or compare in a way that is not known."""
        if any(field == "amount" for field, _ in self.sets):
            return "an amount is never put right by a rule"
        unknown = [each.operator for each in self.conditions if not each.is_known]
        return f"no comparison is called {unknown[0]}" if unknown else None


def group_holds(conditions: Iterable[Condition], said: Said) -> bool:
    result = False
    for condition in conditions:
        holds = condition.holds(said)
        result = {None: holds, "and": result and holds, "or": result or holds}[condition.joined_by]
    return result


def repair(said: Said, rules: Iterable[Repair]) -> Said:
    """What was said, put right by each rule in turn; later ones see what earlier ones set."""
    for rule in rules:
        assert rule.fault() is None, "a rule is proved before it is used"
        if rule.applies(said):
            said = Said(**(said._asdict() | dict(rule.sets)))
    return said


def matches(operator: str, text: str | None, value: str | None) -> bool:
    """A comparison of text; nothing is the empty text."""
    return OPERATORS[operator](text or "", value or "")


def compare(operator: str, amount: str, value: str) -> bool:
    """A comparison of pounds as numbers: 10 is 10.00. What is no number compares with none."""
    try:
        difference = exact_pence(amount) - exact_pence(value)
    except ValueError:
        return False
    return (difference > 0) - (difference < 0) == COMPARISONS[operator]


def pounds(pence: int) -> str:
    sign = "-" if pence < 0 else ""
    return f"{sign}{abs(pence) // 100}.{abs(pence) % 100:02}"

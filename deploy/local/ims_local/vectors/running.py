"""Running vectors: what our code does with a case's input, beside what is expected of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from ims_local.vectors.cases import Case

type Answer = dict[str, Any]
type Outcome = Literal["passed", "failed", "different", "not_supported"]
OUTCOMES: tuple[Outcome, ...] = ("passed", "failed", "different", "not_supported")


class OnPurpose(NamedTuple):
    """An answer that may differ from the predecessor's by a rule of ours, and the rule."""

    answer: Answer
    reason: str
    may_differ: frozenset[str] = frozenset()
    """The fields that the rule is about; all, if none is named."""


class Unsupported(Exception):
    """Nothing of ours does this; its text says why."""


@dataclass(frozen=True)
class Suite:
    """How the cases of one kind are run."""

    run: Callable[[Any], Answer | OnPurpose]
    """A case's input to what our code makes of it, in the vectors' words."""
    labels: frozenset[str] = frozenset()
    """The names of errors that we can give. They are the vectors' own inventions: where a case expects an error of a name that is not
    here, ours must be an error too, of whatever name."""
    ignores: Mapping[str, str] = field(default_factory=dict)
    """What is expected and has no counterpart with us, and why."""


class Told(NamedTuple):
    """What became of one case."""

    case: Case
    outcome: Outcome
    reason: str = ""


@dataclass
class Tally:
    """What became of the cases of a file."""

    told: list[Told] = field(default_factory=list)

    def suites(self) -> dict[str, dict[str, int]]:
        """How many of each suite came to what."""
        counts: dict[str, dict[str, int]] = {}
        for each in self.told:
            counts.setdefault(each.case.suite, dict.fromkeys(OUTCOMES, 0))[each.outcome] += 1
        return counts

    def of(self, outcome: Outcome) -> list[Told]:
        return [each for each in self.told if each.outcome == outcome]


def run(cases: Iterable[Case], suites: Mapping[str, Suite | str]) -> Iterable[Told]:
    """Every case in turn. A suite that is only a sentence is one we do not support, and why."""
    for case in cases:
        suite = suites.get(case.suite, "There is no such suite here.")
        yield Told(case, "not_supported", suite) if isinstance(suite, str) else judge(case, suite)


def judge(case: Case, suite: Suite) -> Told:
    """What our code makes of a case, beside what is expected; beside what is recommended where the predecessor is wrong."""
    try:
        given = suite.run(case.given)
    except Unsupported as why:
        return Told(case, "not_supported", str(why))
    except (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, AssertionError) as error:
        return Told(case, "failed", f"could not be run: {type(error).__name__}: {error}")
    answer = given.answer if isinstance(given, OnPurpose) else given
    differing = differences(case, suite, answer)
    if case.defect:
        return judge_defect(case, suite, answer, not differing)
    if not differing:
        return Told(case, "passed")
    if isinstance(given, OnPurpose) and (not given.may_differ or differing <= given.may_differ):
        return Told(case, "different", given.reason)
    return Told(case, "failed", f"we say {answer}")


def differences(case: Case, suite: Suite, answer: Answer) -> set[str]:
    """The fields in which an answer is not what is expected."""
    wanted, ours = comparable(case.expected, suite, case.expected), comparable(answer, suite, case.expected)
    return {name for name in wanted | ours if name not in wanted or name not in ours or wanted[name] != ours[name]}


def judge_defect(case: Case, suite: Suite, answer: Answer, is_same: bool) -> Told:
    """A defect must not be imitated, and what is recommended must be done wherever a program can tell."""
    if is_same:
        return Told(case, "failed", f"we imitate a defect: {case.defect}")
    if isinstance(case.recommended, dict):
        wanted = comparable(case.recommended, suite, case.recommended)
        ours = comparable(answer, suite, case.recommended)
        if any(name not in ours or ours[name] != value for name, value in wanted.items()):
            return Told(case, "failed", f"recommended is {case.recommended}, we say {answer}")
    return Told(case, "different", str(case.defect))


def comparable(told: Answer, suite: Suite, expected: Answer) -> Answer:
    """What counts of an answer: without what has no counterpart, and errors by name only where the expected name is one of ours."""
    kept: Answer = without(told, suite.ignores)
    for name in ("error", "errors"):
        if name in kept and not all(is_ours(each, suite) for each in as_list(expected.get(name))):
            kept[name] = bool(kept[name])
    return kept


def without(told: Any, ignored: Mapping[str, str]) -> Any:
    """An answer without some fields, wherever in it they are."""
    if isinstance(told, dict):
        return {name: without(value, ignored) for name, value in told.items() if name not in ignored}
    return [without(each, ignored) for each in told] if isinstance(told, list) else told


def is_ours(label: object, suite: Suite) -> bool:
    """Whether we have a name for an error; what follows a colon says more of it."""
    return all(each.partition(":")[0] in suite.labels for each in str(label).split(","))


def as_list(told: Any) -> list[Any]:
    return told if isinstance(told, list) else [] if told is None else [told]

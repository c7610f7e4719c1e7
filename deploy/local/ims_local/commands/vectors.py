"""`ims vectors`: the predecessor's behaviour, case by case, against ours."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from ims_local.faults import Fault
from ims_local.progress import Steps
from ims_local.screen import AsJson, answer, answers, remarks
from ims_local.vectors import SUITES, Tally, read_cases, run
from ims_local.vectors.running import OUTCOMES, Told


def vectors(
    file: Annotated[Path, typer.Argument(help="The vectors, as JSON.", exists=True, dir_okay=False)],
    suite: Annotated[str | None, typer.Option(help="Only the cases of this suite.")] = None,
    as_json: AsJson = False,
) -> None:
    """Run vectors of behaviour: what we do as well, what we do otherwise on purpose, what we do not do. Exit 1 if a case fails.

    Needs no servers and writes nothing.
    """
    cases = read_cases(file)
    if suite:
        names = sorted({case.suite for case in cases})
        cases = [case for case in cases if case.suite == suite]
        if not cases:
            raise Fault(f"{file.name} has no suite {suite!r}. It has {', '.join(names) or 'none'}.")
    tally = Tally()
    with (steps := Steps(None if as_json else remarks)).shown(), steps.step(f"{len(cases)} cases", len(cases)) as advance:
        for told in run(cases, SUITES):
            tally.told.append(told)
            advance(1)
    answer(found(tally), as_json, table)
    if not as_json:
        for outcome in ("different", "not_supported", "failed"):
            for line in dict.fromkeys(in_words(each) for each in tally.of(outcome)):
                answers.print(line, highlight=False, markup=False)
    if tally.of("failed"):
        raise typer.Exit(1)


def found(tally: Tally) -> dict[str, Any]:
    """Counts by suite, and the reason of every case that did not simply pass."""
    return {
        "suites": tally.suites(),
        "cases": {outcome: {each.case.id: each.reason for each in tally.of(outcome)} for outcome in OUTCOMES if outcome != "passed"},
    }


def table(found: dict[str, Any]) -> Table:
    """The counts for people."""
    shown = Table("Suite", *(outcome.replace("_", " ").capitalize() for outcome in OUTCOMES), box=None)
    for name, counts in found["suites"].items():
        shown.add_row(name, *(str(counts[outcome] or "") for outcome in OUTCOMES))
    total = [sum(counts[outcome] for counts in found["suites"].values()) for outcome in OUTCOMES]
    shown.add_row("In all", *map(str, total), style="bold")
    return shown


def in_words(told: Told) -> str:
    """Why a case did not simply pass; what is not supported, once for its suite."""
    name = told.case.suite if told.outcome == "not_supported" else told.case.id
    return f"{told.outcome.replace('_', ' ')}: {name}: {told.reason}"

"""A file of vectors: each says what goes in, what the predecessor makes of it, and whether that is to be imitated."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from ims_local.faults import Fault

ASKED = ("suite", "id", "input", "expected")


class Case(NamedTuple):
    """One vector."""

    suite: str
    id: str
    given: dict[str, Any]
    expected: dict[str, Any]
    defect: str | None = None
    """Why the predecessor is wrong here; its behaviour is then not to be imitated."""
    recommended: Any = None
    """What is better: in the form of what is expected, or in words."""


def read_cases(file: Path) -> list[Case]:
    """Every case of a file. A file of another shape is a fault that says where."""
    try:
        told = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Fault(f"{file.name} cannot be read as JSON: {error}. Give a file of vectors.") from None
    if not isinstance(told, dict) or not isinstance(told.get("cases"), list):
        raise Fault(f"{file.name} has no list called `cases`. Give a file of vectors.")
    return [read_case(file.name, at, each) for at, each in enumerate(told["cases"], 1)]


def read_case(name: str, at: int, told: Any) -> Case:
    absent = [field for field in ASKED if not isinstance(told, dict) or field not in told]
    if absent:
        raise Fault(f"{name}: case {at} has no {' and no '.join(f'`{field}`' for field in absent)}. Each case needs them.")
    kinds = (("suite", str), ("id", str), ("input", dict), ("expected", dict))
    wrong = [field for field, kind in kinds if not isinstance(told[field], kind)]
    if wrong:
        raise Fault(f"{name}: `{wrong[0]}` of case {at} is of the wrong kind: suite and id are text, input and expected are objects.")
    return Case(told["suite"], told["id"], told["input"], told["expected"], told.get("reference_defect"), told.get("recommended"))

"""The rules of the house that no linter knows, as code; each test's docstring is the rule's reason."""

import ast
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ["contracts", "kit", "services", "deploy"]
SERVICES = sorted(path.parent for path in (ROOT / "services").glob("*/ims_*/__init__.py"))
PUT_TOGETHER = [service for service in SERVICES if list(service.glob("app*"))]

FILE_LINES_MAX = 300
FUNCTION_LINES_MAX = 40
ARGUMENTS_MAX = 5
KIT_LINES_MAX = 1_500

SHAPE = ["app", "handlers", "domain", "store", "settings"]
NAMES_BANNED = {"utils", "util", "common", "helpers", "helper", "base", "manager", "managers", "models", "misc", "shared"}
CLOCK = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime"}
DOMAIN_BANNED = {"time", "random", "secrets", "logging", "os", "socket", "subprocess", "asyncio", "pathlib"}
CHANCE = {"uuid1", "uuid4"}

Rule = Callable[[ast.Module], Iterator[tuple[int, str]]]


def sources() -> list[Path]:
    """Our Python, tests left out: they may be long tables."""
    return sorted(path for part in PARTS for path in (ROOT / part).rglob("*.py") if "__pycache__" not in path.parts)


def domains() -> list[Path]:
    """What decides."""
    return sorted(path for service in SERVICES for path in [*service.glob("domain.py"), *(service / "domain").rglob("*.py")])


def messages() -> list[Path]:
    """What is told, and what judges it; without the commands, and the client, which read, wait and write."""
    found = sorted((ROOT / "contracts" / "messages").rglob("*.py"))
    return [path for path in found if path.name not in ("write.py", "conform.py") and path.parent.name != "client"]


def offenders(rule: Rule, files: list[Path]) -> list[str]:
    """Where a rule is broken, one `path:line: why` each."""
    return [f"{path.relative_to(ROOT)}:{line}: {why}" for path in files for line, why in sorted(rule(ast.parse(path.read_bytes())))]


def tidy(found: list[str]) -> None:
    """Fail with one offender a line."""
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def test_a_file_is_read_in_one_sitting() -> None:
    """Past 300 lines a file becomes a folder of the same name; imports elsewhere stay as they are."""
    written = [path for part in PARTS for kind in ("*.py", "*.sh", "*.yaml", "Dockerfile*") for path in (ROOT / part).rglob(kind)]
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in written}
    tidy([f"{path.relative_to(ROOT)}: {lines} lines" for path, lines in sorted(lengths.items()) if lines > FILE_LINES_MAX])


def test_a_function_fits_on_a_screen() -> None:
    """Its whole is seen at once, so that it can be checked by eye."""
    tidy(offenders(long_functions, sources()))


def test_a_function_takes_few_arguments() -> None:
    """More belong together and want a name. Options of a command and parameters of a request are no caller's to remember."""
    tidy(offenders(wide_functions, sources()))


def test_a_module_says_what_it_is_for() -> None:
    """A reader decides by the first line whether to read on."""
    tidy(offenders(undocumented, sources()))


def test_a_module_has_a_name_of_its_own() -> None:
    """What has no better name than these has no home yet, and grows."""
    tidy([str(path.relative_to(ROOT)) for path in sources() if path.stem in NAMES_BANNED or path.parent.name in NAMES_BANNED])


@pytest.mark.parametrize("service", PUT_TOGETHER, ids=[path.name for path in PUT_TOGETHER])
def test_a_service_has_the_shape_of_every_service(service: Path) -> None:
    """Who has read one service can find anything in the others."""
    tidy([f"{service.relative_to(ROOT)}: no {part}" for part in SHAPE if not has(service, part)])


def test_money_is_whole_pence() -> None:
    """A float loses pennies, and a Decimal must be rounded by a rule that nobody named."""
    tidy(offenders(inexact_numbers, domains() + messages()))


def test_a_domain_has_no_clock_and_no_chance() -> None:
    """The same facts must decide the same today, in a replay, and in a test: what it needs to know is an argument."""
    tidy(offenders(impurities, domains() + messages()))


def test_no_accident_is_caught_by_a_net() -> None:
    """What was not foreseen must be seen: a caught bug in money carries on with a wrong figure. Accidents go up to the kit, which alone
    decides what comes again; there each net says why, as ruff's BLE001 asks."""
    tidy(offenders(nets, [path for path in sources() if ROOT / "kit" not in path.parents]))


def test_the_kit_is_small() -> None:
    """A shared library that grows is changed for one service and breaks for all."""
    written = [line for path in (ROOT / "kit").rglob("*.py") for line in path.read_text(encoding="utf-8").splitlines()]
    code = [line for line in written if re.match(r"\s*[^\s#]", line)]
    assert 0 < len(code) <= KIT_LINES_MAX, f"the kit has {len(code)} lines of code"


def test_every_suite_of_tests_is_found_by_its_name() -> None:
    """Two test modules of one name hide each other in reports."""
    names: dict[str, list[str]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        names.setdefault(path.name, []).append(str(path.relative_to(ROOT)))
    tidy([", ".join(paths) for paths in names.values() if len(paths) > 1])


def has(service: Path, part: str) -> bool:
    return (service / f"{part}.py").exists() or (service / part / "__init__.py").exists()


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def long_functions(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for function in functions(tree):
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > FUNCTION_LINES_MAX:
            yield function.lineno, f"{function.name} has {lines} lines"


def wide_functions(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for function in functions(tree):
        given = function.args
        names = [argument.arg for argument in [*given.posonlyargs, *given.args, *given.kwonlyargs]]
        count = len([name for name in names if name not in ("self", "cls")])
        if count > ARGUMENTS_MAX and not any(map(is_door, function.decorator_list)):
            yield function.lineno, f"{function.name} takes {count} arguments"


def is_door(decorator: ast.expr) -> bool:
    """Called by a command line or by a request, such as `@app.command()` and `@router.get(…)`."""
    called = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(called, ast.Attribute) and called.attr in {"command", "callback", "get", "post", "put", "patch", "delete"}


def undocumented(tree: ast.Module) -> Iterator[tuple[int, str]]:
    if tree.body and not ast.get_docstring(tree):
        yield 1, "no docstring"


def inexact_numbers(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, float):
            yield node.lineno, f"the float {node.value}"
        if isinstance(node, ast.Name) and node.id in {"float", "Decimal"}:
            yield node.lineno, node.id
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            yield node.lineno, "/ makes a float (// does not)"


def impurities(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            imported = [node.module or ""] if isinstance(node, ast.ImportFrom) else [name.name for name in node.names]
            imported += [f"uuid.{name.name}" for name in node.names if name.name in CHANCE]
            banned = [name for name in imported if name.split(".")[0] in DOMAIN_BANNED or name.startswith("uuid.")]
            yield from ((node.lineno, f"imports {name}") for name in banned)
        # `date.today` is found also where it is not called but given away.
        if isinstance(node, ast.Attribute) and node.attr in CLOCK | CHANCE and is_clock(node.value):
            yield node.lineno, f"asks {ast.unparse(node)}"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"print", "open", "input"}:
            yield node.lineno, f"{node.func.id} is input or output"


def is_clock(value: ast.expr) -> bool:
    return ast.unparse(value).split(".")[-1] in {"date", "datetime", "time", "uuid"}


def nets(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        # What is put away and raised again is not caught.
        if isinstance(node, ast.ExceptHandler) and ast.unparse(node.body[-1]) != "raise":
            caught = [] if node.type is None else node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            if node.type is None or {"Exception", "BaseException"} & {ast.unparse(name) for name in caught}:
                yield node.lineno, f"catches {ast.unparse(node.type) if node.type else 'everything'}"


UNTIDY: list[tuple[Rule, str, bool]] = [
    (long_functions, "def f():\n" + "    x = 1\n" * 39, False),
    (long_functions, "def f():\n" + "    x = 1\n" * 40, True),
    (wide_functions, "def f(self, a, b, c, *, d, e): ...", False),
    (wide_functions, "async def f(a, b, c, *, d, e, f): ...", True),
    (wide_functions, "@app.command()\ndef f(a, b, c, d, e, f): ...", False),
    (wide_functions, "@cache\ndef f(a, b, c, d, e, f): ...", True),
    (undocumented, "'''What it is for.'''", False),
    (undocumented, "x = 1", True),
    (undocumented, "", False),
    (inexact_numbers, "half_pence = total_pence // 2", False),
    (inexact_numbers, "half_pence = total_pence / 2", True),
    (inexact_numbers, "rate = 0.2", True),
    (inexact_numbers, "pounds = Decimal(pence)", True),
    (inexact_numbers, "pounds = float(pence)", True),
    (inexact_numbers, "share: float", True),
    (impurities, "def due(today: date) -> bool: return paid_on <= today", False),
    (impurities, "from datetime import date, time", False),
    (impurities, "from uuid import UUID, uuid5", False),
    (impurities, "today = date.today()", True),
    (impurities, "at = datetime.now(UTC)", True),
    (impurities, "at = datetime.datetime.now(UTC)", True),
    (impurities, "field(default_factory=date.today)", True),
    (impurities, "from time import time", True),
    (impurities, "import random", True),
    (impurities, "from uuid import uuid4", True),
    (impurities, "x = uuid.uuid4()", True),
    (impurities, "print(1)", True),
    (nets, "try: ...\nexcept ValueError: ...", False),
    (nets, "try: ...\nexcept Exception: ...", True),
    (nets, "try: ...\nexcept (ValueError, BaseException): ...", True),
    (nets, "try: ...\nexcept: ...", True),
    (nets, "try: ...\nexcept BaseException:\n    stop()\n    raise", False),
]


@pytest.mark.parametrize(("rule", "code", "is_untidy"), UNTIDY)
def test_a_rule_finds_what_it_is_for(rule: Rule, code: str, is_untidy: bool) -> None:
    """A rule that has never found anything may be looking at nothing."""
    assert bool(list(rule(ast.parse(code)))) == is_untidy, code

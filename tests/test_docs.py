"""What the documents name exists, and what an operator or a neighbour must know is named in them."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from ims_contracts import MESSAGES, STREAMS

ROOT = Path(__file__).parents[1]
SERVICES = ["ingest", "allocation", "reconcile", "notify"]
SECTIONS = ["Hears", "Tells", "Remembers", "Settings", "Never"]
DOCS = [
    "README.md",
    "ARCHITECTURE.md",
    "contracts/README.md",
    "contracts/GLOSSARY.md",
    "contracts/PUBLISHING.md",
    "deploy/helm/README.md",
    *(f"services/{service}/README.md" for service in SERVICES),
]
# What was decided, and what changed, may name what is no more.
HISTORY = ["DECISIONS.md", "CHANGELOG.md"]
CODE = ["contracts", "kit", "services", "deploy", "Makefile", ".ci"]
TOP = {"contracts", "kit", "services", "tests", "deploy", "samples", ".ci"}

SETTING = re.compile(r"\bIMS_[A-Z][A-Z_]*[A-Z]\b")
TOPIC = re.compile(r"\bims\.[a-z]+\.v\d+\b")
TYPE = re.compile(r"\bims\.[a-z]+\.[a-z]+(?:-[a-z]+)*\.v\d+\b")
# `services/allocation/ims_allocation/domain.py: allocate`, a method as `Class.method`.
FUNCTION = re.compile(r"`([\w./-]+\.py): ([\w.]+)`")
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
SPAN = re.compile(r"`([^`\n]+)`")
FENCE = re.compile(r"^\s*```.*?^\s*```", re.MULTILINE | re.DOTALL)

each_doc = pytest.mark.parametrize("doc", DOCS)


def text(doc: str) -> str:
    """A document's words; one that is missing fails whatever asks for it."""
    return (ROOT / doc).read_text(encoding="utf-8")


@pytest.mark.parametrize("doc", [*DOCS, *HISTORY, "LICENSE", "publiccode.yml"])
def test_a_document_that_every_reader_looks_for_is_there(doc: str) -> None:
    assert text(doc).strip()


@pytest.mark.parametrize("service", SERVICES)
def test_a_page_of_a_service_says_the_same_things_in_the_same_order(service: str) -> None:
    headings = re.findall(r"^## (.+)$", text(f"services/{service}/README.md"), re.MULTILINE)

    assert [heading for heading in headings if heading in SECTIONS] == SECTIONS


@each_doc
def test_every_setting_that_is_named_exists(doc: str) -> None:
    assert not set(SETTING.findall(text(doc))) - settings()


def test_every_setting_is_named() -> None:
    named = {setting for doc in DOCS for setting in SETTING.findall(text(doc))}

    assert not settings() - named, "in no document"


@pytest.mark.parametrize("service", SERVICES)
def test_every_setting_of_a_service_is_named_on_its_page(service: str) -> None:
    own = {setting for path in (ROOT / "services" / service).glob("ims_*/settings*") for setting in declared(path)}

    assert not own - set(SETTING.findall(text(f"services/{service}/README.md")))


@each_doc
def test_every_topic_and_type_that_is_named_exists(doc: str) -> None:
    types = set(TYPE.findall(text(doc)))
    topics = set(TOPIC.findall(text(doc)))

    assert not types - MESSAGES.keys()
    assert not topics - STREAMS.keys()


@pytest.mark.parametrize("service", SERVICES)
def test_every_topic_of_a_service_is_named_on_its_page(service: str) -> None:
    told = {topic for topic, stream in STREAMS.items() if service in stream.told_by}

    assert not told - set(TOPIC.findall(text(f"services/{service}/README.md")))


def test_every_topic_is_named_where_the_whole_is_described() -> None:
    assert not STREAMS.keys() - set(TOPIC.findall(text("ARCHITECTURE.md")))


def test_every_message_is_in_the_glossary() -> None:
    glossary = text("contracts/GLOSSARY.md")

    assert not [type for type in MESSAGES if f"`{type.split('.')[2]}`" not in glossary]


@each_doc
def test_every_function_that_is_named_exists(doc: str) -> None:
    assert not [f"{path}: {name}" for path, name in FUNCTION.findall(text(doc)) if name not in definitions(path)]


def test_the_life_of_a_payment_names_a_function_at_each_step() -> None:
    life = re.split(r"^## ", text("ARCHITECTURE.md").partition("Life of a payment\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    steps = re.findall(r"^\d+\. .*(?:\n(?!\d+\. |\n).*)*", life, re.MULTILINE)

    assert len(steps) >= len(SERVICES)
    assert not [step for step in steps if not FUNCTION.search(step)]
    assert {path.split("/")[1] for path, _ in FUNCTION.findall(life) if path.startswith("services/")} == set(SERVICES)


@each_doc
def test_every_path_that_is_named_exists(doc: str) -> None:
    assert not [path for path in paths(text(doc)) if not exists(path, ROOT)]


@each_doc
def test_every_link_leads_somewhere(doc: str) -> None:
    assert not [link for link in LINK.findall(text(doc)) if not exists(link, (ROOT / doc).parent)]


@each_doc
def test_every_command_that_is_named_exists(doc: str) -> None:
    asked = set(commands(text(doc)))

    assert not {words for words in asked if words[0] == "make" and words[1] not in targets()}
    assert not {words for words in asked if words[0] == "ims" and words[1] not in subcommands()}
    assert not {words for words in asked if words[0] == "python -m" and not is_runnable(words[1])}


def test_every_command_is_named() -> None:
    named = {words[1] for doc in DOCS for words in commands(text(doc)) if words[0] == "ims"}

    assert not subcommands() - named, "in no document"


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        ("See `contracts/README.md` and `kit/ims_kit/told.py: tell`.", ["contracts/README.md", "kit/ims_kit/told.py"]),
        ("`services/<service>/README.md`, `DECISIONS.md`", ["services/<service>/README.md", "DECISIONS.md"]),
        ("`and/or`, `GET /v1/laws`, `ims.payments.v1`, `contracts/`", []),
    ],
)
def test_a_path_is_seen_where_it_is_named(words: str, seen: list[str]) -> None:
    assert list(paths(words)) == seen


@pytest.mark.parametrize(
    ("words", "seen"),
    [
        ("Type `make demo` or `.venv/bin/ims check --json`.", [("make", "demo"), ("ims", "check")]),
        ("```\nmake setup  # make sure of it\nims up && ims demo\n```", [("make", "setup"), ("ims", "up"), ("ims", "demo")]),
        ("`python -m ims_contracts.write contracts`, `python -m ims_<service>`", [("python -m", "ims_contracts.write")]),
        ("We make do; the ims is small.", []),
    ],
)
def test_a_command_is_seen_where_it_is_named(words: str, seen: list[tuple[str, str]]) -> None:
    assert list(commands(words)) == seen


def test_a_path_that_is_not_there_is_missed() -> None:
    assert exists("contracts/schemas/<topic>/<fact>.v1.json", ROOT)
    assert not exists("contracts/schemas/<topic>/<fact>.v0.json", ROOT)
    assert not exists("kit/ims_kit/magic.py", ROOT)


def settings() -> set[str]:
    """Every environment variable that our code reads: fields of settings classes, and names written out."""
    files = [path for part in CODE for path in [ROOT / part, *(ROOT / part).rglob("*")] if path.is_file()]
    code = [path for path in files if path.suffix in {".py", ".sh", ".yaml", ".yml", ".tpl"} or not path.suffix]
    written = {name for path in code for name in SETTING.findall(path.read_text(encoding="utf-8"))}
    return written | {name for path in code if "settings" in path.parts[-1] for name in declared(path)}


def declared(path: Path) -> Iterator[str]:
    """The environment variables of the settings classes of a file: `IMS_` and the field's name."""
    for node in ast.walk(ast.parse(path.read_bytes())) if path.suffix == ".py" else ():
        if isinstance(node, ast.ClassDef) and any(ast.unparse(parent).endswith("Settings") for parent in node.bases):
            for field in node.body:
                if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                    yield f"IMS_{field.target.id.upper()}"


def definitions(path: str) -> set[str]:
    """The functions, classes, methods and constants of one of our files."""
    if not (ROOT / path).is_file():
        return set()
    names = set()
    for node in ast.parse((ROOT / path).read_bytes()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        if isinstance(node, ast.ClassDef):
            names |= {f"{node.name}.{part.name}" for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)}
        if isinstance(node, ast.Assign):
            names |= {ast.unparse(target) for target in node.targets}
    return names


def paths(words: str) -> Iterator[str]:
    """The paths of this project in a document: spans that begin with a folder at its top, or are in capitals, as README.md."""
    for span in SPAN.findall(FENCE.sub("", words)):
        path = span.partition(": ")[0]
        if re.fullmatch(rf"(?:{'|'.join(map(re.escape, sorted(TOP)))})/[\w.<>*/-]+|[A-Z]+\.md", path):
            yield path


def exists(path: str, folder: Path) -> bool:
    """Whether a path is there; `<words>` stand for any name."""
    pattern = re.sub(r"<[^>]*>", "*", path).rstrip("/")
    return bool(list(folder.glob(pattern))) if "*" in pattern else (folder / pattern).exists()


def commands(words: str) -> Iterator[tuple[str, str]]:
    """What a reader is told to type: (`make`, target), (`ims`, command), (`python -m`, module)."""
    for code in [*SPAN.findall(FENCE.sub("", words)), *(line for fence in FENCE.findall(words) for line in fence.splitlines())]:
        typed = re.sub(r"(^|\s)#.*", "", code)
        yield from re.findall(r"(?:^|[\s;&|/])(make|ims|python -m) ([a-z][\w.-]*)(?![\w.<-])", typed)


def targets() -> set[str]:
    return set(re.findall(r"^([a-z][\w-]*):", text("Makefile"), re.MULTILINE))


def subcommands() -> set[str]:
    """The commands of `ims`, those of its groups by the group's name."""
    import typer.main

    from ims_local.cli import app

    program = typer.main.get_command(app)
    return set(getattr(program, "commands", {}))


def is_runnable(module: str) -> bool:
    """Whether `python -m` finds it among ours; others' programs are others' to document."""
    if not module.startswith("ims_"):
        return True
    inside = module.replace(".", "/")
    return any(list(ROOT.glob(f"{part}/{inside}{end}")) for part in ("contracts/messages", "kit", "services/*", "deploy/*") for end in ENDS)


ENDS = (".py", "/__main__.py")

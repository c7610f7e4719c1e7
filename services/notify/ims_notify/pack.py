"""The words and the destinations of each council: data that its officers own, read once at the start."""

from datetime import date, time
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

from ims_contracts.message import Code
from ims_notify.domain.answering import AnswerLayout
from ims_notify.domain.facts import Destination
from ims_notify.domain.letters import Council, Words
from ims_notify.domain.outgoing import Layout
from ims_notify.domain.postings import FileDestination, file_name
from ims_notify.layout_files import read_layout

LANGUAGES = ("en", "cy")


class CouncilEntry(BaseModel):
    """A council as the pack writes it; texts by language, English where another is left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    council: str
    name: dict[str, str]
    enquiries: dict[str, str]
    funds: dict[str, dict[str, str]]


class DestinationEntry(BaseModel):
    """A back office's system: which council's, and which funds are its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Code
    council: str
    funds: frozenset[str]
    kind: Literal["webhook"] = "webhook"


class RunEntry(BaseModel):
    """A system that takes files: how they are written, when they are made, and how they get there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(pattern="^[a-z0-9-]{1,64}$")]
    council: str
    layout: str
    times: list[Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", strict=True)]] = Field(min_length=1)
    """When a run is made, Europe/London, such as `"07:00"`; in YAML each needs its quotes."""
    delivery: Literal["folder", "sftp", "s3"]
    mode: Literal["test", "live"]
    """A test run has a number of its own series, and takes nothing out of what is to be sent."""
    file_name: str
    """With `{number}` or `{number:06}`, and perhaps `{date:%Y%m%d}`: the day it was made."""
    first_number: int = Field(default=1, ge=1)
    """Where a predecessor's numbers ended, the next."""
    empty: bool = False
    """Whether a run is made when there is nothing to tell."""

    @field_validator("file_name")
    @classmethod
    def tells_runs_apart(cls, pattern: str) -> str:
        names = {file_name(pattern, number, date(2026, 3, 16), is_test) for number in (1, 2) for is_test in (True, False)}
        if len(names) < 4 or any("/" in name or name.startswith(".") for name in names):
            raise ValueError("has {number} in it, perhaps {date}, no slash, and does not begin with a point")
        return pattern

    def taking(self, funds: frozenset[str], ledger_from: date | None = None) -> FileDestination:
        """The destination, with what its runs are of."""
        times = tuple(time.fromisoformat(each) for each in self.times)
        is_test = self.mode == "test"
        return FileDestination(
            self.name, self.council, funds, times, is_test, self.first_number, self.empty, self.file_name, ledger_from
        )  # fmt: skip


class FileEntry(RunEntry):
    """A back office's system: it gets what moves on its funds."""

    kind: Literal["file"]
    funds: frozenset[str]
    answers: str | None = None
    """The layout of what comes back: which lines were accepted, which rejected."""

    @property
    def destination(self) -> FileDestination:
        return self.taking(self.funds)


class LedgerEntry(RunEntry):
    """A finance system: it gets the whole ledger."""

    kind: Literal["ledger"]
    first_day: date = date.min
    """The first accounting day that it gets; what was posted for earlier ones the predecessor told it."""
    answers: None = None

    @property
    def destination(self) -> FileDestination:
        return self.taking(frozenset(), self.first_day)


class PackFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    councils: list[CouncilEntry]
    destinations: list[DestinationEntry | FileEntry | LedgerEntry] = []


class FileSetup(NamedTuple):
    """All that is known of a destination that takes files, but where it is."""

    destination: FileDestination
    delivery: str
    layout: Layout
    answers: AnswerLayout | None


class Pack(NamedTuple):
    """Everything that is written by somebody else than a programmer."""

    councils: dict[tuple[str, str], Council]
    """By council and language."""
    words: dict[str, Words]
    destinations: dict[str, Destination]
    """Those that are told by webhook."""
    files: dict[str, FileSetup]


def load(path: Path | None = None, layouts: Path | None = None) -> Pack:
    """Read a council pack (the example's, if none is given), its layouts and the templates. Raises ValueError if they do not fit."""
    text = path.read_text() if path else (files("ims_notify") / "packs" / "anytown.yaml").read_text()
    read = PackFile.model_validate(yaml.safe_load(text))
    hooks = [entry for entry in read.destinations if isinstance(entry, DestinationEntry)]
    if len({entry.name for entry in read.destinations}) < len(read.destinations):
        raise ValueError("two destinations have the same name")
    return Pack(
        {(entry.council, language): council(entry, language) for entry in read.councils for language in LANGUAGES},
        {language: words(language) for language in LANGUAGES},
        {entry.name: Destination(entry.name, entry.council, entry.funds) for entry in hooks},
        {entry.name: set_up(entry, layouts) for entry in read.destinations if not isinstance(entry, DestinationEntry)},
    )


def set_up(entry: FileEntry | LedgerEntry, layouts: Path | None) -> FileSetup:
    """A file destination with its layouts. Raises ValueError for one of the other kind."""
    layout, to = read_layout(entry.layout, Layout, layouts), entry.destination
    if layout.tells != to.kind:
        raise ValueError(f"{entry.name} is of kind {entry.kind}, but its layout {layout.name} tells the {layout.tells}")
    answers = read_layout(entry.answers, AnswerLayout, layouts) if entry.answers else None
    return FileSetup(to, entry.delivery, layout, answers)


def council(entry: CouncilEntry, language: str) -> Council:
    """A council's own words in one language."""

    def said(texts: dict[str, str]) -> str:
        return texts.get(language, texts["en"])

    return Council(said(entry.name), said(entry.enquiries), {fund: said(name) for fund, name in entry.funds.items()})


def words(language: str) -> Words:
    """The sentences of one language."""
    read = yaml.safe_load((files("ims_notify") / "templates" / f"{language}.yaml").read_text())
    return Words(
        language, {name: text for name, text in read.items() if isinstance(text, str)}, read["outcomes"], read["methods"], read["months"]
    )

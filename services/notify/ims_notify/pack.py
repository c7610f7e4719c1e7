"""The words and the destinations of each council: data that its officers own, read once at the start."""

from datetime import date, time
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple
from uuid import UUID

import yaml
from pydantic import BaseModel, ConfigDict, Field, field_validator

from ims_contracts.message import Code
from ims_notify.alert_pack import AlertEntry, Alerting, alerting
from ims_notify.domain.answering import AnswerLayout
from ims_notify.domain.facts import Destination
from ims_notify.domain.govuk import Medium
from ims_notify.domain.letters import Council
from ims_notify.domain.manners import ALWAYS, Manners, Quiet
from ims_notify.domain.outgoing import Layout
from ims_notify.domain.postings import FileDestination, file_name
from ims_notify.layout_files import read_layout
from ims_notify.wordings import LANGUAGES, versioned, words_of

# In YAML each needs its quotes.
ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", strict=True)]


class QuietEntry(BaseModel):
    """When a council's people are left in peace: from and until, Europe/London, each in quotes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    begins: ClockTime
    ends: ClockTime
    media: frozenset[Medium] = frozenset({"email", "sms"})
    spares_receipts: bool = True

    @property
    def quiet(self) -> Quiet:
        return Quiet(time.fromisoformat(self.begins), time.fromisoformat(self.ends), frozenset(self.media), self.spares_receipts)


class CouncilEntry(BaseModel):
    """A council as the pack writes it; texts by language, English where another is left out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    council: str
    name: dict[str, str]
    enquiries: dict[str, str]
    funds: dict[str, dict[str, str]]
    quiet: QuietEntry | None = None
    always: frozenset[str] = ALWAYS
    """What goes even to whoever opted out."""
    vat_number: str | None = Field(default=None, pattern=r"^[A-Z]{2} ?[0-9 ]{9,14}$")
    words: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """What it says otherwise than the templates that come with notify, by the same names."""
    govuk_notify: dict[Medium, dict[str, UUID]] = Field(default_factory=dict)
    """Its templates at GOV.UK Notify, by medium and language. A medium that is left out is not used."""

    @field_validator("words")
    @classmethod
    def has_languages_we_have(cls, words: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        if unknown := words.keys() - set(LANGUAGES):
            raise ValueError(f"has words in {', '.join(sorted(unknown))}, but we write in {', '.join(LANGUAGES)}")
        return words

    @field_validator("govuk_notify")
    @classmethod
    def has_english(cls, templates: dict[Medium, dict[str, UUID]]) -> dict[Medium, dict[str, UUID]]:
        if lacking := [medium for medium, by_language in templates.items() if "en" not in by_language]:
            raise ValueError(f"no template in English for {', '.join(lacking)}")
        return templates


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
    times: list[ClockTime] = Field(min_length=1)
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
    alerts: list[AlertEntry] = []


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
    destinations: dict[str, Destination]
    """Those that are told by webhook."""
    files: dict[str, FileSetup]
    templates: dict[str, dict[Medium, dict[str, UUID]]]
    """At GOV.UK Notify: by council, medium and language."""
    manners: dict[str, Manners]
    """By council."""
    alerts: dict[str, Alerting]
    """By council: one without an entry has its alerts listed, and nobody told."""


def load(path: Path | None = None, layouts: Path | None = None) -> Pack:
    """Read a council pack (the example's, if none is given), its layouts and the templates. Raises ValueError if they do not fit."""
    text = path.read_text() if path else (files("ims_notify") / "packs" / "anytown.yaml").read_text()
    read = PackFile.model_validate(yaml.safe_load(text))
    hooks = [entry for entry in read.destinations if isinstance(entry, DestinationEntry)]
    if len({entry.name for entry in read.destinations}) < len(read.destinations):
        raise ValueError("two destinations have the same name")
    return Pack(
        {(entry.council, language): council(entry, language) for entry in read.councils for language in LANGUAGES},
        {entry.name: Destination(entry.name, entry.council, entry.funds) for entry in hooks},
        {entry.name: set_up(entry, layouts) for entry in read.destinations if not isinstance(entry, DestinationEntry)},
        {entry.council: entry.govuk_notify for entry in read.councils},
        {entry.council: Manners(entry.quiet.quiet if entry.quiet else None, entry.always) for entry in read.councils},
        alerting({entry.council: entry.name["en"] for entry in read.councils}, read.alerts),
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

    funds = {fund: said(name) for fund, name in entry.funds.items()}
    words = words_of(language, entry.words.get(language) or {})
    return versioned(Council(said(entry.name), said(entry.enquiries), funds, words, entry.vat_number))


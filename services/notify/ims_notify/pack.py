"""The words and the destinations of each council: data that its officers own, read once at the start."""

from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

import yaml
from pydantic import BaseModel, ConfigDict

from ims_contracts.message import Code
from ims_notify.domain.facts import Destination
from ims_notify.domain.letters import Council, Words

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


class PackFile(BaseModel):
    """The whole file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    councils: list[CouncilEntry]
    destinations: list[DestinationEntry] = []


class Pack(NamedTuple):
    """Everything that is written by somebody else than a programmer."""

    councils: dict[tuple[str, str], Council]
    """By council and language."""
    words: dict[str, Words]
    destinations: dict[str, Destination]


def load(path: Path | None = None) -> Pack:
    """Read a council pack (the example's, if none is given) and the templates. Raises ValueError if they do not fit together."""
    text = path.read_text() if path else (files("ims_notify") / "packs" / "anytown.yaml").read_text()
    read = PackFile.model_validate(yaml.safe_load(text))
    destinations = {entry.name: Destination(entry.name, entry.council, entry.funds) for entry in read.destinations}
    if len(destinations) < len(read.destinations):
        raise ValueError("two destinations have the same name")
    return Pack(
        {(entry.council, language): council(entry, language) for entry in read.councils for language in LANGUAGES},
        {language: words(language) for language in LANGUAGES},
        destinations,
    )


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

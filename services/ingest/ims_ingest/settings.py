"""What an operator may set of the ingest service."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from ims_contracts.message import Council
from ims_kit import ServiceSettings


class Publisher(BaseModel):
    """Someone outside who may tell of payments and accounts over HTTP: for one council, in the name of its sources."""

    model_config = ConfigDict(frozen=True)

    token_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    council: Council
    sources: list[str] = Field(min_length=1)


class Place(BaseModel):
    """Where files of a council are laid down for us."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    council: Council
    source: str | None = Field(default=None, min_length=1, max_length=64)
    """In whose name; none: of who sends files of their format."""
    accounts: Literal["delta", "full"] = "delta"
    """Of files of accounts: whether what is not in one stays as it is, or is closed."""


class Folder(Place):
    """A folder that is watched: files come in `inbound`, and go to `archive` or `quarantine` beside it."""

    path: Path
    done_suffix: str | None = Field(default=None, pattern=r"^\.[^/]+$")
    """A file is ready when one of its name and this suffix is there. None: also when its size has been the same for two looks."""


class Settings(ServiceSettings):
    """What ingest has besides what every service has."""

    publishers: dict[str, Publisher] = Field(default={})
    """JSON by publisher's name: `token_sha256` (of its bearer token), `council`, `sources`. None: the HTTP doors are closed."""
    govuk_pay_secrets: dict[Council, list[SecretStr]] = Field(default={})
    """JSON by council: the signing secrets of its GOV.UK Pay webhooks; two while one replaces the other. None: closed."""
    file_bytes_max: int = Field(default=256 << 20, ge=1)
    """The largest file taken in: ten times a large council's largest, a year's accounts of 400,000 households."""
    file_rows_max: int = Field(default=2_000_000, ge=1)
    """The most rows of one file: what fits the largest file at its shortest lines."""
    accounts_drop_max: int = Field(default=5, ge=0, le=100)
    """The most per cent of its accounts that a full file may leave out; one that leaves out more is held for a person."""
    folders: list[Folder] = Field(default=[])
    """JSON: a list of folders to watch, each with `path`, `council`, and perhaps `source` and `done_suffix`."""
    calendars: Path | None = None
    """A file, YAML or JSON, with a list of calendars: when each source's file is expected (`domain/calendars.py`)."""

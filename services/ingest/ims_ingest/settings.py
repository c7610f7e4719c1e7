"""What an operator may set of the ingest service."""

import os
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

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


class Pull(Place):
    """A place elsewhere from which files are fetched. Secrets are not in it, but the names of the environment variables that are."""

    kind: Literal["sftp", "s3"]
    url: str = Field(pattern=r"^(sftp://[^/:@\s]+@[^/@\s]+/\S*|s3://[^/@\s]+(/\S*)?)$")
    """`sftp://user@host:port/folder`, or `s3://bucket/prefix`."""
    every_seconds: int = Field(default=900, ge=1)
    settle_seconds: float = Field(default=5, ge=0)
    """A file on SFTP is whole when its size has been the same for so long."""
    password_env: str | None = None
    key_env: str | None = None
    """Of SFTP: a private key, as OpenSSH writes it."""
    known_hosts_env: str | None = None
    """Of SFTP: the host's key, as lines of `known_hosts`. It has no default: an unknown host is not spoken to."""
    endpoint: str | None = Field(default=None, pattern=r"^https?://\S+$")
    """Of S3: where it is not Amazon's."""
    region: str = "eu-west-2"
    access_key_env: str | None = None
    secret_key_env: str | None = None

    @field_validator("password_env", "key_env", "known_hosts_env", "access_key_env", "secret_key_env")
    @classmethod
    def is_set(cls, name: str | None) -> str | None:
        if name is not None and not os.environ.get(name):
            raise ValueError(f"no environment variable {name} is set")
        return name

    @model_validator(mode="after")
    def is_whole(self) -> "Pull":
        if not self.url.startswith(f"{self.kind}://"):
            raise ValueError(f"the url does not begin with {self.kind}://")
        if self.kind == "sftp" and not (self.known_hosts_env and (self.password_env or self.key_env)):
            raise ValueError("sftp needs known_hosts_env, and password_env or key_env")
        if self.kind == "s3" and not (self.access_key_env and self.secret_key_env):
            raise ValueError("s3 needs access_key_env and secret_key_env")
        return self

    @staticmethod
    def secret(name: str | None) -> str | None:
        """What the environment variable holds."""
        return os.environ[name] if name else None


class PayAccount(BaseModel):
    """An account (a service) at GOV.UK Pay whose API we may use. Its token is not in it, but the environment variable that is, by name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    council: Council
    name: str = Field(pattern="^[a-z0-9-]{1,64}$")
    """Our own word for it, such as `parking`."""
    token_env: str
    url: str = Field(default="https://publicapi.payments.service.gov.uk", pattern=r"^(https://[^/@\s]+|http://(127\.0\.0\.1|localhost)(:\d+)?)$")
    since: date
    """The first day to sweep, UTC."""
    every_seconds: int = Field(default=3600, ge=1)
    again_days: int = Field(default=3, ge=1, le=30)
    """How many days before the mark are read again: a payment is captured up to two days after it was made."""

    @field_validator("token_env")
    @classmethod
    def is_set(cls, name: str) -> str:
        if not os.environ.get(name):
            raise ValueError(f"no environment variable {name} is set")
        return name

    @property
    def begins(self) -> datetime:
        return datetime.combine(self.since, time(), UTC)


class Settings(ServiceSettings):
    """What ingest has besides what every service has."""

    publishers: dict[str, Publisher] = Field(default={})
    """JSON by publisher's name: `token_sha256` (of its bearer token), `council`, `sources`. None: the HTTP doors are closed."""
    govuk_pay_secrets: dict[Council, list[SecretStr]] = Field(default={})
    """JSON by council: the signing secrets of its GOV.UK Pay webhooks; two while one replaces the other. None: closed."""
    govuk_pay_accounts: list[PayAccount] = Field(default=[])
    """JSON: a list of accounts at GOV.UK Pay to sweep, and to ask for refunds."""
    answer_days: int = Field(default=30, ge=1)
    """How long what a publisher was answered is kept by its idempotency key: longer than anyone goes on trying."""
    file_bytes_max: int = Field(default=256 << 20, ge=1)
    """The largest file taken in: ten times a large council's largest, a year's accounts of 400,000 households."""
    file_rows_max: int = Field(default=2_000_000, ge=1)
    """The most rows of one file: what fits the largest file at its shortest lines."""
    layouts: Path | None = None
    """A folder of layouts (`*.yaml`) of the council's own contracts, besides those that come with ingest."""
    e_return_templates: Path | None = None
    """A folder of templates of e-returns (`*.yaml`), a file for each council, besides those that come with ingest."""
    accounts_drop_max: int = Field(default=5, ge=0, le=100)
    """The most per cent of its accounts that a full file may leave out; one that leaves out more is held for a person."""
    folders: list[Folder] = Field(default=[])
    """JSON: a list of folders to watch, each with `path`, `council`, and perhaps `source` and `done_suffix`."""
    pulls: list[Pull] = Field(default=[])
    """JSON: a list of places from which files are fetched."""
    calendars: Path | None = None
    """A file, YAML or JSON, with a list of calendars: when each source's file is expected (`domain/calendars.py`)."""

    @field_validator("govuk_pay_accounts")
    @classmethod
    def have_names(cls, accounts: list[PayAccount]) -> list[PayAccount]:
        if len({(each.council, each.name) for each in accounts}) < len(accounts):
            raise ValueError("two accounts of a council have one name")
        return accounts

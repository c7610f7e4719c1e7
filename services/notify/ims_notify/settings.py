"""What an operator may set of notify."""

import os
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Self
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from ims_contracts.message import Council
from ims_kit import ServiceSettings
from ims_notify.domain.facts import mailbox


class Endpoint(BaseModel):
    """Where a destination listens, and what we sign with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    secret: SecretStr
    """Standard Webhooks: `whsec_` and base64."""
    connections: int | None = Field(default=None, ge=1, le=100)
    """How many may be under way to it at once; None: `IMS_CONNECTIONS`."""

    @field_validator("url")
    @classmethod
    def is_private(cls, url: str) -> str:
        """Postings name accounts: they leave this machine encrypted, or not at all."""
        return encrypted(url)


def encrypted(url: str) -> str:
    parts = urlsplit(url)
    if parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname))):
        return url
    raise ValueError("must be https, except on the loopback")


def is_loopback(host: str) -> bool:
    """This machine by name or address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class Place(BaseModel):
    """Where a destination's files are laid down. Secrets are not in it, but the names of the environment variables that are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(pattern=r"^(file:///\S+|sftp://[^/:@\s]+@[^/@\s]+/\S*|s3://[^/@\s]+(/\S*)?)$")
    """`file:///folder`, `sftp://user@host:port/folder`, or `s3://bucket/prefix`."""
    answers: str | None = Field(default=None, pattern=r"^/?[^/\s]\S*$")
    """Where at the same place answers are laid down: a folder, or a prefix of the bucket. None: they come by HTTP."""
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
    def is_whole(self) -> Self:
        if self.kind == "sftp" and not (self.known_hosts_env and (self.password_env or self.key_env)):
            raise ValueError("sftp needs known_hosts_env, and password_env or key_env")
        if self.kind == "s3" and not (self.access_key_env and self.secret_key_env):
            raise ValueError("s3 needs access_key_env and secret_key_env")
        if self.answers is not None and self.kind != "s3" and not self.answers.startswith("/"):
            raise ValueError("answers is a folder's whole path, such as /answers")
        if self.answers is not None and self.answers.strip("/") == unquote(urlsplit(self.url).path).strip("/"):
            raise ValueError("answers lie in another folder than the files that are answered")
        return self

    @property
    def kind(self) -> str:
        """As the pack calls it: `folder`, `sftp`, `s3`."""
        scheme = self.url.partition(":")[0]
        return "folder" if scheme == "file" else scheme

    @staticmethod
    def secret(name: str | None) -> str | None:
        """What the environment variable holds."""
        return os.environ[name] if name else None


class Application(BaseModel):
    """A program that may see runs, ask for one again, and answer: for one council, and perhaps for some destinations only."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    token_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    council: Council
    destinations: list[str] | None = Field(default=None, min_length=1)
    """None: all of its council's."""


class GovukNotify(BaseModel):
    """A council's service at GOV.UK Notify. Its key is not in it, but the name of the environment variable that it is in."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key_env: str
    """Of a key as GOV.UK Notify gives it: name, service and secret."""
    url: str = "https://api.notifications.service.gov.uk"
    callback_token_sha256: str | None = Field(default=None, pattern="^[0-9a-f]{64}$")
    """Of the bearer token that it sends with what has become of something; none: it is not listened to."""
    per_minute: int = Field(default=3000, ge=1)
    burst: int = Field(default=1000, ge=1)
    connections: int = Field(default=20, ge=1, le=100)
    """How many may be under way at once, by each medium."""

    @field_validator("url")
    @classmethod
    def is_private(cls, url: str) -> str:
        """What payers read leaves this machine encrypted, or not at all."""
        return Endpoint.is_private(url)

    @field_validator("key_env")
    @classmethod
    def is_a_key(cls, name: str) -> str:
        if not re.fullmatch(r".*[0-9a-f-]{36}-[0-9a-f-]{36}", os.environ.get(name, "")):
            raise ValueError(f"the environment variable {name} holds no key of GOV.UK Notify")
        return name

    @property
    def key(self) -> str:
        return os.environ[self.key_env]
class Officer(BaseModel):
    """Somebody of a council who sees its alerts and says that they are known. Other services may say more of them in the same setting."""

    model_config = ConfigDict(frozen=True)

    token_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    council: Council


class AlertPlace(BaseModel):
    """Where a receiver of alerts is: a mailbox, or the webhook of a Slack or Teams channel, whose address is its secret."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    to: str | None = None
    url: SecretStr | None = None

    @model_validator(mode="after")
    def is_one_place(self) -> Self:
        if (self.to is None) == (self.url is None):
            raise ValueError("needs `to`, a mailbox, or `url`, a webhook")
        if self.to is not None and mailbox(self.to) != self.to:
            raise ValueError("`to` is not one plain mailbox")
        if self.url is not None:
            encrypted(self.url.get_secret_value())
        return self


class Settings(ServiceSettings):
    """The kit's settings, and those of the channels."""

    gather_seconds: float = Field(default=0.1, ge=0, le=5)
    """As of every service; a little longer, since a receipt or posting more or less late by a tenth of a second is late for nobody."""
    council_pack: Path | None = None
    """The councils' words and destinations; none: the example council's."""
    destinations: dict[str, Endpoint] = Field(default_factory=dict)
    """JSON: for each destination of the pack its url and secret. One that is not here is told nothing."""
    places: dict[str, Place] = Field(default_factory=dict)
    """JSON: for each file destination of the pack where its files go. One that is not here gets none, and nothing is kept for it."""
    layouts: Path | None = None
    """A folder of a council's own layouts (`*.yaml`), before those that come with notify."""
    applications: dict[str, Application] = Field(default_factory=dict)
    """JSON by name: `token_sha256` (of its bearer token), `council`, perhaps `destinations`. None: the doors of runs are closed."""
    govuk_notify: dict[str, GovukNotify] = Field(default_factory=dict)
    """JSON by council: its `key_env`. The pack has the templates. None: e-mail goes by SMTP, and nothing goes by text or letter."""
    officers: dict[str, Officer] = Field(default_factory=dict)
    """JSON by officer's name: `token_sha256` (of the bearer token), `council`. None: nobody sees alerts over HTTP."""
    alerts: dict[str, AlertPlace] = Field(default_factory=dict)
    """JSON: for each receiver of the pack its `to` (by e-mail) or `url`. One that is not here is told nothing."""
    incident_per_minute: int = Field(default=300, ge=1, le=60_000)
    """How many incident messages may leave a minute, whichever processes send them."""
    smtp_host: str | None = None
    """The mail server; none: receipts become due, and wait."""
    smtp_port: int = 25
    """465 is TLS from the first byte. On others TLS is used where offered, and demanded where a password is sent."""
    smtp_from: str = "receipts@localhost"
    """The council's address that receipts come from; its domain is also that of their Message-IDs."""
    smtp_user: str | None = None
    smtp_password: SecretStr | None = None
    connections: int = Field(default=8, ge=1, le=100)
    """How many messages may be under way to one destination at once; so many may be repeated by a crash."""
    answer_seconds: float = Field(default=20, gt=0, le=120)
    """How long an answer from outside is awaited."""
    retry_seconds: float = Field(default=5, gt=0)
    """The pause after a first failure; each is four times the one before, at most six hours."""
    lease_seconds: float = Field(default=60, gt=0)
    """After a crash, what was under way is tried again when so long has passed."""
    contact_key: SecretStr | None = None
    """What wraps the keys to what is kept of people: a Fernet key, 32 bytes in URL-safe base64. Several, separated by commas: the first
    wraps, all unwrap. None: it is kept as it is."""
    contact_days: int = Field(default=90, ge=1)
    """How long after we heard of a payment its payer's e-mail and reference are kept."""

    @field_validator("contact_key")
    @classmethod
    def is_fernet(cls, keys: SecretStr | None) -> SecretStr | None:
        for key in keys.get_secret_value().split(",") if keys is not None else []:
            if not re.fullmatch(r"\s*[A-Za-z0-9_-]{43}=\s*", key):
                raise ValueError("each key is 32 bytes in URL-safe base64, separated by commas")
        return keys

    @model_validator(mode="after")
    def is_lent_long_enough(self) -> Self:
        """What is still under way must not be lent to somebody else."""
        if self.lease_seconds < 2 * self.answer_seconds:
            raise ValueError("IMS_LEASE_SECONDS must be at least twice IMS_ANSWER_SECONDS")
        return self

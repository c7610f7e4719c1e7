"""What an operator may set of notify."""

from ipaddress import ip_address
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

from ims_kit import ServiceSettings


class Endpoint(BaseModel):
    """Where a destination listens, and what we sign with."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str
    secret: SecretStr
    """Standard Webhooks: `whsec_` and base64."""

    @field_validator("url")
    @classmethod
    def is_private(cls, url: str) -> str:
        """Postings name accounts: they leave this machine encrypted, or not at all."""
        parts = urlsplit(url)
        if parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or "")):
            return url
        raise ValueError("must be https, except on the loopback")


def is_loopback(host: str) -> bool:
    """This machine by name or address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


class Settings(ServiceSettings):
    """The kit's settings, and those of the channels."""

    council_pack: Path | None = None
    """The councils' words and destinations; none: the example council's."""
    destinations: dict[str, Endpoint] = Field(default_factory=dict)
    """JSON: for each destination of the pack its url and secret. One that is not here is told nothing."""
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
    contact_days: int = Field(default=90, ge=1)
    """How long after we heard of a payment its payer's e-mail and reference are kept."""

    @model_validator(mode="after")
    def is_lent_long_enough(self) -> Self:
        """What is still under way must not be lent to somebody else."""
        if self.lease_seconds < 2 * self.answer_seconds:
            raise ValueError("IMS_LEASE_SECONDS must be at least twice IMS_ANSWER_SECONDS")
        return self

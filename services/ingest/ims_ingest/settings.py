"""What an operator may set of the ingest service."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from ims_contracts.message import Council
from ims_kit import ServiceSettings


class Publisher(BaseModel):
    """Someone outside who may tell of payments and accounts over HTTP: for one council, in the name of its sources."""

    model_config = ConfigDict(frozen=True)

    token_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    council: Council
    sources: list[str] = Field(min_length=1)


class Settings(ServiceSettings):
    """IMS_PUBLISHERS, IMS_GOVUK_PAY_SECRETS, IMS_FILE_BYTES_MAX, IMS_FILE_ROWS_MAX, IMS_LAYOUTS, besides what every service has."""

    publishers: dict[str, Publisher] = Field(default={})
    """JSON by publisher's name: `token_sha256` (of its bearer token), `council`, `sources`. None: the HTTP doors are closed."""
    govuk_pay_secrets: dict[Council, list[SecretStr]] = Field(default={})
    """JSON by council: the signing secrets of its GOV.UK Pay webhooks; two while one replaces the other. None: closed."""
    file_bytes_max: int = Field(default=256 << 20, ge=1)
    """The largest file taken in: ten times a large council's largest, a year's accounts of 400,000 households."""
    file_rows_max: int = Field(default=2_000_000, ge=1)
    """The most rows of one file: what fits the largest file at its shortest lines."""
    layouts: Path | None = None
    """A folder of layouts (`*.yaml`) of the council's own contracts, besides those that come with ingest."""

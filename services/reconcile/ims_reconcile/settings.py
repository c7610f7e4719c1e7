"""What an operator may set of reconcile."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ims_kit import ServiceSettings
from ims_reconcile.packs import ANYTOWN


class Officer(BaseModel):
    """Someone of a council who may decide what the machine leaves to people."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    council: str = Field(pattern=r"^[EWSN]\d{8}$")


class Settings(ServiceSettings):
    """The settings of every service, and these."""

    gather_seconds: float = Field(default=0.25, ge=0, le=5)
    """As of every service; longer, since nothing waits for what is only remembered here."""
    council_pack: Path = ANYTOWN
    """The file that says what each source's bank line looks like."""
    match_pause_seconds: float = Field(default=0.5, gt=0)
    """How long the matcher rests, at least, between two looks at what is open."""
    grace_seconds: float = Field(default=60, ge=0)
    """So long after a thing was heard, the absence of what belongs to it is no break: it may be on its way."""
    officers: dict[str, Officer] = Field(default={})
    """By name, who may take matches apart, work breaks and close days. Nobody: those doors are closed."""
    write_off_limit_pence: int = Field(default=1000, ge=0)
    """So much of a difference one officer may write off alone."""

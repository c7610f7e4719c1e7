"""What an operator may set of reconcile."""

from pathlib import Path

from pydantic import Field

from ims_kit import ServiceSettings
from ims_reconcile.packs import ANYTOWN


class Settings(ServiceSettings):
    """The settings of every service, and these."""

    council_pack: Path = ANYTOWN
    """The file that says what each source's bank line looks like."""
    match_pause_seconds: float = Field(default=0.5, gt=0)
    """How long the matcher rests, at least, between two looks at what is open."""
    grace_seconds: float = Field(default=60, ge=0)
    """So long after a thing was heard, the absence of what belongs to it is no break: it may be on its way."""

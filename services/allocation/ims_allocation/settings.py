"""What an operator may set of the allocation service."""

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from ims_allocation.domain import NO_NAMES, Names, Pack, no_pack, pack
from ims_contracts.message import Council
from ims_kit import ServiceSettings

ANYTOWN = Path(__file__).parent / "packs"


class Officer(BaseModel):
    """Somebody of a council who may decide about its money, and approve what another decided."""

    model_config = ConfigDict(frozen=True)

    token_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    council: Council


class Settings(ServiceSettings):
    """Read from the environment, as every service's."""

    council_pack: Path = ANYTOWN
    """A council's funds, reference schemes and rules as YAML (`IMS_COUNCIL_PACK`); or a folder of such files, one a council."""
    officers: dict[str, Officer] = Field(default={})
    """JSON by officer's name: `token_sha256` (of the bearer token), `council`. None: nobody can decide anything over HTTP."""
    name_key: SecretStr | None = Field(default=None, min_length=16)
    """The key under which surnames are made digests, so that a payer's name can speak for an account. None: no name is evidence."""

    @property
    def names(self) -> Names:
        return Names(self.name_key.get_secret_value().encode()) if self.name_key else NO_NAMES


class Packs(Mapping[str, Pack]):
    """The pack of every council: one that has none takes no money, and suspends all of it."""

    def __init__(self, packs: list[Pack]) -> None:
        self.packs = {each.council: each for each in packs}

    def __getitem__(self, council: str) -> Pack:
        if council not in self.packs:
            self.packs[council] = no_pack(council)
        return self.packs[council]

    def __iter__(self):  # type: ignore[no-untyped-def]
        return iter(self.packs)

    def __len__(self) -> int:
        return len(self.packs)


def read_packs(path: Path) -> Packs:
    """Every pack at a path; a file that is not a pack raises before the service starts."""
    files = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
    return Packs([pack(yaml.safe_load(file.read_text(encoding="utf-8"))) for file in files])

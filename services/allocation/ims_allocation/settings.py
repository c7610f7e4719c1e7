"""What an operator may set of the allocation service."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from ims_allocation.domain import NO_NAMES, Names, Pack, no_pack
from ims_allocation.domain.editions.edition import Edition, edition_of
from ims_contracts.message import Council
from ims_kit import ServiceSettings

ANYTOWN = Path(__file__).parent / "packs"


class Officer(BaseModel):
    """Somebody of a council who may decide about its money, propose its packs, and approve what another decided or proposed."""

    model_config = ConfigDict(frozen=True)

    token_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    council: Council


class Settings(ServiceSettings):
    """Read from the environment, as every service's."""

    council_pack: Path = ANYTOWN
    """The first version of a council's pack (`IMS_COUNCIL_PACK`): a folder with `council.yaml` and the files beside it; one YAML file that
    says it all; or a folder of such folders and files, one a council. Later versions come over HTTP, and the database keeps them."""
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
    """Every pack at a path, with all its funds, whatever the day."""
    return Packs([each.pack for each in read_editions(path)])


def read_editions(path: Path) -> list[Edition]:
    """Every pack at a path. Raises PackFault, before the service starts, for one that cannot be used."""
    if path.is_file():
        return [edition_of({path.name: path.read_text(encoding="utf-8")})]
    if (path / "council.yaml").exists():
        return [edition_of({file.name: file.read_text(encoding="utf-8") for file in sorted(path.glob("*.yaml"))})]
    return [each for inside in sorted(path.iterdir()) if inside.is_dir() or inside.suffix == ".yaml" for each in read_editions(inside)]

"""What an operator may set of the allocation service."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from ims_allocation.domain import Pack, no_pack
from ims_allocation.domain.editions.edition import Edition, edition_of
from ims_contracts.message import Council
from ims_kit import ServiceSettings

ANYTOWN = Path(__file__).parent / "packs"


class Officer(BaseModel):
    """Somebody of the council's finance who may propose a version of its pack, and approve another's."""

    model_config = ConfigDict(frozen=True)

    token_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    council: Council


class Settings(ServiceSettings):
    """Read from the environment, as every service's."""

    council_pack: Path = ANYTOWN
    """The first version of a council's pack (`IMS_COUNCIL_PACK`): a folder with `council.yaml` and the files beside it; one YAML file that
    says it all; or a folder of such folders and files, one a council. Later versions come over HTTP, and the database keeps them."""
    officers: dict[str, Officer] = Field(default={})
    """JSON by officer's name: `token_sha256` (of the bearer token), `council`. None: no version can be proposed over HTTP."""


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

"""Sources of a council, kept as data that its finance officers own."""

from pathlib import Path

import yaml

from ims_reconcile.domain import Pack

ANYTOWN = Path(__file__).with_name("anytown.yaml")


def load_pack(path: Path = ANYTOWN) -> Pack:
    """Read a pack. Raises OSError if there is none, yaml.YAMLError or pydantic.ValidationError if it is not one."""
    return Pack.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))

"""Layouts as files: those that come with notify, and a council's own."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

SHIPPED = Path(__file__).parent / "layouts"


class LayoutWrong(ValueError):
    """A layout that nothing can be written or read by: which file, which key, and what is wrong with it."""


class OnceEach(yaml.SafeLoader):
    """YAML in which a key that is given twice is a mistake, instead of the first being lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [str(key.value) for key, _ in node.value]
        if twice := [key for key in keys if keys.count(key) > 1]:
            raise yaml.MarkedYAMLError(problem=f"{twice[0]} is given twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def read_layout[Kind: BaseModel](name: str, kind: type[Kind], folder: Path | None = None) -> Kind:
    """A layout by its name, a council's own before one of ours. Raises LayoutWrong with everything that is wrong with it."""
    places = [place / f"{name}.yaml" for place in (folder, SHIPPED) if place is not None]
    path = next((place for place in places if place.is_file()), None)
    if path is None:
        raise LayoutWrong(f"there is no layout {name}: looked for {' and '.join(map(str, places))}")
    try:
        return kind.model_validate(yaml.load(path.read_text(encoding="utf-8"), OnceEach))  # noqa: S506 - a safe loader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LayoutWrong(f"{path.name} is no YAML: {error}") from None
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, each['loc'])) or 'the file'}: {each['msg']}" for each in error.errors(include_url=False)]
        raise LayoutWrong(f"{path.name}: {'; '.join(wrong)}") from None

"""What operators and finance officers set as YAML files: read whole, or refused with its file and key."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError


class FileWrong(ValueError):
    """A file that nothing can be done by: which one, which key, and what is wrong with it."""


class OnceEach(yaml.SafeLoader):
    """YAML in which a key that is given twice is a mistake, instead of the first being lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [str(key.value) for key, _ in node.value]
        if twice := [key for key in keys if keys.count(key) > 1]:
            raise yaml.MarkedYAMLError(problem=f"{twice[0]} is given twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def read_yaml[Kind: BaseModel](path: Path, kind: type[Kind]) -> Kind:
    """One file. Raises FileWrong with everything that is wrong with it."""
    try:
        return kind.model_validate(yaml.load(path.read_text(encoding="utf-8"), OnceEach))  # noqa: S506 - a safe loader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise FileWrong(f"{path.name} is no YAML: {error}") from None
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, each['loc'])) or 'the file'}: {each['msg']}" for each in error.errors(include_url=False)]
        raise FileWrong(f"{path.name}: {'; '.join(wrong)}") from None

"""Layouts as files: those that come with ingest, and a council's own."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from ims_ingest.formats.layout import format_of
from ims_ingest.formats.layout_checks import mistakes
from ims_ingest.formats.layout_model import Layout
from ims_ingest.formats.records import Format

SHIPPED = Path(__file__).parents[1] / "layouts"


class LayoutWrong(ValueError):
    """A layout that nothing can be read by: which file, which key, and what is wrong with it."""


class OnceEach(yaml.SafeLoader):
    """YAML in which a key that is given twice is a mistake, instead of the first being lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [str(key.value) for key, _ in node.value]
        if twice := [key for key in keys if keys.count(key) > 1]:
            raise yaml.MarkedYAMLError(problem=f"{twice[0]} is given twice", problem_mark=node.start_mark)
        return super().construct_mapping(node, deep)


def read_layouts(folder: Path) -> list[Format]:
    """The formats of every `*.yaml` in a folder. Raises LayoutWrong for one that is no layout, OSError where there is no folder."""
    if not folder.is_dir():
        raise NotADirectoryError(f"there is no folder of layouts at {folder}")
    return [format_of(read_layout(path)) for path in sorted(folder.glob("*.yaml"))]


def read_layout(path: Path) -> Layout:
    """One layout. Raises LayoutWrong with everything that is wrong with it."""
    try:
        layout = Layout.model_validate(yaml.load(path.read_text(encoding="utf-8"), OnceEach))  # noqa: S506 - a safe loader
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LayoutWrong(f"{path.name} is no YAML: {error}") from None
    except ValidationError as error:
        wrong = [f"{'.'.join(map(str, each['loc'])) or 'the file'}: {each['msg']}" for each in error.errors(include_url=False)]
        raise LayoutWrong(f"{path.name}: {'; '.join(wrong)}") from None
    if wrong := list(mistakes(layout)):
        raise LayoutWrong(f"{path.name}: {'; '.join(wrong)}")
    return layout

"""Layouts as files: those that come with ingest, and a council's own."""

from pathlib import Path

from ims_ingest.formats.layout import format_of
from ims_ingest.formats.layout_checks import mistakes
from ims_ingest.formats.layout_model import Layout
from ims_ingest.formats.records import Format
from ims_ingest.formats.yaml_files import FileWrong, read_yaml

SHIPPED = Path(__file__).parents[1] / "layouts"


def read_layouts(folder: Path) -> list[Format]:
    """The formats of every `*.yaml` in a folder. Raises FileWrong for one that is no layout, OSError where there is no folder."""
    if not folder.is_dir():
        raise NotADirectoryError(f"there is no folder of layouts at {folder}")
    return [format_of(read_layout(path)) for path in sorted(folder.glob("*.yaml"))]


def read_layout(path: Path) -> Layout:
    """One layout. Raises FileWrong with everything that is wrong with it."""
    layout = read_yaml(path, Layout)
    if wrong := list(mistakes(layout)):
        raise FileWrong(f"{path.name}: {'; '.join(wrong)}")
    return layout

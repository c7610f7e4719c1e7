"""Reading a pack as it is written: YAML (or JSON, which is YAML) into one mapping, and the line of everything in it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import yaml

type Path = tuple[str | int, ...]
"""The way to an item: names of fields, and places in lists counted from nought."""

BYTES_MAX = 256 << 10
"""Twenty times Anytown's: what is longer is no pack that a person looks after."""
DEPTH_MAX = 12
FAULTS_MAX = 100
WORDS: dict[str, Any] = {"true": True, "false": False, "null": None, "~": None, "": None}


class Mark(NamedTuple):
    """Where something is written; lines counted from one."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}"


class PackFault(ValueError):
    """A pack that cannot be used, and every reason."""

    def __init__(self, faults: Iterable[str]) -> None:
        self.faults = list(faults)[:FAULTS_MAX]
        super().__init__("; ".join(self.faults))


class Text(NamedTuple):
    """What the files of a pack say together, and where."""

    said: dict[str, Any]
    marks: dict[Path, Mark]

    def place(self, path: Path) -> str:
        """The line of an item, or of what it would be in, and its name."""
        there = next((self.marks[path[:end]] for end in range(len(path), -1, -1) if path[:end] in self.marks), None)
        name = ".".join(map(str, path))
        return f"{there}: {name}" if there and name else str(there or name)


def read(files: Mapping[str, str]) -> Text:
    """The files of one pack, by name, read as one: each top-level field is in one of them. Raises PackFault."""
    said: dict[str, Any] = {}
    marks: dict[Path, Mark] = {}
    for file, text in files.items():
        if len(text.encode()) > BYTES_MAX:
            raise PackFault([f"{file}: longer than {BYTES_MAX} bytes"])
        found = read_one(file, text, marks)
        if twice := sorted(said.keys() & found.keys()):
            raise PackFault([f"{marks[(twice[0],)]}: {twice[0]} is in another file of the pack as well. Leave it in one."])
        said |= found
    return Text(said, marks)


def read_one(file: str, text: str, marks: dict[Path, Mark]) -> dict[str, Any]:
    try:
        node = Composer(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        at = error.problem_mark or error.context_mark
        raise PackFault([f"{Mark(file, at.line + 1 if at else 1)}: {error.problem}"]) from None
    except yaml.YAMLError:
        raise PackFault([f"{file}: has a character that YAML does not allow"]) from None
    found = Reader(file, marks).value(node, ()) if node else {}
    if not isinstance(found, dict):
        raise PackFault([f"{Mark(file, 1)}: names and their values are expected, `name: value`"])
    return found


class Composer(yaml.SafeLoader):
    """YAML without what a pack never needs and a mischievous one would use: aliases, and nests without end."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: yaml.Event = self.peek_event()  # type: ignore[no-untyped-call]
        mark: Any = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            raise yaml.MarkedYAMLError(problem="an alias (*) is not allowed: write it out", problem_mark=mark)
        if self.depth == DEPTH_MAX:
            raise yaml.MarkedYAMLError(problem=f"nested deeper than {DEPTH_MAX}", problem_mark=mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


class Reader:
    """The values of one file. What is quoted is text; so is all that is no whole number, `true` or `false`: no date, no float, and `05`
    keeps its nought."""

    def __init__(self, file: str, marks: dict[Path, Mark]) -> None:
        self.file, self.marks = file, marks

    def value(self, node: Any, path: Path) -> Any:
        self.marks.setdefault(path, Mark(self.file, node.start_mark.line + 1))
        if isinstance(node, yaml.MappingNode):
            return dict(self.fields(node, path))
        if isinstance(node, yaml.SequenceNode):
            return [self.value(each, (*path, at)) for at, each in enumerate(node.value)]
        return plain(node.value) if node.style is None else node.value

    def fields(self, node: Any, path: Path) -> Iterator[tuple[str, Any]]:
        seen = set()
        for name, value in node.value:
            mark = Mark(self.file, name.start_mark.line + 1)
            if not isinstance(name, yaml.ScalarNode):
                raise PackFault([f"{mark}: a name is expected before the colon"])
            if name.value in seen:
                raise PackFault([f"{mark}: {name.value} is there twice. Leave one of them."])
            seen.add(name.value)
            self.marks[*path, name.value] = mark
            yield name.value, self.value(value, (*path, name.value))


def plain(text: str) -> Any:
    """An unquoted value: a whole number as one is written, yes or no, nothing, or else text."""
    digits = text.removeprefix("-")
    if digits.isdecimal() and digits.isascii() and len(digits) < 19 and (digits == "0" or not digits.startswith("0")):
        return int(text)
    return WORDS.get(text.lower(), text)

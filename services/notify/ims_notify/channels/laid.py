"""What lies at a place, to be picked up there."""

from typing import NamedTuple, Protocol


class Away(Exception):
    """The place does not answer, or does not let us: what kind of error it was, never its words."""


class Laid(NamedTuple):
    """A file, and what is otherwise once somebody has written to it."""

    name: str
    version: str
    size: int


class Shelf(Protocol):
    """A folder that answers are laid down in. Both raise Away."""

    async def laid(self) -> list[Laid]: ...

    async def fetch(self, name: str) -> bytes: ...


def is_whole(name: str) -> bool:
    """Whether it is called as a file that somebody has written to its end."""
    return not name.startswith(".") and not name.endswith((".part", ".tmp", ".filepart"))

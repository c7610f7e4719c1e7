"""Runs laid down in a folder: under another name until they are whole."""

import asyncio
import os
from pathlib import Path

from ims_notify.channels.laid import Away, Laid, is_whole
from ims_notify.domain.attempts import Answer


class FolderChannel:
    """A folder that a back office looks into."""

    def __init__(self, path: Path, answers: Path | None = None) -> None:
        self.path, self.answers = path, answers or path

    async def put(self, name: str, content: bytes) -> Answer:
        """Write a file, or the same once more."""
        try:
            await asyncio.to_thread(self.write, name, content)
        except OSError as error:
            return Answer("unreachable", f"folder: {type(error).__name__}")
        return Answer("delivered")

    async def laid(self) -> list[Laid]:
        """The answers that lie there. Raises Away."""
        try:
            return await asyncio.to_thread(self.look)
        except OSError as error:
            raise Away(f"folder: {type(error).__name__}") from None

    def look(self) -> list[Laid]:
        with os.scandir(self.answers) as entries:
            found = [(entry.name, entry.stat()) for entry in entries if is_whole(entry.name) and entry.is_file(follow_symlinks=False)]
        return [Laid(name, f"{stat.st_size}/{stat.st_mtime_ns}", stat.st_size) for name, stat in found]

    async def fetch(self, name: str) -> bytes:
        """An answer's bytes. Raises Away."""
        try:
            return await asyncio.to_thread((self.answers / name).read_bytes)
        except OSError as error:
            raise Away(f"folder: {type(error).__name__}") from None

    def write(self, name: str, content: bytes) -> None:
        """Whole and on the disk, before it has its name."""
        part = self.path / f".{name}.part"
        with part.open("wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(self.path / name)
        folder = os.open(self.path, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

"""Runs laid down in a folder: under another name until they are whole."""

import asyncio
import os
from pathlib import Path

from ims_notify.domain.attempts import Answer


class FolderChannel:
    """A folder that a back office looks into."""

    def __init__(self, path: Path) -> None:
        self.path = path

    async def put(self, name: str, content: bytes) -> Answer:
        """Write a file, or the same once more."""
        try:
            await asyncio.to_thread(self.write, name, content)
        except OSError as error:
            return Answer("unreachable", f"folder: {type(error).__name__}")
        return Answer("delivered")

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

"""The demo's letter box: a mail server on the loopback that keeps every message as a file and passes none on."""

import argparse
import asyncio
import signal
from itertools import count
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session


class Postbox:
    """Keeps each message as `<number>.eml`, whole before it is accepted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        kept = [int(path.stem) for path in folder.glob("*.eml")]
        self._numbers = count(max(kept, default=0) + 1)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        """Keep one message."""
        number = next(self._numbers)
        draft = self.folder / f"{number:07}.draft"
        draft.write_bytes(envelope.original_content or b"")
        draft.rename(draft.with_suffix(".eml"))
        return "250 Kept"


async def serve(port: int, folder: Path) -> None:
    """Take mail until asked to stop."""
    ended, loop, postbox = asyncio.Event(), asyncio.get_running_loop(), Postbox(folder)
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    server = await loop.create_server(lambda: SMTP(postbox, loop=loop), "127.0.0.1", port)
    async with server:
        await ended.wait()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    asyncio.run(serve(given.port, given.folder))

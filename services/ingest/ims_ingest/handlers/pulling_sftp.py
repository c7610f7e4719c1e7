"""A folder on an SFTP server, whose key is known beforehand."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from urllib.parse import unquote, urlsplit

import asyncssh

from ims_ingest.handlers.pulling import Unreachable
from ims_ingest.settings import Pull
from ims_ingest.store.pulls import Listed

PIECE_BYTES = 256 << 10
CONNECT_SECONDS = 30


@contextlib.contextmanager
def reached() -> Iterator[None]:
    """What the library says, in our words."""
    try:
        yield
    except (asyncssh.Error, asyncssh.KeyImportError, OSError, TimeoutError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from None


class Folder:
    """The folder, while the connection lasts."""

    is_atomic = False

    def __init__(self, client: asyncssh.SFTPClient, path: str) -> None:
        self.client, self.path = client, path

    async def listed(self) -> list[Listed]:
        with reached():
            return [
                Listed(str(each.filename), each.attrs.size or 0, str(each.attrs.mtime))
                async for each in self.client.scandir(self.path)
                if each.attrs.type == asyncssh.FILEXFER_TYPE_REGULAR
            ]

    async def pieces(self, name: str) -> AsyncIterator[bytes]:
        with reached():
            async with self.client.open(f"{self.path}/{name}", "rb") as stream:
                while piece := await stream.read(PIECE_BYTES):
                    assert isinstance(piece, bytes)
                    yield piece


@contextlib.asynccontextmanager
async def sftp(pull: Pull) -> AsyncIterator[Folder]:
    """Connect as the pull says, and only so: no agent, no key and no known host of whoever runs the service."""
    url, key = urlsplit(pull.url), pull.secret(pull.key_env)
    async with contextlib.AsyncExitStack() as stack:
        with reached():
            connection = await stack.enter_async_context(asyncssh.connect(
                url.hostname or "",
                url.port or 22,
                username=unquote(url.username or ""),
                password=pull.secret(pull.password_env),
                client_keys=[asyncssh.import_private_key(key)] if key else None,
                known_hosts=asyncssh.import_known_hosts(pull.secret(pull.known_hosts_env) or ""),
                config=None,
                agent_path=None,
                connect_timeout=CONNECT_SECONDS,
                keepalive_interval=CONNECT_SECONDS,
            ))  # fmt: skip
            client = await stack.enter_async_context(connection.start_sftp_client())
        yield Folder(client, unquote(url.path).rstrip("/") or "/")

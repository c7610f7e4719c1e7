"""Runs sent to a folder of an SFTP server whose key is known beforehand: under another name until they are whole."""

import contextlib
from collections.abc import AsyncIterator
from urllib.parse import unquote, urlsplit

import asyncssh

from ims_notify.channels.laid import Away, Laid, is_whole
from ims_notify.domain.attempts import Answer
from ims_notify.settings import Place

CONNECT_SECONDS = 30


class SftpChannel:
    """A folder elsewhere, connected to anew for each file: they are few."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.path = unquote(urlsplit(place.url).path).rstrip("/")
        self.answers = (place.answers or self.path).rstrip("/")

    async def put(self, name: str, content: bytes) -> Answer:
        """Send a file, or the same once more."""
        try:
            async with self.client() as client:
                await write(client, f"{self.path}/{name}", content)
        except Away as away:
            return Answer("unreachable", str(away))
        return Answer("delivered")

    async def laid(self) -> list[Laid]:
        """The answers that lie there. Raises Away."""
        async with self.client() as client:
            found = [(str(each.filename), each.attrs) for each in await client.readdir(self.answers)]
        return [
            Laid(name, f"{attrs.size}/{attrs.mtime}", attrs.size or 0)
            for name, attrs in found
            if is_whole(name) and attrs.type == asyncssh.FILEXFER_TYPE_REGULAR
        ]

    async def fetch(self, name: str) -> bytes:
        """An answer's bytes. Raises Away."""
        async with self.client() as client, client.open(f"{self.answers}/{name}", "rb") as stream:
            content: bytes = await stream.read()
            return content

    @contextlib.asynccontextmanager
    async def client(self) -> AsyncIterator[asyncssh.SFTPClient]:
        """The server, as long as it is needed. Raises Away."""
        try:
            async with contextlib.AsyncExitStack() as stack:
                connection = await stack.enter_async_context(self.connect())
                yield await stack.enter_async_context(connection.start_sftp_client())
        except (asyncssh.Error, asyncssh.KeyImportError, OSError) as error:
            raise Away(f"sftp: {type(error).__name__}") from None

    def connect(self) -> contextlib.AbstractAsyncContextManager[asyncssh.SSHClientConnection]:
        """As the place says, and only so: no agent, no key and no known host of whoever runs the service."""
        url, place = urlsplit(self.place.url), self.place
        key = place.secret(place.key_env)
        return asyncssh.connect(
            url.hostname or "",
            url.port or 22,
            username=unquote(url.username or ""),
            password=place.secret(place.password_env),
            client_keys=[asyncssh.import_private_key(key)] if key else None,
            known_hosts=asyncssh.import_known_hosts(place.secret(place.known_hosts_env) or ""),
            config=None,
            agent_path=None,
            connect_timeout=CONNECT_SECONDS,
            keepalive_interval=CONNECT_SECONDS,
        )


async def write(client: asyncssh.SFTPClient, path: str, content: bytes) -> None:
    """Whole before it has its name. A server that cannot rename over a file has the old one taken away first: it is the same."""
    part = f"{path}.part"
    async with client.open(part, "wb") as stream:
        await stream.write(content)
    try:
        await client.posix_rename(part, path)
    except asyncssh.SFTPOpUnsupported:
        with contextlib.suppress(asyncssh.SFTPNoSuchFile):
            await client.remove(path)
        await client.rename(part, path)

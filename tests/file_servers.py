"""Where files are fetched from and laid down: an SFTP server and an S3, on the loopback."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import pytest
from moto.server import ThreadedMotoServer


class Server(asyncssh.SSHServer):
    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == ("council", "a password")


@contextlib.asynccontextmanager
async def sftp_server(
    folder: Path, environment: pytest.MonkeyPatch, kind: type[asyncssh.SFTPServer] = asyncssh.SFTPServer
) -> AsyncIterator[Any]:
    """One that shows a folder. It knows a password and a key, which the environment has, with the server's own key and another."""
    host_key, other_key, user_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(3))
    (folder / "authorized").write_bytes(user_key.export_public_key())

    def shown(channel: Any) -> asyncssh.SFTPServer:
        return kind(channel, chroot=str(folder))

    listener = await asyncssh.listen(
        "127.0.0.1", 0, server_factory=Server, server_host_keys=[host_key], sftp_factory=shown,
        authorized_client_keys=str(folder / "authorized"),
    )  # fmt: skip
    for name, key in (("HOSTS", host_key), ("OTHER_HOSTS", other_key)):
        environment.setenv(name, f"[127.0.0.1]:{listener.get_port()} {key.export_public_key().decode()}")
    environment.setenv("PASSWORD", "a password")
    environment.setenv("WRONG_PASSWORD", "another")
    environment.setenv("KEY", user_key.export_private_key().decode())
    yield listener
    listener.close()
    await listener.wait_closed()


@contextlib.contextmanager
def s3_server() -> Iterator[str]:
    """The address of what speaks like S3."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    moto.start()
    host, port = moto.get_host_and_port()
    yield f"http://{host}:{port}"
    moto.stop()

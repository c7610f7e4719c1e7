"""Files laid down elsewhere: in a folder, on an SFTP server whose key is pinned, in a bucket; whole, or not at all."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import asyncssh
import boto3
import pytest

from file_servers import s3_server, sftp_server
from ims_notify.app import file_channel
from ims_notify.channels.laid import Away
from ims_notify.settings import Place

CONTENT = b"H\n" + b"D" * 300_000 + b"\nT\n"


class PlainServer(asyncssh.SFTPServer):
    """One that cannot rename over a file."""

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        raise asyncssh.SFTPOpUnsupported("no such extension")

    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        if Path(self.map_path(newpath).decode()).exists():
            raise asyncssh.SFTPFailure("there is one")
        super().rename(oldpath, newpath)


@pytest.fixture(params=[asyncssh.SFTPServer, PlainServer])
async def server(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """It shows `tmp_path/in`."""
    (tmp_path / "in").mkdir()
    async with sftp_server(tmp_path, monkeypatch, request.param) as listener:
        yield listener


def sftp(server: Any, **strange: Any) -> Place:
    plain = {"url": f"sftp://council@127.0.0.1:{server.get_port()}/in", "known_hosts_env": "HOSTS", "password_env": "PASSWORD"}
    return Place.model_validate(plain | strange)


@pytest.mark.parametrize("secret", [{}, {"password_env": None, "key_env": "KEY"}])
async def test_a_file_is_laid_down_on_sftp_and_again_over_itself(server: Any, tmp_path: Path, secret: dict) -> None:
    channel = file_channel(sftp(server, **secret))

    for _ in range(2):
        assert (await channel.put("run-1.txt", CONTENT)).verdict == "delivered"

    assert [path.name for path in (tmp_path / "in").iterdir()] == ["run-1.txt"]
    assert (tmp_path / "in" / "run-1.txt").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("strange", "why"),
    [
        ({"known_hosts_env": "OTHER_HOSTS"}, "HostKeyNotVerifiable"),
        ({"password_env": "WRONG_PASSWORD"}, "PermissionDenied"),
        ({"password_env": None, "key_env": "PASSWORD"}, "KeyImportError"),
        ({"url": "sftp://council@127.0.0.1:1/in"}, "Error"),
        ({}, "SFTPNoSuchFile"),
    ],
)
async def test_a_server_that_is_not_reached_is_an_answer_with_why(server: Any, tmp_path: Path, strange: dict, why: str) -> None:
    if not strange:
        (tmp_path / "in").rmdir()

    answer = await file_channel(sftp(server, **strange)).put("run-1.txt", CONTENT)

    assert answer.verdict == "unreachable"
    assert why in answer.reason
    assert "password" not in answer.reason.lower()


async def test_a_file_is_laid_down_in_a_folder_and_again_over_itself(tmp_path: Path) -> None:
    channel = file_channel(Place(url=f"file://{tmp_path}"))

    for _ in range(2):
        assert (await channel.put("run-1.txt", CONTENT)).verdict == "delivered"

    assert os.listdir(tmp_path) == ["run-1.txt"]
    assert (tmp_path / "run-1.txt").read_bytes() == CONTENT
    answer = await file_channel(Place(url=f"file://{tmp_path}/nowhere")).put("run-1.txt", CONTENT)
    assert (answer.verdict, answer.reason) == ("unreachable", "folder: FileNotFoundError")


async def test_answers_are_looked_for_and_fetched_on_sftp(server: Any, tmp_path: Path) -> None:
    (tmp_path / "answers" / "old").mkdir(parents=True)
    for name in ("run-1.csv", "run-2.csv.part", ".hidden"):
        (tmp_path / "answers" / name).write_bytes(CONTENT)
    channel = file_channel(sftp(server, answers="/answers"))

    [found] = await channel.laid()
    assert (found.name, found.size) == ("run-1.csv", len(CONTENT))
    assert await channel.laid() == [found]
    assert await channel.fetch("run-1.csv") == CONTENT
    with pytest.raises(Away, match="SFTPNoSuchFile"):
        await channel.fetch("run-2.csv")
    with pytest.raises(Away, match="HostKeyNotVerifiable"):
        await file_channel(sftp(server, answers="/answers", known_hosts_env="OTHER_HOSTS")).laid()


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as address:
        yield address


async def test_a_file_is_put_into_a_bucket_and_again_over_itself(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCESS", "access")
    monkeypatch.setenv("SECRET", "secret")
    client = boto3.client("s3", endpoint_url=s3, region_name="eu-west-2", aws_access_key_id="access", aws_secret_access_key="secret")
    client.create_bucket(Bucket="council", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    place = {"endpoint": s3, "access_key_env": "ACCESS", "secret_key_env": "SECRET"}
    channel = file_channel(Place(url="s3://council/postings", **place))

    for _ in range(2):
        assert (await channel.put("run-1.txt", CONTENT)).verdict == "delivered"

    [found] = client.list_objects_v2(Bucket="council")["Contents"]
    assert found["Key"] == "postings/run-1.txt"
    assert client.get_object(Bucket="council", Key=found["Key"])["Body"].read() == CONTENT
    answer = await file_channel(Place(url="s3://nowhere/postings", **place)).put("run-1.txt", CONTENT)
    assert answer.verdict == "unreachable"
    assert answer.reason.startswith("s3: ")

    client.put_object(Bucket="council", Key="answers/run-1.csv", Body=CONTENT)
    client.put_object(Bucket="council", Key="answers/old/run-0.csv", Body=CONTENT)
    shelf = file_channel(Place(url="s3://council/postings", answers="answers", **place))
    [laid] = await shelf.laid()
    assert (laid.name, laid.size) == ("run-1.csv", len(CONTENT))
    assert await shelf.fetch("run-1.csv") == CONTENT
    with pytest.raises(Away, match="s3: "):
        await shelf.fetch("run-2.csv")

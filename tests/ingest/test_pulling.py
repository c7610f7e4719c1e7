"""Files that are fetched: from an SFTP server whose key is pinned, and from S3; each once."""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from pydantic import ValidationError

from file_servers import s3_server, sftp_server
from ims_contracts.payments import PaymentReceived
from ims_ingest.handlers import pulling
from ims_ingest.handlers.pulling import is_due, look
from ims_ingest.settings import Pull
from ims_ingest.store.pulls import State
from ingest.ingest_world import COUNCIL, Ingest, allpay

DAY = "17/03/2026"
ONE, TWO = allpay([f"770000547 60.00 T {DAY}"]), allpay(["770000712 1.00 P 18/03/2026"])


@pytest.fixture
async def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Any]:
    """It shows `tmp_path/out`."""
    (tmp_path / "out").mkdir()
    async with sftp_server(tmp_path, monkeypatch) as listener:
        yield listener


def sftp(server: Any, **strange: Any) -> Pull:
    plain = {
        "kind": "sftp", "url": f"sftp://council@127.0.0.1:{server.get_port()}/out", "council": COUNCIL, "known_hosts_env": "HOSTS",
        "password_env": "PASSWORD", "settle_seconds": 0.05,
    }  # fmt: skip
    return Pull.model_validate(plain | strange)


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    with s3_server() as address:
        yield address


@pytest.fixture
def bucket(s3: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("ACCESS", "access")
    monkeypatch.setenv("SECRET", "secret")
    client = boto3.client(
        "s3", endpoint_url=s3, region_name="eu-west-2", aws_access_key_id="access", aws_secret_access_key="secret"
    )
    client.create_bucket(Bucket="council", CreateBucketConfiguration={"LocationConstraint": "eu-west-2"})
    yield client
    for each in client.list_objects_v2(Bucket="council").get("Contents", []):
        client.delete_object(Bucket="council", Key=each["Key"])
    client.delete_bucket(Bucket="council")


def s3_pull(endpoint: str, **strange: Any) -> Pull:
    plain = {
        "kind": "s3", "url": "s3://council/day", "council": COUNCIL, "endpoint": endpoint, "access_key_env": "ACCESS",
        "secret_key_env": "SECRET",
    }  # fmt: skip
    return Pull.model_validate(plain | strange)


async def pulls(ingest: Ingest, pull: Pull) -> dict[str, Any]:
    """Look at the place once; what is said of it then."""
    await look(ingest.service, pull)
    service = ingest.service
    service.settings = service.settings.model_copy(update={"pulls": [pull]})
    (found,) = (await ingest.http.get("/v1/pulls")).json()
    return found


@pytest.mark.parametrize("secret", [{}, {"password_env": None, "key_env": "KEY"}])
async def test_a_file_on_sftp_is_fetched_once(ingest: Ingest, server: Any, tmp_path: Path, secret: dict) -> None:
    (tmp_path / "out" / "a.txt").write_bytes(ONE)
    (tmp_path / "out" / ".hidden").write_bytes(TWO)
    (tmp_path / "out" / "b.part").write_bytes(TWO)
    (tmp_path / "out" / "folder").mkdir()
    pull = sftp(server, **secret)
    for _ in range(2):
        found = await pulls(ingest, pull)
        assert (found["error"], found["failures"], found["files"], found["not_taken_in"]) == (None, 0, 1, 0)
    assert await ingest.names_told() == {"PaymentReceived": 1, "RemittanceReceived": 1}
    assert await ingest.rows("SELECT source, state FROM file") == [("allpay", "received")]
    (tmp_path / "out" / "a.txt").write_bytes(TWO)
    os.utime(tmp_path / "out" / "a.txt", (2, 2))
    assert (await pulls(ingest, pull))["files"] == 2
    os.utime(tmp_path / "out" / "a.txt", (1, 1))
    assert (await pulls(ingest, pull))["files"] == 3
    assert len(await ingest.told(PaymentReceived)) == 2


@pytest.mark.parametrize(
    ("strange", "why"),
    [
        ({"known_hosts_env": "OTHER_HOSTS"}, "HostKeyNotVerifiable"),
        ({"known_hosts_env": "PASSWORD"}, "HostKeyNotVerifiable"),
        ({"password_env": "WRONG_PASSWORD"}, "PermissionDenied"),
        ({"password_env": None, "key_env": "PASSWORD"}, "KeyImportError"),
        ({"url": "sftp://council@127.0.0.1:1/out"}, "Error"),
        ({"nowhere": True}, "SFTPNoSuchFile"),
    ],
)
async def test_a_place_that_cannot_be_reached_is_shown_with_why(ingest: Ingest, server: Any, strange: dict, why: str) -> None:
    if strange.pop("nowhere", False):
        strange = {"url": f"sftp://council@127.0.0.1:{server.get_port()}/nowhere"}
    pull = sftp(server, **strange)
    for failures in (1, 2):
        found = await pulls(ingest, pull)
        assert found["failures"] == failures
        assert why in found["error"]
    assert "a password" not in found["error"]
    assert ingest.service.background_errors[f"pull {pull.url}"]
    assert await ingest.told() == []


async def test_a_place_that_answers_again_is_well_again(ingest: Ingest, server: Any, tmp_path: Path) -> None:
    (tmp_path / "out").rename(tmp_path / "away")
    assert (await pulls(ingest, sftp(server)))["failures"] == 1
    (tmp_path / "away").rename(tmp_path / "out")
    found = await pulls(ingest, sftp(server))
    assert (found["failures"], found["error"]) == (0, None)
    assert not [name for name in ingest.service.background_errors if name.startswith("pull")]


async def test_a_file_that_somebody_still_writes_waits(
    ingest: Ingest, server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "out" / "a.txt"
    path.write_bytes(ONE[:20])
    not_taken = pulling.pulls.not_taken

    async def not_taken_while_it_grows(*given: Any) -> Any:
        found = await not_taken(*given)
        path.write_bytes(ONE)
        return found

    monkeypatch.setattr(pulling.pulls, "not_taken", not_taken_while_it_grows)
    assert (await pulls(ingest, sftp(server)))["files"] == 0
    monkeypatch.undo()


async def test_after_a_crash_a_file_is_fetched_again_and_counted_once(
    ingest: Ingest, server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out" / "a.txt").write_bytes(ONE)
    pull = sftp(server)

    async def killed(*_: object) -> None:
        raise ConnectionError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(pulling.pulls, "keep", killed)
        with pytest.raises(ConnectionError):
            await look(ingest.service, pull)
    assert (await pulls(ingest, pull))["files"] == 1
    assert len(await ingest.told(PaymentReceived)) == 1


async def test_a_file_with_faults_is_fetched_once_and_shown(ingest: Ingest, server: Any, tmp_path: Path) -> None:
    (tmp_path / "out" / "a.txt").write_bytes(b"what is this")
    (tmp_path / "out" / "b.txt").write_bytes(b"")
    for _ in range(2):
        found = await pulls(ingest, sftp(server))
    assert (found["files"], found["not_taken_in"]) == (2, 2)
    assert await ingest.names_told() == {"RemittanceRefused": 1}


async def test_a_file_in_s3_is_fetched_once(ingest: Ingest, s3: str, bucket: Any) -> None:
    for name, content in (("day/a.txt", ONE), ("day/deeper/b.txt", TWO), ("other/c.txt", b"not ours"), ("day/", b"")):
        bucket.put_object(Bucket="council", Key=name, Body=content)
    for _ in range(2):
        found = await pulls(ingest, s3_pull(s3))
        assert (found["error"], found["files"], found["not_taken_in"]) == (None, 2, 0)
    assert await ingest.names_told() == {"PaymentReceived": 2, "RemittanceReceived": 2}


async def test_a_bucket_that_is_not_there_is_shown_without_its_secrets(ingest: Ingest, s3: str, bucket: Any) -> None:
    found = await pulls(ingest, s3_pull(s3, url="s3://nowhere/day"))
    assert found["failures"] == 1
    assert "the bucket cannot be read" in found["error"]
    assert (await pulls(ingest, s3_pull("http://127.0.0.1:1")))["failures"] == 1


@pytest.mark.parametrize(
    "strange",
    [
        {"known_hosts_env": None},
        {"password_env": None},
        {"password_env": "NOT_SET_ANYWHERE"},
        {"url": "sftp://council:secret@host/out"},
        {"url": "sftp://host/out"},
        {"url": "s3://bucket"},
        {"password": "a password"},
    ],
)
async def test_a_pull_that_could_not_work_is_refused_at_the_start(server: Any, strange: dict) -> None:
    with pytest.raises(ValidationError):
        sftp(server, **strange)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(0, 900), (1, 30), (2, 60), (3, 120), (6, 900), (60, 900)]
)
async def test_a_place_that_fails_is_tried_again_sooner_but_ever_later(server: Any, failures: int, seconds: int) -> None:
    then = datetime(2026, 3, 18, tzinfo=UTC)
    state = State(then, failures, "why" if failures else None)
    assert not is_due(sftp(server), state, then + timedelta(seconds=seconds - 1))
    assert is_due(sftp(server), state, then + timedelta(seconds=seconds))
    assert is_due(sftp(server), State(), then)

"""No jar runs whose checksum is not the committed one; and any Java that is new enough will do."""

import hashlib
import re
import socket
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath

import pytest

from ims_local.faults import Fault
from ims_local.jars import Jar, fetch, pinned
from ims_local.java import ClassArchive, Java, find_java
from ims_local.processes import free_port

PLACE = PurePosixPath("org/example/part/1.0/part-1.0.jar")
PUBLISHED = b"a jar"


def jar(content: bytes) -> Jar:
    return Jar(hashlib.sha256(content).hexdigest(), PLACE)


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A council's own Maven repository, named in jgo's settings file."""
    file = tmp_path / "mirror" / PLACE
    file.parent.mkdir(parents=True)
    file.write_bytes(PUBLISHED)

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "mirror")))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    (tmp_path / "jgo.conf").write_text(f"[repositories]\nours = http://127.0.0.1:{server.server_port}\n")
    monkeypatch.setenv("JGO_CONFIG_FILE", str(tmp_path / "jgo.conf"))
    yield
    server.shutdown()
    thread.join()
    server.server_close()


def test_kafka_and_all_it_needs_are_pinned() -> None:
    jars = pinned()

    assert len(jars) == 45
    assert all(re.fullmatch("[0-9a-f]{64}", each.sha256) for each in jars)
    assert ("org.apache.kafka", "kafka_2.13", "4.4.0") in [each.coordinate for each in jars]
    assert len({each.coordinate for each in jars}) == len(jars)


@pytest.mark.usefixtures("mirror")
def test_a_jar_is_downloaded_once_and_counted_each_time(tmp_path: Path) -> None:
    counted: list[int] = []

    for _ in range(2):
        assert fetch([jar(PUBLISHED)], tmp_path / "cache", counted.append) == [tmp_path / "cache" / PLACE]

    assert counted == [1, 1]
    assert [path.name for path in (tmp_path / "cache" / PLACE).parent.iterdir()] == [PLACE.name]


@pytest.mark.usefixtures("mirror")
def test_a_downloaded_jar_with_another_checksum_is_refused_and_not_kept(tmp_path: Path) -> None:
    with pytest.raises(Fault, match="checksum is not the committed one"):
        fetch([jar(b"what was committed")], tmp_path / "cache", lambda count: None)

    assert not list((tmp_path / "cache").rglob("*.jar"))


def test_a_jar_that_was_changed_in_the_cache_is_refused(tmp_path: Path) -> None:
    path = tmp_path / PLACE
    path.parent.mkdir(parents=True)
    path.write_bytes(PUBLISHED + b" and more")

    with pytest.raises(Fault, match="checksum differs"):
        fetch([jar(PUBLISHED)], tmp_path, lambda count: None)


def test_where_no_java_is_installed_the_one_of_the_wheel_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)

    java = find_java()

    assert java.is_bare
    assert int(java.version.split(".")[0]) >= 21


def test_a_java_that_is_too_old_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    old = tmp_path / "bin/java"
    old.parent.mkdir()
    old.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))

    assert find_java().command != old


def test_the_class_archive_is_learnt_once_and_then_used(tmp_path: Path) -> None:
    java, archive = Java(Path("/java"), "21.0.1", is_bare=False), ClassArchive(tmp_path, "one-stack")

    [learning] = archive.options(java)
    learnt = Path(learning.removeprefix("-XX:ArchiveClassesAtExit="))
    learnt.write_bytes(b"")
    archive.keep()
    [using] = ClassArchive(tmp_path, "another-stack").options(java)

    assert using == f"-XX:SharedArchiveFile={learnt.with_suffix('')}"
    assert ClassArchive(tmp_path, "a").options(Java(Path("/java"), "22", is_bare=False))[0].startswith("-XX:ArchiveClassesAtExit")


def test_a_server_gets_its_own_port_back_and_never_one_that_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ims_local.processes.PATIENCE_SECONDS", 0.1)
    port = free_port()
    assert free_port(port) == port
    with socket.create_server(("127.0.0.1", port)):
        assert free_port(port) != port


def test_two_servers_are_never_given_one_port_before_either_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ims_local.processes.PORTS", range(29_000, 29_400))
    assert len({free_port() for _ in range(60)}) == 60

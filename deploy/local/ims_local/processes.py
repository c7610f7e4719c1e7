"""Starting processes that outlive the command that started them, and ending exactly those."""

import os
import pwd
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
from pydantic import BaseModel

from ims_local.faults import Fault

# Below the range from which the kernel lends ports to clients (32768 on Linux, 49152 elsewhere): while a server is
# down, a client that keeps trying an address in that range can be lent that very port, and so keep the server out.
PORTS = range(20_000, 30_000)
# The clock may be set between two commands, and with it what a process seems to have begun at.
CLOCK_STEP_SECONDS = 2.0
PATIENCE_SECONDS = 5.0

# A port is free until whoever it was given to listens there: nobody else may be given it meanwhile.
_given: set[int] = set()

# A Popen that is forgotten while its process runs warns, and nobody else may wait for the process.
_children: dict[int, subprocess.Popen[bytes]] = {}


class Process(BaseModel):
    """A process that we started: its number alone could by now be someone else's."""

    pid: int
    created: float


def launch(
    command: list[str],
    log: Path,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    user: str | None = None,
) -> Process:
    """Start a process of its own session, in `folder`, that writes to the end of `log`."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        child = subprocess.Popen(  # noqa: S603 - the commands are ours, without a shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            env=dict(environment or os.environ),
            start_new_session=True,
            **as_user(user),
        )
    _children[child.pid] = child
    return Process(pid=child.pid, created=psutil.Process(child.pid).create_time())


def as_user(user: str | None) -> dict[str, Any]:
    """What subprocess needs to become `user`, with that user's group and no other."""
    if user is None:
        return {}
    return {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []}


def is_running(process: Process | None) -> bool:
    """Whether the very process that we started still runs."""
    return _find(process) is not None


def stop(process: Process | None, by: signal.Signals = signal.SIGTERM, patience_seconds: float = 20) -> bool:
    """Ask a process to end, wait, then end it and whatever it started; say whether it ended by itself."""
    ours = _find(process)
    if ours is None:
        return False
    family = [ours, *_descendants(ours)]
    with suppress(psutil.NoSuchProcess):
        ours.send_signal(by)
    _, left = psutil.wait_procs([ours], timeout=patience_seconds)
    _end(family if left else family[1:])
    _reap(ours.pid)
    return not left


def kill(process: Process | None) -> None:
    """End a process and whatever it started, as a power cut would."""
    ours = _find(process)
    if ours is None:
        return
    _end([ours, *_descendants(ours)])
    _reap(ours.pid)


def wait_until(ready: Callable[[], bool], process: Process, log: Path, seconds: float = 60) -> None:
    """Wait until a process we started is ready; say what it wrote last if it ends or takes too long."""

    def ready_or_ended() -> bool:
        if ready():
            return True
        if not is_running(process):
            raise Fault(f"{log.stem} ended as soon as it was started. {last_words(log)}")
        return False

    wait_for(ready_or_ended, log.stem, log, seconds)


def wait_for(ready: Callable[[], bool], name: str, log: Path | None = None, seconds: float = 60) -> None:
    """Wait until something is ready, but not for ever."""
    deadline = time.monotonic() + seconds
    while not ready():
        if time.monotonic() > deadline:
            raise Fault(f"{name} was not ready after {seconds:.0f} seconds. {last_words(log) if log else ''}")
        time.sleep(0.02)


def last_words(log: Path, line_count: int = 12) -> str:
    """The end of a log, to be shown in a fault."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    if not lines:
        return f"It wrote nothing to {log}."
    return "\n".join(["It wrote:", *(f"  {line}" for line in lines[-line_count:]), f"All of it is in {log}."])


def free_port(preferred: int | None = None) -> int:
    """A port of the loopback that nobody listens on: the preferred one if it can be had."""
    if preferred:
        # Clients know a server by its port. After a kill its connections may hold it for a moment longer.
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not is_free(preferred) and time.monotonic() < deadline:
            time.sleep(0.1)
    for port in [*([preferred] if preferred else []), *random.sample(PORTS, 200)]:
        if (port == preferred or port not in _given) and is_free(port):
            _given.add(port)
            return port
    raise Fault(f"No free port was found on 127.0.0.1 between {PORTS.start} and {PORTS.stop}.")


def is_free(port: int) -> bool:
    """Whether nobody listens on a port of the loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _find(process: Process | None) -> psutil.Process | None:
    if process is None:
        return None
    try:
        found = psutil.Process(process.pid)
        is_ours = abs(found.create_time() - process.created) < CLOCK_STEP_SECONDS
        return found if is_ours and found.status() != psutil.STATUS_ZOMBIE else None
    except psutil.NoSuchProcess:
        return None


def _descendants(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _end(family: list[psutil.Process]) -> None:
    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(family, timeout=5)


def _reap(pid: int) -> None:
    child = _children.pop(pid, None)
    if child is not None:
        child.wait()

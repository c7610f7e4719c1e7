"""What a stack remembers between commands: addresses, processes and passwords, in one file only its owner may read."""

import fcntl
import os
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel

from ims_local.faults import Fault
from ims_local.processes import Process

Kind = Literal["given", "container", "embedded"]


class Entry(BaseModel):
    """One server or service of the stack."""

    kind: Kind
    port: int | None = None
    process: Process | None = None
    container: str | None = None
    environment: str | None = None  # the digest of what a service was started with


class State(BaseModel):
    """Everything a stack remembers."""

    entries: dict[str, Entry] = {}
    passwords: dict[str, str] = {}


class Register:
    """The stack's state file; every change is on disk before the call returns."""

    def __init__(self, home: Path) -> None:
        self.path = home / "stack.json"
        self._lock = threading.Lock()

    def read(self) -> State:
        """All that is remembered; nothing, for a stack that never ran."""
        return State.model_validate_json(self.path.read_bytes()) if self.path.exists() else State()

    def entry(self, name: str) -> Entry | None:
        """What is remembered of one server or service."""
        return self.read().entries.get(name)

    def keep(self, name: str, entry: Entry) -> None:
        """Remember a server or service."""
        with self._lock:
            state = self.read()
            state.entries[name] = entry
            self._write(state)

    def password(self, role: str) -> str:
        """The password of a role, made when first asked for."""
        with self._lock:
            state = self.read()
            if role not in state.passwords:
                state.passwords[role] = secrets.token_urlsafe(24)
                self._write(state)
            return state.passwords[role]

    def _write(self, state: State) -> None:
        draft = self.path.with_suffix(".draft")
        with open(draft, "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
            file.write(state.model_dump_json(indent=1))
        draft.replace(self.path)


@contextmanager
def alone(home: Path) -> Iterator[None]:
    """Hold a stack for one command: two that start or stop it at once would lose each other's processes."""
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Fault(f"Another ims command is starting or stopping the stack in {home}. Try again soon.") from None
        yield

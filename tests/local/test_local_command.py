"""The `ims` command says what is, in words or as JSON; what a person can put right is no traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ims_local.faults import Fault
from ims_local.register import alone

IMS = Path(sys.executable).with_name("ims")


def ims(*words: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Type a command."""
    surroundings = {**os.environ, **environment}
    return subprocess.run([IMS, *words], capture_output=True, text=True, env=surroundings, timeout=60, check=False)


def test_a_stack_that_never_ran_is_down(tmp_path: Path) -> None:
    home = tmp_path / "stack"

    done = ims("--home", home, "status", "--json")

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["servers"]["kafka"] == {"is_running": False, "address": None}
    assert {service["health"] for service in found["services"].values()} == {"down"}
    assert ims("--home", home, "down").returncode == 0
    assert not home.exists()


def test_a_server_that_is_named_but_not_there_is_said_in_a_sentence(tmp_path: Path) -> None:
    done = ims("--home", tmp_path / "stack", "up", "--servers-only", IMS_KAFKA_BOOTSTRAP="127.0.0.1:1", IMS_POSTGRES_URL="postgresql://127.0.0.1:1/x")

    assert done.returncode == 1
    assert "No Kafka answers at 127.0.0.1:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_that_does_not_exist_is_a_question_of_use() -> None:
    assert ims("dance").returncode == 2


def test_two_commands_never_start_or_stop_one_stack_at_once(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(Fault, match="Another ims command"), alone(tmp_path):
        pass

"""The `ims` command says what is, in words or as JSON; what a person can put right is no traceback."""

import io
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from ims_local.cli import main
from ims_local.faults import Fault
from ims_local.register import alone


class Done(NamedTuple):
    code: int | str | None
    out: str
    err: str


type Ims = Callable[..., Done]


@pytest.fixture
def ims(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ims:
    """Types a command, and says how it ended."""

    def typed(*words: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["ims", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return Done(ended.value.code or 0, *capsys.readouterr())

    return typed


def test_a_stack_that_never_ran_is_down(ims: Ims, tmp_path: Path) -> None:
    home = tmp_path / "stack"

    done = ims("--home", home, "status", "--json")

    assert done.code == 0
    found = json.loads(done.out)
    assert found["servers"]["kafka"] == {"is_running": False, "address": None}
    assert {service["health"] for service in found["services"].values()} == {"down"}
    assert ims("--home", home, "down").code == 0
    assert not home.exists()


def test_an_officers_token_is_of_a_stack_that_there_is_and_of_an_officer_that_there_is(ims: Ims, tmp_path: Path) -> None:
    home = tmp_path / "stack"
    assert "Start one with `ims up`" in ims("--home", home, "token").err
    home.mkdir()
    first, other = ims("--home", home, "token"), ims("--home", home, "token", "Bob")
    assert (first.code, len(first.out.strip())) == (0, 32)
    assert ims("--home", home, "token").out == first.out != other.out
    assert ims("--home", home, "token", "Eve").err == "ims: There is no officer Eve; there are Ann and Bob.\n"


def test_a_server_that_is_named_but_not_there_is_said_in_a_sentence(ims: Ims, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMS_KAFKA_BOOTSTRAP", "127.0.0.1:1")
    monkeypatch.setenv("IMS_POSTGRES_URL", "postgresql://127.0.0.1:1/postgres")

    done = ims("--home", tmp_path / "stack", "up", "--servers-only")

    assert done.code == 1
    assert done.err.splitlines()[-1] == "ims: No Kafka answers at 127.0.0.1:1, which the environment names. Is it running?"


def test_a_command_that_does_not_exist_is_a_question_of_use(ims: Ims) -> None:
    assert ims("dance").code == 2


def test_two_commands_never_start_or_stop_one_stack_at_once(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(Fault, match="Another ims command"), alone(tmp_path):
        pass


PAYMENT = {
    "source_payment_id": "P1", "channel": "web", "method_of_payment": "card", "amount_pence": 3500, "paid_on": "2026-03-16",
    "received_on": "2026-03-16", "reference": "BJ90001186",
}  # fmt: skip


def test_messages_that_keep_to_the_contract_conform(ims: Ims, tmp_path: Path) -> None:
    file = tmp_path / "day.json"
    file.write_text(json.dumps([PAYMENT, PAYMENT]))

    done = ims("conform", file)

    assert (done.code, done.out) == (0, "2 messages, 0 warnings: every message keeps to the contract.\n")


def test_messages_that_do_not_are_told_why(ims: Ims, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = "\n".join([json.dumps(PAYMENT), json.dumps(PAYMENT | {"source_payment_id": "P2", "amount_pence": "35.00", "refrence": 1})])
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(lines.encode())))

    done = ims("conform", "-", "--json")

    found = json.loads(done.out)
    assert (done.code, found["messages"], found["failed"]) == (1, 2, 1)
    (fault,) = found["findings"]
    assert (fault["kind"], fault["line"], fault["number"], fault["field"]) == ("fault", 2, 2, "amount_pence")


def test_a_file_of_messages_that_is_not_there_is_said_in_a_sentence(ims: Ims, tmp_path: Path) -> None:
    done = ims("conform", tmp_path / "none.json")

    assert (done.code, done.err.startswith("ims: ")) == (1, True)

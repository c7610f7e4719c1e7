"""Files to measure readers with are what they seem, so that what is measured is reading and not refusing."""

import json
from pathlib import Path

import pytest

from ims_ingest.formats import inspect
from ims_local.bench import readers, reading
from ims_local.bench.large_files import KINDS, Kind, sum_pence
from ims_local.cli import main
from ims_local.faults import Fault

ROWS = 120
NETS = ("stripe_payout", "adyen_settlement")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.format)
def test_a_generated_file_is_of_its_format_and_right_to_the_penny(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as stream:
        kind.write_to(stream, ROWS)
    found = inspect(path)
    assert (found["format"], found["entries"], found["faults"]) == (kind.format, ROWS, [])
    assert found["credits_pence"] == sum_pence(ROWS) - (20 * ROWS if kind.format in NETS else 0)
    assert found["proved"] is not False


def test_readers_are_measured_beside_what_is_installed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["bench-readers", "--rows", "100", "--times", "1", "--format", "mt940", "--format", "allpay", "--json"]
    monkeypatch.setattr("sys.argv", ["ims", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    mt940, allpay = json.loads(capsys.readouterr().out)
    assert (mt940["rows"], mt940["beside"]["program"], mt940["beside"]["rows"]) == (103, "mt-940", 100)
    assert allpay["peak_mib"] < readers.PEAK_MIB_MAX
    assert "beside" not in allpay


def test_a_program_that_is_not_there_is_told_as_absent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(reading.PROGRAMS, "mt-940", lambda _: reading.import_module("no_such_program"))
    assert reading.measure("mt-940", "mt940", tmp_path) == {}


def test_a_format_that_is_not_generated_is_said_in_a_sentence() -> None:
    with pytest.raises(Fault, match="No file is generated for sausages"):
        readers.kinds_named(["allpay", "sausages"])

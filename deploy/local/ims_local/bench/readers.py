"""How fast each format is read, and in how much memory: a large file, read by a process of its own that nothing went before."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ims_local.bench.large_files import KINDS, Kind
from ims_local.bench.reading import BESIDE, OURS
from ims_local.faults import Fault
from ims_local.progress import Steps

PEAK_MIB_MAX = 150
# The other programs hold a file in memory whole, at many times its size: a larger one would take the machine's.
BESIDE_MIB_MAX = 64


def measure_readers(kinds: list[Kind], rows: int, times: int, steps: Steps) -> list[dict[str, Any]]:
    """Each kind of file, written, read and removed."""
    found = []
    with steps.shown(), tempfile.TemporaryDirectory(prefix="ims-bench-") as folder:
        for kind in kinds:
            with steps.step(kind.name):
                path = Path(folder) / kind.format
                with path.open("wb") as stream:
                    kind.write_to(stream, rows)
                found.append(measure_kind(kind, path, times))
                path.unlink()
    return found


def measure_kind(kind: Kind, path: Path, times: int) -> dict[str, Any]:
    """Our reader, held against what is asked of it, and the other program that reads the format, where there is one."""
    mine = best(OURS, kind.format, path, times)
    told = {
        "kind": kind.name,
        "format": kind.format,
        "mib": round(path.stat().st_size / (1 << 20), 1),
        **mine,
        "rows_per_second_min": kind.rows_per_second_min,
        "is_met": mine["rows_per_second"] >= kind.rows_per_second_min and mine["peak_mib"] <= PEAK_MIB_MAX,
    }
    if (other := BESIDE.get(kind.format)) and told["mib"] <= BESIDE_MIB_MAX:
        told["beside"] = {"program": other} | (best(other, kind.format, path, times) or {"is_absent": True})
    return told


def best(program: str, format_name: str, path: Path, times: int) -> dict[str, Any]:
    """The fastest of several readings: neighbours on the machine make a reading slower, nothing makes it faster."""
    return max((once(program, format_name, path) for _ in range(times)), key=lambda found: found.get("rows_per_second", 0))


def once(program: str, format_name: str, path: Path) -> dict[str, Any]:
    command = [sys.executable, "-m", "ims_local.bench.reading", program, format_name, str(path)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)  # noqa: S603 - the command is ours
    if done.returncode:
        raise Fault(f"{program} could not read {format_name}. {done.stderr[-500:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def kinds_named(names: list[str]) -> list[Kind]:
    """The kinds of these formats; all where none is named. Raises Fault for one that is none."""
    known = {kind.format: kind for kind in KINDS}
    if wrong := [name for name in names if name not in known]:
        raise Fault(f"No file is generated for {', '.join(wrong)}. Name of these: {', '.join(known)}.")
    return [known[name] for name in names] or list(KINDS)

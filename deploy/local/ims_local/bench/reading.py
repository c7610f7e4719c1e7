"""One file read once, in a process of its own: `python -m ims_local.bench.reading PROGRAM FORMAT FILE` says how fast, in how much memory.

Beside our readers stand the public programs that read the same formats. They are asked by their own names, as a council has none
of them installed."""

import json
import re
import resource
import sys
import time
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO

OURS = "ims"
type Read = Callable[[BinaryIO], Iterable[Any]]


def ours(format_name: str) -> Read:
    read: Read = import_module("ims_ingest.formats").FORMATS[format_name].read
    return read


def mt_940(_: str) -> Read:
    parse = import_module("mt940").parse
    return lambda stream: iter(parse(stream.read().decode()).transactions)


def bai2(_: str) -> Read:
    parse = import_module("bai2.bai2").parse_from_lines
    return lambda stream: (
        each for group in parse(stream.read().decode().splitlines()).children for account in group.children for each in account.children
    )


def bankline_direct_parser(_: str) -> Read:
    parse = import_module("bankline_parser.data_services").parse
    return lambda stream: (each for account in parse(map(bytes.decode, stream)).accounts for each in account.records)


def ofxparse(_: str) -> Read:
    parse = import_module("ofxparse").OfxParser.parse
    return lambda stream: iter(parse(stream).account.statement.transactions)


PROGRAMS = {OURS: ours, "mt-940": mt_940, "bai2": bai2, "bankline-direct-parser": bankline_direct_parser, "ofxparse": ofxparse}
BESIDE = {"mt940": "mt-940", "bai2": "bai2", "bankline_direct": "bankline-direct-parser", "ofx": "ofxparse"}
"""What else reads a format, by the name of its distribution."""


def peak_mib() -> float:
    """The most memory that this process has had: the kernel counts it anew for each program, `getrusage` from its parent on."""
    status = Path("/proc/self/status")
    if status.exists() and (found := re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii"))):
        return round(int(found[1]) / 1024, 1)
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20), 1)


def measure(program: str, format_name: str, path: Path) -> dict[str, Any]:
    """Rows a second of one core, whatever else the machine does meanwhile; and the most memory. Nothing where the program is absent."""
    try:
        read = PROGRAMS[program](format_name)
    except ImportError:
        return {}
    began = time.process_time()
    with path.open("rb") as stream:
        rows = sum(1 for _ in read(stream))
    seconds = time.process_time() - began
    return {"rows": rows, "rows_per_second": round(rows / seconds), "peak_mib": peak_mib()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(sys.argv[1], sys.argv[2], Path(sys.argv[3]))))

"""`python -m ims_contracts.conform FILE`: check a supplier's messages against the contract. Needs no server."""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from ims_contracts.conformance import Report, check


def check_file(name: str) -> Report:
    """Check a file, or what comes on standard input (`-`)."""
    content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    return check(content, datetime.now(UTC).date())


def in_json(report: Report) -> str:
    """The report for programs, on one line."""
    found = {
        "messages": report.messages,
        "failed": report.failed,
        "warnings": report.warnings,
        "findings": [
            {"kind": "fault" if each.is_fault else "warning"} | {k: v for k, v in each._asdict().items() if k != "is_fault"}
            for each in report.findings
        ],
    }
    return json.dumps(found, ensure_ascii=False)


def in_words(report: Report) -> str:
    """The report for people: each finding on a line, then the sum."""
    lines = [
        f"line {each.line}, column {each.column}, message {each.number}: "
        f"{'' if each.is_fault else 'warning: '}{each.field} {each.what}: {each.what_to_do}"
        for each in report.findings
    ]
    good = "every message keeps to the contract" if not report.failed else f"{report.failed:,} would be refused"
    return "\n".join([*lines, f"{report.messages:,} messages, {report.warnings:,} warnings: {good}."])


def main() -> None:
    """Read the command line; exit 1 if any message would be refused."""
    parser = argparse.ArgumentParser(prog="python -m ims_contracts.conform", description=__doc__)
    parser.add_argument("file", help="a JSON array or JSON lines, of messages, CloudEvents, or headers with body; - for standard input")
    parser.add_argument("--json", action="store_true", help="answer with one JSON object")
    arguments = parser.parse_args()
    try:
        report = check_file(arguments.file)
    except OSError as error:
        parser.error(f"{arguments.file} cannot be read: {error.strerror}")
    sys.stdout.write((in_json(report) if arguments.json else in_words(report)) + "\n")
    sys.exit(1 if report.failed else 0)


if __name__ == "__main__":
    main()

"""`ims measure`: how well a thing is done, against a truth that is known."""

import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from ims_local.progress import Steps
from ims_local.screen import AsJson, answer, remarks


def matching(
    payments: Annotated[int, typer.Option(help="How many payments the invented month has, about.", min=5000)] = 50_000,
    seed: Annotated[int, typer.Option(help="The same seed is the same month.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Match an invented month of a large council, with faults that were planted: what was matched, what wrongly, which faults are
    named, and how long it took. On a PostgreSQL of its own, without Kafka."""
    from ims_local.month.measure import measured  # not at the top: every command would wait a second for it

    with tempfile.TemporaryDirectory(prefix="ims-measure-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        found = measured(Path(folder) / "stack", payments, seed, Steps(None if as_json else remarks))
    answer(found, as_json, table)


def table(found: dict[str, Any]) -> Table:
    """The same for people."""
    shown = Table("Measured", "Figure", box=None)
    for name, value in found.items():
        if isinstance(value, dict):
            for part, figure in value.items():
                shown.add_row(f"{name.replace('_', ' ')}: {part}", f"{figure:,}")
        else:
            shown.add_row(name.replace("_", " "), f"{value:,}" if isinstance(value, int | float) else ", ".join(value) or "none")
    return shown

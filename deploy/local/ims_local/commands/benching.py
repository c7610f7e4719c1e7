"""`ims bench`: the whole way of a payment, beside the raw limits of the same machine in the same minutes."""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from ims_local.progress import Steps
from ims_local.screen import AsJson, answer, remarks


def bench(
    payments: Annotated[int, typer.Option(help="How many payments lie ready when the clock starts.", min=2000)] = 100_000,
    stored: Annotated[int, typer.Option(help="How many payments are stored before.", min=0)] = 0,
    singles: Annotated[int, typer.Option(help="How many single payments are timed on the idle system.", min=100)] = 300,
    as_json: AsJson = False,
) -> None:
    """Measure a backlog of payments through all services, and single payments, on a stack of its own that is removed at the end."""
    from ims_local.bench.run import Bench  # not at the top: every command would wait a second for it

    with tempfile.TemporaryDirectory(prefix="ims-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        run = Bench(Path(folder) / "stack", Steps(None if as_json else remarks))
        try:
            found = asyncio.run(run.run(payments, stored, singles))
        finally:
            run.stack.down()
            run.stack.delete()
    answer(found, as_json, table)


def table(found: dict[str, Any]) -> Table:
    """The same for people."""
    shown = Table("Measured", "Figure", box=None)
    for name, value in found.items():
        if isinstance(value, dict):
            for part, figure in value.items():
                shown.add_row(f"{name.replace('_', ' ')}: {part}", f"{figure:,}")
        else:
            shown.add_row(name.replace("_", " "), f"{value:,}")
    return shown

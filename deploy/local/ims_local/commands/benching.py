"""`ims bench` and its like: how fast the whole way of a payment is, allocation alone, the readers of files, and the doors."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer
from rich.table import Column, Table

from ims_local.progress import Steps
from ims_local.screen import AsJson, answer, remarks
from ims_local.stack import Stack

Allocations = Annotated[int, typer.Option(help="How many processes of allocation share the work.", min=1, max=6)]


class Measuring(Protocol):
    """What measures a stack."""

    @property
    def stack(self) -> Stack: ...


@contextmanager
def thrown_away[Run: Measuring](make: Callable[[Path, Steps], Run], as_json: bool) -> Iterator[Run]:
    """What measures a stack of its own, which is removed at the end."""
    with tempfile.TemporaryDirectory(prefix="ims-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        run = make(Path(folder) / "stack", Steps(None if as_json else remarks))
        try:
            yield run
        finally:
            run.stack.down()
            run.stack.delete()


def bench(
    payments: Annotated[int, typer.Option(help="How many payments lie ready when the clock starts.", min=2000)] = 100_000,
    stored: Annotated[int, typer.Option(help="How many payments are stored before.", min=0)] = 0,
    singles: Annotated[int, typer.Option(help="How many single payments are timed on the idle system.", min=100)] = 300,
    allocations: Allocations = 1,
    as_json: AsJson = False,
) -> None:
    """Measure a backlog of payments through all services, and single payments, on a stack of its own that is removed at the end."""
    from ims_local.bench.run import Bench  # not at the top: every command would wait a second for it

    with thrown_away(lambda home, steps: Bench(home, steps, allocations), as_json) as run:
        found = asyncio.run(run.run(payments, stored, singles))
    answer(found, as_json, table)


def bench_allocation(
    payments: Annotated[int, typer.Option(help="How many payments allocation finds when it starts.", min=2000)] = 200_000,
    accounts: Annotated[
        list[int], typer.Option(help="How many accounts the register has beside those of the payments; again, for a larger one after it.")
    ] = [1_000_000],  # noqa: B006 - typer only reads it
    hot_share: Annotated[float, typer.Option(help="Once more, this share of the payments for one account.", min=0, max=1)] = 0,
    allocations: Allocations = 1,
    as_json: AsJson = False,
) -> None:
    """Measure allocation alone: a backlog that ingest has told, against a large register, on a stack of its own that is removed at the
    end."""
    from ims_local.bench.allocating import AllocationBench, Round  # not at the top: as above

    rounds = [Round(each, 0) for each in sorted(accounts)]
    rounds += [Round(max(accounts), hot_share)] if hot_share else []
    with thrown_away(lambda home, steps: AllocationBench(home, steps, allocations), as_json) as run:
        found = asyncio.run(run.run(payments, rounds))
    answer(found, as_json, doors_table)


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


def bench_readers(
    rows: Annotated[int, typer.Option(help="How many rows each file has.", min=100)] = 100_000,
    formats: Annotated[list[str] | None, typer.Option("--format", help="Only this format; may be given again.")] = None,
    times: Annotated[int, typer.Option(help="How often each file is read; the fastest counts.", min=1)] = 3,
    as_json: AsJson = False,
) -> None:
    """Measure how fast each format is read, and in how much memory, beside other programs that read it. Needs no servers."""
    from ims_local.bench.readers import kinds_named, measure_readers  # not at the top: as above

    found = measure_readers(kinds_named(formats or []), rows, times, Steps(None if as_json else remarks))
    answer(found, as_json, readers_table)


def bench_doors(
    rows: Annotated[int, typer.Option(help="How many rows the file has.", min=1000)] = 250_000,
    format_name: Annotated[str, typer.Option("--format", help="The file's format.")] = "allpay",
    seconds: Annotated[int, typer.Option(help="How long webhooks come.", min=1)] = 30,
    per_second: Annotated[int, typer.Option(help="How many webhooks come each second.", min=1)] = 100,
    as_json: AsJson = False,
) -> None:
    """Measure a large file until it is committed and in Kafka, and webhooks until they are answered, on a stack of its own that is
    removed at the end."""
    from ims_local.bench.doors import DoorsBench  # not at the top: as above
    from ims_local.bench.readers import kinds_named

    (kind,) = kinds_named([format_name])
    with thrown_away(DoorsBench, as_json) as run:
        found = asyncio.run(run.run(kind, rows, seconds, per_second))
    answer(found, as_json, doors_table)


def bench_postings(
    postings: Annotated[int, typer.Option(help="How many payments the slow receiver is told of, about.", min=1000)] = 10_000,
    slow_ms: Annotated[int, typer.Option(help="How long the slow receiver thinks about each.", min=0)] = 50,
    failing: Annotated[float, typer.Option(help="What share of its answers are errors.", min=0, max=0.9)] = 0.02,
    connections: Annotated[int, typer.Option(help="How many messages are under way to a receiver at once.", min=1, max=100)] = 32,
    as_json: AsJson = False,
) -> None:
    """Measure how soon a back office hears of a card payment, alone and beside a slow and failing receiver with thousands to take, on a
    stack of its own that is removed at the end."""
    from ims_local.bench.postings import PostingsBench, Receiver  # not at the top: as above

    with thrown_away(lambda home, steps: PostingsBench(home, steps, connections), as_json) as run:
        found = asyncio.run(run.run(Receiver(slow_ms / 1000, failing), postings))
    answer(found, as_json, table)


def doors_table(found: dict[str, Any]) -> Table:
    """The same for people."""
    shown = Table("Measured", "Figure", box=None)
    for name, part in found.items():
        for of, figure in part.items():
            told = ", ".join(f"{each} {value:,}" for each, value in figure.items()) if isinstance(figure, dict) else figure
            shown.add_row(f"{name}: {of.replace('_', ' ')}", f"{told:,}" if isinstance(told, int | float) else told)
    return shown


def readers_table(found: list[dict[str, Any]]) -> Table:
    """The same for people."""
    shown = Table("File", "MiB", "Rows a second", "at least", "Memory, MiB", Column("Beside it", no_wrap=True), box=None)
    for each in found:
        other = each.get("beside", {})
        speed = "absent" if "is_absent" in other else f"{other['rows_per_second']:,}" if other else ""
        mine = [f"{each[name]:,}" for name in ("mib", "rows_per_second", "rows_per_second_min", "peak_mib")]
        shown.add_row(each["kind"], *mine, f"{other['program']} {speed}" if other else "")
    return shown

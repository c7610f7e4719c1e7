"""`ims measure`: how well the system decides, on data of which the truth is known; and how long large files take."""

import tempfile
from collections.abc import Awaitable, Callable
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import typer
import yaml
from rich.table import Table

from ims_local.progress import Steps
from ims_local.screen import AsJson, answer, remarks

measure = typer.Typer(no_args_is_help=True, help="How well the system decides, on data of which the truth is known.")


BESIDE = [0, 20_000, 200_000]


@measure.command()
def choosing(
    accounts: Annotated[int, typer.Option(help="How many accounts the synthetic register has.", min=1_000)] = 1_000_000,
    payments: Annotated[int, typer.Option(help="How many free-text transfers each seed makes.", min=100)] = 20_000,
    seed: Annotated[int, typer.Option(help="The first seed.")] = 1,
    seeds: Annotated[int, typer.Option(help="How many seeds are pooled.", min=1)] = 1,
    known_payers: Annotated[int, typer.Option(help="Per cent of accounts whose payer's bank account is known.", min=0, max=100)] = 0,
    as_json: AsJson = False,
) -> None:
    """Allocate free-text transfers by the evidence, in memory: how many without a person, and how many of those wrongly."""
    from ims_allocation.domain import pack
    from ims_local.measure.register import Register
    from ims_local.measure.running import Run
    from ims_local.measure.transfers import Payers

    written = yaml.safe_load(files("ims_local.measure").joinpath("pack.yaml").read_text("utf-8"))
    with (steps := Steps(None if as_json else remarks)).shown():
        with steps.step(f"{accounts:,} accounts"):
            register = Register(pack(written), accounts, seed)
            register.know_payers(known_payers / 100)
        run = Run(register)
        with steps.step(f"{payments * seeds:,} transfers", payments * seeds) as advance:
            for each in range(seed, seed + seeds):
                for transfer in Payers(register, each).transfers(payments):
                    run.take(transfer)
                    advance(1)
    answer({"accounts": accounts, "seeds": seeds, "known_payers_percent": known_payers} | run.tally.found(), as_json, table)


@measure.command()
def matching(
    payments: Annotated[int, typer.Option(help="How many payments the invented month has, about.", min=5000)] = 50_000,
    seed: Annotated[int, typer.Option(help="The same seed is the same month.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Match an invented month of a large council, with faults that were planted: what was matched, what wrongly, which faults are
    named, and how long it took. On a PostgreSQL of its own, without Kafka."""
    from ims_local.month.measure import measure as month  # not at the top: every command would wait a second for it

    answer(apart(lambda url: month(url, payments, seed, Steps(None if as_json else remarks))), as_json, table)


@measure.command()
def backlog(
    beside: Annotated[list[int], typer.Option(help="How many lines and files are open already; may be given again.", min=0)] = BESIDE,
    payments: Annotated[int, typer.Option(help="How many new payments are matched beside them.", min=400)] = 20_000,
    seed: Annotated[int, typer.Option(help="The same seed is the same payments.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Match new payments beside much that is open: how long each takes, which does not grow with that. On a PostgreSQL of its own,
    without Kafka."""
    from ims_local.month.backlog import measure as measured  # not at the top: as above

    answer(apart(lambda url: measured(url, beside, payments, seed, Steps(None if as_json else remarks))), as_json, table)


@measure.command("public-tasks")
def public_tasks(
    rows: Annotated[int, typer.Option(help="How many rows the larger side of each task has.", min=1000, max=100_000)] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed is the same rows.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Do what public reconciliation engines set themselves: one to one, one to many and many to one by reference, amount and day, and
    the drift of two balances. Beside the plain SQL join of the same rows in the same run. On a PostgreSQL of its own, without Kafka."""
    from ims_local.public.measure import measure as public

    answer(apart(lambda url: public(url, rows, seed, Steps(None if as_json else remarks))), as_json, table)


def apart(measured: Callable[[str], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    """What comes of a measurement on a server of its own, in a folder that is thrown away."""
    from ims_local.measure.database import on_own_server

    with tempfile.TemporaryDirectory(prefix="ims-measure-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        return on_own_server(Path(folder) / "stack", measured)


@measure.command()
def suspense(
    items: Annotated[int, typer.Option(help="How many items the queue has.", min=1_000)] = 100_000,
    accounts: Annotated[int, typer.Option(help="How many accounts the synthetic register has.", min=1_000)] = 100_000,
    times: Annotated[int, typer.Option(help="How often each page and search is asked for.", min=1)] = 9,
    as_json: AsJson = False,
) -> None:
    """Fill a queue of suspense, and ask for its pages and searches over HTTP: how long each takes. On a PostgreSQL of its own, without
    Kafka."""
    from ims_allocation.domain import pack
    from ims_local.measure.queue import measure as queue  # not at the top: as above
    from ims_local.measure.register import Register

    written = yaml.safe_load(files("ims_local.measure").joinpath("pack.yaml").read_text("utf-8"))
    register = Register(pack(written), accounts, 1)
    with (steps := Steps(None if as_json else remarks)).shown():
        found = apart(lambda url: queue(url, items, register, times, steps))
    answer(found, as_json, table)


@measure.command()
def posting_file(
    lines: Annotated[int, typer.Option(help="How many postings the file has.", min=1)] = 250_000,
    as_json: AsJson = False,
) -> None:
    """Write a large file of postings, and the ledger of the same day, line by line and summed: how long each takes, from what waits to
    the file where it is taken. On a PostgreSQL of its own, without Kafka."""
    from ims_local.measure.posting_file import measured  # not at the top: every command would wait a second for it

    with tempfile.TemporaryDirectory(prefix="ims-measure-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        found = measured(Path(folder) / "stack", lines, Steps(None if as_json else remarks))
    answer(found, as_json, table)


@measure.command()
def receipts(
    count: Annotated[int, typer.Option(help="How many receipts are due.", min=1)] = 100_000,
    kills: Annotated[int, typer.Option(help="How often notify is killed meanwhile.", min=0)] = 3,
    as_json: AsJson = False,
) -> None:
    """Hand receipts to a GOV.UK Notify of our own with its real limits, 3,000 a minute and 1,000 at once, and kill notify meanwhile: how
    long it takes, and whether one was lost or went twice. 100,000 take 34 minutes. On a PostgreSQL of its own, without Kafka."""
    from ims_local.measure.receipts import measure as handed  # not at the top: as above

    with tempfile.TemporaryDirectory(prefix="ims-measure-") as folder:
        found = apart(lambda url: handed(url, Path(folder), count, kills, Steps(None if as_json else remarks)))
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

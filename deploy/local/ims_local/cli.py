"""The `ims` command: the whole system on one machine, from a terminal."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from ims_local.commands import benching, conforming, day, files, measuring, running, told, vectors
from ims_local.faults import Fault

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)


@app.callback()
def place(
    context: typer.Context,
    home: Annotated[Path, typer.Option(envvar="IMS_HOME", help="The folder of the stack to work with.")] = Path(".ims"),
) -> None:
    """The income management system on this machine."""
    context.obj = home


app.command()(running.up)
app.command()(running.down)
app.command()(running.status)
app.command()(running.token)
app.command()(day.demo)
app.command()(day.check)
app.command()(files.ingest)
app.command()(files.inspect)
app.command()(conforming.conform)
app.command()(told.resend)
app.command()(benching.bench)
app.command()(benching.bench_readers)
app.command()(benching.bench_doors)
app.command()(benching.bench_allocation)
app.command()(benching.bench_postings)
app.command()(vectors.vectors)
app.add_typer(measuring.measure, name="measure")

accounts = typer.Typer(no_args_is_help=True, help="Accounts that payments belong to.")
accounts.command("load")(files.load)
app.add_typer(accounts, name="accounts")


dead = typer.Typer(no_args_is_help=True, help="Records that could not be handled.")
dead.command("list")(told.dead_list)
dead.command("show")(told.dead_show)
dead.command("retry")(told.dead_retry)
app.add_typer(dead, name="dead")


def main() -> None:
    """Run a command; what a person can put right is said in a sentence, not as a traceback."""
    try:
        app()
    except (Fault, OSError) as fault:
        typer.echo(f"ims: {fault}", err=True)
        sys.exit(1)

"""`ims conform`: a supplier's messages against the contract."""

from typing import Annotated

import typer

from ims_local.screen import AsJson


def conform(
    file: Annotated[str, typer.Argument(help="The file of messages; - for standard input.")],
    as_json: AsJson = False,
) -> None:
    """Check a supplier's own messages against the contract, as the doors would. Needs no servers and sends nothing.

    FILE is a JSON array, or JSON values one after another (JSON lines). Each is a payment, reversal or account as it is sent over HTTP;
    or a CloudEvent in structured mode; or a record of the topic as {"headers": {"ce_type": …}, "key": …, "body": {…}}.
    Faults are what would be refused, warnings what is taken in but unwise. Ends with 1 if there is any fault."""
    from ims_contracts.conform import check_file, in_json, in_words  # not at the top: every command would wait for it

    report = check_file(file)
    typer.echo(in_json(report) if as_json else in_words(report))
    if report.failed:
        raise typer.Exit(1)

"""`ims demo`, `ims check`: a council's day through the whole system, and whether the laws of money hold on it."""

import asyncio
from typing import Annotated, Any

import typer

from ims_local.commands.running import address_table, addresses
from ims_local.day.outcome import outcome, table
from ims_local.laws import check as check_laws
from ims_local.progress import Steps
from ims_local.screen import AsJson, answer, remarks
from ims_local.settings import COUNCIL
from ims_local.whole import WholeStack

DEMO = "demo"
"""The file that marks a stack as made by the demo: the next demo may begin it anew."""


def demo(
    context: typer.Context,
    payments: Annotated[int, typer.Option(help="How many generated payments, on top of the sample day.", min=0)] = 5000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same payments.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Start the system, feed it a council's day, and show what became of every penny. It is left running: `ims down` ends it."""
    from ims_local.day.generated import Generated  # not at the top: every command would wait a second for it
    from ims_local.day.run import Day

    stack = fresh(context)
    steps = Steps(None if as_json else remarks)
    stack.up(steps)
    with steps.shown():
        opening = asyncio.run(Day(stack.addresses(), Generated(payments, seed), steps).run())
    found = asyncio.run(outcome(stack.addresses(), COUNCIL, opening))
    answer(found, as_json, table)
    if not as_json:
        remarks.print(address_table(addresses(stack)))
        remarks.print("Look next: a payment's story at allocation's /docs, the letters in the mail folder, `ims status`, `ims down`.")
    if not found["check"]["holds"]:
        raise typer.Exit(1)


def fresh(context: typer.Context) -> WholeStack:
    """The stack of this folder; what an earlier demo left in it is removed, what anyone else keeps there is not."""
    stack = WholeStack(context.obj)
    if (stack.home / DEMO).exists():
        stack.down()
        stack.delete()
        stack = WholeStack(context.obj)
    if not stack.home.exists():
        stack.home.mkdir(parents=True)
        (stack.home / DEMO).touch()
    return stack


def check(context: typer.Context, as_json: AsJson = False) -> None:
    """Check the laws of money on the running system: no penny is lost, twice is once, the books balance. Exit 1 if one fails."""
    found = asyncio.run(check_laws(WholeStack(context.obj).addresses()))
    answer(found, as_json, in_words)
    if not found["holds"]:
        raise typer.Exit(1)


def in_words(found: dict[str, Any]) -> str:
    """The same for people."""
    if found["holds"]:
        return f"All {found['laws']} laws hold."
    lines = [f"{law['service']}: {law['law']} ({law['council']}, {law['day']}): {law['difference']}" for law in found["broken"]]
    return "\n".join([f"{len(lines)} of {found['laws']} laws do not hold:", *lines])

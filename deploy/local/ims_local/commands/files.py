"""`ims inspect`, `ims ingest`, `ims accounts load`: look at files, and hand them in."""

import asyncio
from pathlib import Path
from typing import Annotated, Any

import typer

from ims_ingest.formats import formats_with
from ims_ingest.formats import inspect as inspect_file
from ims_ingest.formats.yaml_files import FileWrong
from ims_local.faults import Fault
from ims_local.progress import Steps
from ims_local.screen import AsJson, answer, remarks
from ims_local.settings import COUNCIL
from ims_local.whole import WholeStack

Files = Annotated[list[Path], typer.Argument(help="The files, in the order in which they are handed in.", exists=True, dir_okay=False)]
Council = Annotated[str, typer.Option(help="The council's ONS code.")]
Source = Annotated[str | None, typer.Option(help="Who sends it, where the file does not say.")]


def inspect(
    file: Annotated[Path, typer.Argument(help="The file.", exists=True, dir_okay=False)],
    format_name: Annotated[str | None, typer.Option("--format", help="Read it as this format, instead of finding out.")] = None,
    layouts: Annotated[Path | None, typer.Option(help="A folder of a council's own layouts.", exists=True, file_okay=False)] = None,
    as_json: AsJson = False,
) -> None:
    """Read a file and say what is in it, whether it proves, and every fault. Needs no servers and writes nothing."""
    try:
        found = inspect_file(file, format_name, formats_with(layouts))
    except FileWrong as wrong:
        raise Fault(str(wrong)) from None
    answer(found, as_json, in_words)
    if found["faults"]:
        raise typer.Exit(1)


def in_words(found: dict[str, Any]) -> str:
    """What is in a file, for people."""
    proved = {True: "its totals prove", False: "ITS TOTALS DO NOT PROVE", None: "it has no totals to prove it by"}[found["proved"]]
    told = {name: found.get(f"{name}_pence") for name in ("credits", "debits", "opening", "closing")}
    amounts = [f"{name} {pence / 100:,.2f}" for name, pence in told.items() if pence is not None]
    lines = [f"{found['format']}: {found['entries']} entries, {', '.join(amounts)}; {proved}."]
    lines += [f"  line {fault['line'] or '-'}: {fault['what']} {fault['what_to_do']}" for fault in found["faults"]]
    return "\n".join(lines)


def ingest(context: typer.Context, files: Files, council: Council = COUNCIL, source: Source = None, as_json: AsJson = False) -> None:
    """Hand files to the running system: payments, settlements, statements or accounts, found out by their content."""
    stack = WholeStack(context.obj)

    from ims_local.day.doors import Doors  # not at the top: every command would wait for it

    async def hand_in() -> list[dict[str, Any]]:
        async with Doors(stack.addresses(), council) as doors:
            with (steps := Steps(None if as_json else remarks)).shown(), steps.step("Files", len(files)) as advance:
                answers = []
                for file in files:
                    answers.append({"file": file.name} | await doors.file(file.name, file.read_bytes(), source))
                    advance(1)
                return answers

    answer(asyncio.run(hand_in()), as_json, lambda found: "\n".join(f"{each['file']}: {summary(each)}" for each in found))


def summary(told: dict[str, Any]) -> str:
    shown = {name.replace("_", " "): value for name, value in told.items() if name != "file" and not isinstance(value, dict | list)}
    return ", ".join(f"{name} {value}" for name, value in shown.items())


def load(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A CSV of accounts or penalties, as a back office exports it.", exists=True, dir_okay=False)],
    council: Council = COUNCIL,
    as_json: AsJson = False,
) -> None:
    """Load accounts, so that payments find them."""
    found = inspect_file(file, None)
    if found["format"] not in ("accounts_csv", "pcns_csv"):
        raise Fault(f"{file.name} is no file of accounts but {found['format'] or 'of no format we know'}. `ims ingest` takes payments.")
    ingest(context, [file], council, None, as_json)

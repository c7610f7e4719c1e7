"""Saying what a command found: a table for people, or one JSON object for programs."""

import json
from collections.abc import Callable
from typing import Annotated, Any

import typer
from rich.console import Console, RenderableType

# Progress and remarks go to the second stream, so that the first can be given to a program.
remarks = Console(stderr=True)
answers = Console()

AsJson = Annotated[bool, typer.Option("--json", help="Answer with one JSON object.")]


def answer(found: Any, as_json: bool, table: Callable[[Any], RenderableType]) -> None:
    """Show what was found; for programs on one line, the last that is printed."""
    if as_json:
        typer.echo(json.dumps(found, default=str, ensure_ascii=False))
    else:
        answers.print(table(found))

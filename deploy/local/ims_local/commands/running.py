"""`ims up`, `ims down`, `ims status`, `ims token`: start the system on this machine, end it, see how it is."""

import asyncio
from typing import Annotated, Any

import typer
from rich.console import Group, RenderableType
from rich.table import Table

from ims_local.faults import Fault
from ims_local.progress import Steps
from ims_local.screen import AsJson, answer, remarks
from ims_local.status import look
from ims_local.whole import OFFICERS, WholeStack


def up(
    context: typer.Context,
    servers_only: Annotated[bool, typer.Option(help="Only Kafka and PostgreSQL, no services.")] = False,
    allocations: Annotated[int, typer.Option(help="So many processes of allocation share its work.", min=1, max=6)] = 1,
    posting_files: Annotated[bool, typer.Option(help="Tell council tax and rates to a back office by files, in `postings`.")] = False,
    as_json: AsJson = False,
) -> None:
    """Start the system on this machine and leave it running; what runs already is left alone."""
    stack = WholeStack(context.obj)
    stack.allocations = allocations
    if posting_files:
        (stack.posting_folder / "answers").mkdir(parents=True, exist_ok=True)
    stack.up(Steps(None if as_json else remarks), servers_only)
    answer(addresses(stack, servers_only), as_json, address_table)


def down(
    context: typer.Context,
    delete: Annotated[bool, typer.Option(help="Remove all that the stack holds, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """End everything that `ims up` started. What it holds stays, unless you ask for its removal."""
    stack = WholeStack(context.obj)
    if stack.home.exists():
        stack.down()
        if delete:
            stack.delete()
    answer({"home": str(stack.home), "is_deleted": delete}, as_json, lambda found: f"The stack in {found['home']} is down.")


def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Show servers and services, how far each service has come, and what was set aside."""
    answer(asyncio.run(look(WholeStack(context.obj))), as_json, status_tables)


def token(
    context: typer.Context,
    officer: Annotated[str, typer.Argument(help="Ann or Bob: one decides, the other approves.")] = OFFICERS[0],
) -> None:
    """Print the bearer token of one of this stack's invented officers, for the doors that ask who you are."""
    if officer not in OFFICERS:
        raise Fault(f"There is no officer {officer}; there are {' and '.join(OFFICERS)}.")
    stack = WholeStack(context.obj)
    if not stack.home.exists():
        raise Fault(f"There is no stack in {stack.home}. Start one with `ims up`.")
    typer.echo(stack.token_of(officer))


def addresses(stack: WholeStack, servers_only: bool = False) -> dict[str, Any]:
    """Where to look next; no passwords."""
    services = {} if servers_only else {name: service.url for name, service in stack.services.items()}
    return {
        "home": str(stack.home),
        "kafka": stack.kafka.bootstrap,
        "postgres": stack.postgres.url.rsplit("@")[-1],
        "mail": None if servers_only else str(stack.letter_box.folder),
        "services": {
            name: {"url": url, "openapi": f"{url}/docs", "asyncapi": f"{url}/asyncapi", "health": f"{url}/health/ready"}
            for name, url in services.items()
        },
    }


def address_table(found: dict[str, Any]) -> RenderableType:
    """The same for people."""
    table = Table("What", "Where", box=None)
    for name in ("kafka", "postgres", "mail"):
        if found[name]:
            table.add_row(name, found[name])
    for name, pages in found["services"].items():
        table.add_row(name, f"{pages['openapi']}   {pages['asyncapi']}   {pages['health']}")
    return table


def status_tables(found: dict[str, Any]) -> RenderableType:
    """Servers and services, then topics, for people."""
    services = Table("Part", "State", "Address", "Behind", "Set aside", "Unsent", box=None)
    for name, server in found["servers"].items():
        services.add_row(name, "running" if server["is_running"] else "down", server["address"])
    for name, service in found["services"].items():
        behind = str(sum(service["lag"].values())) if "lag" in service else ""
        services.add_row(name, service["health"], service["url"], behind, *(str(service.get(key, "")) for key in ("set_aside", "unsent")))
    topics = Table("Topic", "Partitions", "End offsets, summed", box=None)
    for name, topic in found["topics"].items():
        topics.add_row(name, str(topic["partitions"]), str(topic["end_offset"] if topic["end_offset"] is not None else "not there"))
    return Group(services, "", topics)

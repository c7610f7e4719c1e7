"""`ims dead`, `ims resend`: records that could not be handled, and facts to be told again."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

import asyncpg
import httpx
import typer
from rich.table import Table

from ims_local.databases import SERVICES
from ims_local.faults import Fault
from ims_local.screen import AsJson, answer
from ims_local.whole import WholeStack

Service = Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")]
Number = Annotated[int, typer.Argument(help="The record's number, as `ims dead list` shows it.")]


def url_of(context: typer.Context, service: str) -> str:
    if service not in SERVICES:
        raise Fault(f"There is no service {service!r}. Say one of {', '.join(SERVICES)}.")
    return WholeStack(context.obj).services[service].url


async def asked(method: str, url: str, path: str) -> Any:
    async with httpx.AsyncClient(base_url=url, timeout=60, trust_env=False) as http:
        try:
            found = await http.request(method, path)
        except httpx.HTTPError as error:
            raise Fault(f"The service at {url} does not answer ({type(error).__name__}). Is it up? `ims status` says.") from error
    if found.status_code == 404:
        raise Fault(found.json().get("detail", "Not found."))
    found.raise_for_status()
    return found.json()


def dead_list(context: typer.Context, as_json: AsJson = False) -> None:
    """List the records that services have set aside, with the reason; never the records themselves."""
    found = [
        {"service": service} | row for service in SERVICES for row in asyncio.run(asked("GET", url_of(context, service), "/v1/set-aside"))
    ]
    answer(found, as_json, as_table)


def as_table(found: list[dict[str, Any]]) -> Table | str:
    """The same for people."""
    if not found:
        return "Nothing is set aside."
    table = Table("Service", "Number", "Topic", "Partition", "Offset", "Reason", "Since", box=None)
    for row in found:
        table.add_row(*(str(row[name]) for name in ("service", "id", "topic", "partition", "offset", "reason", "set_aside_at")))
    return table


def dead_show(context: typer.Context, service: Service, number: Number, as_json: AsJson = False) -> None:
    """Show one record as it came: it may hold a payer's data."""
    url_of(context, service)
    found = asyncio.run(record(WholeStack(context.obj).database_url(service), number))
    if found is None:
        raise Fault(f"No record {number} is set aside at {service}.")
    answer(found, as_json, lambda row: "\n".join(f"{name}: {value}" for name, value in row.items()))


async def record(database: str, number: int) -> dict[str, Any] | None:
    connection = await asyncpg.connect(database)
    try:
        row = await connection.fetchrow("SELECT * FROM set_aside WHERE id = $1", number)
    finally:
        await connection.close()
    if row is None:
        return None
    return {name: value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value) for name, value in row.items()}


def dead_retry(context: typer.Context, service: Service, number: Number, as_json: AsJson = False) -> None:
    """Handle one record again, now that what was wrong is put right."""
    found = asyncio.run(asked("POST", url_of(context, service), f"/v1/set-aside/{number}/retry"))
    answer(found, as_json, lambda told: f"Record {number} of {service}: {told['outcome']}.")
    if found["outcome"] != "handled":
        raise typer.Exit(1)


def resend(
    context: typer.Context,
    service: Service,
    since: Annotated[datetime, typer.Option(help="From this instant on (UTC).")],
    until: Annotated[datetime, typer.Option(help="Up to this instant (UTC).")],
    as_json: AsJson = False,
) -> None:
    """Have a service tell again what it told between two instants; who heard it before knows it again."""
    url_of(context, service)

    from ims_kit.telling import resend as tell_again  # not at the top: every command would wait for it

    async def again() -> int:
        connection = await asyncpg.connect(WholeStack(context.obj).database_url(service))
        try:
            async with connection.transaction():
                return await tell_again(connection, since.astimezone(), until.astimezone())
        finally:
            await connection.close()

    answer({"service": service, "resent": asyncio.run(again())}, as_json, lambda told: f"{told['resent']} facts are told again.")

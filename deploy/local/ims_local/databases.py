"""A database of its own for each service, owned by a role that can do nothing else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg

SERVICES = ("ingest", "allocation", "reconcile", "notify")


def role_of(service: str) -> str:
    """A service's role; its database has the same name."""
    return f"ims_{service}"


def url_of(service: str, admin_url: str, password: str) -> str:
    """A service's own database, as its own role, on the administrator's server."""
    parts, role = urlsplit(admin_url), role_of(service)
    server = parts.netloc.rsplit("@", 1)[-1]
    return urlunsplit(parts._replace(netloc=f"{role}:{quote(password, safe='')}@{server}", path=f"/{role}"))


async def create(admin_url: str, passwords: dict[str, str]) -> None:
    """Make each service's role and database if they are not there, and give the role its password."""
    connection = await asyncpg.connect(admin_url)
    try:
        for service, password in passwords.items():
            await _create(connection, role_of(service), password)
    finally:
        await connection.close()


async def _create(connection: "asyncpg.Connection[asyncpg.Record]", role: str, password: str) -> None:
    quoted = await connection.fetchval("SELECT quote_literal($1)", password)
    if not await connection.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role):
        await connection.execute(f"CREATE ROLE {role} NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION")
        # An administrator who is not a superuser must belong to a role to give it a database.
        await connection.execute(f"GRANT {role} TO CURRENT_USER")
    await connection.execute(f"ALTER ROLE {role} LOGIN PASSWORD {quoted}")
    if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", role):
        await connection.execute(f"CREATE DATABASE {role} OWNER {role}")
    await connection.execute(f"REVOKE ALL ON DATABASE {role} FROM PUBLIC")


@asynccontextmanager
async def own_database(url: str, name: str) -> AsyncIterator[str]:
    """A new database on a server, by the administrator's address; its address. It is there afterwards no more."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
        try:
            yield url.rsplit("/", 1)[0] + f"/{name}"
        finally:
            await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()

"""A PostgreSQL that is started for one measurement, and removed at its end."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import asyncpg

from ims_local.bench import cpu
from ims_local.stack import Stack

DATABASE = "measured"

type Measured = Callable[[str], Awaitable[dict[str, Any]]]
"""What is measured on the database of a URL, and what comes of it."""


def on_own_server(home: Path, measure: Measured) -> dict[str, Any]:
    """What comes of a measurement, and what the server took of the CPU for it."""
    stack = Stack(home)
    try:
        stack.postgres.start()
        found = asyncio.run(in_own_database(stack.postgres.url, measure))
        return found | {"server_cpu_seconds": round(server_cpu_seconds(stack), 1)}
    finally:
        stack.postgres.stop()
        stack.postgres.delete()


def server_cpu_seconds(stack: Stack) -> float:
    """What the server has taken of the CPU; nothing, where it is not ours."""
    entry = stack.register.entry("postgres")
    return cpu.used({"postgres": entry.process.pid})["postgres"] if entry and entry.process else 0.0


async def in_own_database(url: str, measure: Measured, name: str = DATABASE) -> dict[str, Any]:
    """In a database of its own on this server, which is there afterwards no more."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"CREATE DATABASE {name}")
        try:
            return await measure(url.rsplit("/", 1)[0] + f"/{name}")
        finally:
            await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    finally:
        await connection.close()

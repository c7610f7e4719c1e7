"""A service's database, made once for all its tests: emptied before each, and broken by some."""

from typing import Any

TABLES = """SELECT string_agg(tablename, ' ') FROM pg_tables
  WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'relayed')"""
"""All but what a migration has put something in."""
UNSEEN = "SET LOCAL session_replication_role = replica"
"""Triggers that forbid a change do not see what a replica does."""


async def empty(pool: Any) -> None:
    """Delete everything. Deleting a few rows is far quicker than TRUNCATE, which makes new files. The lock waits for who still writes."""
    async with pool.acquire() as connection, connection.transaction():
        tables = (await connection.fetchval(TABLES)).split()
        await connection.execute(f"{UNSEEN}; LOCK TABLE {', '.join(tables)}")
        await connection.execute("; ".join(f"DELETE FROM {table}" for table in tables))


async def tamper(pool: Any, statement: str, *values: Any) -> None:
    """Do what the database forbids."""
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute(UNSEEN)
        await connection.execute(statement, *values)
